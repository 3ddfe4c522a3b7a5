"""A CheckEnum inside of other types: decorated, in arrays, as a variant."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .models import orders_with
from .roundtrip import Database


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


class Shouted(sa.TypeDecorator[str]):
    """What an application makes of the strings is its own business."""

    impl = CheckEnum
    cache_ok = True


class Given(sa.TypeDecorator[str]):
    """With the type already made."""

    impl = CheckEnum(Status)
    cache_ok = True


class Tags(sa.TypeDecorator[Any]):
    impl = sa.ARRAY(CheckEnum("a", "b"))
    cache_ok = True


DECORATED = {
    "values": (Shouted("a", "b"), Shouted("b", "c")),
    "an enum class": (Shouted(Status), Shouted(Status, persist="value")),
    "twice": (Shouted("a"), Shouted("a", "b")),
    "a type": (Given(), CheckEnum("NEW", "PAID", "SENT")),
    "variant": (
        sa.String(255).with_variant(Shouted("a"), "postgresql", "sqlite"),
        sa.String(255).with_variant(Shouted("b"), "postgresql", "sqlite"),
    ),
}
ARRAYS = {
    "array of it": (sa.ARRAY(Shouted("a")), sa.ARRAY(Shouted("a", "b"))),
    "array in it": (Tags(), sa.ARRAY(CheckEnum("a", "c"))),
}


def status(type_: Any) -> sa.MetaData:
    return orders_with(sa.Column("status", type_))


def assert_comes_and_goes(db: Database, before: Any, after: Any) -> None:
    """As a table, as a column and as a change, there and back."""
    none = orders_with(sa.Column("note", sa.String))
    for start, end in [
        (sa.MetaData(), status(before)),
        (none, status(before)),
        (status(before), status(after)),
        (status(after), none),
        (status(before), sa.MetaData()),
    ]:
        start.create_all(db.engine)
        migration = db.round_trip(start, end)
        assert "test_decorated" not in migration.source
        end.drop_all(db.engine)


@pytest.mark.parametrize("before, after", DECORATED.values(), ids=DECORATED)
def test_decorated(db: Database, before: Any, after: Any) -> None:
    """A migration holds strings, never the application's class."""
    assert_comes_and_goes(db, before, after)


@pytest.mark.parametrize("before, after", ARRAYS.values(), ids=ARRAYS)
def test_arrays(postgresql: Database, before: Any, after: Any) -> None:
    """So it is with arrays."""
    assert_comes_and_goes(postgresql, before, after)


@pytest.mark.parametrize("type_", [Shouted("a"), Given()])
def test_added_column_has_its_constraint(db: Database, type_: Any) -> None:
    """SQLite has it as well."""
    none = orders_with(sa.Column("note", sa.String))
    db.create(none)
    after = orders_with(
        sa.Column("note", sa.String), sa.Column("status", type_)
    )
    db.upgrade(after, db.autogenerate(after))
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=1, status="other")


@pytest.mark.parametrize("kind", ["postgresql", "sqlite", "mysql"])
def test_name_of_a_variant(db: Database, kind: str) -> None:
    """A constraint of a variant is called in the migration as in the model,
    where a naming convention makes the name.
    """
    type_ = CheckEnum("a", name="own").with_variant(sa.String(9), "mysql")
    if kind != "mysql":
        type_ = sa.String(9).with_variant(CheckEnum("a", name="own"), kind)
    metadata = orders_with(
        sa.Column("status", type_), convention="ck_%(constraint_name)s_made"
    )
    migration = db.round_trip(sa.MetaData(), metadata)
    assert 'op.f("ck_own_made")' in migration.upgrade
