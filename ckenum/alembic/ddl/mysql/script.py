"""The statements of a script (``--sql``), which cannot look at a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import rows
from ....constraint_names import final_name
from ..constraint import constraint_of
from ..emit import emit
from .ddl import Add
from .ddl import AlterTable
from .ddl import Drop
from .ddl import SetDefault

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Dialect

    from ...ops import CheckEnumOp
    from .ddl import Clause


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """The steps of :mod:`.change`, as if none of them had run yet."""
    dialect = operations.migration_context.dialect
    there = old
    if op.changes_rows:
        if not {*op.values} <= {*op.existing_values}:
            values = dict.fromkeys([*op.existing_values, *op.values])
            strings = [value for value in values if value is not None]
            there = constraint_of(operations, op, op.name, strings)
            _emit(operations, op, [*_without(old, dialect), Add(there)])
        emit(operations, _ALL_UPDATES)
        for statement in rows.statements(op, dialect):
            emit(operations, statement)
        emit(operations, _AS_BEFORE)
    added = [] if new is None else [Add(new)]
    clauses = [*_without(there, dialect), *_default(op), *added]
    _emit(operations, op, clauses)


_ALL_UPDATES = sa.text(
    "SET @ckenum_safe_updates = @@SESSION.sql_safe_updates,"
    " SESSION sql_safe_updates = 0"
)
_AS_BEFORE = sa.text("SET SESSION sql_safe_updates = @ckenum_safe_updates")
"""The client may refuse an UPDATE without a key (``--safe-updates``)."""


def _without(old: CheckConstraint | None, dialect: Dialect) -> list[Clause]:
    return [] if old is None else [Drop(final_name(old, dialect))]


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
