from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.inspection.audit import Audit
from ckenum.inspection.audit import audit
from ckenum.inspection.audit import ColumnAudit
from ckenum.inspection.audit import Constraint
from ckenum.inspection.drift import configured
from ckenum.inspection.report import plain
from ckenum.inspection.report import sections

from .models import orders
from .models import orders_with
from .roundtrip import Database
from .sqlite import execute
from .sqlite import recorded

pytestmark = pytest.mark.each_server

PLAIN = "CREATE TABLE orders (id SERIAL, status VARCHAR(9))"


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    SHIPPED = "shipped"


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"

    @classmethod
    def _missing_(cls, value: object) -> Mood | None:
        return cls.GOOD if value == "fine" else None


def columns(
    db: Database, metadata: sa.MetaData, **options: Any
) -> list[ColumnAudit]:
    with db.engine.connect() as connection:
        context = configured(connection, metadata, options)
        return list(audit(context).columns)


def column(db: Database, metadata: sa.MetaData) -> ColumnAudit:
    (only,) = columns(db, metadata)
    return only


def values(found: ColumnAudit) -> list[tuple[Any, ...]]:
    return [(v.value, v.rows, v.kind, v.means) for v in found.values]


def insert(db: Database, *stored: Any) -> None:
    for value in stored:
        db.insert("orders", status=value)


def test_counts(db: Database) -> None:
    """Members in the order of the enum, also unused ones; then renamed
    values, then strangers; and NULL.
    """
    execute(db, PLAIN)
    insert(db, "PAID", "NEW", "NEW", "PAYED", "junk", "", None)
    found = column(db, orders(Status))
    assert values(found) == [
        ("NEW", 2, "member", "NEW"),
        ("PAID", 1, "member", "PAID"),
        ("SHIPPED", 0, "member", "SHIPPED"),
        ("PAYED", 1, "renamed", "PAID"),
        ("", 1, "stranger", None),
        ("junk", 1, "stranger", None),
    ]
    assert found.nulls == 1


def test_missing_renames(db: Database) -> None:
    """Where values are stored, the enum's _missing_ says what one means."""
    execute(db, PLAIN)
    insert(db, "fine", "GOOD")
    assert values(column(db, orders(Mood, persist="value"))) == [
        ("good", 0, "member", "good"),
        ("bad", 0, "member", "bad"),
        ("GOOD", 1, "renamed", "good"),
        ("fine", 1, "renamed", "good"),
    ]


def test_strings_that_count_as_equal(db: Database) -> None:
    """Values are told apart where the column's collation does not."""
    if db.name == "postgresql":
        execute(db, "CREATE EXTENSION citext")
    type_ = {
        "sqlite": "TEXT COLLATE NOCASE",
        "postgresql": "CITEXT",
        "mysql": "VARCHAR(9) COLLATE utf8mb4_general_ci",
    }[db.name]
    execute(db, f"CREATE TABLE orders (status {type_})")
    insert(db, "NEW", "new")
    assert values(column(db, orders("NEW"))) == [
        ("NEW", 1, "member", "NEW"),
        ("new", 1, "renamed", "NEW"),
    ]


def test_constraints(db: Database) -> None:
    """All are told that hold the column to values; no others."""
    execute(
        db,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, status VARCHAR(9),"
        " CONSTRAINT a CHECK (status IN ('NEW')),"
        " CONSTRAINT b CHECK (status IN ('NEW', 'OLD')),"
        " CONSTRAINT c CHECK (id > 0))",
    )
    assert set(column(db, orders("NEW")).constraints) == {
        Constraint("a", not_valid=False),
        Constraint("b", not_valid=False),
    }


def test_no_constraint(db: Database) -> None:
    """A column that nothing holds to values has none."""
    execute(db, PLAIN)
    assert column(db, orders("NEW")).constraints == ()


def test_not_valid(postgresql: Database) -> None:
    """A constraint that older rows may break is told as such."""
    execute(
        postgresql,
        PLAIN,
        "INSERT INTO orders VALUES (1, 'old')",
        "ALTER TABLE orders ADD CONSTRAINT ck CHECK (status IN ('NEW'))"
        " NOT VALID",
    )
    found = column(postgresql, orders("NEW"))
    assert found.constraints == (Constraint("ck", not_valid=True),)
    assert values(found)[1:] == [("old", 1, "stranger", None)]


def test_many_strangers(db: Database) -> None:
    """The most frequent are told, then how many more there are: what comes
    over the wire and onto the screen has a limit. Members are always told.
    """
    db.create(orders_with(sa.Column("status", sa.String(400))))
    strangers = [f"{n:03} {'x' * 300}" for n in range(80)]
    table = sa.table("orders", sa.column("status"))
    rows = [*strangers, *strangers[:9], "NEW", None]
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(table), [{"status": value} for value in rows]
        )
    found = column(db, orders(Status))
    told = values(found)
    assert told[0] == ("NEW", 1, "member", "NEW")
    assert [v for v, *_ in told[3:12]] == strangers[:9]
    assert len(told) + found.more == 3 + 80
    assert len(told) < 60
    assert sum(v.rows for v in found.values) + found.more_rows == 90
    assert found.nulls == 1
    text = plain(sections(Audit("sqlite://", (found,))))
    assert f" {found.more} other values\n" in text
    assert "... (304 characters)  stranger\n" in text
    assert max(map(len, text.splitlines())) < 120


