"""Renames that are wrong the second time: a swap undoes itself, a chain makes
two values one.

A migration is run again where its revision has not been recorded. In Alembic's
transaction its rows are as they were then; on a connection that commits each
statement they are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .sqlite.transaction import commits_by_itself as on_sqlite
from .postgresql.transaction import commits_by_itself as on_postgresql

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ..ops import AlterCheckEnumOp

_COMMITS_BY_ITSELF: dict[str, Callable[[Connection], bool]] = {
    "postgresql": on_postgresql,
    "sqlite": on_sqlite,
}


def require_repeatable(operations: Operations, op: AlterCheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where ``op`` is not."""
    context = operations.migration_context
    by_itself = _COMMITS_BY_ITSELF.get(context.dialect.name)
    if not op.renames_again or context.as_sql or by_itself is None:
        return
    if by_itself(operations.get_bind()):
        raise op.error(
            f"rename makes values {op.renames_again!r} that it renames as "
            f"well, which a second run of the migration would do again, and "
            f"this connection commits before Alembic records the revision: "
            f"run it in Alembic's transaction, outside of autocommit_block() "
            f"and without AUTOCOMMIT"
        )
