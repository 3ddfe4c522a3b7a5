"""Differences that no migration is written for.

Some servers allow no CHECK of a column that a foreign key writes: a migration
would stop halfway. Some do not tell all labels of a native ENUM: a downgrade
would create others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
import sqlalchemy as sa

from ....constraint import CheckEnumConstraint
from ...ddl.registry import impl_of
from ...ops import CreateCheckEnumOp
from ...ops.keys import RefusedOp
from ...ops.native import ReplaceNativeEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def refuse(
    context: AutogenContext, upgrade_ops: alembic_ops.UpgradeOps
) -> None:
    """Put a :class:`RefusedOp` before the operations that need one."""
    impl = impl_of(context.dialect)
    reasons = [
        impl.why_no_check(column)
        for table in upgrade_ops.ops
        for column in _checked(context, table)
    ] + [
        impl.why_no_way_back(op)
        for table in upgrade_ops.ops
        for op in getattr(table, "ops", ())
        if isinstance(op, ReplaceNativeEnumOp)
    ]
    upgrade_ops.ops[:0] = [
        RefusedOp(reason) for reason in dict.fromkeys(reasons) if reason
    ]


def _checked(context: AutogenContext, op: Any) -> Iterator[sa.Column[Any]]:
    """The columns of the models that get a CHECK, or a key beside it."""
    if not isinstance(
        op, (alembic_ops.CreateTableOp, alembic_ops.ModifyTableOps)
    ):
        return
    table = _of_models(context, op.schema, op.table_name)
    if table is None:
        return
    columns = [
        each.checked
        for each in table.constraints
        if isinstance(each, CheckEnumConstraint)
    ]
    if isinstance(op, alembic_ops.CreateTableOp):
        yield from columns
        return
    names = {name for each in op.ops for name in _named(each)}
    yield from (column for column in columns if column.name in names)


def _named(op: Any) -> Iterator[str]:
    if isinstance(op, (CreateCheckEnumOp, ReplaceNativeEnumOp)):
        yield op.column_name
    elif isinstance(op, alembic_ops.CreateForeignKeyOp):
        yield from op.local_cols


def _of_models(
    context: AutogenContext, schema: str | None, name: str
) -> sa.Table | None:
    default = context.dialect.default_schema_name
    for table in context.sorted_tables:
        if table.name == name and (table.schema or default) == (
            schema or default
        ):
            return table
    return None
