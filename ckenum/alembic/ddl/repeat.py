"""Renames that are wrong the second time: a swap undoes itself, a chain makes
two values one.

A migration is run again where its revision has not been recorded. In Alembic's
transaction its rows are as they were then; on a connection that commits each
statement they are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .impl import impl_of

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ..ops import AlterCheckEnumOp


def require_repeatable(operations: Operations, op: AlterCheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where ``op`` is not."""
    context = operations.migration_context
    if not op.renames_again or context.as_sql:
        return
    if impl_of(context.dialect).commits_by_itself(operations.get_bind()):
        raise op.error(
            f"rename makes values {op.renames_again!r} that it renames as "
            f"well, which a second run of the migration would do again, and "
            f"this connection commits before Alembic records the revision: "
            f"run it in Alembic's transaction, outside of autocommit_block() "
            f"and without AUTOCOMMIT"
        )
