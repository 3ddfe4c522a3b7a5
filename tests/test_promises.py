"""The promises: each is the title of the test that keeps it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.ops import AlterCheckEnumOp

from .adversaries import at_step
from .adversaries import begin
from .adversaries import FEW
from .adversaries import outcome
from .adversaries import RENAME
from .adversaries import steps
from .adversaries import undisturbed
from .frozen import first_release
from .models import orders
from .models import orders_with
from .modes import autocommit_block
from .modes import autocommit_level
from .modes import Mode
from .modes import savepoint
from .modes import transaction
from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import fill
from .online import run
from .online import state
from .pages import promises
from .planted import heard
from .planted import plant
from .planted import used
from .qualification import recorded
from .roundtrip import Database
from .test_frozen import rows as frozen_rows
from .test_frozen import run as run_frozen
from .test_online_others import others
from .test_online_others import record
from .test_online_others import SETTINGS

MODES = [transaction, savepoint, autocommit_block, autocommit_level]
VALUES = ["NEW", "PAYED", "JUNK"]

REFUSES_JUNK = {
    "sqlite": [
        "CREATE TRIGGER guard BEFORE UPDATE ON orders"
        " WHEN old.status = 'JUNK' BEGIN SELECT RAISE(ABORT, 'not junk'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'not junk'; END $$",
        "CREATE TRIGGER guard BEFORE UPDATE ON orders FOR EACH ROW"
        " WHEN (old.status = 'JUNK') EXECUTE FUNCTION refuse()",
    ],
}


def create(db: Database, *values: str, each: int = 2) -> None:
    """A table with so many rows of each value."""
    db.create(orders(*VALUES))
    fill(db, *values or VALUES, each=each)


def seen(connection: sa.Connection) -> Any:
    """The table's constraints, and its rows."""
    rows = connection.exec_driver_sql("SELECT * FROM orders ORDER BY id")
    checks = sa.inspect(connection).get_check_constraints("orders")
    return checks, rows.all()


def committed(db: Database) -> Any:
    with db.engine.connect() as connection:
        return seen(connection)


def migrate(db: Database, mode: Mode, op: AlterCheckEnumOp) -> None:
    with db.engine.connect() as connection, mode(connection) as operations:
        operations.invoke(op)


def test_every_promise_is_a_title() -> None:
    """The manual's are the titles of the tests below, in that order."""
    _, *titles = [
        " ".join(value.__doc__.split())
        for name, value in globals().items()
        if name.startswith("test_")
    ]
    assert titles == promises()
    assert len({*titles}) == len(titles) > 10


@pytest.mark.parametrize("online", [False, True])
def test_checks_come_first(db: Database, online: bool) -> None:
    """Rows that have no rule stop a directive before it changes anything."""
    create(db)
    before = committed(db)
    remove = alter(["NEW"], VALUES, rename={"PAYED": "NEW"}, online=online)
    with pytest.raises(exc.RowsRemainError, match="'JUNK' in 2 rows"):
        migrate(db, autocommit_level, remove)
    assert committed(db) == before


@pytest.mark.parametrize("mode", MODES)
def test_all_or_nothing(db: Database, mode: Mode) -> None:
    """A directive changes all or nothing, also in an `autocommit_block()`."""
    create(db)
    execute(db, *REFUSES_JUNK[db.name])
    before = committed(db)
    values = ["NEW", "PAID", "OLD"]
    become = {"PAYED": "PAID", "JUNK": "OLD"}
    op = alter(values, VALUES, rename=become, online=False)
    with pytest.raises(sa.exc.DBAPIError, match="not junk"):
        migrate(db, mode, op)
    assert committed(db) == before
    on = " ON orders" if db.name == "postgresql" else ""
    execute(db, f"DROP TRIGGER guard{on}")
    migrate(db, mode, op)
    assert db.column("orders") == values * 2


@pytest.mark.parametrize("mode", [transaction, autocommit_block])
def test_changed_nothing(db: Database, mode: Mode) -> None:
    """Where an error says that it changed nothing, that is so."""
    create(db)
    more = [*VALUES, "MORE"]
    with db.engine.connect() as connection, mode(connection) as op:
        op.invoke(alter(more, VALUES, online=False))
        between = seen(connection)
        with pytest.raises(exc.RowsRemainError) as caught:
            op.invoke(alter(["NEW"], more, online=False))
        assert "This directive changed nothing" in str(caught.value)
        assert seen(connection) == between


