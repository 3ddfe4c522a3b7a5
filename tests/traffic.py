"""An application at work while a migration runs: clients in threads."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
import threading
import time

import psycopg
import sqlalchemy as sa

Act = Callable[[sa.Connection, int], object]
"""What a client does: with its connection, for the nth time."""


class Client:
    """Acts without a pause, on a connection of its own that autocommits,
    until that is lost.

    :ivar calls: how often it did, and was not refused.
    :ivar errors: SQLSTATEs of those that failed.
    """

    def __init__(self, act: Act) -> None:
        self.act = act
        self.calls = 0
        self.errors: list[str | None] = []
        self._stopped = threading.Event()

    def work(self, connection: sa.Connection) -> None:
        number = 0
        while not self._stopped.is_set() and not connection.invalidated:
            number += 1
            try:
                self.act(connection, number)
                self.calls += 1
            except (sa.exc.DBAPIError, psycopg.Error) as error:
                self.errors.append(_sqlstate(error))

    def goes_on(self, calls: int = 10) -> None:
        """Wait until it has done some more."""
        enough = self.calls + calls
        until = time.monotonic() + 120
        while self.calls < enough:
            assert time.monotonic() < until, self.errors[-3:]
            time.sleep(0.001)

    @contextmanager
    def at_work(self, url: sa.URL) -> Iterator[None]:
        """In a thread, from its first calls until the end of the block."""
        engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            thread = threading.Thread(target=self.work, args=[connection])
            thread.start()
            try:
                self.goes_on()
                yield
            finally:
                self._stopped.set()
                thread.join()


def _sqlstate(error: Exception) -> str | None:
    cause = getattr(error, "orig", error)
    assert isinstance(cause, psycopg.Error)
    return cause.sqlstate


@contextmanager
def traffic(url: sa.URL, *acts: Act) -> Iterator[list[Client]]:
    """Clients at work, before, during and after what is in the block."""
    clients = [Client(act) for act in acts]
    with ExitStack() as stack:
        for client in clients:
            stack.enter_context(client.at_work(url))
        yield clients
        for client in clients:
            client.goes_on()
