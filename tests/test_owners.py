"""Whose CHECK it is: a column's, or one that the model declares itself."""

from __future__ import annotations

import logging
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.sql.elements import conv

from ckenum import CheckEnum

from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .test_any import one_db

__all__ = ["one_db"]

CONVENTION = "ck_%(table_name)s_%(constraint_name)s"

CONDITIONS = [
    "status IN ('NEW')",
    "status = 'NEW'",
    "status IS NULL OR status IN ('NEW', 'PAID')",
    "status IN ('NEW', 'PAID')",
    "status IN ('NEW', 'PAID', 'OTHER')",
    "status <> 'OTHER'",
]


def own(
    condition: str, place: str, name: str | None, *values: str
) -> list[Any]:
    """A CHECK of the model's own, and a status that it is about."""
    check = sa.CheckConstraint(condition, name=name)
    type_ = CheckEnum(*values or ("NEW", "PAID"))
    if place == "column":
        return [sa.Column("status", type_, check)]
    return [sa.Column("status", type_), check]


def checks(db: Database, table: str = "orders") -> set[tuple[Any, str]]:
    """The names and the texts of those that the table has."""
    with db.engine.connect() as connection:
        return {
            (check["name"], check["sqltext"])
            for check in sa.inspect(connection).get_check_constraints(table)
        }


@pytest.mark.parametrize(
    "place, name, convention",
    [
        ("table", "own", None),
        ("table", None, None),
        ("column", "own", CONVENTION),
        ("column", None, None),
    ],
)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_beside_a_check_enum(
    db: Database,
    condition: str,
    place: str,
    name: str | None,
    convention: str | None,
) -> None:
    """A CHECK that the model declares beside a CheckEnum is no difference,
    and stays where the values change.
    """

    def model(*values: str) -> sa.MetaData:
        items = own(condition, place, name, *values)
        return orders_with(*items, convention=convention)

    before, after = model("NEW", "PAID"), model("NEW", "PAID", "SENT")
    db.create(before)
    assert db.diff(before) == []
    had = checks(db)
    db.round_trip(before, after)
    (mine,) = had - checks(db)
    assert mine[0] == "ck_orders_status"


def test_no_check_enum_anywhere(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Stock models are compared as without ckenum: no operation, no line in
    the log, no call of a hook.
    """

    class Base(DeclarativeBase):
        metadata = sa.MetaData(naming_convention={"ck": CONVENTION})

    class Shirt(Base):
        __tablename__ = "shirt"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[str] = mapped_column(
            sa.String, sa.CheckConstraint("size IN ('S', 'L')", name="size")
        )
        color: Mapped[str] = mapped_column(sa.String)
        kind: Mapped[str] = mapped_column(
            sa.Enum(
                "a", native_enum=False, create_constraint=True, name="kind"
            )
        )
        __table_args__ = (
            sa.CheckConstraint("color = 'red'", name="color"),
            sa.CheckConstraint("id > 0", name="positive"),
        )

    db.create(Base.metadata)
    called: list[str] = []

    def hook(item: Any, name: Any, *rest: Any) -> bool:
        called.extend([name, *map(str, rest)])
        return True

    caplog.set_level(logging.DEBUG, "alembic.autogenerate.ckenum")
    assert (
        db.diff(
            Base.metadata,
            include_name=lambda name, kind, parents: hook(None, kind),
            include_object=hook,
        )
        == []
    )
    assert "check_constraint" not in called
    assert "alembic.autogenerate.ckenum" not in {
        r.name for r in caplog.records
    }


@pytest.mark.parametrize("place", ["table", "column"])
def test_becomes_a_check_enum(db: Database, place: str) -> None:
    """A String with a CHECK of its own that becomes a CheckEnum keeps it."""
    check = sa.CheckConstraint("status IN ('NEW', 'PAID')", name="own")
    column = sa.Column("status", sa.String(255))
    before = (
        orders_with(sa.Column("status", sa.String(255), check))
        if place == "column"
        else orders_with(column, check)
    )
    after = orders_with(*own("status IN ('NEW', 'PAID')", place, "own"))
    db.create(before)
    migration = db.round_trip(before, after)
    assert migration.upgrade == body("""
        op.create_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert len(checks(db)) == 2


def test_arrays(any_postgresql: Database) -> None:
    """The same holds for arrays."""
    metadata = orders_with(
        sa.Column("tags", sa.ARRAY(CheckEnum("a", "b"))),
        sa.CheckConstraint("tags <@ ARRAY['a']::varchar[]", name="own"),
    )
    any_postgresql.create(metadata)
    assert any_postgresql.diff(metadata) == []


def test_reflected_models(db: Database) -> None:
    """Reflected models under a naming convention declare what was read."""
    db.create(orders_with(*own("status = 'NEW'", "table", "own")))
    metadata = sa.MetaData(naming_convention={"ck": CONVENTION})
    metadata.reflect(db.engine)
    assert db.diff(metadata) == []


def test_named_check_enum_becomes_a_string(db: Database) -> None:
    """A CheckEnum with a name of its own that becomes a String loses its
    constraint.
    """
    other = sa.Column("kind", CheckEnum("a"))

    def model(type_: Any) -> sa.MetaData:
        return orders_with(sa.Column("status", type_), other._copy())

    before = model(CheckEnum("NEW", "PAID", name="order_status"))
    db.create(before)
    migration = db.round_trip(before, model(sa.String(255)))
    assert migration.upgrade == body("""
        op.drop_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            name=op.f("order_status"),
        )
        """)
    db.insert("orders", id=1, status="anything")


def two(**names: str) -> sa.MetaData:
    """Columns whose constraints are called so, with values that differ."""
    return orders_with(
        *(
            sa.Column(
                column, CheckEnum(f"{column} 1", f"{column} 2", name=name)
            )
            for column, name in names.items()
        )
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ({"x": "ck1", "y": "ck2"}, {"x": "ck2", "y": "ck3"}),
        ({"x": "ck1", "y": "ck2"}, {"x": "ck2", "y": "ck1"}),
        (
            {"x": "ck1", "y": "ck2", "z": "ck3"},
            {"x": "ck2", "y": "ck3", "z": "ck1"},
        ),
        (
            {"x": "ck1", "y": "ck2", "z": "ck3"},
            {"x": "ck2", "y": "ck1", "z": "ck4"},
        ),
        ({"x": "ck1", "y": "ck2"}, {"x": "ck2"}),
        ({"x": "ck1"}, {"x": "ck2", "y": "ck1"}),
    ],
)
def test_names_move(
    db: Database, before: dict[str, str], after: dict[str, str]
) -> None:
    """Names that move between columns come right in one revision."""
    db.create(two(**before))
    db.round_trip(two(**before), two(**after))
    assert {
        (name, column)
        for name, text in checks(db)
        for column in "xyz"
        if f"{column} 1" in text
    } == {(name, column) for column, name in after.items()}