def test_online_looks(any_postgresql: Database) -> None:
    """An online change first looks for what would stop it half way."""
    db = any_postgresql
    create(db)
    execute(
        db,
        "CREATE TABLE states (code varchar PRIMARY KEY)",
        "INSERT INTO states VALUES ('NEW'), ('PAYED'), ('JUNK')",
        "ALTER TABLE orders ADD FOREIGN KEY (status) REFERENCES states",
    )
    before = state(db)
    with pytest.raises(exc.OnlineBlockedError, match="does not have"):
        with recorded(db.engine) as sent:
            run(db, RENAME)
    assert [text for text in sent if text.startswith(("ALTER", "UPD"))] == []
    assert state(db) == before


def test_online_tries(any_postgresql: Database) -> None:
    """Then it tries its change on some rows, and takes that back."""
    db = any_postgresql
    create(db)
    execute(
        db,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'not that'; END $$",
        "CREATE TRIGGER guard BEFORE UPDATE ON orders FOR EACH ROW"
        " WHEN (new.status = 'PAID') EXECUTE FUNCTION refuse()",
    )
    before = state(db)
    with pytest.raises(exc.OnlineBlockedError, match="not that"):
        with recorded(db.engine) as sent:
            run(db, RENAME)
    assert [text for text in sent if text.startswith(("ALTER", "UPD"))]
    assert state(db) == before


def test_online_goes_back(any_postgresql: Database) -> None:
    """If a later row refuses, old and new values are allowed until a rerun."""
    db = any_postgresql
    create(db, "PAYED", each=30)
    execute(
        db,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'row 27 is closed'; END $$",
        "CREATE TRIGGER guard BEFORE UPDATE ON orders FOR EACH ROW"
        " WHEN (new.status = 'PAID' AND new.id = 27)"
        " EXECUTE FUNCTION refuse()",
    )
    with pytest.raises(exc.OnlineUndoneError, match="row 27 is closed"):
        run(db, RENAME)
    db.insert("orders", id=40, status="PAYED")
    db.insert("orders", id=41, status="PAID")
    execute(db, "DROP TRIGGER guard ON orders")
    run(db, RENAME)
    assert {*db.column("orders")} == {"PAID"}


def test_online_steps(postgresql: Database) -> None:
    """Each of its steps is whole, and is skipped when it is done."""
    db = postgresql
    expected = undisturbed(db, RENAME)
    number = len(steps(db, RENAME))
    for at in number // 2, number - 1:
        begin(db, RENAME)
        with at_step(db, at, lambda: 1 / 0):
            with pytest.raises(ZeroDivisionError):
                run(db, RENAME, settings=FEW)
        run(db, RENAME, settings=FEW)
        assert outcome(db) == expected
        assert_rerun_changes_nothing(db, RENAME)


def test_deleted_rows(db: Database) -> None:
    """Rows are deleted only where you say `delete`, which autogenerate never
    writes.
    """
    create(db)
    migration = db.autogenerate(orders("NEW"))
    with pytest.raises(exc.RowsRemainError, match="in 2 rows"):
        db.upgrade(orders("NEW"), migration)
    assert db.column("orders") == VALUES * 2
    migrate(db, transaction, alter(["NEW", "PAYED"], VALUES, delete=["JUNK"]))
    assert db.column("orders") == ["NEW", "PAYED"] * 2


@pytest.mark.parametrize("online", [False, True])
def test_updated_rows(db: Database, online: bool) -> None:
    """Rows are changed only where they hold a value that `rename` names."""
    db.create(
        orders_with(
            sa.Column("note", sa.String),
            sa.Column("status", CheckEnum(*VALUES)),
        )
    )
    for note in "a", "b":
        for value in VALUES:
            db.insert("orders", note=note, status=value)
    values = ["NEW", "PAID", "JUNK"]
    op = alter(values, VALUES, rename={"PAYED": "PAID"}, online=online)
    migrate(db, transaction, op)
    assert db.column("orders") == values * 2
    assert db.column("orders", "note") == ["a"] * 3 + ["b"] * 3


