"""SQLite: which way a change takes, and that it is all or nothing."""

from __future__ import annotations

from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.sqlite import strategy
from ckenum.exc import NoSuchConstraintError
from ckenum.exc import RowsRemainError

from .roundtrip import Database
from .sqlite import BARE
from .sqlite import dump
from .sqlite import execute
from .sqlite import INLINE
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


def new(db: Database) -> bool:
    version = db.engine.dialect.server_version_info
    return version is not None and version >= strategy.ALTERS_CONSTRAINTS


@pytest.mark.parametrize(
    "table, options, old_way, new_way",
    [
        (PLAIN, {}, "copy", "native"),
        (INLINE, {"existing_name": ""}, "edit", "edit"),
        (UNNAMED, {"existing_name": ""}, "edit", "edit"),
        (PLAIN, {"length": 20, "existing_length": 10}, "copy", "copy"),
        (
            PLAIN,
            {"server_default": "NEW", "existing_server_default": None},
            "copy",
            "copy",
        ),
    ],
    ids=["plain", "inline", "unnamed", "length", "default"],
)
def test_way(
    db: Database, table: str, options: Any, old_way: str, new_way: str
) -> None:
    """ALTER TABLE where the library has it for this, then a copy, then the
    edit; whichever it is, constraint and rows are right.
    """
    execute(db, table, ROWS)
    with recorded(db) as statements, db.operations() as op:
        rename(op, "orders", **options)
    assert way(statements) == (new_way if new(db) else old_way)
    assert db.column("orders") == ["NEW", "DONE"]
    assert "CONSTRAINT ck CHECK (status IN ('NEW', 'DONE'))" in text(db)
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="PAID")


@pytest.mark.parametrize("table", [PLAIN, INLINE])
def test_drop_and_create(db: Database, table: str) -> None:
    """Each alone, by whatever way, with a name and without."""
    execute(db, table, TRIGGER, ROWS)
    name = "ck" if table is PLAIN else ""
    with db.operations() as op:
        op.drop_check_enum("orders", "status", ["NEW", "PAID"], name=name)
    assert "CHECK" not in text(db)
    db.insert("orders", status="JUNK")
    with db.operations() as op, pytest.raises(RowsRemainError):
        op.create_check_enum("orders", "status", ["NEW", "PAID"], name=name)
    assert "CHECK" not in text(db)
    with db.operations() as op:
        values = ["NEW", "PAID", "JUNK"]
        op.create_check_enum("orders", "status", values, name=name)
    check = "CHECK (status IN ('NEW', 'PAID', 'JUNK'))"
    assert (f"CONSTRAINT ck {check}" if name else check) in text(db)


def test_way_back_gives_the_same_text(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit up and down leaves the table's text byte for byte."""
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    execute(db, BARE, TRIGGER)
    before = text(db)
    for _ in range(2):
        with db.operations() as op:
            op.create_check_enum("orders", "status", ["a"], name="ck")
        assert text(db) != before
        with db.operations() as op:
            op.drop_check_enum("orders", "status", ["a"], name="ck")
        assert text(db) == before


def test_right_one_of_two_without_a_name(db: Database) -> None:
    """The CHECK without a name that goes is the one that lists the values
    of this column; the others stay.
    """
    others = (
        "CHECK (id > 0), CHECK (kind IN ('NEW', 'PAID')), "
        "CHECK (length(status) < 9)"
    )
    execute(
        db,
        f"CREATE TABLE orders (id INTEGER, status TEXT, kind TEXT, {others}, "
        f"CHECK ([Status] IN ('NEW', 'PAID')))",
    )
    with db.operations() as op:
        op.drop_check_enum("orders", "status", ["NEW", "PAID"], name="")
    assert text(db).count("CHECK") == 3
    assert others in text(db)


def test_right_one_of_two_with_one_name(db: Database) -> None:
    """SQLite lets two constraints have one name."""
    execute(
        db,
        "CREATE TABLE orders (id INTEGER, status TEXT, CONSTRAINT ck CHECK "
        "(id > 0), CONSTRAINT ck CHECK (status IN ('NEW', 'PAID')))",
    )
    with db.operations() as op:
        op.drop_check_enum("orders", "status", ["NEW", "PAID"], name="ck")
    assert "CONSTRAINT ck CHECK (id > 0)" in text(db)
    assert "status IN" not in text(db)


@pytest.mark.parametrize("name", ["other", ""])
@pytest.mark.parametrize("trigger", [(), (TRIGGER,)])
def test_no_such_constraint(
    db: Database, trigger: tuple[str, ...], name: str
) -> None:
    """What is not there is an error that says what is; nothing changes."""
    execute(db, PLAIN, *trigger, ROWS)
    before = dump(db.engine)
    with db.operations() as op:
        with pytest.raises(NoSuchConstraintError) as caught:
            rename(op, "orders", existing_name=name)
    assert (caught.value.name, caught.value.found) == (name, ("ck",))
    assert dump(db.engine) == before


def test_nulls(db: Database) -> None:
    """Rows with NULL stay: the ALTER TABLE of SQLite refuses them for a
    condition that is NULL, which a constraint allows.
    """
    execute(db, PLAIN.replace("(10) NOT NULL", "(10)"))
    execute(db, "INSERT INTO orders VALUES (1, NULL), (2, 'PAID')")
    if new(db):
        with pytest.raises(sa.exc.IntegrityError):
            execute(
                db,
                "ALTER TABLE orders ADD CHECK (status IN ('PAID'))",
            )
    with db.operations() as op:
        rename(op, "orders")
    assert db.column("orders") == [None, "DONE"]
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="PAID")


