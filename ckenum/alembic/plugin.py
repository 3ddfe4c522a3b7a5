"""The plugin that Alembic loads: ``alembic.plugins``, named ``ckenum``.

``import alembic`` loads it, in every program that uses Alembic. So it imports
only the directives. The modules that compare, render and run are imported
when they are first called, and sqlglot and tqdm with them.
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.autogenerate.render import renderers
from alembic.operations.base import Operations
from alembic.util import DispatchPriority

from .ops import CheckEnumOp
from .ops import codes
from .ops import native

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin
    from alembic.util import PriorityDispatchResult

# These modules register themselves when they are imported.
__all__ = ["codes", "native", "setup"]


def setup(plugin: Plugin) -> None:
    """Register what compares; importing has registered the directives.

    The comparators of columns are registered by what begins a run.
    """
    add = plugin.add_autogenerate_comparator
    add(_begin, "autogenerate", "ckenum", priority=DispatchPriority.FIRST)
    add(_compare_table, "table", "ckenum", priority=DispatchPriority.LAST)
    add(_finish, "autogenerate", "ckenum", priority=DispatchPriority.LAST)
    add(_tell, "autogenerate", "ckenum", priority=DispatchPriority.LAST)


def _begin(*args: Any) -> PriorityDispatchResult:
    from .autogenerate import render  # noqa: F401
    from .autogenerate import rewriter

    return rewriter.begin(*args)


def _compare_table(*args: Any) -> PriorityDispatchResult:
    from .autogenerate.compare.tables import compare_table

    return compare_table(*args)


def _finish(*args: Any) -> PriorityDispatchResult:
    from .autogenerate import rewriter

    return rewriter.finish(*args)


def _tell(*args: Any) -> PriorityDispatchResult:
    from .autogenerate.compare import triggers

    return triggers.tell(*args)


# Both modules register a function for each kind of operation. Alembic prefers
# it to the function of the operation's base class.


@Operations.implementation_for(CheckEnumOp)
def _run(operations: Operations, op: CheckEnumOp) -> Any:
    from .ddl import toimpl  # noqa: F401

    return operations.invoke(op)


@renderers.dispatch_for(CheckEnumOp)
def _render(context: AutogenContext, op: CheckEnumOp) -> Any:
    from .autogenerate import render  # noqa: F401

    return renderers.dispatch(op)(context, op)
