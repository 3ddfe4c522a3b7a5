"""Find the row that refuses a change, so that somebody can fix it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from . import chunks
from .. import catalog
from ..ddl import SetImmediate
from .ranges import at_each
from .ranges import TID
from .refusals import is_refusal

if TYPE_CHECKING:
    from ....ops import AlterCheckEnumOp
    from .session import Session


class _TakenBack(Exception):
    """Rolls back a transaction that was only a test."""


def offender(session: Session, op: AlterCheckEnumOp) -> str | None:
    """The first unchanged row that refuses, in the order of the primary key.

    ``None`` if no row does so by itself, or if it comes much later.
    """
    for change in chunks.changes(session, op):
        if change.table.kind != "f":
            row = _first_refused(session, change)
            if row is not None:
                return _named(session, change, row)
    return None


def unchanged(session: Session, op: AlterCheckEnumOp) -> str | None:
    """The first row that no statement has changed, in the key's order."""
    for change in chunks.changes(session, op):
        if change.table.kind != "f":
            for row in _next_rows(session, change)[:1]:
                return _named(session, change, row)
    return None


def _first_refused(session: Session, change: chunks.Change) -> str | None:
    """Search by halves: try one half, and roll it back."""
    rows = _next_rows(session, change)
    if not rows or not _refuses(session, change, rows):
        return None
    while len(rows) > 1:
        half = rows[: len(rows) // 2]
        rows = half if _refuses(session, change, half) else rows[len(half) :]
    return rows[0] if _refuses(session, change, rows) else None


def _next_rows(session: Session, change: chunks.Change) -> Sequence[str]:
    """The ctids of the rows that the next two chunks would change."""
    key = catalog.primary_key(session.connection, change.table)
    rows = change.wanted.select(sa.cast(TID, sa.Text()))
    columns: list[Any] = [sa.column(name) for name, _ in key]
    rows = rows.order_by(*columns).limit(2 * session.settings.rows_per_chunk)
    return [place for (place,) in session.read(rows)]


def _refuses(
    session: Session, change: chunks.Change, rows: Sequence[str]
) -> bool:
    statement = change.statement.where(at_each(rows))
    try:
        with suppress(_TakenBack):
            with session.transaction(session.settings.lock_timeout):
                session.execute(statement)
                session.connection.execute(SetImmediate())
                raise _TakenBack
    except DBAPIError as error:
        if session.connection.invalidated:
            raise
        return is_refusal(error)
    return False


def _named(session: Session, change: chunks.Change, row: str) -> str:
    table = change.table
    key = catalog.primary_key(session.connection, table)
    if not key:
        return f"the row of {table.name!r} at ctid {row}"
    columns = [sa.cast(sa.column(name), sa.Text()) for name, _ in key]
    found = change.wanted.select(*columns).where(at_each([row]))
    values = next(iter(session.read(found)), ())
    shown = ", ".join(
        f"{name} = {value!r}" for (name, _), value in zip(key, values)
    )
    return f"the row of {table.name!r} with {shown}"
