"""The plugin that Alembic loads: ``alembic.plugins``, named ``ckenum``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.util import DispatchPriority

from . import compare
from . import render
from . import render_alembic
from . import rewrite
from . import toimpl

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

__all__ = ["render", "render_alembic", "setup", "toimpl"]


def setup(plugin: Plugin) -> None:
    """Register the comparators; the directives are there by importing."""
    add = plugin.add_autogenerate_comparator
    add(
        rewrite.begin,
        "autogenerate",
        "ckenum",
        priority=DispatchPriority.FIRST,
    )
    add(compare.compare_type, "column", "types")
    add(
        compare.compare_table,
        "table",
        "ckenum",
        priority=DispatchPriority.LAST,
    )
    add(
        rewrite.finish,
        "autogenerate",
        "ckenum",
        priority=DispatchPriority.LAST,
    )