@pytest.mark.parametrize("online", [False, True])
def test_right_table(db: Database, online: bool) -> None:
    """A `schema_translate_map` leads all statements to one table."""
    create(db)
    new_schema = {
        "sqlite": "ATTACH ':memory:' AS tenant",
        "postgresql": "CREATE SCHEMA tenant",
    }
    op = alter(["NEW", "JUNK"], VALUES, delete=["PAYED"], online=online)
    db.engine.clear_compiled_cache()  # other tests' maps have other keys
    with db.engine.connect() as connection:
        connection.exec_driver_sql(new_schema[db.name])
        connection.commit()
        connection.execution_options(schema_translate_map={None: "tenant"})
        orders(*VALUES).create_all(connection)
        connection.exec_driver_sql(
            "INSERT INTO tenant.orders SELECT * FROM orders"
        )
        connection.commit()
        before = committed(db)
        with transaction(connection) as operations:
            operations.invoke(op)
        rows = connection.exec_driver_sql("SELECT status FROM tenant.orders")
        assert {*rows.scalars()} == {"NEW", "JUNK"}
    assert committed(db) == before


def test_plain_column(db: Database) -> None:
    """Without ckenum the column is a plain `VARCHAR`."""
    db.create(orders(*VALUES))
    _, status = sa.inspect(db.engine).get_columns("orders")
    assert type(status["type"]) is sa.VARCHAR


def test_settings(any_postgresql: Database) -> None:
    """No setting of a migration is for your triggers' plans, or stays."""
    db = any_postgresql
    create(db)
    record(db, "orders", "BEFORE UPDATE")
    settings = fetch(db, SETTINGS)
    run(db, RENAME)
    seen_by_trigger = fetch(db, "SELECT DISTINCT setting FROM seen")
    assert others(seen_by_trigger) == others(settings)
    assert fetch(db, SETTINGS) == settings


@pytest.mark.parametrize("online", [False, True])
def test_planted(any_postgresql: Database, online: bool) -> None:
    """No statement calls what somebody put on the `search_path`."""
    db = any_postgresql
    create(db)
    op = alter(
        ["NEW", "PAID"],
        VALUES,
        rename={"PAYED": "PAID"},
        delete=["JUNK"],
        online=online,
    )
    with recorded(db.engine) as sent:
        run(db, op)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE orders")
        plant(connection, used(sent))
    create(db)
    with heard(db.engine) as called:
        run(db, op)
    assert called == []


def test_warning(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A warning tells what else names a value that is renamed or removed."""
    create(db)
    execute(
        db,
        "CREATE INDEX one ON orders (id) WHERE status = 'PAYED'",
        "CREATE VIEW seen AS SELECT id FROM orders WHERE status = 'PAYED'",
    )
    migrate(db, transaction, RENAME)
    (warning,) = [r.getMessage() for r in caplog.records if r.levelno > 20]
    assert "index 'one'" in warning
    assert "view 'seen'" in warning


def test_no_false_alarm(db: Database) -> None:
    """After a migration that autogenerate wrote, `alembic check` is clean."""
    create(db, "NEW", "PAYED")
    db.round_trip(orders(*VALUES), orders("NEW", "PAYED", "a 'b' %", "é"))


def test_left_alone(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A CHECK that it cannot read is left alone, and the log says why."""
    check = sa.CheckConstraint("length(status) < 9", "ck_orders_status")
    db.create(orders_with(sa.Column("status", sa.String(255)), check))
    with caplog.at_level(logging.INFO, "alembic.autogenerate.ckenum"):
        assert db.diff(orders("NEW")) == []
    assert "because it is not a list of values" in caplog.text


def test_written_once(db: Database) -> None:
    """A released directive goes on doing the same, so you never rewrite a
    migration.
    """
    run_frozen(db, first_release.upgrade)
    assert [row[1] for row in frozen_rows(db)] == ["NEW", "SETTLED", None]
    run_frozen(db, first_release.downgrade)
    assert [row[1] for row in frozen_rows(db)] == ["NEW", "PAYED", None]
