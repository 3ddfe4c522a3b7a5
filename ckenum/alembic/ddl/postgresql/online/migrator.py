"""Let one migrator at a time change a table, by an advisory lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
import time
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .. import catalog
from .....exc import ConcurrentChangeError
from .....exc import LockHolder
from .parameters import NO_LIMITS
from .parameters import set_local
from .session import Session

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEY = int.from_bytes(b"cken", "big")
"""The first half of the lock's key; the table's oid is the second."""

_TRY = sa.text(
    "SELECT pg_catalog.pg_try_advisory_lock("
    " CAST(:key AS pg_catalog.int4), CAST(:table AS pg_catalog.int4))"
)
_TRY_IN_TRANSACTION = sa.text(
    "SELECT pg_catalog.pg_try_advisory_xact_lock("
    " CAST(:key AS pg_catalog.int4), CAST(:table AS pg_catalog.int4))"
)
_UNLOCK = sa.text(
    "SELECT pg_catalog.pg_advisory_unlock("
    " CAST(:key AS pg_catalog.int4), CAST(:table AS pg_catalog.int4))"
)
_HOLDERS = sa.text("""
    SELECT l.pid, a.state, a.query_start, a.query
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_stat_activity a
      ON a.pid OPERATOR(pg_catalog.=) l.pid
    JOIN pg_catalog.pg_database d
      ON d.oid OPERATOR(pg_catalog.=) l.database
      AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted
      AND CAST(l.classid AS pg_catalog.int8) OPERATOR(pg_catalog.=) :key
      AND CAST(l.objid AS pg_catalog.int8) OPERATOR(pg_catalog.=) :oid
      AND l.objsubid OPERATOR(pg_catalog.=) 2
    """)


@contextmanager
def only_migrator(session: Session) -> Iterator[None]:
    """Keep other migrators from changing the table in the block.

    Raises :class:`~ckenum.exc.ConcurrentChangeError` if another has not
    finished at the deadline.
    """
    tables = catalog.tree(session.connection, session.op)
    if not tables:
        yield  # the directive will say that there is no such table
    elif has_own_session(session.connection):
        with _locked(session, session.connection, tables[0].oid, _TRY):
            yield
    else:
        # a pooler keeps the session only while a transaction is open
        with session.connection.engine.connect() as connection:
            connection = connection.execution_options(
                isolation_level="READ COMMITTED"
            )
            set_local(connection, NO_LIMITS)
            oid = tables[0].oid
            with _locked(session, connection, oid, _TRY_IN_TRANSACTION):
                yield


def has_own_session(connection: Connection) -> bool:
    """Whether the server's process is the one that the driver was told of
    when it connected.

    A pooler reports another process; some drivers report none.
    """
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "get_server_pid"):  # asyncpg
        pid = driver.get_server_pid()
    else:
        pid = getattr(getattr(driver, "info", None), "backend_pid", None)
    here = sa.select(sa.func.pg_catalog.pg_backend_pid())
    return bool(pid == connection.scalar(here))


@contextmanager
def _locked(
    session: Session, connection: Connection, oid: int, attempt: sa.TextClause
) -> Iterator[None]:
    signed = oid - (oid >> 31 << 32)
    key = {"key": KEY, "table": signed}
    until = time.monotonic() + session.settings.deadline
    while not connection.scalar(attempt, key):
        if time.monotonic() > until:
            raise ConcurrentChangeError(
                session.op.table_name,
                session.op.schema,
                session.settings.deadline,
                _holders(connection, oid),
            )
        session.pause()
    if attempt is _TRY_IN_TRANSACTION:
        # in a simple query: it ends the portal of the query before, whose
        # snapshot CREATE INDEX CONCURRENTLY would wait for
        connection.exec_driver_sql("SELECT 1")
    try:
        yield
    finally:
        if attempt is _TRY:
            # if the connection is lost, so is its lock
            with suppress(SQLAlchemyError):
                connection.execute(_UNLOCK, key)


def _holders(connection: Connection, oid: int) -> list[LockHolder]:
    rows = connection.execute(_HOLDERS, {"key": KEY, "oid": oid})
    return [LockHolder(*row) for row in rows]
