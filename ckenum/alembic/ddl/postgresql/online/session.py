"""Alembic's connection while it commits by itself, and the table's lock."""

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
from .....exc import LockTimeoutError
from .....backend.pg_catalog import qualified
from ..sqlstate import sqlstate
from ..ddl import LockTable
from .parameters import ALONE
from .parameters import milliseconds
from .parameters import NO_LIMITS
from .parameters import set_local
from .settings import OnlineSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from ....ops import CheckEnumOp

log = logging.getLogger("alembic.ckenum.online")

LOCKED = {"55P03", "40P01", "40001"}
"""SQLSTATEs of a lock that was not to be had: lock_not_available,
deadlock_detected, serialization_failure where the row was moved to another
partition meanwhile ("PostgreSQL Error Codes", appendix A of its manual)."""


class _TakenBack(Exception):
    """Ends a transaction that was only to be tried."""


@dataclass(frozen=True)
class Session:
    """Alembic's connection while it commits by itself.

    :ivar oid: the table's; ``None`` if there is none.
    """

    op: CheckEnumOp
    connection: Connection
    settings: OnlineSettings
    oid: int | None

    @contextmanager
    def transaction(
        self, lock_timeout: float, parameters: dict[str, str] = {}
    ) -> Iterator[dict[str, str]]:
        """A transaction that waits ``lock_timeout`` seconds for any lock.

        It is on disk some time after its end, but before anything is that
        comes later: Alembic's version, above all ("Asynchronous Commit",
        section 28.4 of PostgreSQL's manual).

        :param parameters: more of them; it yields what they were before.
        """
        self.connection.execute(
            sa.text("BEGIN ISOLATION LEVEL READ COMMITTED")
        )
        try:
            yield self.set_local(
                **NO_LIMITS,
                lock_timeout=milliseconds(lock_timeout),
                synchronous_commit="off",
                **parameters,
            )
        except BaseException:
            # of a connection that is lost, the server has ended it
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
        """Run it with PostgreSQL's own functions and operators."""
        return self.connection.execute(qualified(statement))

    def set_local(self, **parameters: str) -> dict[str, str]:
        """Set parameters until the transaction ends; what they were before."""
        return set_local(self.connection, parameters)

    def under_lock(
        self, statements: Callable[[], Sequence[Executable]]
    ) -> None:
        """Run what ``statements`` gives, under the table's lock.

        It is asked while no other migration can change the table, and
        readers and writers go on; they are held up for ``lock_timeout`` at
        a time, and for as long as its statements take.
        """
        with self.waiting():
            self._under_lock(statements, lambda: None)

    def rehearse(
        self,
        statements: Callable[[], Sequence[Executable]],
        then: Callable[[], None],
    ) -> None:
        """Run what ``statements`` gives as :meth:`under_lock` does, and call
        ``then``; take all of it back.
        """
        with suppress(_TakenBack), self.waiting():
            # tells it from the change itself in the server's log
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
                self.execute(statement)
            then()
        except DBAPIError as error:
            if sqlstate(error) not in LOCKED:
                raise
            self.connection.execute(sa.text("ROLLBACK TO SAVEPOINT ckenum"))
            return False
        return True

    def _lock(self, tables: list[catalog.Table]) -> None:
        """Lock one after another, all within the time for one.

        A single table is locked by its first statement.
        """
        timeout = self.settings.lock_timeout
        self.set_local(lock_timeout=milliseconds(timeout))
        if len(tables) == 1:
            return
        until = time.monotonic() + timeout
        for table in tables:
            if table.kind == "f":
                continue  # LOCK TABLE takes none: its statements lock it
            left = until - time.monotonic()
            self.set_local(lock_timeout=milliseconds(left))
            self.connection.execute(
                LockTable(table.clause, "ACCESS EXCLUSIVE", only=True)
            )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A transaction for a lock that is in nobody's way while waited for.

        Raises :class:`~ckenum.exc.LockTimeoutError` where it does not come.
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
        """Wait for less or more than the settings say."""
        self.sleep(self.settings.pause * random.uniform(0.5, 1.5))

    def sleep(self, seconds: float) -> None:
        """Wait; under asyncio, let its loop go on meanwhile."""
        if self.connection.dialect.is_async:
            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def require_same_table(self) -> None:
        """Raise :class:`~ckenum.exc.DirectiveError` if the table's name has
        come to mean another table since the directive began.
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
