"""What autogenerate makes of codes in the database, and values in models."""

from __future__ import annotations

import enum
import re
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .models import orders_with
from .online import execute
from .online import fetch
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import Migration


class Status(enum.IntEnum):
    NEW = 1
    PAID = 2


class Letters(enum.Enum):
    NEW = "N"
    PAID = "P"


def codes(type_: Any, **options: Any) -> sa.MetaData:
    return orders_with(sa.Column("status", type_, **options))


def values(*enums: Any, **options: Any) -> sa.MetaData:
    return orders_with(sa.Column("status", CheckEnum(*enums), **options))


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Database:
    """SQLite and PostgreSQL in turn."""
    db: Database = request.getfixturevalue(request.param)
    return db


COMMENT = body("""
    # On PostgreSQL a new type rewrites the table and rebuilds the
    # column's indexes, once for all columns of a batch.
    # Nobody can read or write the table meanwhile: the lock is
    # ACCESS EXCLUSIVE.
    """)


@pytest.mark.parametrize(
    ("type_", "of", "texts", "shown"),
    [
        (sa.SmallInteger(), Status, ("1", "2"), "sa.SMALLINT()"),
        (sa.CHAR(1), Letters, ("'N'", "'P'"), "sa.CHAR(length=1)"),
    ],
)
def test_known_codes(
    both: Database, type_: Any, of: Any, texts: Any, shown: str
) -> None:
    """Where the members' values are the codes, the mapping is theirs."""
    db = both
    before = codes(type_, server_default=sa.text(texts[0]), nullable=False)
    after = values(of, server_default="NEW", nullable=False)
    db.create(before)
    execute(
        db,
        f"INSERT INTO orders VALUES (1, {texts[0]}), (2, {texts[1]})",
    )
    held = db.column("orders")
    migration = db.autogenerate(after)
    one, two = (text.replace("'", '"') for text in texts)
    assert migration.upgrade == COMMENT + "\n" + body(f"""
        # The codes in rename are the values of the enum's members: see to it
        # that rows hold these.
        op.replace_codes(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_type={shown},
            rename={{{one}: "NEW", {two}: "PAID"}},
            name=op.f("ck_orders_status"),
            server_default="NEW",
            existing_server_default={one},
        )
        """)
    assert migration.downgrade == body(f"""
        op.restore_codes(
            "orders",
            "status",
            ["NEW", "PAID"],
            type_={shown},
            rename={{"NEW": {one}, "PAID": {two}}},
            name=op.f("ck_orders_status"),
            server_default={one},
            existing_server_default="NEW",
        )
        """)
    db.upgrade(after, migration)
    assert db.column("orders") == ["NEW", "PAID"]
    assert db.diff(after) == []
    db.downgrade(after, migration)
    assert db.column("orders") == held
    assert db.diff(before) == []


def test_default_is_an_expression(both: Database) -> None:
    """The way back says which default it cannot bring back."""
    both.create(codes(sa.Integer, server_default=sa.text("(abs(1))")))
    migration = both.autogenerate(values(Status, server_default="NEW"))
    lost = re.compile(r"# Lost: the default \(?abs\(1\)+\.\n")
    assert lost.search(migration.downgrade)
    assert not lost.search(migration.upgrade)


def test_unknown_codes(both: Database) -> None:
    """Otherwise the migration asks for the mapping, and a row stops it."""
    db = both
    db.create(codes(sa.Integer))
    execute(db, "INSERT INTO orders VALUES (1, 7)")
    after = values("NEW", "PAID")
    migration = db.autogenerate(after)
    assert "# TODO: say in rename what each code means" in migration.upgrade
    assert "    rename={},\n" in migration.upgrade
    with pytest.raises(exc.RowsRemainError, match="7 in 1 row"):
        db.upgrade(after, migration)
    execute(db, "DELETE FROM orders")
    db.upgrade(after, migration)
    assert db.diff(after) == []
    db.downgrade(after, migration)
    assert db.diff(codes(sa.Integer)) == []


