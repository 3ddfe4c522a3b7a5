"""One migrator of a table at a time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumTriggerOp
from ckenum.exc import ConcurrentChangeError

from .models import orders
from .online import alter
from .online import execute
from .online import fetch
from .online import fill
from .online import of_rehearsals
from .online import rename
from .online import run
from .roundtrip import Database

WHERE: dict[str, Any] = {"name": "ck_orders_status", "online": True}
DIRECTIVES = {
    "create": CreateCheckEnumOp("orders", "status", ["NEW", "PAYED"], **WHERE),
    "alter": rename(),
    "drop": DropCheckEnumOp("orders", "status", ["NEW"], **WHERE),
    "drop trigger": DropCheckEnumTriggerOp("orders", "status", online=True),
}
ADVISORY = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def db(any_postgresql: Database) -> Database:
    any_postgresql.create(orders("NEW", "PAYED"))
    fill(any_postgresql, "PAYED")
    return any_postgresql


@contextmanager
def meanwhile(
    db: Database, step: str, act: Callable[[int], None]
) -> Iterator[None]:
    """Act once, as soon as a migration comes to this step.

    :param act: is told the migration's process on the server.
    """
    acted = False
    rehearsed = of_rehearsals()

    def before(connection: sa.Connection, _: Any, text: str, *a: Any) -> None:
        nonlocal acted
        tried = rehearsed(text)
        if step in text and not acted and not tried:
            acted = True
            dbapi: Any = connection.connection.dbapi_connection
            act(dbapi.info.backend_pid)

    sa.event.listen(db.engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", before)
    assert acted


STEPS = ["LOCK TABLE", "UPDATE ONLY", "VALIDATE", "DROP TRIGGER"]


@pytest.mark.parametrize("step", STEPS)
def test_second_is_told_of_the_first(db: Database, step: str) -> None:
    """At each step of the first, and by the process, its state and its
    query; the first goes on.
    """
    other = Database(db.engine.url)

    def second(pid: int) -> None:
        with pytest.raises(ConcurrentChangeError, match=f"pid {pid}") as told:
            run(other, rename(), deadline=0.1)
        (holder,) = told.value.holders
        assert holder.pid == pid
        assert holder.state and holder.query_start and holder.query

    with meanwhile(db, step, second):
        run(db, rename())
    other.dispose()
    assert db.column("orders") == ["PAID"] * 12


@pytest.mark.parametrize("op", DIRECTIVES.values(), ids=DIRECTIVES)
def test_each_directive_waits(db: Database, op: Any) -> None:
    """Whatever the first does to the table."""
    other = Database(db.engine.url)

    def second(pid: int) -> None:
        with pytest.raises(ConcurrentChangeError):
            run(other, op, deadline=0.1)

    with meanwhile(db, "LOCK TABLE", second):
        run(db, rename())
    other.dispose()


def test_second_goes_on_when_the_first_has_ended(db: Database) -> None:
    """From what the first has made of the table."""
    other = Database(db.engine.url)
    more = alter(["NEW", "PAID", "SENT"], ["NEW", "PAID"])
    second = threading.Thread(target=run, args=(other, more))
    with meanwhile(db, "VALIDATE", lambda pid: second.start()):
        run(db, rename())
    second.join()
    other.dispose()
    assert db.diff(orders("NEW", "PAID", "SENT")) == []


def test_other_tables(db: Database) -> None:
    """Are changed at the same time."""
    other = Database(db.engine.url)
    execute(db, "CREATE TABLE bills (id int PRIMARY KEY, status varchar(255))")
    create = CreateCheckEnumOp("bills", "status", ["NEW"], **WHERE)
    with meanwhile(db, "VALIDATE", lambda pid: run(other, create, deadline=1)):
        run(db, rename())
    other.dispose()


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_stays_locked(db: Database, fails: bool) -> None:
    """Not by the connection, which may go back to a pool; nor after an
    error.
    """
    if fails:
        execute(db, "ALTER TABLE orders ADD CHECK (status <> 'PAID')")
        with pytest.raises(exc.OnlineBlockedError):
            run(db, rename())
    else:
        run(db, rename())
    assert fetch(db, ADVISORY) == []


def test_killed(db: Database) -> None:
    """Its lock goes with its connection; the next goes on."""

    def kill(pid: int) -> None:
        assert fetch(db, ADVISORY) == [pid]
        execute(db, f"SELECT pg_terminate_backend({pid}, 60000)")

    with meanwhile(db, "UPDATE ONLY", kill):
        with pytest.raises(sa.exc.OperationalError):
            run(db, rename())
    assert fetch(db, ADVISORY) == []
    run(db, rename())
    assert db.column("orders") == ["PAID"] * 12
