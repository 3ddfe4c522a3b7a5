"""MariaDB: the triggers that rename what the old application writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import threading
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ddl.mysql.trigger import Triggers

from .backends import MYSQLS
from .backends import Servers
from .models import orders
from .online import alter
from .online import rename
from .online import run
from .online import watched
from .roundtrip import Database
from .test_faults import at_statement
from .test_faults import Fault
from .test_mysql_online import fill
from .test_mysql_online import mysql
from .test_mysql_online import on_mariadb_11

__all__ = ["mysql"]

OLD, NEW = orders("NEW", "PAYED"), orders("NEW", "PAID")


def triggers(db: Database) -> list[str]:
    query = sa.text(
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
        "WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1"
    )
    with db.engine.connect() as connection:
        return [*connection.scalars(query)]


def drop(db: Database, column: str = "status") -> None:
    with db.operations() as op:
        op.drop_check_enum_trigger("orders", column)


@contextmanager
def old_application(
    db: Database, is_refused: bool = False
) -> Iterator[threading.Event]:
    """A writer of the old value, which inserts and updates until the end;
    the event is set whenever it has written once more.

    :param is_refused: whether the database may refuse what it writes.
    """
    engine = sa.create_engine(db.engine.url)
    stopped, wrote = threading.Event(), threading.Event()
    errors: list[Exception] = []

    def write() -> None:
        try:
            while not stopped.is_set():
                for statement in (
                    "INSERT INTO orders (status) VALUES ('PAYED')",
                    "UPDATE orders SET status = 'PAYED' ORDER BY id DESC"
                    " LIMIT 1",
                ):
                    with engine.begin() as connection:
                        connection.exec_driver_sql(statement)
                wrote.set()
        except Exception as error:
            errors.append(error)
            wrote.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert wrote.wait(60)
        yield wrote
    finally:
        stopped.set()
        thread.join()
        engine.dispose()
    assert is_refused or errors == []


@on_mariadb_11
def test_old_application(mysql: Database) -> None:
    """It writes the old value before, during and after the change, without
    an error, until the trigger is dropped.
    """
    fill(mysql, 25, "NEW", "PAYED")
    with old_application(mysql) as wrote:
        run(mysql, rename(keep_trigger=True), rows_per_chunk=5)
        wrote.clear()
        assert wrote.wait(60)
    assert {*mysql.column("orders")} == {"NEW", "PAID"}
    assert mysql.diff(NEW) == []
    drop(mysql)
    assert triggers(mysql) == []
    with pytest.raises(sa.exc.IntegrityError):
        mysql.insert("orders", status="PAYED")


@on_mariadb_11
def test_dropped_at_the_end(mysql: Database) -> None:
    """Without ``keep_trigger`` none is left."""
    with watched(mysql) as ran:
        run(mysql, rename())
    created = [each.text for each in ran if "CREATE OR REPLACE" in each.text]
    assert [" BEFORE INSERT " in text for text in created[-2:]] == [
        True,
        False,
    ]
    assert triggers(mysql) == []


@on_mariadb_11
def test_none_where_nothing_is_renamed(mysql: Database) -> None:
    """A value that is added needs none."""
    with watched(mysql) as ran:
        run(mysql, alter(["NEW", "PAYED", "SENT"], ["NEW", "PAYED"]))
    assert not any("TRIGGER " in each.text for each in ran)


@on_mariadb_11
def test_after_other_triggers(mysql: Database) -> None:
    """What another trigger of the table writes is renamed as well."""
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER theirs BEFORE INSERT ON orders FOR EACH ROW "
            "SET NEW.status = 'PAYED'"
        )
    run(mysql, rename(keep_trigger=True))
    mysql.insert("orders", status="NEW")
    assert mysql.column("orders") == ["PAID"]
    drop(mysql)
    assert triggers(mysql) == ["theirs"]


HARD = ["it's", "back\\slash", "50%", "a :b", "日本😀", ""]
LIKE = ["payed", "PAYED ", "páyed"]


@on_mariadb_11
def test_exact(mysql: Database) -> None:
    """Any string is renamed, and none that only looks like it."""
    before = ["NEW", "PAYED", *HARD, *LIKE]
    run(mysql, alter(before, ["NEW", "PAYED"]))
    renamed = {value: f"{value}!" for value in ["PAYED", *HARD]}
    values = ["NEW", *LIKE, *renamed.values()]
    run(mysql, alter(values, before, rename=renamed, keep_trigger=True))
    for value in before:
        mysql.insert("orders", status=value)
    assert mysql.column("orders") == [renamed.get(v, v) for v in before]


@on_mariadb_11
def test_null(mysql: Database) -> None:
    """A value that becomes NULL does so on writing, too."""
    op = alter(
        ["NEW"],
        ["NEW", "PAYED"],
        rename={"PAYED": None},
        keep_trigger=True,
    )
    run(mysql, op)
    mysql.insert("orders", status="PAYED")
    assert mysql.column("orders") == [None]


@on_mariadb_11
def test_follows(mysql: Database) -> None:
    """A later rename of the new value is followed, and the way back drops
    the trigger.
    """
    run(mysql, rename(keep_trigger=True))
    settle = {"existing_values": ["NEW", "PAID"], "name": "ck_orders_status"}
    with mysql.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "SETTLED"],
            rename={"PAID": "SETTLED"},
            **settle,
        )
    mysql.insert("orders", status="PAYED")
    assert mysql.column("orders") == ["SETTLED"]
    with mysql.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAYED"],
            existing_values=["NEW", "SETTLED"],
            name="ck_orders_status",
            rename={"SETTLED": "PAYED"},
        )
    assert triggers(mysql) == []
    assert mysql.column("orders") == ["PAYED"]


@on_mariadb_11
def test_goes_with_the_constraint(mysql: Database) -> None:
    run(mysql, rename(keep_trigger=True))
    with mysql.operations() as op:
        op.drop_check_enum(
            "orders", "status", ["NEW", "PAID"], name="ck_orders_status"
        )
    assert triggers(mysql) == []


@on_mariadb_11
def test_told(mysql: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Autogenerate tells of one that is kept, and finds no difference."""
    run(mysql, rename(keep_trigger=True))
    caplog.set_level(logging.INFO)
    assert mysql.diff(NEW) == []
    assert "left its trigger on orders, column 'status'" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("keep", [False, True])
