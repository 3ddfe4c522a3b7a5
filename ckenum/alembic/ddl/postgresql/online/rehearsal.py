"""Try a change on some rows, and roll it back.

Only the database can tell what triggers, generated columns, exclusion
constraints and partitions do to a change.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from . import chunks
from .....exc import OnlineBlockedError
from ..ddl import SetImmediate
from .ranges import at_each
from .ranges import TID
from .refusals import is_refusal
from .refusals import said

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from ....ops import AlterCheckEnumOp
    from .session import Session

_ROWS_OF_A_TABLE = 5


def rehearse(
    session: Session,
    op: AlterCheckEnumOp,
    statements: Callable[[], Sequence[Executable]],
) -> None:
    """Run ``statements`` and change some rows, then roll back.

    The table is locked against everybody else meanwhile. So it changes only
    a few rows, and no more than fit into the time that one may wait for the
    lock.

    Raises :class:`~ckenum.exc.OnlineBlockedError` if the database refuses,
    or if a row stays as it is.
    """
    changes = list(chunks.changes(session, op))
    with session.waiting():
        samples = [(change, _some(session, change)) for change in changes]
        samples = [(change, rows) for change, rows in samples if rows]

    def change_rows() -> None:
        until = time.monotonic() + session.settings.lock_timeout
        for change, (first, *others) in samples:
            begun = time.monotonic()
            _change(session, change, [first])
            now = time.monotonic()
            if others and now + (now - begun) * len(others) < until:
                _change(session, change, others)
        session.connection.execute(SetImmediate())

    try:
        session.rehearse(statements, change_rows)
    except DBAPIError as error:
        if not is_refusal(error):
            raise
        raise _blocked(
            session, f"PostgreSQL refuses it: {said(error)}"
        ) from error


def _some(session: Session, change: chunks.Change) -> Sequence[str]:
    if change.table.kind == "f":
        return []  # its rows may have no ctid
    places = change.wanted.select(sa.cast(TID, sa.Text()))
    return list(session.execute(places.limit(_ROWS_OF_A_TABLE)).scalars())


def _change(
    session: Session, change: chunks.Change, rows: Sequence[str]
) -> None:
    here = at_each(rows)
    result = session.execute(change.statement.where(here))
    if result.rowcount == len(rows):
        return
    # rows that others have changed meanwhile are not among these
    kept = change.wanted.select(sa.cast(TID, sa.Text())).where(here)
    for row in session.execute(kept).scalars():
        raise _blocked(
            session,
            f"A trigger of {change.table.name!r} keeps a row as it is "
            f"(ctid {row}), or changes another row instead",
        )


def _blocked(session: Session, obstacle: str) -> OnlineBlockedError:
    op = session.op
    return OnlineBlockedError(
        op.table_name, op.column_name, op.schema, [obstacle]
    )
