"""Alembic's own operations, where they touch a CheckEnum column.

A migration holds strings, never the application's classes, and the
constraint of a column that comes or goes is an operation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ..constraint import CheckEnumConstraint
from ..reflection import read_check
from ..reflection import ValueList
from ..types import CheckEnum
from .compare import declared_on
from .compare import log
from .compare import reflected_on
from .compare import remove_claimed
from .compare import same_name
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp
from .render import render_item

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from alembic.operations.ops import UpgradeOps


def begin(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Have CheckEnum rendered our way, in this run of autogenerate only."""
    context.opts = {
        **context.opts,
        "render_item": render_item(context.opts.get("render_item")),
    }
    return PriorityDispatchResult.CONTINUE


def finish(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Put CheckEnum columns apart in what Alembic queued."""
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.CreateTableOp):
            op.columns = [_portable(item, context) for item in op.columns]
        elif isinstance(op, alembic_ops.DropTableOp):
            _restore_types(context, op)
        elif isinstance(op, alembic_ops.ModifyTableOps):
            _rewrite_columns(context, op)
    return PriorityDispatchResult.CONTINUE


def _portable(item: Any, context: AutogenContext) -> Any:
    constraint = _constraint_of(item, context)
    if constraint is None:
        return item
    type_ = constraint.enum_type
    return _with_type(
        item,
        CheckEnum(
            *type_.enums,
            name=conv(constraint.name),
            length=type_.length_given,
        ),
    )


def _constraint_of(
    item: Any, context: AutogenContext
) -> CheckEnumConstraint | None:
    if not isinstance(item, sa.Column):
        return None
    if not isinstance(item.type, CheckEnum) or item.type._variant_mapping:
        return None
    for constraint in declared_on(item.table, context.dialect):
        if constraint.checked is item:
            return constraint
    return None


def _with_type(column: sa.Column[Any], type_: Any) -> sa.Column[Any]:
    """A copy of ``column``, which belongs to no table, of another type."""
    copy = column._copy()
    if isinstance(copy.type, CheckEnum):
        # this copy of the old type still waits for the column's table
        copy.type._create_events = copy.type.create_constraint = False
    copy.type = type_
    if isinstance(type_, CheckEnum):
        type_._set_parent_with_dispatch(copy)
    return copy


def _rewrite_columns(context: AutogenContext, table: ModifyTableOps) -> None:
    first: list[Any] = []
    rest: list[Any] = []
    for op in table.ops:
        if isinstance(op, alembic_ops.AlterColumnOp):
            if isinstance(op.modify_type, CheckEnum):
                op.modify_type = sa.String(op.modify_type.length)
        elif isinstance(op, alembic_ops.AddColumnOp):
            rest += _added_column(context, op)
            continue
        elif isinstance(op, alembic_ops.DropColumnOp):
            first += _dropped_column(context, op)
        rest.append(op)
    table.ops[:] = rest
    remove_claimed(table, {op.name for op in first})
    table.ops[:0] = first


def _added_column(
    context: AutogenContext, op: alembic_ops.AddColumnOp
) -> Iterator[Any]:
    constraint = _constraint_of(op.column, context)
    if constraint is None:
        yield op
        return
    op.column = _with_type(op.column, sa.String(constraint.enum_type.length))
    yield op
    if context.run_object_filters(
        constraint, constraint.name, "check_constraint", False, None
    ):
        yield CreateCheckEnumOp(
            op.table_name,
            op.column.name,
            constraint.values,
            name=conv(constraint.name),
            schema=op.schema,
        )


def _dropped_column(
    context: AutogenContext, op: alembic_ops.DropColumnOp
) -> Iterator[Any]:
    for check in reflected_on(context, op.schema, op.table_name):
        reading = read_check(context.dialect.name, check.text)
        if (
            isinstance(reading, ValueList)
            and reading.values
            and check.name is not None
            and same_name(reading.column, op.column_name, context.dialect)
        ):
            log.info(
                "Detected removed check enum on '%s.%s'",
                op.table_name,
                op.column_name,
            )
            yield DropCheckEnumOp(
                op.table_name,
                op.column_name,
                reading.values,
                name=conv(check.name),
                schema=op.schema,
            )


def _restore_types(
    context: AutogenContext, op: alembic_ops.DropTableOp
) -> None:
    """Have the downgrade recreate a dropped table's CheckEnum columns.

    As text, Alembic would take ``' :b'`` in a CHECK for a bind parameter.
    """
    assert op._reverse is not None
    readings = {}
    for check in reflected_on(context, op.schema, op.table_name):
        reading = read_check(context.dialect.name, check.text)
        if (
            isinstance(reading, ValueList)
            and not reading.has_null
            and check.name is not None
            and reading.column not in readings
        ):
            readings[reading.column] = (check.name, reading)
    restored = []
    names = set()
    for item in op._reverse.columns:
        if isinstance(item, sa.Column) and item.name in readings:
            name, reading = readings[item.name]
            if isinstance(item.type, sa.VARCHAR):
                names.add(name)
                item = _with_type(item, _type_of(reading, name, item.type))
        restored.append(item)
    op._reverse.columns = [
        item
        for item in restored
        if not (isinstance(item, sa.CheckConstraint) and item.name in names)
    ]


def _type_of(reading: ValueList, name: str, existing: sa.String) -> CheckEnum:
    type_ = CheckEnum(*reading.values, name=conv(name))
    if existing.length == type_.length:
        return type_
    return CheckEnum(*reading.values, name=conv(name), length=existing.length)
