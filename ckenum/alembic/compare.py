"""The comparators: what differs between the two sides, queued as ops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa

from . import compare_native
from . import gather
from . import native_beside
from ..arrays import alike
from ..arrays import items_of
from ..types import CheckEnum
from .compare_column import ComparedColumn
from .compare_column import is_text
from .compare_column import log
from .compare_column import moves_native
from .ops import CheckEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Column
    from sqlalchemy import Table


def compare_type(
    context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    table_name: str,
    column_name: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """In place of Alembic's: a CheckEnum's type is a VARCHAR, no more.

    Where the column holds text already, its length is the business of
    :func:`compare_table`.
    """
    metadata_type = gather.type_on(metadata_col, context.dialect)
    type_ = items_of(metadata_type)
    if not isinstance(type_, CheckEnum):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_type = conn_col.type
    if moves_native(context, conn_col, isinstance(metadata_type, sa.ARRAY)):
        return PriorityDispatchResult.STOP
    if not is_text(conn_col.type, metadata_type):
        string = sa.String(type_.length)
        alter_column_op.modify_type = alike(metadata_type, string)
        log.info(
            "Detected type change from %r to %r on '%s.%s'",
            conn_col.type,
            alter_column_op.modify_type,
            table_name,
            column_name,
        )
    return PriorityDispatchResult.STOP


def compare_table(
    context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    table_name: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the constraints of the columns that both sides have."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    declared = gather.declared_on(metadata_table, context.dialect)
    expected = gather.expected_on(declared, context.dialect)
    side = gather.TableSide(context, schema, table_name, expected)
    queued = [
        op
        for constraint, name in declared
        if constraint.checked.name in conn_table.c
        for op in ComparedColumn(side, constraint, name).compare(
            conn_table.c[constraint.checked.name]
        )
    ]
    left = list(_left_columns(side, conn_table, metadata_table))
    claimed = {
        *(str(constraint.name) for constraint, _ in declared),
        *(name for _, name in declared),
        *(getattr(op, "drop_name", op.name) for op in (*queued, *left)),
    }
    remove_claimed(modify_table_ops, claimed)
    native_beside.leave_to_us(
        modify_table_ops, metadata_table, context.dialect, [*left, *queued]
    )
    _leave_defaults_to_us(modify_table_ops, queued)
    if context.opts.get("ckenum_online"):
        for op in (*left, *queued):
            op.online = op.may_be_online
    modify_table_ops.ops[:] = [*left, *modify_table_ops.ops, *queued]
    return PriorityDispatchResult.CONTINUE


def _left_columns(
    side: gather.TableSide, conn_table: Table, metadata_table: Table
) -> Iterator[CheckEnumOp]:
    """The constraints of columns that are no CheckEnum any more.

    Only what is named as ckenum names it, and reads as a list of values of
    that column; and not where the model has one of that name itself.
    Whatever it is called, where the column becomes a native ENUM.
    """
    dialect = side.context.dialect
    for column in metadata_table.columns:
        if column.name not in conn_table.c or isinstance(
            items_of(column.type), CheckEnum
        ):
            continue
        native = compare_native.native_type(
            column, dialect, compare_native.is_array_on(column, dialect)
        )
        if native and side.context.opts.get("ckenum_render") != "alembic":
            conn_col = conn_table.c[column.name]
            found = compare_native.restorable(side, column, conn_col)
            if found:
                yield from compare_native.restored(
                    side, column, conn_col, found, native
                )
                continue
        for existing in side.readable(column.name):
            name = gather.default_final_name(
                metadata_table, column.name, dialect
            )
            if (
                existing.name == name
                and name not in gather.check_names(metadata_table, dialect)
                and side.includes_dropped(existing)
            ):
                log.info(
                    "Detected removed check enum on '%s'",
                    side.where(column.name),
                )
                yield side.drop_op(column.name, existing)


def _leave_defaults_to_us(
    modify_table_ops: ModifyTableOps, queued: list[CheckEnumOp]
) -> None:
    """Of what Alembic queued, take out the defaults that our ops change."""
    columns = {op.column_name for op in queued if op.changes_default}
    for op in modify_table_ops.ops[:]:
        if (
            isinstance(op, alembic_ops.AlterColumnOp)
            and op.column_name in columns
        ):
            op.modify_server_default = False
            if not op.has_changes():
                modify_table_ops.ops.remove(op)


def remove_claimed(
    modify_table_ops: ModifyTableOps, claimed: set[str]
) -> None:
    """Take out what other plugins queued for constraints that are ours."""
    modify_table_ops.ops[:] = [
        op
        for op in modify_table_ops.ops
        if not (
            isinstance(
                op,
                (
                    alembic_ops.CreateCheckConstraintOp,
                    alembic_ops.DropConstraintOp,
                ),
            )
            and op.constraint_name in claimed
        )
    ]
