from __future__ import annotations

import asyncio
import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from ckenum import CheckEnum
from ckenum.drift import find_drift
from ckenum.exc import SettingsError
from ckenum.testing import assert_no_drift

from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .sqlite import execute
from .sqlite import recorded

STRING = sa.Column("status", sa.String(255))


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    SHIPPED = "shipped"


def failure(db: Database, metadata: Any, **options: Any) -> str:
    """What the AssertionError says, below the names of both sides."""
    with pytest.raises(AssertionError) as caught:
        with db.engine.connect() as connection:
            assert_no_drift(connection, metadata, **options)
    heading, _, said = str(caught.value).strip().partition("\n\n")
    assert heading.startswith(f"--- {db.engine.url.drivername}://")
    assert heading.endswith("\n+++ models")
    return said


def found(db: Database, metadata: Any, **options: Any) -> set[Any]:
    """Each difference, of whichever column."""
    with db.engine.connect() as connection:
        comparison = find_drift(connection, metadata, **options)
    return {
        (each.kind, each.database, each.models)
        for column in comparison.drift
        for each in column.differences
    }


def made(status: str, *constraints: str) -> str:
    lines = ["id INTEGER PRIMARY KEY", f"status {status}", *constraints]
    return f"CREATE TABLE orders ({', '.join(lines)})"


def test_agreement_is_silent(db: Database) -> None:
    """What the models have made is no drift."""
    db.create(orders(Status))
    with db.engine.connect() as connection:
        assert_no_drift(connection, orders(Status))


def test_reads_like_a_diff(db: Database) -> None:
    """Renamed, only in the database, only in the models."""
    db.create(orders("NEW", "PAYED", "JUNK"))
    assert failure(db, orders(Status)) == body("""
        orders.status (ck_orders_status)
          ~ 'PAYED' -> 'PAID'
          - 'JUNK'
          + 'SHIPPED'

        Drift in 1 column.
        """)


def test_enums(db: Database) -> None:
    """With the option, SQLAlchemy's own Enums are compared: their lists,
    their types, and whether they are there.
    """

    def stock(*values: str) -> Any:
        return sa.Enum(
            *values, name="kind", native_enum=False, create_constraint=True
        )

    db.create(orders_with(sa.Column("status", stock("NEW", "OLD"))))
    same = orders_with(sa.Column("status", stock("OLD", "NEW")))
    longer = orders_with(sa.Column("status", stock("OLD", "NEWER")))
    more = orders_with(sa.Column("other", stock("NEW")))
    assert found(db, longer) == set()
    assert found(db, same, ckenum_enums=True) == set()
    assert found(db, longer, ckenum_enums=True) == {
        ("value", "NEW", None),
        ("value", None, "NEWER"),
        ("length", 3, 5),
    }
    assert found(db, more, ckenum_enums=True) == {
        ("column", None, "other"),
        ("constraint", None, "kind"),
        ("constraint", "kind", None),
    }
    execute(db, "DROP TABLE orders", made("INTEGER"))
    assert found(db, same, ckenum_enums=True) == {
        ("type", "INTEGER", "check enum"),
    }


def test_heading_tells_no_secrets(db: Database) -> None:
    """It names the database, and neither user, password nor query."""
    with db.engine.connect() as connection:
        comparison = find_drift(connection, orders("NEW"))
    url = sa.make_url(comparison.database)
    assert url.database == db.engine.url.database
    assert (url.username, url.password, url.query) == (None, None, {})


@pytest.mark.parametrize(
    "statement, expected",
    [
        (made("VARCHAR(255)"), ("constraint", None, "ck_orders_status")),
        (
            made("VARCHAR(255)", "CONSTRAINT mine CHECK (status IN ('NEW'))"),
            ("name", "mine", "ck_orders_status"),
        ),
        (
            made(
                "VARCHAR(255)",
                "CONSTRAINT ck_orders_status CHECK (status IN ('NEW'))",
                "CONSTRAINT old CHECK (status IN ('NEW', 'PAID'))",
            ),
            ("constraint", "old", None),
        ),
        (
            made(
                "VARCHAR(2)",
                "CONSTRAINT ck_orders_status CHECK (status IN ('NEW'))",
            ),
            ("length", 2, 255),
        ),
        (
            made(
                "VARCHAR(255)",
                "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', NULL))",
            ),
            ("null", "NULL", None),
        ),
    ],
    ids=["constraint", "name", "second", "narrow", "null"],
)
def test_kinds(db: Database, statement: str, expected: Any) -> None:
    """Each thing that can be otherwise is a difference, and the only one."""
    execute(db, statement)
    assert found(db, orders("NEW")) == {expected}


