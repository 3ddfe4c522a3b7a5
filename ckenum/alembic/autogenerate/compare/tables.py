"""The comparator of tables, which queues an operation for each difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult

from . import claims
from . import owners
from . import reflected
from ...ddl.registry import impl_of
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from .column import ComparedColumn
from .declared import Declared
from .declared import declared_on
from .declared import OPTION
from .hints import hints_of
from .left import checks_of_strings
from .left import LeftColumns
from .names import Names

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Column
    from sqlalchemy import Table


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
    dialect = context.dialect
    enums = bool(context.opts.get(OPTION))
    declared = declared_on(metadata_table, dialect, enums)
    strings = [] if declared else checks_of_strings(conn_table)
    if not declared and not strings:
        return PriorityDispatchResult.CONTINUE
    own = owners.own_checks(metadata_table, declared, dialect)
    left = LeftColumns(
        context,
        conn_table,
        metadata_table,
        own,
        {each.column.name for each in declared},
    )
    expected = owners.expected_on(declared, dialect)
    side = reflected.TableSide(context, schema, table_name, expected, own)
    if not declared and not left.may_have_some(side, strings):
        return PriorityDispatchResult.CONTINUE
    names = Names(side, declared, own.fold, left.goes)
    compared = [
        (each, conn_table.c[each.column_name])
        for each in _columns(side, declared, names, modify_table_ops)
        if each.column_name in conn_table.c
    ]
    if (
        not modify_table_ops.ops
        and hints_of(context).are_used
        and len(expected.readings) == len(declared)
        and side.is_as_expected
        and all(
            column.both(found).is_as_declared for column, found in compared
        )
    ):
        return PriorityDispatchResult.CONTINUE
    queued = [op for column, found in compared for op in column.compare(found)]
    dropped = list(left.ops(side))
    queued += _moved(modify_table_ops, compared, [*dropped, *queued])
    claims.take_over(
        *(modify_table_ops, metadata_table, dialect),
        *(declared, dropped, queued),
    )
    _spell_defaults(modify_table_ops, context, compared)
    _queue(context, modify_table_ops, dropped, queued)
    return PriorityDispatchResult.CONTINUE


def _columns(
    side: reflected.TableSide,
    declared: list[Declared],
    names: Names,
    modify_table_ops: ModifyTableOps,
) -> Iterator[ComparedColumn]:
    """The model's columns, with what Alembic has found of them."""
    retyped, redefaulted = _found_by_alembic(modify_table_ops)
    for each in declared:
        name = each.column.name
        yield ComparedColumn(
            side, each, names, name in retyped, name in redefaulted
        )


def _queue(
    context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    dropped: list[CheckEnumOp],
    queued: list[CheckEnumOp],
) -> None:
    """Put operations before and after Alembic's own, online if they can be."""
    impl = impl_of(context.dialect)
    if context.opts.get("ckenum_online") and impl.may_be_online:
        for op in (*dropped, *queued):
            op.online = op.may_be_online
    first = [op for op in queued if _leaves_column(context, op)]
    last = [op for op in queued if op not in first]
    modify_table_ops.ops[:] = [*dropped, *first, *modify_table_ops.ops, *last]


def _spell_defaults(
    modify_table_ops: ModifyTableOps,
    context: AutogenContext,
    compared: list[tuple[ComparedColumn, Column[Any]]],
) -> None:
    """Have Alembic's operations repeat defaults as they are meant."""
    values = {each.column_name: each.declared.values for each, _ in compared}
    for op in modify_table_ops.ops:
        if isinstance(op, alembic_ops.AlterColumnOp):
            op.existing_server_default = impl_of(
                context.dialect
            ).default_meant(
                context.dialect,
                op.existing_server_default,
                values.get(op.column_name, ()),
            )


def _moved(
    modify_table_ops: ModifyTableOps,
    compared: list[tuple[ComparedColumn, Column[Any]]],
    ours: list[CheckEnumOp],
) -> list[CheckEnumOp]:
    """Operations for constraints that would be lost with the definitions of
    columns that Alembic changes.
    """
    altered = {
        op.column_name
        for op in modify_table_ops.ops
        if isinstance(op, alembic_ops.AlterColumnOp)
    } - {op.column_name for op in ours}
    return [
        op
        for column, _ in compared
        if column.column_name in altered
        for op in column.as_it_is()
        if _leaves_column(column.side.context, op)
    ]


def _leaves_column(context: AutogenContext, op: CheckEnumOp) -> bool:
    """Whether the constraint leaves the column's definition, which Alembic's
    operations repeat without it.
    """
    return isinstance(op, AlterCheckEnumOp) and impl_of(
        context.dialect
    ).is_in_column(context.inspector, op.schema, op.table_name, op.column_name)


def _found_by_alembic(
    modify_table_ops: ModifyTableOps,
) -> tuple[set[str], set[str]]:
    """The columns for which Alembic has found another type, and those for
    which it has found another server default.
    """
    found = [
        op
        for op in modify_table_ops.ops
        if isinstance(op, alembic_ops.AlterColumnOp)
    ]
    return (
        {op.column_name for op in found if op.modify_type is not None},
        {
            op.column_name
            for op in found
            if op.modify_server_default is not False
        },
    )
