"""Rewrite Alembic's own operations on CheckEnum columns.

The constraint of an added or dropped column gets an operation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa

from . import dropped
from . import portable as plain
from . import stock
from ...arrays import alike
from ...arrays import items_of
from ...types import CheckEnum
from ..ddl.registry import is_known
from ..ddl.registry import unknown
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from ..reminder import RUNS
from .casts import with_casts
from .columns import declared_by
from .columns import is_guarded_by_key
from .columns import portable_parts
from .columns import text_type
from .columns import with_type
from .compare import cascades
from .compare import claims
from .compare import comparators
from .compare import keys
from .compare import ours
from .compare import reflected
from .compare import refused
from .compare.column import log
from .compare.column import SKIPPED
from .compare.hints import Hints
from .compare.hints import hints_of
from .compare.hints import OPTION
from .compare.order import ordered
from .options import require_known
from .options import tell_of_lacking
from .portable_types import with_types
from .render import portable as render_alembic
from .render import types as render_types
from .together import together
from .unbatch import unbatch

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from alembic.operations.ops import UpgradeOps


def begin(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Install our comparison of columns and our rendering of CheckEnum for
    this run of autogenerate, and read the hints on the command line.
    """
    require_known(context)
    tell_of_lacking(context)
    _tell_of_unknown(context)
    renders = render_alembic if plain.is_plain(context) else render_types
    context.opts = {
        **context.opts,
        RUNS: True,
        OPTION: Hints.of_command_line(context),
        "render_item": renders.render_item(context.opts.get("render_item")),
    }
    comparators.register(context)
    return PriorityDispatchResult.CONTINUE


def _tell_of_unknown(context: AutogenContext) -> None:
    """Say that directives are refused on this backend, if any is written."""
    portable = plain.is_plain(context) or SKIPPED in context.opts
    if not portable and not is_known(context.dialect):
        if ours.any_may_be_ours(context):
            log.warning(
                "%s Until then its directives fail", unknown(context.dialect)
            )


def finish(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Rewrite what Alembic queued for CheckEnum columns."""
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.CreateTableOp):
            op.columns = [
                part
                for item in op.columns
                for part in portable_parts(item, context)
            ]
        elif isinstance(op, alembic_ops.DropTableOp):
            dropped.restore_types(context, op)
        elif isinstance(op, alembic_ops.ModifyTableOps):
            _rewrite_columns(context, op)
    if SKIPPED not in context.opts:
        cascades.put_in_steps(context, upgrade_ops)
        keys.put_around(context, upgrade_ops)
        refused.refuse(context, upgrade_ops)
    claims.leave_types_to_others(upgrade_ops)
    if plain.is_plain(context):
        upgrade_ops.ops[:] = with_types(
            context, plain.apart(context, upgrade_ops.ops)
        )
    elif context.opts.get("render_as_batch"):
        upgrade_ops.ops[:] = unbatch(upgrade_ops.ops)
    else:
        upgrade_ops.ops[:] = together(upgrade_ops.ops)
    hints_of(context).require_all_used()
    return PriorityDispatchResult.CONTINUE


def _rewrite_columns(context: AutogenContext, table: ModifyTableOps) -> None:
    first: list[Any] = []
    rest: list[Any] = []
    for op in table.ops:
        if isinstance(op, alembic_ops.AlterColumnOp):
            type_: Any = op.modify_type
            items = items_of(type_)
            if isinstance(items, CheckEnum):
                op.modify_type = alike(type_, sa.String(items.length))
            elif type_ is not None and stock.is_checked(context, type_):
                op.modify_type = stock.unchecked(type_)
        elif isinstance(op, alembic_ops.AddColumnOp):
            rest += _added_column(context, op)
            continue
        elif isinstance(op, alembic_ops.DropColumnOp):
            first += _dropped_column(context, op)
        rest.append(op)
    table.ops[:] = rest
    claims.remove(table, {op.name for op in first})
    table.ops[:] = ordered(with_casts(context, table, [*first, *table.ops]))


def _added_column(
    context: AutogenContext, op: alembic_ops.AddColumnOp
) -> Iterator[Any]:
    declared = declared_by(op.column, context)
    if declared is not None or is_guarded_by_key(op.column, context):
        alone = declared is None or plain.is_plain(context)
        text = text_type(op.column.type, context, alone)
        op.column = with_type(op.column, text)
    yield op
    if declared is not None and context.run_object_filters(
        declared.constraint,
        declared.model_name,
        "check_constraint",
        False,
        None,
    ):
        yield CreateCheckEnumOp(
            op.table_name,
            op.column.name,
            declared.values,
            name=declared.final,
            schema=op.schema,
            array=declared.is_array,
        )


def _dropped_column(
    context: AutogenContext, op: alembic_ops.DropColumnOp
) -> Iterator[DropCheckEnumOp]:
    """The operations that come before a column is dropped.

    SQLite drops no column that a CHECK names, and the way back needs the
    constraint.
    """
    side = reflected.TableSide(context, op.schema, op.table_name)
    for existing in ours.left(side, op.column_name):
        log.info(
            "Detected removed check enum on '%s'", side.where(op.column_name)
        )
        yield side.drop_op(op.column_name, existing)