def test_default_that_leaves(db: Database) -> None:
    """With its value goes what would fail at the next insert."""
    execute(
        db,
        made(
            "VARCHAR(255) DEFAULT 'OLD'",
            "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'OLD'))",
        ),
    )
    assert found(db, orders("NEW")) == {
        ("value", "OLD", None),
        ("server_default", "OLD", None),
    }


def test_default_that_never_fitted(db: Database) -> None:
    """It is told, though no migration could bring it back."""
    execute(
        db,
        made(
            "VARCHAR(255) DEFAULT 'ODD'",
            "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'OLD'))",
        ),
    )
    assert found(db, orders("NEW")) == {
        ("value", "OLD", None),
        ("server_default", "ODD", None),
    }


def test_missing_table(db: Database) -> None:
    """It is told once for each CheckEnum column that it should have."""
    assert found(db, orders("NEW")) == {("table", None, "orders")}


def test_missing_column(db: Database) -> None:
    """It is told, with its constraint."""
    db.create(orders_with())
    assert found(db, orders("NEW")) == {
        ("column", None, "status"),
        ("constraint", None, "ck_orders_status"),
    }


def test_other_type(db: Database) -> None:
    """A column that stores no text cannot store the values."""
    execute(db, made("INTEGER"))
    assert ("type", "INTEGER", "check enum") in found(db, orders("NEW"))


def test_no_check_enum_any_more(db: Database) -> None:
    """The constraint is left over."""
    db.create(orders("NEW"))
    assert found(db, orders_with(STRING._copy())) == {
        ("constraint", "ck_orders_status", None)
    }


def test_native_enum(postgresql: Database) -> None:
    """Both ways, with what differs in the values."""
    native = sa.Enum("NEW", "OLD", name="status")
    postgresql.create(orders_with(sa.Column("status", native)))
    assert found(postgresql, orders("NEW")) == {
        ("type", "native enum 'status'", "check enum"),
        ("value", "OLD", None),
    }


def test_not_valid(postgresql: Database) -> None:
    """A constraint that older rows may break is told as such."""
    execute(
        postgresql,
        made("VARCHAR(255)"),
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
        " CHECK (status IN ('NEW')) NOT VALID",
    )
    said = failure(postgresql, orders("NEW"))
    assert "~ NOT VALID: rows older than the constraint may break it" in said


def test_arrays(postgresql: Database) -> None:
    """They are compared by their items."""

    def tags(*values: str) -> sa.MetaData:
        type_ = sa.ARRAY(CheckEnum(*values))
        return orders_with(sa.Column("tags", type_))

    postgresql.create(tags("a", "b"))
    assert found(postgresql, tags("a", "c")) == {
        ("value", "b", None),
        ("value", None, "c"),
    }


def test_nothing_else_counts(db: Database) -> None:
    """What else the models have, or the database, is Alembic's business."""
    db.create(orders("NEW"))
    execute(db, "CREATE TABLE more (id INTEGER)")
    enum_column = sa.Column("status", CheckEnum("NEW"), nullable=False)
    other = sa.Column("other", sa.Integer, index=True)
    assert found(db, orders_with(enum_column, other)) == set()


def test_cannot_tell(db: Database) -> None:
    """What cannot be compared is no drift, and fails all the same."""
    check = "CONSTRAINT ck_orders_status CHECK (status = 'NEW' OR id > 9)"
    execute(db, made("VARCHAR(255)", check))
    with db.engine.connect() as connection:
        comparison = find_drift(connection, orders("NEW"))
    (skipped,) = comparison.skipped
    assert comparison and not comparison.drift
    assert skipped.where == "orders.status"
    assert "it is not a list of values" in skipped.reason
    assert failure(db, orders("NEW")).endswith("Could not compare 1 column.")


