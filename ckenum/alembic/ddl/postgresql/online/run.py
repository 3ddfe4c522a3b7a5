"""Run the directives online; each step first checks whether it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.schema import DropConstraint

from .....constraint_names import final_name
from .....exc import RowsRemainError
from ....ops import AlterCheckEnumOp
from ....ops import CheckEnumOp
from ...column import column_changes
from ..ddl import SwapNotValid
from ..trigger import follow
from .alter import Alter
from .look import look
from .session import Session
from .transactions import own_transactions
from .validation import held
from .validation import validate

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Executable


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Get from ``old`` to ``new``, and change the rows chunk by chunk."""
    with own_transactions(operations, op) as session:
        if old is not None and new is not None:
            assert isinstance(op, AlterCheckEnumOp)
            alter = Alter(operations, session, op, old, new)
            if not alter.is_done():
                alter.run()
            alter.clear_up()
        elif new is not None:
            _create(session, op, new)
        elif old is not None:
            _drop(session, op, old)


def _create(session: Session, op: CheckEnumOp, new: CheckConstraint) -> None:
    """Add the constraint NOT VALID, then validate it."""

    def add() -> list[Executable]:
        found = held(session, new)
        if found is not None and found.holds(op.values):
            return []
        # a run that was stopped has left a constraint not yet validated
        left = [new] if found is not None and not found.validated else []
        return [*column_changes(op), SwapNotValid(new, left)]

    look(session, final_name(new, session.connection.dialect))
    session.under_lock(add)
    try:
        validate(session, new, op.values, op.ways_out)
    except RowsRemainError:
        # while it stands, every update of those rows fails
        session.under_lock(lambda: [DropConstraint(new)])
        raise


def _drop(session: Session, op: CheckEnumOp, old: CheckConstraint) -> None:
    """Drop the constraint, and the trigger that a rename may have left."""

    def without() -> list[Executable]:
        dropped, _ = follow(session.connection, op)
        if held(session, old) is None:
            return [*dropped]
        return [*dropped, DropConstraint(old), *column_changes(op)]

    session.under_lock(without)


def drop_trigger(operations: Operations, op: CheckEnumOp) -> None:
    """Drop the trigger that a rename has left."""
    with own_transactions(operations, op) as session:
        session.under_lock(lambda: follow(session.connection, op)[0])
