"""Columns without a CHECK of their own, whose foreign key guards them.

``mapped_column(ForeignKey("kind.code"))`` has the type of the column that it
refers to, so its type changes with that one. Then its CHECK is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
import sqlalchemy as sa
from sqlalchemy.schema import Column
from sqlalchemy.sql.elements import conv
from sqlalchemy.sql.schema import _get_table_key

from . import claims
from . import defaults
from . import native_defaults
from ....arrays import items_of
from ....constraint import check_enums
from ....constraint_names import default_final_name
from ....types import CheckEnum
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from ...ops.native_base import NativeEnumOp
from .declared import column_named
from .declared import declared_of
from .declared import makes_check
from .declared import OPTION
from .declared import type_on
from .native_types import native_type

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from ...ddl.postgresql.keys import Column as Place

NOTE = (
    "# Needed only while the type changes: the foreign key guards this",
    "# column, so the models have no CHECK for it.",
)


def follow(
    context: AutogenContext,
    upgrade_ops: alembic_ops.UpgradeOps,
    leader: NativeEnumOp,
    place: Place,
) -> NativeEnumOp | None:
    """Have the column at ``place``, which refers to that of ``leader``,
    change its type as well, if the models say so.
    """
    schema, table_name, column_name = place
    key = _get_table_key(table_name, schema)
    table = context.table_key_to_table.get(key)
    column = None if table is None else column_named(table, column_name)
    if column is None or not _follows(context, column, leader):
        return None
    op = _moved(context, column, leader, place)
    modify = _operations_on(upgrade_ops, schema, table_name)
    claims.leave_to_us(modify, column.table, context.dialect, [op])
    modify.ops += _with_its_check(op)
    return op


def _follows(
    context: AutogenContext, column: Column[Any], leader: NativeEnumOp
) -> bool:
    type_ = items_of(type_on(column, context.dialect))
    if isinstance(leader, ReplaceNativeEnumOp):
        enums = bool(context.opts.get(OPTION))
        is_ours = isinstance(type_, CheckEnum) or enums and makes_check(type_)
        return (
            is_ours
            and not any(
                check.checked is column for check in check_enums(column.table)
            )
            and declared_of(column, context.dialect, enums) is None
        )
    native = native_type(column, context.dialect, leader.array)
    return native is not None and native.name == leader.enum_name


def _moved(
    context: AutogenContext,
    column: Column[Any],
    leader: NativeEnumOp,
    place: Place,
) -> NativeEnumOp:
    schema, table_name, column_name = place
    dialect = context.dialect
    (found,) = (
        each
        for each in context.inspector.get_columns(table_name, schema=schema)
        if each["name"] == column_name
    )
    default = found.get("default")
    conn_col = sa.Column(
        column_name,
        found["type"],
        server_default=None if default is None else sa.text(default),
    )
    replaces = isinstance(leader, ReplaceNativeEnumOp)
    items = (
        native_defaults.existing_items(conn_col, dialect, leader.array)
        if replaces
        else defaults.values(conn_col, dialect, leader.array)
    )
    renamed = {old: new for old, new in leader.rename.items() if new}
    type_: Any = found["type"] if not replaces else column.type
    op = type(leader)(
        table_name,
        column_name,
        leader.values,
        existing_values=leader.existing_values,
        enum_name=leader.enum_name,
        enum_schema=leader.enum_schema,
        name=conv(default_final_name(column.table, column_name, dialect)),
        rename=renamed,
        length=getattr(items_of(type_), "length", None),
        schema=schema,
        array=leader.array,
        **native_defaults.defaults_of(
            column,
            items,
            renamed,
            [value for value in leader.values if value is not None],
            dialect,
        ),
    )
    op.diff = leader.diff
    return op


def _with_its_check(op: NativeEnumOp) -> Iterator[CheckEnumOp]:
    check: CheckEnumOp
    options: Any = {"name": op.name, "schema": op.schema, "array": op.array}
    place = (op.table_name, op.column_name)
    if isinstance(op, RestoreNativeEnumOp):
        check = CreateCheckEnumOp(*place, op.existing_values, **options)
        yield from (check, op)
    else:
        check = DropCheckEnumOp(*place, op.values, **options)
        yield from (op, check)
    check.note = NOTE


def _operations_on(
    upgrade_ops: alembic_ops.UpgradeOps, schema: str | None, table_name: str
) -> alembic_ops.ModifyTableOps:
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.ModifyTableOps) and (
            op.schema,
            op.table_name,
        ) == (schema, table_name):
            return op
    op = alembic_ops.ModifyTableOps(table_name, [], schema=schema)
    upgrade_ops.ops.append(op)
    return op
