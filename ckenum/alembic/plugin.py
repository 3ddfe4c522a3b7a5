"""The plugin that Alembic loads: ``alembic.plugins``, named ``ckenum``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.util import DispatchPriority

from .autogenerate import rewriter
from .autogenerate.compare import claims
from .autogenerate.compare import tables
from .autogenerate.compare import triggers
from .autogenerate.render import directives
from .autogenerate.render import keys as key_directives
from .autogenerate.render import native as native_directives
from .autogenerate.render import portable
from .ddl import toimpl

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

# What registers itself as it is imported.
__all__ = [
    "directives",
    "key_directives",
    "native_directives",
    "portable",
    "setup",
    "toimpl",
]


def setup(plugin: Plugin) -> None:
    """Register the comparators; the directives are there by importing."""
    add = plugin.add_autogenerate_comparator
    add(
        rewriter.begin,
        "autogenerate",
        "ckenum",
        priority=DispatchPriority.FIRST,
    )
    add(tables.compare_type, "column", "types")
    add(claims.compare_default, "column", "server_default")
    add(
        tables.compare_table,
        "table",
        "ckenum",
        priority=DispatchPriority.LAST,
    )
    add(
        rewriter.finish,
        "autogenerate",
        "ckenum",
        priority=DispatchPriority.LAST,
    )
    add(
        triggers.tell,
        "autogenerate",
        "ckenum",
        priority=DispatchPriority.LAST,
    )