@on_mariadb_11
def test_fault_at_each_statement(mysql: Database, keep: bool) -> None:
    """Whatever statement raises, the old application may write its value,
    and the next run ends right.
    """

    def fail() -> None:
        raise Fault

    fill(mysql, 2, "PAYED")
    statements, failed = 0, True
    while failed:
        statements += 1
        stop = at_statement(mysql, statements, fail)
        try:
            run(mysql, rename(keep_trigger=keep))
            failed = False
        except Fault:
            pass
        stop()
        if keep or mysql.diff(NEW):
            mysql.insert("orders", status="PAYED")
    assert statements > 20
    assert {*mysql.column("orders")} == {"PAID"}
    assert mysql.diff(NEW) == []
    assert bool(triggers(mysql)) == keep


@on_mariadb_11
def test_rows_that_cannot_change(mysql: Database) -> None:
    """Where the rows cannot change, no trigger is left, and the old list is
    back.
    """
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER theirs BEFORE UPDATE ON orders FOR EACH ROW "
            "SIGNAL SQLSTATE '45000'"
        )
    mysql.insert("orders", status="PAYED")
    with pytest.raises(sa.exc.DBAPIError):
        run(mysql, rename())
    assert triggers(mysql) == ["theirs"]
    assert mysql.diff(OLD) == []


@pytest.fixture(params=[name for name in MYSQLS if name == "mariadb"])
def limited(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """A user without the privilege TRIGGER; a server that checks that is
    too old for online changes.
    """
    with servers.database(request.param) as url:
        owner = Database(url)
        owner.create(OLD)
        user = "ckenum_limited"
        with owner.engine.begin() as connection:
            execute = connection.exec_driver_sql
            execute(f"CREATE OR REPLACE USER {user}@'%%' IDENTIFIED BY 'x'")
            execute(
                "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP "
                f"ON `{url.database}`.* TO {user}@'%%'"
            )
        yield Database(url.set(username=user, password="x"))
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP USER {user}@'%%'")
        owner.dispose()


@pytest.mark.parametrize("keep", [False, True])
def test_without_the_privilege(
    limited: Database, caplog: pytest.LogCaptureFixture, keep: bool
) -> None:
    """The change goes without a trigger, and says so; one that is to be kept
    is an error.
    """
    with limited.engine.connect() as connection:
        operations: Any = Operations(MigrationContext.configure(connection))
        tried = Triggers(operations, rename(keep_trigger=keep))
        if keep:
            with pytest.raises(exc.DirectiveError, match="privilege TRIGGER"):
                tried.prepare()
        else:
            tried.prepare()
            assert not tried.may_create
            assert "is changed without" in caplog.text
    assert triggers(limited) == []
