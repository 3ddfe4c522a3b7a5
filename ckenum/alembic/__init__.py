"""Alembic's side of ckenum: the plugin, its directives, and what they run."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

# Alembic loads the plugin in the middle of its own import. Importing Alembic
# first completes that import, whichever module is imported first.
import alembic  # noqa: F401
from alembic.util.exc import CommandError

from ..exc import CheckEnumError
from ..exc import MigrationError
from .ddl.settings import OnlineSettings

if TYPE_CHECKING:
    from .ddl.registration import register_backend

__all__ = ["OnlineSettings", "register_backend"]

# env.py uses this name.
OnlineSettings.__module__ = __name__

# What Alembic's command line prints as "FAILED: ..."; ckenum.exc itself is
# imported where Alembic is not.
setattr(MigrationError, "__bases__", (CheckEnumError, CommandError))


def __getattr__(name: str) -> Any:
    """Import what needs the backends only when it is used."""
    if name == "register_backend":
        from .ddl.registration import register_backend

        return register_backend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