@pytest.mark.parametrize(
    "value",
    ["it's", "50%", "a :b", '"dq"', "a'); DROP TABLE orders; --", "l\n"],
)
@pytest.mark.parametrize("table", [PLAIN, UNNAMED], ids=["named", "unnamed"])
def test_values(db: Database, table: str, value: str) -> None:
    """Any string gets into the constraint as it is, by each way."""
    execute(db, table)
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            [value],
            existing_values=["NEW", "PAID"],
            name="ck \"it's",
            existing_name="ck" if table is PLAIN else "",
        )
    db.insert("orders", status=value)
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="NEW")
    assert db.column("orders") == [value]


def test_other_schema(db: Database) -> None:
    """A table of an attached database, by each way."""
    for table in (PLAIN, INLINE):
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ATTACH ':memory:' AS [other one]")
            connection.exec_driver_sql(
                table.replace("orders", "[other one].orders")
            )
            connection.commit()
            op = Operations(MigrationContext.configure(connection))
            name = "ck" if table is PLAIN else ""
            rename(op, "orders", schema="other one", existing_name=name)
            connection.commit()
            orders = sa.table(
                "orders", sa.column("status"), schema="other one"
            )
            connection.execute(sa.insert(orders).values(status="DONE"))
            with pytest.raises(sa.exc.IntegrityError):
                connection.execute(sa.insert(orders).values(status="PAID"))
            connection.rollback()
            connection.exec_driver_sql("DETACH [other one]")


def test_default_of_rows_that_never_had_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ALTER TABLE ... ADD COLUMN writes no row: those that are there read
    the default. Where the edit changes it, they keep what they had.
    """
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    execute(
        db,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY)",
        "INSERT INTO orders VALUES (1)",
        "ALTER TABLE orders ADD COLUMN status VARCHAR(9) DEFAULT 'NEW' "
        "CONSTRAINT ck CHECK (status IN ('NEW', 'PAID'))",
        TRIGGER,
    )
    with recorded(db) as statements, db.operations() as op:
        rename(
            op,
            "orders",
            server_default="DONE",
            existing_server_default="NEW",
        )
    assert way(statements) == "edit"
    db.insert("orders", id=2)
    assert db.column("orders") == ["NEW", "DONE"]


def test_leftover_of_a_failed_run(db: Database) -> None:
    """The copy that plain batch mode left behind is in nobody's way."""
    execute(db, PLAIN, ROWS, "CREATE TABLE _alembic_tmp_orders (x)")
    with db.operations() as op:
        rename(op, "orders", length=20, existing_length=10)
    assert db.column("orders") == ["NEW", "DONE"]
    assert sa.inspect(db.engine).get_table_names() == ["orders"]


def test_checks_are_enforced_again(db: Database) -> None:
    """``ignore_check_constraints`` is as it was, also after an error."""
    execute(db, PLAIN, ROWS)
    pragma = "PRAGMA ignore_check_constraints"
    for setting in (0, 1):
        with db.engine.connect() as connection:
            connection.exec_driver_sql(f"{pragma} = {setting}")
            connection.commit()
            op = Operations(MigrationContext.configure(connection))
            with pytest.raises(RowsRemainError):
                rename(op, "orders", rename={}, length=9, existing_length=10)
            rename(op, "orders", length=9, existing_length=10)
            assert connection.exec_driver_sql(pragma).scalar() == setting
            connection.rollback()
            connection.exec_driver_sql(f"{pragma} = 0")


def test_script_needs_the_table(sqlite: Database) -> None:
    """Outside of a batch with ``copy_from``, --sql is a clear error."""
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True}
    )
    with pytest.raises(CommandError, match="copy_from"):
        rename(Operations(context), "orders")


def test_name_in_other_case(db: Database) -> None:
    """Names have no case in SQLite, but in Alembic's batch mode."""
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        rename(op, "orders", existing_name="CK")
    assert db.column("orders") == ["NEW", "DONE"]
    assert "'PAID'" not in text(db)


def test_edit_of_the_column(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit changes length and default too, and takes both back."""
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    execute(db, PLAIN, TRIGGER, ROWS)
    before = text(db)
    with recorded(db) as statements, db.operations() as op:
        rename(
            op,
            "orders",
            length=20,
            existing_length=10,
            server_default="NEW",
            existing_server_default=None,
        )
    assert way(statements) == "edit"
    assert "status VARCHAR(20) DEFAULT 'NEW' NOT NULL" in text(db)
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "DONE"],
            rename={"DONE": "PAID"},
            name="ck",
            length=10,
            existing_length=20,
            server_default=None,
            existing_server_default="NEW",
        )
    assert text(db) == before
    assert db.column("orders") == ["NEW", "PAID"]


def test_what_else_rows_violate(db: Database) -> None:
    """Rows that another constraint does not allow, though they are there,
    stop a copy as the database says it, and nothing has changed.
    """
    table = PLAIN.replace(
        "CONSTRAINT", "CONSTRAINT x CHECK (id < 2), CONSTRAINT"
    )
    pragma = "PRAGMA ignore_check_constraints"
    execute(db, table, f"{pragma} = ON", ROWS, f"{pragma} = OFF")
    before = dump(db.engine)
    with db.operations() as op:
        with pytest.raises(sa.exc.IntegrityError):
            rename(op, "orders", length=20, existing_length=10)
    assert dump(db.engine) == before
    with db.operations() as op:
        op.create_check_enum(
            "orders", "status", ["NEW", "PAID", "DONE"], name=""
        )
    assert "x CHECK (id < 2)" in text(db)
