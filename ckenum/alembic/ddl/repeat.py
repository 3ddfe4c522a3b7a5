"""Renames that go wrong when run twice: a swap undoes itself, and a chain
makes two values one.

A migration runs again if its revision was not recorded. In Alembic's
transaction its changes were rolled back by then; on a connection that commits
each statement they were not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .registry import impl_of

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ..ops import CheckEnumOp


def require_repeatable(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``op`` cannot run twice."""
    context = operations.migration_context
    if not op.renames_again or context.as_sql:
        return
    impl = impl_of(context.dialect)
    if impl.commits_by_itself(operations.get_bind()):
        raise op.error(
            f"rename produces values that it also renames "
            f"({op.renames_again!r}), so it must not run twice, and "
            f"{impl.repeat_advice}"
        )
