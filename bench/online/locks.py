"""How long a migration's connections hold the table for themselves.

An ACCESS EXCLUSIVE lock is held from when PostgreSQL grants it until the
transaction ends. While a statement runs that may take it, another connection
looks into ``pg_locks`` again and again; the lock counts from the last look
that did not see it granted (from the statement's start where the first look
did), until COMMIT has returned. So a hold is never shown too short, and too
long by no more than one look, some 0.5 ms. Waiting for it does not count:
that is part of the clients' stalls.
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
import sqlalchemy as sa

MAY_LOCK = re.compile(r"\s*(ALTER|CREATE|DROP|LOCK|TRUNCATE|DO)\b", re.I)
"""Queries, DML and what else migrations run take weaker locks."""

LOOK = """
SELECT FROM pg_locks
WHERE pid = %s AND relation = %s::regclass
AND mode = 'AccessExclusiveLock' AND granted
"""


class Holds:
    """The holds of one connection so far, in seconds, each with its cause."""

    def __init__(self, conninfo: str, pid: int, table: str) -> None:
        self.done: list[tuple[str, float]] = []
        self._looker = psycopg.connect(conninfo, autocommit=True)
        self._key = (pid, table)
        self._sees()
        self._cause = ""
        self._since: float | None = None
        self._asking = 0.0

    def _sees(self) -> bool:
        return bool(self._looker.execute(LOOK, self._key).rowcount)

    def _watch(self, start: float, over: threading.Event) -> None:
        while not over.is_set():
            look = time.monotonic()
            if self._sees():
                self._since = start
                return
            start = look
            over.wait(0.0002)

    def execute(self, statement: str, run: Any) -> Any:
        """Run it, and see whether it takes the lock."""
        if (
            self._since is not None
            or not MAY_LOCK.match(statement)
            or "VALIDATE CONSTRAINT" in statement
        ):
            return run()
        over = threading.Event()
        start = time.monotonic()
        self._cause = statement
        thread = threading.Thread(target=self._watch, args=(start, over))
        thread.start()
        try:
            result = run()
            end = time.monotonic()
        finally:
            over.set()
        if self._since is None and self._sees():
            self._since = start
        thread.join()
        if self._since is not None and not self._sees():
            # the statement has given it back itself
            self.done.append((" ".join(statement.split()), end - self._since))
            self._since = None
        self._asking = time.monotonic() - end
        return result

    def over(self) -> None:
        """The transaction, or its savepoint, has ended."""
        if self._since is not None:
            held = time.monotonic() - self._since - self._asking
            self.done.append((" ".join(self._cause.split()), held))
        self._since = None
        self._asking = 0.0

    def close(self) -> None:
        self._looker.close()


class WatchedCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **kw: Any) -> Any:
        connection = self.connection
        assert isinstance(connection, Watched)
        result = connection.holds.execute(
            query,
            lambda: super(WatchedCursor, self).execute(query, params, **kw),
        )
        if (
            connection.info.transaction_status == TransactionStatus.IDLE
            or query.startswith("ROLLBACK TO")
        ):
            connection.holds.over()
        return result


class Watched(psycopg.Connection[Any]):
    """A connection that knows how long it held the lock."""

    holds: Holds

    def commit(self) -> None:
        super().commit()
        self.holds.over()

    def rollback(self) -> None:
        super().rollback()
        self.holds.over()


def watched(
    conninfo: str, url: sa.URL, table: str
) -> tuple[sa.Engine, list[Holds]]:
    """An engine whose connections are watched, and their holds."""
    engine = sa.create_engine(url)
    holds: list[Holds] = []

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, args: Any, options: Any) -> Watched:
        options["cursor_factory"] = WatchedCursor
        connection = Watched.connect(*args, **options)
        pid = connection.info.backend_pid
        connection.holds = Holds(conninfo, pid, table)
        holds.append(connection.holds)
        return connection

    return engine, holds
