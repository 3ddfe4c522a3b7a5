"""SQLite: the directives in a batch of the user's own."""

from __future__ import annotations

import sqlite3
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ddl.sqlite import strategy
from ckenum.exc import RowsRemainError

from .models import orders_with
from .roundtrip import Database
from .sqlite import dump
from .sqlite import execute
from .sqlite import PLAIN
from .sqlite import recorded
from .sqlite import rename
from .sqlite import ROWS
from .sqlite import text
from .sqlite import TRIGGER
from .sqlite import UNNAMED
from .sqlite import way


@pytest.fixture
def db(any_sqlite: Database) -> Database:
    return any_sqlite


def copies(statements: list[str]) -> int:
    return sum("INSERT INTO _alembic_tmp_" in text for text in statements)


def test_alone_in_a_batch(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch for nothing else, as autogenerate writes it with
    ``render_as_batch``, does not copy a table that a copy would damage.
    """
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    execute(db, PLAIN, TRIGGER, ROWS)
    with recorded(db) as statements, db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            rename(batch_op)
    assert way(statements) == "edit"
    assert db.column("orders") == ["NEW", "DONE"]
    with db.engine.connect() as connection:
        assert (
            "tr"
            in connection.exec_driver_sql("SELECT name FROM sqlite_master")
            .scalars()
            .all()
        )


def test_several_in_one_batch(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All constraints of a batch, and all else in it, are one copy."""
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    table = PLAIN.replace("PRIMARY", "kind VARCHAR(10), other TEXT, PRIMARY")
    execute(db, table, "INSERT INTO orders VALUES (1, 'PAID', 'x', NULL)")
    with recorded(db) as statements, db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            rename(batch_op)
            batch_op.create_check_enum("kind", ["x"], name="ck_kind")
    assert copies(statements) == 1
    with recorded(db) as statements, db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_check_enum("kind", ["x"], name="ck_kind")
            batch_op.drop_column("kind")
            batch_op.alter_column("other", new_column_name="note")
            batch_op.alter_check_enum(
                "status",
                ["x"],
                existing_values=["NEW", "DONE"],
                name="ck",
                rename={"DONE": "x"},
            )
    assert copies(statements) == 1
    assert db.column("orders") == ["x"]
    columns = sa.inspect(db.engine).get_columns("orders")
    assert [column["name"] for column in columns] == ["id", "status", "note"]


@pytest.mark.parametrize("default", [None, "a"])
def test_column_that_the_batch_adds(db: Database, default: str | None) -> None:
    """It is there before its constraint is."""
    execute(db, PLAIN, TRIGGER, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.add_column(
                sa.Column("kind", sa.String(9), server_default=default)
            )
            batch_op.create_check_enum("kind", ["a", "b"], name="ck_kind")
    assert db.column("orders", "kind") == [default, default]
    db.insert("orders", status="NEW", kind="b")
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="NEW", kind="c")


@pytest.mark.parametrize("trigger", [(), (TRIGGER,)], ids=["copy", "edit"])
def test_default_that_is_no_value(
    db: Database, trigger: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a column that the batch adds: an error, and no column."""
    execute(db, PLAIN, *trigger, ROWS)
    before = dump(db.engine)
    for version in (strategy.ALTERS_CONSTRAINTS, (99,)):
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", version)
        with db.operations() as op, pytest.raises(RowsRemainError):
            with op.batch_alter_table("orders") as batch_op:
                batch_op.add_column(
                    sa.Column("kind", sa.String(9), server_default="c")
                )
                batch_op.create_check_enum("kind", ["a"], name="ck_kind")
        assert dump(db.engine) == before


@pytest.mark.parametrize("recreate", ["auto", "always", "never"])
@pytest.mark.parametrize("existing", ["ck", ""])
def test_recreate(db: Database, recreate: Any, existing: str) -> None:
    """Whatever the batch says about copying; also from a constraint without
    a name, and back to one.
    """
    execute(db, PLAIN if existing else UNNAMED, ROWS)
    with db.operations() as op:
        with (
            pytest.warns()
            if recreate == "always" and not existing
            else (pytest.MonkeyPatch.context())
        ):
            with op.batch_alter_table("orders", recreate=recreate) as batch_op:
                rename(batch_op, existing_name=existing)
    assert db.column("orders") == ["NEW", "DONE"]
    assert text(db).count("CHECK") == 1
    with recorded(db) as statements, db.operations() as op:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            batch_op.alter_check_enum(
                "status",
                ["NEW", "PAID"],
                existing_values=["NEW", "DONE"],
                rename={"DONE": "PAID"},
                name=existing,
                existing_name="ck",
            )
    assert copies(statements) == 1 or recreate != "always"
    assert not copies(statements) or recreate != "never"
    assert db.column("orders") == ["NEW", "PAID"]
    assert text(db).count("CHECK") == 1
    assert ("CONSTRAINT" in text(db)) == bool(existing)


@pytest.mark.parametrize("isolation_level", [None, "AUTOCOMMIT"])
def test_error_in_the_block(
    sqlite_url: sa.URL, isolation_level: str | None
) -> None:
    """Nothing has happened when the block is left by an error."""
    options: Any = {"isolation_level": isolation_level}
    db = Database(sqlite_url, **(options if isolation_level else {}))
    execute(db, PLAIN, ROWS)
    before = dump(db.engine)
    with db.operations() as op, pytest.raises(ZeroDivisionError):
        with op.batch_alter_table("orders") as batch_op:
            rename(batch_op)
            1 / 0
    assert dump(db.engine) == before
    db.dispose()


def test_leftover_of_a_failed_run(db: Database) -> None:
    """A batch that the directives join gets over it."""
    execute(db, PLAIN, ROWS, "CREATE TABLE _alembic_tmp_orders (x)")
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            rename(batch_op)
    assert db.column("orders") == ["NEW", "DONE"]
    assert sa.inspect(db.engine).get_table_names() == ["orders"]


def test_order_in_the_batch(db: Database) -> None:
    """What the user writes between keeps its turn: a constraint that is
    made anew under the same name stays.
    """
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_check_enum("status", ["NEW", "PAID"], name="ck")
            batch_op.create_check_constraint("ck", sa.column("id") < 9)
    assert "id < 9" in text(db)
    assert "status IN" not in text(db)


def test_script(sqlite_url: sa.URL) -> None:
    """Offline with ``copy_from``, the script does to rows and constraint
    what the online run does.
    """
    assert sqlite_url.database is not None
    lines: list[str] = []

    class Output:
        write = lines.append

        def flush(self) -> None:
            pass

    context = MigrationContext.configure(
        dialect_name="sqlite",
        opts={"as_sql": True, "output_buffer": Output()},
    )
    orders = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.CheckConstraint("status IN ('NEW', 'PAID')", name="ck"),
    )
    with Operations(context).batch_alter_table(
        "orders", copy_from=orders
    ) as batch_op:
        rename(batch_op)
    connection = sqlite3.connect(sqlite_url.database)
    connection.execute(PLAIN)
    connection.execute(ROWS)
    connection.commit()
    connection.executescript("".join(lines))
    assert connection.execute("SELECT * FROM orders").fetchall() == [
        (1, "NEW"),
        (2, "DONE"),
    ]
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO orders VALUES (3, 'PAID')")
    connection.close()


def test_rows_change_once(db: Database) -> None:
    """A swap is not undone, however many steps a constraint without a name
    takes in a batch that copies.
    """
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            batch_op.alter_check_enum(
                "status",
                ["PAID", "NEW"],
                existing_values=["NEW", "PAID"],
                rename={"NEW": "PAID", "PAID": "NEW"},
                name="",
                existing_name="ck",
            )
    assert db.column("orders") == ["PAID", "NEW"]
    assert text(db).count("CHECK") == 1


@pytest.mark.parametrize("trigger", [None, TRIGGER], ids=["plain", "edited"])
def test_names_in_a_ring(db: Database, trigger: str | None) -> None:
    """Two constraints swap their names, and one of them its values."""

    def model(first: str, second: str, *values: str) -> sa.MetaData:
        return orders_with(
            sa.Column("status", CheckEnum("NEW", "PAID", name=first)),
            sa.Column("kind", CheckEnum("NEW", *values, name=second)),
        )

    before = model("one", "two", "PAID")
    db.create(before)
    if trigger:
        execute(db, trigger)
    db.insert("orders", id=1, status="PAID", kind="NEW")
    after = model("two", "one")
    db.round_trip(before, after, render_as_batch=True)
    with pytest.raises(sa.exc.IntegrityError, match="one"):
        db.insert("orders", id=2, status="PAID", kind="PAID")
