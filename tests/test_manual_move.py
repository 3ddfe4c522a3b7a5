"""What the manual says of moving in and out is so."""

from __future__ import annotations

import enum
import re

import pytest
import sqlalchemy as sa
from sqlalchemy_utils import ChoiceType

from ckenum import CheckEnum
from ckenum.exc import RowsRemainError

from .models import orders_with
from .pages import metadata
from .pages import MODEL
from .pages import MODEL_BEFORE
from .pages import page
from .roundtrip import Database


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


PAGE = page("docs/how-to/move.md")
MOVES = [tuple(row) for row in PAGE.table("Move in, move out")]
LEAVING = page("docs/how-to/plain_alembic.md")


def column_of(type_: str) -> sa.MetaData:
    names = {
        "ARRAY": sa.ARRAY,
        "CheckEnum": CheckEnum,
        "ChoiceType": ChoiceType,
        "Enum": sa.Enum,
        "Status": Status,
        "String": sa.String,
    }
    return orders_with(sa.Column("status", eval(type_, names)))


@pytest.mark.parametrize("before, after, directive", MOVES)
def test_moves(
    postgresql: Database, before: str, after: str, directive: str
) -> None:
    """Each move takes the directive that the table has, and goes back."""
    stored = "paid" if "ChoiceType" in before else "PAID"
    old, new = column_of(before), column_of(after)
    postgresql.create(old)
    with postgresql.engine.begin() as connection:
        row = {"id": 1, "status": stored}
        if "ChoiceType" in before:
            row["status"] = Status.PAID
        connection.execute(sa.insert(old.tables["orders"]), row)
    migration = postgresql.round_trip(old, new)
    calls = re.findall(r"^op\.\w+", migration.upgrade, re.M)
    assert calls == [directive]
    assert postgresql.column("orders") == [stored]


@pytest.mark.parametrize("before, after, directive", MOVES)
def test_moves_on_sqlite(
    sqlite: Database, before: str, after: str, directive: str
) -> None:
    """There and back on SQLite too."""
    sqlite.create(column_of(before))
    sqlite.round_trip(column_of(before), column_of(after))


def test_arrays(any_postgresql: Database) -> None:
    """Single values become arrays as told, and go back if they can."""
    db = any_postgresql
    before = column_of("CheckEnum(Status)")
    after = column_of(PAGE.told(r"becomes an `(\S+)`"))
    db.create(before)
    db.insert("orders", id=1, status="NEW")
    migration = db.round_trip(before, after)
    assert PAGE.told(r"`(op\S+)` with `existing") in migration.upgrade
    assert PAGE.told(r"with `(existing_array=)`") in migration.upgrade
    assert db.column("orders") == [["NEW"]]
    db.insert("orders", id=2, status=["NEW", "PAID"])
    with pytest.raises(RowsRemainError):
        db.downgrade(before, migration)


def test_moves_are_found() -> None:
    """None is lost on the way out of the text."""
    assert len(MOVES) == 7


def test_own_update_enum(postgresql: Database) -> None:
    """A type that was made anew by hand is a native type as any other."""
    old, new = column_of("Enum(Status)"), column_of("CheckEnum(Status)")
    old.create_all(postgresql.engine)
    with postgresql.engine.begin() as connection:
        for statement in (
            "ALTER TYPE status RENAME TO status_old",
            "CREATE TYPE status AS ENUM ('NEW', 'PAID')",
            "ALTER TABLE orders ALTER COLUMN status TYPE status"
            " USING status::text::status",
            "DROP TYPE status_old",
        ):
            connection.execute(sa.text(statement))
    migration = postgresql.round_trip(old, new)
    assert "op.replace_native_enum(" in migration.upgrade


@LEAVING.executes(line="ckenum_render=")
def test_plain_alembic(db: Database, line: str) -> None:
    """The line that is told gives what is told, without ckenum."""
    db.options.update(eval(f"dict({line})"))
    before, after = metadata(MODEL_BEFORE), metadata(MODEL)
    db.create(before)
    migration = db.round_trip(before, after)
    made = LEAVING.told(r"own directives: `(.+?)` with ")
    assert made in migration.upgrade
    values = LEAVING.told(r"with `(sa\.column.+?)\.\.\.\]\)`")
    assert values in migration.upgrade
    assert "ckenum" not in migration.source
