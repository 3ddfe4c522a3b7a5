"""Foreign keys dropped for a while, and migrations that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations.base import Operations
from alembic.operations.ops import MigrateOperation
from alembic.operations.ops import ModifyTableOps
from alembic.operations.ops import OpContainer
from alembic.util import CommandError


class ForeignKeysOp(OpContainer):
    """Alembic's operations that drop foreign keys, or create them again.

    :ivar creates: whether they create them.
    :ivar comments: statements that give recreated foreign keys their
        comments back.
    """

    def __init__(
        self,
        ops: Sequence[ModifyTableOps],
        creates: bool,
        comments: Sequence[str] = (),
    ) -> None:
        super().__init__(ops)
        self.creates = creates
        self.comments = comments

    def reverse(self) -> ForeignKeysOp:
        back: Any = [op.reverse() for op in reversed(self.ops)]
        return ForeignKeysOp(back, not self.creates, self.comments)


class RefusedOp(MigrateOperation):
    """A difference that no migration can be written for.

    ``alembic check`` reports it; to render or run it raises
    :class:`alembic.util.CommandError`.

    :ivar reason: why, and what to do.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def reverse(self) -> RefusedOp:
        return self

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("refused", self.reason)

    def refuse(self) -> None:
        raise CommandError(self.reason)


@Operations.implementation_for(RefusedOp)
def _run(operations: Operations, op: RefusedOp) -> None:
    op.refuse()
