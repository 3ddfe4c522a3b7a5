"""The options that ``env.py`` and the command line may give ckenum."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from alembic.util import CommandError

from ...exc import SettingsError
from ..ddl.settings import of_option
from ..reminder import LINE
from .compare.column import log
from .compare.hints import PREFIX

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

OPTIONS = {
    "ckenum_enums",
    "ckenum_online",
    "ckenum_online_settings",
    "ckenum_render",
}
"""The options of ``context.configure()``."""

_SWITCHES = ("ckenum_enums", "ckenum_online")


def require_known(context: AutogenContext) -> None:
    """Raise :class:`alembic.util.CommandError` for an unknown option, and
    :class:`~ckenum.exc.SettingsError` for a value of another type.
    """
    given = context.migration_context.opts
    for name in given:
        if name.startswith("ckenum_") and name not in OPTIONS:
            raise CommandError(
                f"context.configure() in env.py has {name}=, which ckenum "
                f"does not know. It knows {', '.join(sorted(OPTIONS))}."
            )
    for name in _SWITCHES:
        if given.get(name) not in (True, False, None):
            raise SettingsError(name, given[name], "True or False")
    of_option(given.get("ckenum_online_settings"))
    environment = context.migration_context.environment_context
    for argument in environment.get_x_argument() if environment else []:
        if argument.startswith("ckenum.") and not argument.startswith(PREFIX):
            raise CommandError(
                f"-x {argument}: ckenum does not know that. It knows "
                f"-x {PREFIX}[schema.]table.column:old=new."
            )


_NEEDED = ("alembic.autogenerate.schemas", "alembic.autogenerate.tables")
"""Plugins of Alembic, without which it finds no table."""


def tell_of_lacking(context: AutogenContext) -> None:
    """Say so if ``env.py`` names our plugin alone: then nothing runs it."""
    plugins = context.migration_context.opts.get("autogenerate_plugins") or ()
    for needed in _NEEDED:
        if not any(fnmatchcase(needed, pattern) for pattern in plugins):
            log.warning(
                "autogenerate_plugins in env.py lacks %r, so no table is "
                "compared. Write %s",
                needed,
                LINE,
            )
            return
