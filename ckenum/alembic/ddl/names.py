"""Names of constraints: whose they are, before a directive uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .postgresql import names as postgresql

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ..ops import CheckEnumOp


def require(
    operations: Operations,
    op: CheckEnumOp,
    *,
    old: CheckConstraint | None = None,
    new: CheckConstraint | None = None,
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where ``old`` is not the
    column's, or where the name of ``new`` is taken.

    On SQLite this is asked when a change's turn comes, in a batch or alone.
    """
    context = operations.migration_context
    if context.dialect.name == "postgresql" and not context.as_sql:
        postgresql.require(operations, op, old, new)
