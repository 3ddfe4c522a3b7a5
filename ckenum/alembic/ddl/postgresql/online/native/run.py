"""Move a column between its types; each step looks whether it is done."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from . import backfill
from . import bridge
from . import rebuild
from ......exc import LockTimeoutError
from ......exc import OnlineBlockedError
from .....ops.move import TypeMoveOp
from ....emit import as_text
from ...ddl import SetImmediate
from ...native import move_of
from ...native_ddl import Verbatim
from ..refusals import is_refusal
from ..refusals import said
from ..transactions import own_transactions
from .ddl import AtOnce
from .ddl import TryAtOnce
from .expand import expanding
from .expand import taking_back
from .look import look
from .look import tell_subscribers
from .pair import Pair
from .state import Stage
from .state import state_of
from .swap import dropping_kept
from .swap import NotReadyError
from .swap import swapping

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Executable

    from ..session import Session
    from .state import State


def move(operations: Operations, op: TypeMoveOp) -> None:
    """Give the column its other type, while readers and writers go on.

    Raises :class:`~ckenum.exc.DirectiveError` for a script.
    """
    if operations.migration_context.as_sql:
        raise op.error(
            "online=True changes the rows in a loop, which a script cannot "
            "hold: leave it out, or run the migration without --sql"
        )
    pair = Pair(move_of(operations, op))
    with own_transactions(operations, op) as session:
        state = state_of(session.connection, pair)
        _require_in_step(pair, state)
        rebuild.drop_replaced(session, pair)
        if state.stage not in (Stage.DONE, Stage.KEPT):
            _change(session, pair)
        rebuild.drop_replaced(session, pair)
        if not op.keep_column:
            _under_lock(session, lambda: dropping_kept(session, pair))
            _clear_up(session, pair)


def _require_in_step(pair: Pair, state: State) -> None:
    op = pair.op
    if op.keep_column and state.stage is Stage.KEPT and state.is_stopped:
        raise op.error(
            f"keep_column=True is not possible any more: a run without it, "
            f"which has not ended, has swapped the columns, and "
            f"{pair.beside!r} is no longer in step. Leave it out"
        )


def _change(session: Session, pair: Pair) -> None:
    state = state_of(session.connection, pair)
    look(session, pair, state)
    common = None
    if state.stage is Stage.START:
        common = backfill.most_common(session, pair)
        _rehearse(session, pair, common)
        tell_subscribers(session, pair)
    _under_lock(session, lambda: expanding(session, pair, common))
    with _taken_back_if_refused(session, pair):
        backfill.backfill(session, pair)
        while not _is_swapped(session, pair):
            _under_lock(session, lambda: expanding(session, pair, common))


def _is_swapped(session: Session, pair: Pair) -> bool:
    rebuild.validate(session, pair)
    if rebuild.build(session, pair):
        rebuild.analyze(session, pair)
    try:
        _under_lock(session, lambda: swapping(session, pair))
    except NotReadyError:
        return False
    return True


def _rehearse(session: Session, pair: Pair, common: str | None) -> None:
    """Expand, fill a few rows, and roll back, in one message.

    Raises :class:`~ckenum.exc.OnlineBlockedError` if the database refuses.
    """
    with session.waiting():
        fills = backfill.of_some(session, pair)

    def statements() -> list[Executable]:
        todo = [*expanding(session, pair, common), *fills, SetImmediate()]
        return [Verbatim(as_text(TryAtOnce(todo), pair.move.dialect))]

    try:
        session.rehearse(statements, lambda: None)
    except DBAPIError as error:
        if not is_refusal(error):
            raise
        raise _refused(pair, error) from error


def _under_lock(
    session: Session, statements: Callable[[], Sequence[Executable]]
) -> None:
    session.under_lock(lambda: _at_once(session, statements()))


def _at_once(
    session: Session, statements: Sequence[Executable]
) -> list[Executable]:
    """The statements as one, compiled before anything is locked."""
    if not statements:
        return []
    return [Verbatim(as_text(AtOnce(statements), session.connection.dialect))]


@contextmanager
def _taken_back_if_refused(session: Session, pair: Pair) -> Iterator[None]:
    """Drop the second column if the rows refuse it, but not for a lock."""
    try:
        yield
    except DBAPIError as error:
        if not is_refusal(error):
            raise
        with suppress(DBAPIError, LockTimeoutError):
            _under_lock(session, lambda: taking_back(session, pair))
        raise _refused(pair, error) from error


def _refused(pair: Pair, error: DBAPIError) -> OnlineBlockedError:
    op = pair.op
    return OnlineBlockedError(
        op.table_name,
        op.column_name,
        op.schema,
        [f"PostgreSQL refuses it: {said(error)}"],
    )


def _clear_up(session: Session, pair: Pair) -> None:
    """Remove the bridge, and drop the type where nothing else has it."""
    connection = session.connection
    with session.waiting():
        for statement in bridge.removing(connection, pair):
            connection.execute(statement)
        if pair.becomes_text and pair.op.drop_type:
            for statement in pair.move.dropping_type():
                connection.execute(statement)
