"""SQLite: all or nothing, whatever fails and whoever begins transactions."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import os
import signal
import sys
from typing import Any
import warnings

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.sqlite import strategy

from .backends import Servers
from .sqlite import dump
from .sqlite import PLAIN
from .sqlite import rename
from .sqlite import ROWS
from .sqlite import TRIGGER
from .sqlite import way

DRIVERS: dict[str, dict[str, Any]] = {
    "legacy": {},
    "AUTOCOMMIT": {"isolation_level": "AUTOCOMMIT"},
}
if sys.version_info >= (3, 12):
    DRIVERS["autocommit=False"] = {"connect_args": {"autocommit": False}}
    DRIVERS["autocommit=True"] = {"connect_args": {"autocommit": True}}

WAYS = {
    "native": ("sqlite-3.53", [PLAIN, TRIGGER, ROWS]),
    "copy": ("sqlite", [PLAIN, ROWS]),
    "edit": ("sqlite", [PLAIN, TRIGGER, ROWS]),
}


class Fault(Exception):
    pass


def migrate(engine: sa.Engine) -> None:
    """As Alembic does: one transaction for a migration."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(_per_migration=True):
            rename(Operations(context), "orders")


def migrate_in_batch(engine: sa.Engine) -> None:
    """In a batch that copies the table for a reason of its own."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(_per_migration=True):
            with Operations(context).batch_alter_table("orders") as batch_op:
                batch_op.alter_column("status", nullable=True)
                rename(batch_op)


@pytest.fixture(params=[*WAYS, "batch"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(
    kind: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sa.URL]:
    """With the table that takes this way."""
    if kind != "native":
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    backend, statements = WAYS.get(kind, WAYS["copy"])
    with servers.database(backend) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()
        yield url


@pytest.fixture
def run(kind: str) -> Callable[[sa.Engine], None]:
    return migrate_in_batch if kind == "batch" else migrate


@pytest.mark.parametrize("driver", DRIVERS)
def test_fault_at_each_statement(
    kind: str,
    url: sa.URL,
    run: Callable[[sa.Engine], None],
    driver: str,
) -> None:
    """Whichever statement fails, the database is what it was, the pooled
    connection too, and the next run succeeds.
    """
    if kind == "native" and driver.startswith("autocommit"):
        return  # an argument of Python's own driver
    engine = sa.create_engine(url, **DRIVERS[driver])
    statements: list[str] = []
    fails_at = 0

    def fail(*args: Any) -> None:
        statements.append(args[2])
        if len(statements) == fails_at:
            raise Fault(args[2])

    before = dump(engine)
    sa.event.listen(engine, "before_cursor_execute", fail)
    while True:
        statements.clear()
        fails_at += 1
        try:
            run(engine)
        except Fault:
            fails_at, failed_at = 0, fails_at
            assert dump(engine) == before, statements
            with engine.connect() as connection:
                for pragma in ("ignore_check_constraints", "writable_schema"):
                    assert not connection.exec_driver_sql(
                        f"PRAGMA {pragma}"
                    ).scalar(), statements
            fails_at = failed_at
        else:
            break
    assert way(statements) == ("copy" if kind == "batch" else kind)
    assert len(statements) > 5
    sa.event.remove(engine, "before_cursor_execute", fail)
    assert dump(engine)[1] == [("orders", [(1, "NEW"), (2, "DONE")])]
    engine.dispose()


def die(url: str, kind: str, at: int) -> None:
    """Migrate in this process, which gets SIGKILL at a statement."""
    if kind != "native":
        strategy.ALTERS_CONSTRAINTS = (99,)
    engine = sa.create_engine(url)
    statements = 0

    def kill(*args: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", kill)
    sa.event.listen(engine, "commit", kill)
    (migrate_in_batch if kind == "batch" else migrate)(engine)


@pytest.mark.parametrize("steps", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_kill(
    kind: str, url: sa.URL, run: Callable[[sa.Engine], None], steps: int
) -> None:
    """Killed after each of so many statements, the process leaves the table
    whole, the old one; and running the migration again succeeds.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    before = dump(engine)
    at = 1 - steps
    while True:
        at += steps
        with warnings.catch_warnings():
            # that threads may be running: none that matters to the child
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            try:
                die(url.render_as_string(), kind, at)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        assert dump(engine) == before
    assert at > 5
    assert dump(engine)[1] == [("orders", [(1, "NEW"), (2, "DONE")])]


@pytest.fixture
def edited(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sa.Engine]:
    """A database whose table is changed by an edit of its text."""
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    with servers.database("sqlite") as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in (PLAIN, TRIGGER, ROWS):
                connection.exec_driver_sql(statement)
        yield engine
        engine.dispose()


def test_edit_rolled_back_is_forgotten(edited: sa.Engine) -> None:
    """A connection whose edit was rolled back knows the old schema again,
    also when another one has meanwhile counted the schema's version up to
    the number that it had itself.

    With the pragmas in the order of SQLite's manual it goes on with the
    schema that never was: this was seen to fail.
    """
    with edited.connect() as connection:
        context = MigrationContext.configure(connection)
        rename(Operations(context), "orders")
        connection.rollback()
        with edited.begin() as other:
            other.exec_driver_sql("CREATE TABLE other (x)")
        connection.exec_driver_sql(
            "INSERT INTO orders (status) VALUES ('PAID')"
        )
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql(
                "INSERT INTO orders (status) VALUES ('DONE')"
            )
        assert connection.exec_driver_sql("SELECT * FROM other").all() == []


def test_edit_is_seen_by_others(edited: sa.Engine) -> None:
    """A connection that is open goes on with the new constraint."""
    insert = "INSERT INTO orders (status) VALUES ('DONE')"
    with edited.connect() as other:
        with pytest.raises(sa.exc.IntegrityError):
            other.exec_driver_sql(insert)
        other.rollback()
        migrate(edited)
        other.exec_driver_sql(insert)


def test_own_transaction_ends(servers: Servers) -> None:
    """Where nothing is to commit a statement, the directive is done when it
    returns.
    """
    with servers.database("sqlite") as url:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in (PLAIN, ROWS):
                connection.exec_driver_sql(statement)
            rename(
                Operations(MigrationContext.configure(connection)), "orders"
            )
            assert dump(engine)[1] == [("orders", [(1, "NEW"), (2, "DONE")])]
        engine.dispose()
