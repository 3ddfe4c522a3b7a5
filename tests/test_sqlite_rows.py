"""SQLite: what triggers and ON CONFLICT make of the rows that change."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exc import CheckEnumError
from ckenum.exc import DirectiveError

from .modes import autocommit_block
from .modes import Mode
from .modes import transaction
from .online import alter
from .online import execute
from .online import run
from .roundtrip import Database
from .sqlite import dump

VALUES = ["NEW", "PAYED", "JUNK"]
CHECK = (
    "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAYED', 'JUNK'))"
)
RENAME = alter(
    ["NEW", "PAID", "JUNK"], VALUES, rename={"PAYED": "PAID"}, online=False
)
MERGE = alter(["NEW", "JUNK"], VALUES, rename={"PAYED": "NEW"}, online=False)
DELETE = alter(["NEW", "PAYED"], VALUES, delete=["JUNK"], online=False)


def create(db: Database, unique: str = "") -> None:
    execute(
        db,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY,"
        f" status VARCHAR(9) {unique}, {CHECK})",
        "INSERT INTO orders VALUES (1, 'NEW'), (2, 'PAYED'), (3, 'JUNK')",
    )


def enforce_keys(db: Database) -> None:
    """In all connections from now on."""
    db.engine.dispose()
    sa.event.listen(
        db.engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"),
    )


@pytest.mark.parametrize(
    "op, when", [(RENAME, "UPDATE"), (DELETE, "DELETE")], ids=["up", "del"]
)
def test_row_that_a_trigger_keeps(
    any_sqlite: Database, op: Any, when: str
) -> None:
    """It is an error, and nothing changes: the new constraint would not be
    true.
    """
    db = any_sqlite
    create(db)
    execute(
        db,
        f"CREATE TRIGGER keep BEFORE {when} ON orders"
        " BEGIN SELECT RAISE(IGNORE); END",
    )
    before = dump(db.engine)
    with pytest.raises((CheckEnumError, sa.exc.DBAPIError)):
        run(db, op)
    assert dump(db.engine) == before
    execute(db, "DROP TRIGGER keep")
    run(db, op)


def test_trigger_that_keeps_a_row_is_told(sqlite: Database) -> None:
    """The error says that it is a trigger, and what to do."""
    create(sqlite)
    execute(
        sqlite,
        "CREATE TRIGGER keep BEFORE UPDATE ON orders"
        " BEGIN SELECT RAISE(IGNORE); END",
    )
    said = r"'PAYED' in 1 row\..* A trigger keeps them as they are"
    with pytest.raises(CheckEnumError, match=said):
        run(sqlite, RENAME)


@pytest.mark.parametrize("action", ["REPLACE", "IGNORE", "ROLLBACK", "FAIL"])
def test_unique_with_another_conflict_clause(
    any_sqlite: Database, action: str
) -> None:
    """Values that become one are an error: no row is deleted or skipped."""
    create(any_sqlite, f"UNIQUE ON CONFLICT {action}")
    before = dump(any_sqlite.engine)
    with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"):
        run(any_sqlite, MERGE)
    assert dump(any_sqlite.engine) == before


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
@pytest.mark.parametrize("child", ["notes", "orders"])
def test_batch_that_loses_rows_of_others(
    sqlite: Database, action: str, child: str
) -> None:
    """A batch of the user's that copies the table is refused where dropping
    the old one deletes or changes rows that refer to it.
    """
    db = sqlite
    refers = f"parent INTEGER DEFAULT 7 REFERENCES orders ON DELETE {action}"
    create(db)
    if child == "orders":
        execute(
            db, f"ALTER TABLE orders ADD COLUMN {refers.replace('7', 'NULL')}"
        )
        execute(db, "UPDATE orders SET parent = 1")
    else:
        execute(db, f"CREATE TABLE notes ({refers})")
        execute(db, "INSERT INTO notes VALUES (1), (2)")
    before = dump(db.engine)
    enforce_keys(db)
    with pytest.raises(DirectiveError, match=f"rows of '{child}' would be"):
        rename_in_copy(db)
    assert dump(db.engine) == before
    execute(db, f"UPDATE {child} SET parent = NULL")
    rename_in_copy(db)
    assert db.column("orders") == ["NEW", "PAID", "JUNK"]


@pytest.mark.parametrize("mode", [transaction, autocommit_block])
def test_trigger_that_rolls_back(any_sqlite: Database, mode: Mode) -> None:
    """What it says is the error, and nothing changes."""
    db = any_sqlite
    create(db)
    execute(
        db,
        "CREATE TRIGGER guard BEFORE UPDATE ON orders"
        " BEGIN SELECT RAISE(ROLLBACK, 'not today'); END",
    )
    before = dump(db.engine)
    with db.engine.connect() as connection:
        with pytest.raises(sa.exc.IntegrityError, match="not today"):
            with mode(connection) as op:
                op.invoke(RENAME)
    assert dump(db.engine) == before


def rename_in_copy(db: Database) -> None:
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            batch_op.alter_check_enum(  # type: ignore[attr-defined]
                "status",
                RENAME.values,
                existing_values=VALUES,
                name="ck_orders_status",
                rename={"PAYED": "PAID"},
            )


def test_key_renamed_beside_what_refers_to_it(any_sqlite: Database) -> None:
    """One revision renames a value on both sides of a foreign key that is
    enforced; a revision that renames one side alone changes nothing.
    """
    db = any_sqlite
    create(db, "UNIQUE")
    execute(
        db,
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, status VARCHAR(9)"
        f" REFERENCES orders (status), {CHECK.replace('orders', 'notes')})",
        "INSERT INTO notes VALUES (1, 'PAYED')",
    )
    before = dump(db.engine)
    notes = alter(
        *(["NEW", "PAID", "JUNK"], VALUES),
        rename={"PAYED": "PAID"},
        online=False,
        table="notes",
        name="ck_notes_status",
    )
    enforce_keys(db)
    with db.engine.connect() as connection:
        with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"):
            with transaction(connection) as op:
                op.invoke(RENAME)
    assert dump(db.engine) == before
    run(db, RENAME, notes)
    assert db.column("notes") == ["PAID"]
