from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.reflection import read_check
from ckenum.reflection import ValueList

from .backends import BACKENDS
from .models import orders
from .models import orders_with
from .reflect import accepted
from .reflect import reflected
from .roundtrip import Database

pytestmark = pytest.mark.each_server

VALUES = [
    "it's",
    "a,b",
    "50%",
    "%(status)s",
    "a :b",
    ":b",
    "back\\slash",
    "\\",
    "",
    "ünï",
    "日本😀",
    "two\nlines",
    " leading blank",
    "x::y",
    "{a,b}",
    "{}",
    "NULL",
    "a'); DROP TABLE t; --",
    '"dq"',
    "new",
    "NEW",
    "ne",
    "CHECK (z)",
    "?",
    "$1",
]
STRANGERS = {
    "its",
    "it''s",
    "a",
    "50%%",
    "50",
    "a NULL",
    "a ",
    "back\\\\slash",
    "backslash",
    "\\\\",
    " ",
    "uni",
    "two\r\nlines",
    "two lines",
    "leading blank",
    "null",
    "New",
    "n",
    "stranger",
}
TRIED = {*VALUES, *STRANGERS}


def assert_holds(db: Database, *values: str, table: str = "orders") -> None:
    """The constraint says so, and does so."""
    (check,) = reflected(db.engine, table)
    assert check.name == f"ck_{table}_status"
    reading = read_check(db.name, check.text)
    assert isinstance(reading, ValueList)
    assert set(reading.values) == set(values)
    tried = {*TRIED, *values}
    assert accepted(db.engine, table, "status", tried) == set(values)


def insert_all(db: Database, values: list[str]) -> None:
    for number, value in enumerate(values, 1):
        db.insert("orders", id=number, status=value)


def test_metadata_creates_them(db: Database) -> None:
    model = orders(*VALUES)
    db.create(model)
    assert_holds(db, *VALUES)
    assert db.diff(model) == []


def test_migration_creates_them(db: Database) -> None:
    model = orders(*VALUES)
    migration = db.autogenerate(model)
    db.upgrade(model, migration)
    assert_holds(db, *VALUES)
    assert db.diff(model) == []
    insert_all(db, VALUES)
    assert db.column("orders") == VALUES
    db.downgrade(sa.MetaData(), migration)
    assert not sa.inspect(db.engine).has_table("orders")


def test_migration_drops_and_restores_them(db: Database) -> None:
    """The downgrade of a dropped table holds them as well."""
    values = [value for value in VALUES if "CHECK" not in value]
    model = orders(*values)
    db.create(model)
    migration = db.autogenerate(sa.MetaData())
    db.upgrade(sa.MetaData(), migration)
    db.downgrade(model, migration)
    assert_holds(db, *values)
    assert db.diff(model) == []


def test_migration_adds_and_drops_their_column(db: Database) -> None:
    db.create(orders_with())
    model = orders(*VALUES)
    migration = db.round_trip(orders_with(), model)
    assert_holds(db, *VALUES)
    db.downgrade(orders_with(), migration)
    assert reflected(db.engine, "orders") == []
    db.upgrade(model, migration)
    assert_holds(db, *VALUES)


@pytest.mark.parametrize("as_batch", [False, True])
def test_migration_adds_them(db: Database, as_batch: bool) -> None:
    """With rows that go through unchanged."""
    few, all_ = orders(*VALUES[::2]), orders(*VALUES)
    db.create(few)
    insert_all(db, VALUES[::2])
    migration = db.round_trip(few, all_, render_as_batch=as_batch)
    assert db.column("orders") == VALUES[::2]
    assert_holds(db, *VALUES)
    db.downgrade(few, migration)
    assert db.column("orders") == VALUES[::2]
    assert_holds(db, *VALUES[::2])


def test_migration_removes_them(db: Database) -> None:
    """Where no row holds them."""
    few, all_ = orders(*VALUES[::2]), orders(*VALUES)
    db.create(all_)
    insert_all(db, VALUES[::2])
    migration = db.round_trip(all_, few)
    assert db.column("orders") == VALUES[::2]
    assert_holds(db, *VALUES[::2])
    db.downgrade(all_, migration)
    assert_holds(db, *VALUES)


PARTS = [VALUES[::3], VALUES[1::3], VALUES[2::3]]


@pytest.mark.parametrize(
    "url, values",
    [
        pytest.param(
            backend,
            values,
            # each backend another part
            marks=() if (i - j) % 3 == 0 else pytest.mark.slow,
        )
        for i, backend in enumerate(BACKENDS)
        for j, values in enumerate(PARTS)
    ],
    indirect=["url"],
)
def test_each_by_itself(db: Database, values: list[str]) -> None:
    """One value is spelled otherwise than many."""
    alone = each_by_itself(values)
    with_other = each_by_itself(values, "other")
    creation = db.autogenerate(alone)
    db.upgrade(alone, creation)
    assert_each_holds(db, values)
    for number, value in enumerate(values):
        db.insert(f"t{number}", id=1, status=value)
    change = db.round_trip(alone, with_other)
    assert_each_holds(db, values, "other")
    db.downgrade(alone, change)
    assert_each_holds(db, values)
    assert [db.column(f"t{number}") for number in range(len(values))] == [
        [value] for value in values
    ]


def each_by_itself(values: list[str], *others: str) -> sa.MetaData:
    metadata = sa.MetaData()
    for number, value in enumerate(values):
        sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", CheckEnum(value, *others)),
        )
    return metadata


def assert_each_holds(db: Database, values: list[str], *others: str) -> None:
    for number, value in enumerate(values):
        assert_holds(db, value, *others, table=f"t{number}")


def shouting(values: list[str]) -> sa.MetaData:
    """A model in which each value has got another name."""
    renamed = {value: f"{value}!" for value in values}
    type_: Any = enum.Enum(
        "shouting",
        {f"M{i}": new for i, new in enumerate(renamed.values())},
    )
    type_._missing_ = classmethod(lambda cls, old: cls(renamed[old]))
    return orders_with(sa.Column("status", CheckEnum(type_, persist="value")))


def test_migration_renames_them(db: Database) -> None:
    """Each becomes the next one's new name, and comes back."""
    before, after = orders(*VALUES), shouting(VALUES)
    db.create(before)
    insert_all(db, VALUES)
    migration = db.autogenerate(after)
    db.upgrade(after, migration)
    assert db.column("orders") == [f"{value}!" for value in VALUES]
    assert_holds(db, *db.column("orders"))
    assert db.diff(after) == []
    db.downgrade(before, migration)
    assert db.column("orders") == VALUES
    assert_holds(db, *VALUES)


def test_directive_swaps_them(db: Database) -> None:
    """In a ring: each row gets the next value, in one statement."""
    ring = dict(zip(VALUES, VALUES[1:] + VALUES[:1]))
    db.create(orders(*VALUES))
    insert_all(db, VALUES)
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            VALUES,
            existing_values=VALUES,
            name=op.f("ck_orders_status"),
            rename=ring,
        )
    assert db.column("orders") == list(ring.values())
    assert_holds(db, *VALUES)


def test_directive_deletes_them(db: Database) -> None:
    """Their rows, and no other."""
    db.create(orders(*VALUES))
    insert_all(db, VALUES)
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            VALUES[::2],
            existing_values=VALUES,
            name=op.f("ck_orders_status"),
            delete=VALUES[1::2],
        )
    assert db.column("orders") == VALUES[::2]
    assert_holds(db, *VALUES[::2])
