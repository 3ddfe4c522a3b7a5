"""Run statements on Alembic's connection, and wait for the table's lock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
import logging
import random
import time
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import await_only

from .. import catalog
from .....backend.pg_catalog import qualified
from .....exc import LockTimeoutError
from ...settings import OnlineSettings
from ..ddl import LockTable
from ..ddl import SwapNotValid
from ..sqlstate import sqlstate
from .parameters import ALONE
from .parameters import milliseconds
from .parameters import NO_LIMITS
from .parameters import set_local

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from ....ops import CheckEnumOp
    from ..engine import Place

log = logging.getLogger("alembic.ckenum.online")

LOCKED = {"55P03", "40P01", "40001"}
"""SQLSTATEs of a lock that could not be taken: lock_not_available,
deadlock_detected, and serialization_failure if the row was moved to another
partition meanwhile ("PostgreSQL Error Codes", appendix A of its manual)."""


class _TakenBack(Exception):
    """Rolls back a transaction that was only a rehearsal."""


@dataclass(frozen=True)
class Session:
    """Alembic's connection, on which ckenum runs its own transactions.

    :ivar oid: the table's oid; ``None`` if there is no table.
    :ivar place: where its rows are.
    """

    op: CheckEnumOp
    connection: Connection
    settings: OnlineSettings
    oid: int | None
    place: Place

    @contextmanager
    def transaction(
        self, lock_timeout: float, parameters: dict[str, str] = {}
    ) -> Iterator[dict[str, str]]:
        """A transaction that waits ``lock_timeout`` seconds for any lock.

        It reaches the disk some time after its end, but before anything
        that comes later, above all Alembic's version ("Asynchronous
        Commit", section 28.4 of PostgreSQL's manual). Where replicas' lag
        is limited it reaches the disk at once: nothing else is sent to them.

        :param parameters: more parameters to set. It yields the previous
            values of all parameters that it sets.
        """
        self.connection.execute(
            sa.text("BEGIN ISOLATION LEVEL READ COMMITTED")
        )
        try:
            yield self.set_local(
                **NO_LIMITS,
                lock_timeout=milliseconds(lock_timeout),
                synchronous_commit=(
                    "local" if self.settings.limits_lag else "off"
                ),
                **parameters,
            )
        except BaseException:
            # if the connection is lost, the server has rolled back already
            with suppress(SQLAlchemyError):
                self.connection.execute(sa.text("ROLLBACK"))
            raise
        self.connection.execute(sa.text("COMMIT"))

    def read(self, query: Executable) -> Sequence[sa.Row[Any]]:
        """Run a query in a transaction of its own."""
        with self.waiting():
            self.set_local(**ALONE)
            return self.execute(query).all()

    def execute(self, statement: Executable) -> sa.CursorResult[Any]:
        """Run ``statement`` with PostgreSQL's own functions and operators."""
        return self.connection.execute(qualified(statement))

    def set_local(self, **parameters: str) -> dict[str, str]:
        """Set parameters until the transaction ends; return the old ones."""
        return set_local(self.connection, parameters)

    def under_lock(
        self, statements: Callable[[], Sequence[Executable]]
    ) -> None:
        """Run the statements that ``statements`` returns, under the table's
        lock.

        ``statements`` is called while no other migration can change the
        table; readers and writers go on meanwhile. Each attempt holds them
        up for at most ``lock_timeout``, and for as long as its statements
        take.
        """
        with self.waiting():
            self._under_lock(statements, lambda: None)

    def rehearse(
        self,
        statements: Callable[[], Sequence[Executable]],
        then: Callable[[], None],
    ) -> None:
        """Run ``statements`` as :meth:`under_lock` does, call ``then``, and
        roll back all of it.
        """
        with suppress(_TakenBack), self.waiting():
            # shows in the server's log that this is not the change itself
            self.connection.execute(sa.text("SAVEPOINT rehearsal"))
            self._under_lock(statements, then)
            raise _TakenBack

    def _under_lock(
        self,
        statements: Callable[[], Sequence[Executable]],
        then: Callable[[], None],
    ) -> None:
        until = time.monotonic() + self.settings.deadline
        self.connection.execute(
            LockTable(self.table, "SHARE UPDATE EXCLUSIVE")
        )
        self.require_same_table()
        todo = statements()
        if not todo:
            return
        tables = catalog.tree(self.connection, self.op)
        while not self._ran(tables, todo, then):
            if time.monotonic() > until:
                raise self.timeout(tables)
            self.pause()

    def _ran(
        self,
        tables: list[catalog.Table],
        todo: Sequence[Executable],
        then: Callable[[], None],
    ) -> bool:
        self.connection.execute(sa.text("SAVEPOINT ckenum"))
        try:
            self._lock(tables)
            for statement in todo:
                for each in self._parts(statement):
                    self.execute(each)
            then()
        except DBAPIError as error:
            if sqlstate(error) not in LOCKED:
                raise
            self.connection.execute(sa.text("ROLLBACK TO SAVEPOINT ckenum"))
            return False
        return True

    def _parts(self, statement: Executable) -> Sequence[Executable]:
        if self.place.in_shards and isinstance(statement, SwapNotValid):
            return statement.one_by_one()
        return [statement]

    def _lock(self, tables: list[catalog.Table]) -> None:
        """Lock the tables one after another, all within the time for one.

        A single table is locked by its first statement instead.
        """
        timeout = self.settings.lock_timeout
        self.set_local(lock_timeout=milliseconds(timeout))
        if len(tables) == 1:
            return
        until = time.monotonic() + timeout
        for table in tables:
            if table.kind == "f":
                continue  # LOCK TABLE refuses it; its statements lock it
            left = until - time.monotonic()
            self.set_local(lock_timeout=milliseconds(left))
            self.connection.execute(
                LockTable(table.clause, "ACCESS EXCLUSIVE", only=True)
            )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A transaction that waits until the deadline for a lock that holds
        up no readers or writers.

        Raises :class:`~ckenum.exc.LockTimeoutError` if it does not get the
        lock.
        """
        try:
            with self.transaction(self.settings.deadline):
                yield
        except DBAPIError as error:
            if sqlstate(error) not in LOCKED:
                raise
            tables = catalog.tree(self.connection, self.op)
            raise self.timeout(tables) from error

    def timeout(self, tables: Sequence[catalog.Table]) -> LockTimeoutError:
        return LockTimeoutError(
            self.op.table_name,
            self.op.schema,
            self.settings.deadline,
            catalog.holders(self.connection, tables),
        )

    def pause(self) -> None:
        """Wait for the pause that the settings say, more or less."""
        self.sleep(self.settings.pause * random.uniform(0.5, 1.5))

    def sleep(self, seconds: float) -> None:
        """Wait; under asyncio, without blocking the event loop."""
        if self.connection.dialect.is_async:
            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def require_same_table(self) -> None:
        """Raise :class:`~ckenum.exc.DirectiveError` if the table's name now
        means another table than when the directive began.
        """
        if catalog.oid_of(self.connection, self.op) != self.oid:
            raise self.op.error(
                f"the name {self.op.table_name!r} means another table after "
                f"a commit than before it: search_path was set for one "
                f"transaction only, or behind a pooler. Set it for the "
                f"session and past the pooler, or give schema="
            )

    @property
    def table(self) -> sa.TableClause:
        return sa.table(self.op.table_name, schema=self.op.schema)
