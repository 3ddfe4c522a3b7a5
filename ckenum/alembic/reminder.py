"""A plugin that Alembic runs by default, for an ``env.py`` that lacks ours.

Its name in the entry points falls under ``alembic.autogenerate.*``, which
Alembic runs if ``env.py`` names no plugins.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.util import DispatchPriority
from alembic.util import PriorityDispatchResult

from ..constraint import check_enums

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.ckenum")

LINE = 'autogenerate_plugins=["alembic.autogenerate.*", "ckenum"]'

RUNS = "_ckenum_runs"
"""The option that says that ckenum's own plugin runs as well."""


def setup(plugin: Plugin) -> None:
    """Register a comparator that runs last and looks whether ckenum's ran."""
    plugin.add_autogenerate_comparator(
        remind, "autogenerate", "ckenum", priority=DispatchPriority.LAST
    )


def remind(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Say which line is missing, if the models have a CheckEnum."""
    tables = context.table_key_to_table.values()
    if RUNS not in context.opts and any(map(check_enums, tables)):
        log.warning(
            "The models have CheckEnum columns, but autogenerate does not "
            "compare them: changed values are not seen, and generated types "
            "lack their import. Add this to context.configure() in env.py, "
            "then write the migration again: %s",
            LINE,
        )
    return PriorityDispatchResult.CONTINUE
