"""The constraint that an operation is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...backend import backend_of
from ...constraint_names import too_long
from ...predicate import membership

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ..ops import CheckEnumOp


def constraint_of(
    operations: Operations,
    op: CheckEnumOp,
    name: str,
    values: Sequence[str | None],
) -> sa.CheckConstraint:
    """Raises :class:`~ckenum.exc.DirectiveError` for a name that the database
    refuses.
    """
    # a naming convention would give a name to a constraint without one
    metadata = operations.schema_obj.metadata() if name else sa.MetaData()
    table = sa.Table(
        op.table_name,
        metadata,
        sa.Column(op.column_name, op.column_type()),
        schema=op.schema,
    )
    backend = backend_of(operations.migration_context.dialect)

    def exact(column: sa.ColumnElement[Any]) -> Any:
        return backend.exact(column) if op.is_inexact else column

    made = sa.CheckConstraint(
        membership(table.c[op.column_name], values, op.array, exact),
        name=name or None,
    )
    reason = too_long(made, operations.migration_context.dialect)
    if reason:
        raise op.error(reason)
    return made
