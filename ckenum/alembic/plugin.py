"""The plugin that Alembic loads: ``alembic.plugins``, named ``ckenum``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.util import DispatchPriority

from .autogenerate.compare import tables
from .autogenerate.compare import claims
from .ddl.postgresql import native as native_run
from .autogenerate.render import directives
from .autogenerate.render import portable
from .autogenerate.render import native
from .autogenerate import rewriter
from .ddl import toimpl
from .autogenerate.compare import triggers

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

__all__ = [
    "native_run",
    "render",
    "render_alembic",
    "render_native",
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
