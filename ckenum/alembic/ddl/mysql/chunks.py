"""Change rows a chunk at a time; each chunk is committed.

Chunks follow the primary key. A changed row is not found again, so a run that
was stopped can simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator
import time
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import locks
from .. import rows
from ....exc import PauseTimeoutError
from ..settings import settings_of
from .session import having
from .session import ROW_TIMEOUT
from .session import SAFE_UPDATES

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp
    from ..settings import OnlineSettings


def change(operations: Operations, op: CheckEnumOp) -> None:
    """Change all rows that ``op`` has rules for.

    Raises :class:`~ckenum.exc.LockTimeoutError` if others keep rows locked.
    """
    connection = operations.get_bind()
    settings = settings_of(operations)
    # a chunk keeps rows locked, so it must not wait long for other locks
    with (
        having(connection, ROW_TIMEOUT, 1),
        having(connection, SAFE_UPDATES, 0),
    ):
        for statement in rows.statements(op, connection.dialect):
            for condition in _ranges(connection, op, settings.rows_per_chunk):
                _brake(connection, op, settings)
                locks.run(operations, op, statement.where(condition))
                connection.execute(sa.text("COMMIT"))


def _brake(
    connection: Connection, op: CheckEnumOp, settings: OnlineSettings
) -> None:
    """Pause between two chunks, as the settings say."""
    if settings.chunk_pause:
        locks.sleep(connection, settings.chunk_pause)
    until = time.monotonic() + settings.deadline
    while settings.pause_while and settings.pause_while(connection):
        if time.monotonic() > until:
            raise PauseTimeoutError(
                op.table_name,
                op.schema,
                settings.deadline,
                "pause_while stayed true",
            )
        locks.sleep(connection, settings.pause)


def _ranges(
    connection: Connection, op: CheckEnumOp, rows_per_chunk: int
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that split the table's rows into chunks; a single one, for
    the whole table, if there is no primary key.
    """
    table = sa.table(op.table_name, schema=op.schema)
    key: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in catalog.primary_key(connection, op)
    ]
    after: sa.ColumnElement[bool] = sa.true()
    while key:
        ends = (
            sa.select(*key)
            .select_from(table)
            .where(after)
            .order_by(*key)
            .limit(1)
            .offset(rows_per_chunk - 1)
        )
        end = connection.execute(ends).one_or_none()
        if end is None:
            break
        beyond = _beyond(key, end)
        yield after & sa.not_(beyond)
        after = beyond
    yield after


def _beyond(key: list[Any], end: Any) -> sa.ColumnElement[bool]:
    """Rows after ``end``, in a form for which the servers use the index. They
    do not use it to compare rows ("Row Constructor Expression Optimization",
    section 10.2.1.22 of MySQL's manual).
    """
    first, *others = key
    value, *values = end
    if not others:
        return first > value  # type: ignore[no-any-return]
    rest = _beyond(others, values)
    return sa.or_(first > value, sa.and_(first == value, rest))