def test_column_takes_the_name_of_a_renamed_one(db: Database) -> None:
    """A column was renamed and its constraint kept the name: a new column of
    the old name takes it, and no constraint is lost.
    """
    state = CheckEnum("NEW", "PAID", name="ck_orders_status")
    db.create(orders_with(sa.Column("state", state)))
    before = orders_with(sa.Column("state", state))
    after = orders_with(
        sa.Column("state", CheckEnum("NEW", "PAID")),
        sa.Column("status", CheckEnum("A", "B")),
    )
    db.round_trip(before, after)
    assert {name for name, _ in checks(db)} == {
        "ck_orders_state",
        "ck_orders_status",
    }


def test_taken_name_hides_no_change(db: Database) -> None:
    """A name that something else has keeps the constraint's old name, and
    its values change all the same.
    """
    stranger = sa.CheckConstraint("id > 0", name="ck_orders_status")
    before = orders_with(
        sa.Column("status", CheckEnum("NEW", name="old")), stranger
    )
    db.create(before)
    migration = db.autogenerate(orders("NEW", "PAID"))
    assert migration.upgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW"],
            name=op.f("old"),
        )
        """)


def test_stock_tables_that_go(db: Database) -> None:
    """What models without a CheckEnum drop is dropped as without ckenum."""
    before = orders_with(
        sa.Column("size", sa.String(9)),
        sa.CheckConstraint("size IN ('S', 'L')", name="sizes"),
    )
    db.create(before)
    for after in sa.MetaData(), orders_with():
        with_ckenum = db.autogenerate(after)
        plain = db.autogenerate(
            after, autogenerate_plugins=["alembic.autogenerate.*"]
        )
        assert with_ckenum == plain


NAMED = st.lists(
    st.sampled_from(["ck1", "ck2", "ck3", "ck4"]),
    min_size=3,
    max_size=3,
    unique=True,
)
HOLDS = st.lists(st.booleans(), min_size=3, max_size=3)
VALUES = st.sampled_from([("A",), ("A", "B"), ("B", "C")])


def columns(names: list[str], holds: list[bool], values: Any) -> sa.MetaData:
    """Three, of which some are CheckEnums of these names, and a CHECK that
    no column's is.
    """
    return orders_with(
        *(
            sa.Column(
                column,
                CheckEnum(*values, name=conv(name)) if held else sa.String(),
            )
            for column, name, held in zip("xyz", names, holds)
        ),
        sa.CheckConstraint("id > 0", name="positive"),
    )


COLUMNS = st.builds(columns, NAMED, HOLDS, VALUES)


@given(before=COLUMNS, after=COLUMNS)
def test_names_at_random(
    one_db: Database, before: sa.MetaData, after: sa.MetaData
) -> None:
    """However names move between columns, one revision is clean up and down,
    and CHECKs that are no column's stay as they are.
    """
    one_db.create(before)
    try:
        own = others(one_db)
        one_db.round_trip(before, after)
        assert others(one_db) == own
    finally:
        before.drop_all(one_db.engine)


def others(db: Database) -> list[Any]:
    checks = sa.inspect(db.engine).get_check_constraints("orders")
    return [check for check in checks if "id" in check["sqltext"]]


@pytest.mark.parametrize("change", [("A", "B", "C"), ("A",)])
def test_names_that_only_unicode_folds(
    db: Database, change: tuple[str, ...]
) -> None:
    """SQLite folds the case of ASCII letters alone: these are two columns."""

    def both(*values: str) -> sa.MetaData:
        return orders_with(
            sa.Column("état", CheckEnum(*values, name="ck_lower")),
            sa.Column("État", CheckEnum("X", "Y", name="ck_upper")),
        )

    before = both("A", "B")
    db.create(before)
    assert db.diff(before) == []
    migration = db.round_trip(before, both(*change))
    assert migration.upgrade.count("op.") == 2
    assert "ck_upper" not in migration.upgrade
