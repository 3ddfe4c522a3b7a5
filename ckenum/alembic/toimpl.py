"""From an operation to what is run: checks first, then the backend's way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.operations.base import Operations
from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from . import altering
from . import rows
from . import sqlite
from ..constraint import membership
from .ops import AlterCheckEnumOp
from .ops import CheckEnumOp
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp

if TYPE_CHECKING:
    from types import ModuleType


@Operations.implementation_for(CreateCheckEnumOp)
def _create(operations: Operations, op: CreateCheckEnumOp) -> None:
    if _can_look(operations) and _column_exists(operations, op):
        rows.require_none_left(
            operations.get_bind(),
            op,
            op.values,
            "Change those rows first, or add the values.",
        )
    new = _constraint(operations, op, op.name, op.values)
    _strategy(operations).create(operations, op, new)


@Operations.implementation_for(DropCheckEnumOp)
def _drop(operations: Operations, op: DropCheckEnumOp) -> None:
    old = _constraint(operations, op, op.name, op.existing_values)
    _strategy(operations).drop(operations, op, old)


@Operations.implementation_for(AlterCheckEnumOp)
def _alter(operations: Operations, op: AlterCheckEnumOp) -> None:
    looks = op.leaving or set(op.values) == set(op.existing_values)
    if looks and _can_look(operations):
        rows.require_none_left(
            operations.get_bind(),
            op,
            [*op.values, *op.rename, *op.delete],
            _ways_out(op),
        )
    old = _constraint(operations, op, op.drop_name, op.existing_values)
    new = _constraint(operations, op, op.name, op.values)
    _strategy(operations).alter(operations, op, old, new)


def _ways_out(op: AlterCheckEnumOp) -> str:
    value = op.leaving[0]
    return (
        f"Say in alter_check_enum() what becomes of them: "
        f"rename={{{value!r}: {op.values[0]!r}}} updates them (None stores "
        f"NULL), delete=[{value!r}] deletes them."
    )


def _strategy(operations: Operations) -> ModuleType:
    if operations.migration_context.dialect.name == "sqlite":
        return sqlite
    return altering


def _can_look(operations: Operations) -> bool:
    return not operations.migration_context.as_sql


def _column_exists(operations: Operations, op: CheckEnumOp) -> bool:
    """Whether it does already; a batch may be about to add it."""
    if not isinstance(operations.impl, BatchOperationsImpl):
        return True
    columns = sa.inspect(operations.get_bind()).get_columns(
        op.table_name, schema=op.schema
    )
    return any(column["name"] == op.column_name for column in columns)


def _constraint(
    operations: Operations, op: CheckEnumOp, name: str, values: Sequence[str]
) -> sa.CheckConstraint:
    table = operations.schema_obj.table(
        op.table_name,
        sa.Column(op.column_name, sa.String()),
        schema=op.schema,
    )
    return sa.CheckConstraint(
        membership(table.c[op.column_name], values), name=name
    )