def test_arrays(postgresql: Database) -> None:
    """The rows that hold an item are counted; no array may hold NULL."""
    metadata = orders_with(sa.Column("status", sa.ARRAY(CheckEnum("a", "b"))))
    execute(
        postgresql,
        "CREATE TABLE orders (id SERIAL, status VARCHAR[])",
        "INSERT INTO orders (status) VALUES ('{a,a}'), ('{a,x}'), ('{}'),"
        " (NULL), ('{NULL}'), ('{{a,x},{x,x}}')",
    )
    found = column(postgresql, metadata)
    assert found.array
    assert values(found) == [
        ("a", 3, "member", "a"),
        ("b", 0, "member", "b"),
        ("x", 2, "stranger", None),
        (None, 1, "stranger", None),
    ]
    assert found.nulls == 1


def test_arrays_by_mistake(postgresql: Database) -> None:
    """What the database has is counted, whatever the models say."""
    execute(
        postgresql,
        "CREATE TABLE orders (id SERIAL, status VARCHAR[])",
        "INSERT INTO orders (status) VALUES ('{NEW,NEW}')",
    )
    found = column(postgresql, orders("NEW"))
    assert found.array
    assert values(found) == [("NEW", 1, "member", "NEW")]


def test_other_types(db: Database) -> None:
    """What is stored counts as the text that it is."""
    execute(db, "CREATE TABLE orders (id INTEGER PRIMARY KEY, status INTEGER)")
    insert_number = "INSERT INTO orders VALUES (1, 7)"
    execute(db, insert_number)
    assert values(column(db, orders("7"))) == [("7", 1, "member", "7")]


def test_native_enum(postgresql: Database) -> None:
    """Its labels are counted as strings."""
    native = sa.Column("status", sa.Enum("NEW", "OLD", name="status"))
    postgresql.create(orders_with(native))
    execute(postgresql, "INSERT INTO orders (status) VALUES ('OLD')")
    assert values(column(postgresql, orders("NEW"))) == [
        ("NEW", 0, "member", "NEW"),
        ("OLD", 1, "stranger", None),
    ]


def test_missing_table(db: Database) -> None:
    """It is told, and stops nothing."""
    found = column(db, orders("NEW"))
    assert (found.table, found.missing) == ("orders", "table")


def test_missing_column(db: Database) -> None:
    """It is told, and stops nothing."""
    db.create(orders_with())
    found = column(db, orders("NEW"))
    assert (found.column, found.missing) == ("status", "column")


def test_views_are_no_tables(db: Database) -> None:
    """What a view would compute is not read."""
    execute(
        db,
        "CREATE TABLE t (status VARCHAR(9))",
        "CREATE VIEW orders AS SELECT status FROM t",
    )
    assert column(db, orders("NEW")).missing == "table"


def test_names_to_quote(db: Database) -> None:
    """Tables and columns may be called anything."""
    metadata = sa.MetaData()
    name = 'select "all" %s :x'
    sa.Table(name, metadata, sa.Column("Order by", CheckEnum("NEW")))
    db.create(metadata)
    db.insert(name, **{"Order by": "NEW"})
    found = column(db, metadata)
    assert (found.table, found.column) == (name, "Order by")
    assert values(found) == [("NEW", 1, "member", "NEW")]


def test_schemas(postgresql: Database) -> None:
    """A table is looked for in its schema; the default one has no name."""
    metadata = sa.MetaData()
    for schema in None, "sales":
        status = sa.Column("status", CheckEnum("NEW"))
        sa.Table("orders", metadata, status, schema=schema)
    execute(postgresql, "CREATE SCHEMA sales")
    postgresql.create(metadata)
    execute(postgresql, "INSERT INTO sales.orders VALUES ('NEW')")
    assert [
        (found.schema, found.values[0].rows, len(found.constraints))
        for found in columns(postgresql, metadata)
    ] == [(None, 0, 1), ("sales", 1, 1)]


def test_one_query_a_column(db: Database) -> None:
    """The rows of a column are read once."""
    both = (sa.Column(name, CheckEnum("x")) for name in "ab")
    metadata = orders_with(*both)
    db.create(metadata)
    with recorded(db) as statements:
        assert len(columns(db, metadata)) == 2
    assert sum("count(*)" in text for text in statements) == 2


def test_only_on_this_database(db: Database) -> None:
    """A column that is no CheckEnum here is none to audit."""
    here = CheckEnum("NEW").with_variant(sa.Integer(), db.name)
    metadata = orders_with(sa.Column("status", here))
    db.create(metadata)
    assert columns(db, metadata) == []


@pytest.mark.parametrize("type_", ["table", "column"])
def test_filters(db: Database, type_: str) -> None:
    """Those of env.py leave out tables and columns."""
    db.create(orders("NEW"))

    def include_name(name: Any, kind: str, parents: Any) -> bool:
        return kind != type_

    def include_object(item: Any, name: Any, kind: str, *rest: Any) -> bool:
        return kind != type_

    for option in include_name, include_object:
        options = {option.__name__: option}
        assert columns(db, orders("NEW"), **options) == []