def test_need_not_tell(sqlite: Database) -> None:
    """A column that is named need not be compared; it must be a column of
    the models.
    """
    check = "CONSTRAINT ck_orders_status CHECK (id > 9)"
    execute(sqlite, made("VARCHAR(255)", check))
    named = {"accept_uncompared": ["orders.status"]}
    with sqlite.engine.connect() as connection:
        assert_no_drift(connection, orders("NEW"), **named)
        assert find_drift(connection, orders("NEW"), **named).skipped
        with pytest.raises(SettingsError, match="'orders.kind' must be a"):
            find_drift(
                connection, orders("NEW"), accept_uncompared=["orders.kind"]
            )


def test_transaction_goes_on(db: Database) -> None:
    """It is neither committed nor rolled back, with drift or without."""
    db.create(orders("NEW"))
    table = sa.table("orders", sa.column("status"))
    with db.engine.connect() as connection:
        connection.execute(sa.insert(table).values(status="NEW"))
        assert_no_drift(connection, orders("NEW"))
        with pytest.raises(AssertionError):
            assert_no_drift(connection, orders("PAID"))
        assert len(connection.execute(sa.select(table)).all()) == 1
        connection.rollback()
    assert db.column("orders") == []


def test_no_transaction_is_left(db: Database) -> None:
    """A connection without a transaction has none afterwards."""
    db.create(orders("NEW"))
    with db.engine.connect() as connection:
        assert_no_drift(connection, orders("NEW"))
        assert not connection.in_transaction()


def test_only_reads(db: Database) -> None:
    """Whatever differs, no statement changes anything."""
    db.create(orders("OLD"))
    with recorded(db) as statements:
        assert found(db, orders("NEW"))
    assert statements
    words = {text.split()[0].upper() for text in statements}
    assert words <= {"PRAGMA", "SELECT", "SHOW", "WITH"}


def test_include_name(db: Database) -> None:
    """The option's filter is asked, as by autogenerate."""
    db.create(orders("OLD"))

    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        return type_ != "check_constraint"

    assert found(db, orders("NEW"), include_name=include_name) == {
        ("constraint", None, "ck_orders_status")
    }


def test_include_object(db: Database) -> None:
    """The option's filter is asked, as by autogenerate."""
    db.create(orders("OLD"))

    def include_object(item: Any, name: Any, type_: str, *rest: Any) -> bool:
        return type_ != "table" or name != "orders"

    assert found(db, orders("NEW"), include_object=include_object) == set()


def test_plain_rendering(db: Database) -> None:
    """How migrations are written does not change what is drift."""
    db.create(orders("OLD"))
    assert found(db, orders("NEW"), ckenum_render="alembic") == {
        ("value", "OLD", None),
        ("value", None, "NEW"),
    }


def test_schemas(postgresql: Database) -> None:
    """All those that the models have, by default."""

    def sold(*values: str) -> sa.MetaData:
        status = sa.Column("status", CheckEnum(*values))
        return orders_with(status, schema="sales")

    execute(postgresql, "CREATE SCHEMA sales")
    postgresql.create(sold("OLD"))
    assert (
        failure(postgresql, sold("NEW"))
        == body("""
        sales.orders (ck_orders_status)
        """).replace("orders (", "orders.status (")
        + ("\n  - 'OLD'\n  + 'NEW'\n\nDrift in 1 column.")
    )


def test_default_schema_by_name(postgresql: Database) -> None:
    """Models that name the default schema are found in it."""
    status = sa.Column("status", CheckEnum("NEW"))
    metadata = orders_with(status, schema="public")
    postgresql.create(metadata)
    assert found(postgresql, metadata) == set()


def test_several_metadata(db: Database) -> None:
    """All are compared."""
    more = sa.MetaData()
    sa.Table("more", more, sa.Column("kind", CheckEnum("a")))
    db.create(more)
    assert found(db, [orders("NEW"), more]) == {("table", None, "orders")}


def test_async(db: Database) -> None:
    """An asynchronous connection lends itself by run_sync()."""
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
    }
    url = db.engine.url.set(drivername=drivers[db.name])
    db.create(orders("OLD"))

    async def compare() -> None:
        engine = create_async_engine(url, poolclass=sa.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(assert_no_drift, orders("OLD"))
            await connection.run_sync(assert_no_drift, orders("NEW"))

    with pytest.raises(AssertionError, match=r"- 'OLD'\n  \+ 'NEW'"):
        asyncio.run(compare())


def test_engine_is_refused(db: Database) -> None:
    """The error says where to get a connection."""
    with pytest.raises(TypeError, match=r"engine\.connect\(\)"):
        assert_no_drift(db.engine, orders("NEW"))  # type: ignore
