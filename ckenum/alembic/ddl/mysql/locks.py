"""Wait for a table's lock so that nobody else has to wait long.

While an ALTER TABLE waits for the metadata lock, everybody who comes later
waits behind it ("Metadata Locking", section 10.11.4 of MySQL's manual), by
default for up to a day (``lock_wait_timeout``, 8.0: a year). So it waits for
a second, lets the others through, and tries again until the deadline.
"""

from __future__ import annotations

from contextlib import suppress
import math
import random
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import await_only

from ....exc import LockHolder
from ....exc import LockTimeoutError
from ..settings import settings_of
from .errors import errno
from .errors import LOCKED
from .session import having
from .session import LOCK_TIMEOUT

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from ...ops import CheckEnumOp

_HOLDERS = {
    False: sa.text("""
        SELECT DISTINCT t.PROCESSLIST_ID, t.PROCESSLIST_COMMAND,
               t.PROCESSLIST_INFO
        FROM performance_schema.metadata_locks l
        JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
        WHERE l.OBJECT_TYPE = 'TABLE' AND l.LOCK_STATUS = 'GRANTED'
          AND l.OBJECT_SCHEMA = coalesce(:schema, DATABASE())
          AND l.OBJECT_NAME = :table AND t.PROCESSLIST_ID <> CONNECTION_ID()
        """),
    # only a plugin of MariaDB tells which tables they have locked
    True: sa.text("""
        SELECT p.ID, p.COMMAND, p.INFO
        FROM information_schema.INNODB_TRX t
        JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
        WHERE p.DB = coalesce(:schema, DATABASE())
          AND p.ID <> CONNECTION_ID()
        """),
}


def run(
    operations: Operations, op: CheckEnumOp, statement: Executable
) -> None:
    """Run a statement that locks the table of ``op``.

    Raises :class:`~ckenum.exc.LockTimeoutError` if it does not get the lock
    before the deadline of ``ckenum_online_settings``.
    """
    settings = settings_of(operations)
    connection = operations.get_bind()
    until = time.monotonic() + settings.deadline
    seconds = max(1, math.ceil(settings.lock_timeout))
    with having(connection, LOCK_TIMEOUT, seconds):
        while True:
            try:
                connection.execute(statement)
                return
            except DBAPIError as error:
                if errno(error) not in LOCKED:
                    raise
                if time.monotonic() > until:
                    raise timeout(connection, op, settings.deadline) from error
            sleep(connection, settings.pause * random.uniform(0.5, 1.5))


def timeout(
    connection: Connection, op: CheckEnumOp, seconds: float
) -> LockTimeoutError:
    """The error, with the sessions that hold the table's lock, as far as the
    role may see them.
    """
    holders: list[LockHolder] = []
    is_mariadb = connection.dialect.is_mariadb  # type: ignore[attr-defined]
    given = {"schema": op.schema}
    if not is_mariadb:
        given["table"] = op.table_name
    with suppress(SQLAlchemyError):
        holders = [
            LockHolder(pid, state, None, query)
            for pid, state, query in connection.execute(
                _HOLDERS[is_mariadb], given
            )
        ]
    return LockTimeoutError(op.table_name, op.schema, seconds, holders)


def sleep(connection: Connection, seconds: float) -> None:
    """Wait; under asyncio, without blocking the event loop."""
    if connection.dialect.is_async:
        import asyncio

        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