def test_strings_in_a_char(both: Database) -> None:
    """A CHAR that can hold the values holds strings, not codes."""
    both.create(codes(sa.CHAR(9)))
    migration = both.autogenerate(values("NEW", "PAID"))
    assert "op.create_check_enum(" in migration.upgrade


def test_list_of_codes(postgresql: Database) -> None:
    """A CHECK of the codes goes, for it would refuse new values."""
    db = postgresql
    before = codes(sa.Integer)
    db.create(before)
    execute(
        db,
        "ALTER TABLE orders ADD CONSTRAINT known CHECK (status IN (1, 2))",
        "INSERT INTO orders VALUES (1, 2)",
    )
    checks = (
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'orders'::regclass AND contype = 'c' ORDER BY 1"
    )
    held = fetch(db, checks)
    after = values(Status)
    migration = db.autogenerate(after)
    assert "op.drop_check_enum(" in migration.upgrade
    db.upgrade(after, migration)
    assert len(fetch(db, checks)) == 1
    assert db.diff(after) == []
    db.downgrade(after, migration)
    assert fetch(db, checks) == held
    assert db.column("orders") == [2]


def test_two_columns(both: Database) -> None:
    """Two columns of a table move in one batch."""
    db = both

    def model(*types: Any) -> sa.MetaData:
        return orders_with(sa.Column("a", types[0]), sa.Column("b", types[-1]))

    before = model(sa.SmallInteger(), sa.CHAR(1))
    after = model(CheckEnum(Status), CheckEnum(Letters))
    db.create(before)
    execute(db, "INSERT INTO orders VALUES (1, 2, 'P')")
    migration = db.autogenerate(after)
    assert migration.upgrade.count("batch_op.replace_codes(") == 2
    db.upgrade(after, migration)
    assert db.column("orders", "a") == db.column("orders", "b") == ["PAID"]
    assert db.diff(after) == []
    db.downgrade(after, migration)
    assert db.column("orders", "a") == [2]
    assert db.column("orders", "b") == ["P"]
    assert db.diff(before) == []


def test_online(postgresql: Database) -> None:
    """``ckenum_online`` has the move written online."""
    db = postgresql
    db.create(codes(sa.Integer))
    migration = db.autogenerate(values(Status), ckenum_online=True)
    assert "online=True," in migration.upgrade
    assert "online=True," in migration.downgrade
    assert "# online=True commits what came before it" in migration.upgrade


def test_portable(postgresql: Database) -> None:
    """With plain Alembic's directives there is no mapping."""
    db = postgresql
    db.create(codes(sa.Integer))
    migration = db.autogenerate(values(Status), ckenum_render="alembic")
    assert "replace_codes" not in migration.upgrade


def test_becomes_codes(both: Database) -> None:
    """A CheckEnum that becomes a number asks for the mapping."""
    db = both
    before = values(Status, server_default="NEW")
    after = codes(sa.SmallInteger(), server_default=sa.text("1"))
    db.create(before)
    execute(db, "INSERT INTO orders VALUES (1, 'PAID')")
    migration = db.autogenerate(after)
    assert migration.upgrade == COMMENT + "\n" + body("""
        # TODO: say in rename which code each value gets, for example
        # rename={"NEW": 1}. If any row holds another value,
        # this stops before it changes anything, and lists what it found.
        op.restore_codes(
            "orders",
            "status",
            ["NEW", "PAID"],
            type_=sa.SmallInteger(),
            rename={},
            name=op.f("ck_orders_status"),
            server_default=1,
            existing_server_default="NEW",
        )
        """)
    with pytest.raises(exc.RowsRemainError, match="'PAID' in 1 row"):
        db.upgrade(after, migration)
    filled = Migration(
        migration.upgrade.replace("{}", '{"NEW": 1, "PAID": 2}'),
        migration.downgrade.replace("{}", '{1: "NEW", 2: "PAID"}'),
        migration.imports,
    )
    db.upgrade(after, filled)
    assert db.column("orders") == [2]
    assert db.diff(after) == []
    db.downgrade(before, filled)
    assert db.column("orders") == ["PAID"]
    assert db.diff(before) == []
