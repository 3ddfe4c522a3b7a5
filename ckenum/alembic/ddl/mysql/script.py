"""The statements of a script, which sees no table (``--sql``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import rows
from ....constraint import final_name
from ..constraint import constraint_of
from ..emit import emit
from .ddl import Add
from .ddl import AlterTable
from .ddl import Drop
from .ddl import SetDefault

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...ops import AlterCheckEnumOp
    from ...ops import CheckEnumOp
    from ...ops import CreateCheckEnumOp
    from ...ops import DropCheckEnumOp
    from .ddl import Clause


def create(
    operations: Operations, op: CreateCheckEnumOp, new: CheckConstraint
) -> None:
    """Add the constraint."""
    _emit(operations, op, [*_default(op), Add(new)])


def drop(
    operations: Operations, op: DropCheckEnumOp, old: CheckConstraint
) -> None:
    """Drop the constraint."""
    dropped = Drop(final_name(old, operations.migration_context.dialect))
    _emit(operations, op, [dropped, *_default(op)])


def alter(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """The steps of :mod:`.change`, as if nothing of them had been run."""
    dialect = operations.migration_context.dialect
    before = final_name(old, dialect)
    if op.changes_rows:
        if not {*op.values} <= {*op.existing_values}:
            values = dict.fromkeys([*op.existing_values, *op.values])
            strings = [value for value in values if value is not None]
            union = constraint_of(operations, op, op.name, strings)
            _emit(operations, op, [Drop(before), Add(union)])
            before = final_name(union, dialect)
        for statement in rows.statements(op, dialect):
            emit(operations, statement)
    _emit(operations, op, [Drop(before), *_default(op), Add(new)])


def _emit(
    operations: Operations, op: CheckEnumOp, clauses: Sequence[Clause]
) -> None:
    emit(operations, AlterTable(op.table_name, op.schema, clauses))


def _default(op: CheckEnumOp) -> list[Clause]:
    """The new default. A new length needs a MODIFY with the rest of the
    column's definition.
    """
    if op.changes_length:
        raise op.error(
            "a script cannot tell the rest of the column's definition, which "
            "MODIFY would lose: leave length= out, and change it with "
            "op.alter_column() and all of its existing_* arguments"
        )
    if op.server_default is False:
        return []
    return [SetDefault(op.column_name, op.server_default)]
