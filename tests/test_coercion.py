"""Assigning to a mapped attribute, with sqlalchemy-utils."""

from __future__ import annotations

from collections.abc import Iterator
import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy_utils import force_auto_coercion
from sqlalchemy_utils.listeners import coercion_listener

from ckenum import CheckEnum
from ckenum.exc import UnknownValueError

from .roundtrip import Database


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


class Crossed(str, enum.Enum):
    A = "B"
    B = "A"


class Number(enum.IntEnum):
    ONE = 1


class Other(enum.IntEnum):
    ONE = 1


class Lenient(enum.Enum):
    NEW = "new"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.__members__.get(str(value).upper())


@pytest.fixture(autouse=True)
def coercion() -> Iterator[None]:
    """As for a whole program, here for one test."""
    force_auto_coercion()
    yield
    sa.event.remove(orm.Mapper, "mapper_configured", coercion_listener)


def order_of(type_: Any) -> Any:
    """A mapped class whose status is of this type."""

    class Order(orm.declarative_base()):  # type: ignore[misc]
        __tablename__ = "orders"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        status = orm.mapped_column(type_)

    orm.configure_mappers()
    return Order


def assigned(type_: Any, value: Any) -> Any:
    """What the attribute has then."""
    return order_of(type_)(status=value).status


class TestAssigning:
    @pytest.mark.parametrize("persist", ["name", "value"])
    @pytest.mark.parametrize(
        "value", ["paid", "PAID", "PAYED", Status.PAID, None]
    )
    def test_gives_the_member(self, persist: Any, value: Any) -> None:
        """Of its name, its alias or its value, whichever is stored."""
        type_ = CheckEnum(Status, persist=persist)
        assert assigned(type_, value) is (value and Status.PAID)

    def test_takes_what_is_stored_first(self) -> None:
        """Where the names are values of others."""
        assert assigned(CheckEnum(Crossed), "A") is Crossed.A
        values = CheckEnum(Crossed, persist="value")
        assert assigned(values, "A") is Crossed.B

    def test_takes_names_before_values(self) -> None:
        """Where neither is stored."""
        type_ = CheckEnum(Crossed, values_callable=lambda e: ["x", "y"])
        assert assigned(type_, "y") is Crossed.B
        assert assigned(type_, "B") is Crossed.B

    def test_takes_values_that_are_no_strings(self) -> None:
        assert assigned(CheckEnum(Number), 1) is Number.ONE

    def test_asks_the_class(self) -> None:
        """Hence _missing_."""
        assert assigned(CheckEnum(Lenient), "New") is Lenient.NEW

    def test_gives_the_plain_string_where_there_is_no_class(self) -> None:
        value = assigned(CheckEnum("A", "B"), Crossed.A)
        assert (value, type(value)) == ("B", str)

    @pytest.mark.parametrize(
        "type_, value",
        [
            (CheckEnum(Status), "junk"),
            (CheckEnum(Status), ""),
            (CheckEnum(Status), 1),
            (CheckEnum(Status), ["PAID"]),
            (CheckEnum(Status, unknown=Status.NEW), "junk"),
            (CheckEnum(Number), Other.ONE),
            (CheckEnum("a"), "b"),
        ],
    )
    def test_refuses_what_is_no_member(self, type_: Any, value: Any) -> None:
        """There and then, and whatever a read would make of it."""
        order = order_of(type_)()
        with pytest.raises(UnknownValueError) as caught:
            order.status = value
        assert caught.value.value == value
        assert order.status is None

    def test_leaves_any_string_on_demand(self) -> None:
        """validate_strings=False"""
        type_ = CheckEnum(Status, validate_strings=False)
        assert assigned(type_, "junk") == "junk"
        assert assigned(type_, "paid") is Status.PAID

    def test_leaves_arrays_alone(self) -> None:
        """Their type is SQLAlchemy's; the items are bound as ever."""
        type_ = sa.ARRAY(CheckEnum(Status))
        assert assigned(type_, ["paid", "junk"]) == ["paid", "junk"]

    def test_needs_the_call(self) -> None:
        """By itself, an attribute has what it was given."""
        sa.event.remove(orm.Mapper, "mapper_configured", coercion_listener)
        assert assigned(CheckEnum(Status), "paid") == "paid"
        force_auto_coercion()


class TestRows:
    def test_have_what_was_assigned(self, db: Database) -> None:
        Order = order_of(CheckEnum(Status, persist="value"))
        db.create(Order.metadata)
        with orm.Session(db.engine) as session:
            session.add_all([Order(id=1, status="PAYED"), Order(id=2)])
            session.commit()
        assert db.column("orders") == ["paid", None]

    @pytest.mark.parametrize(
        "expression",
        [sa.func.lower("NEW"), sa.text("'new'"), sa.literal("new")],
    )
    def test_may_be_what_sql_computes(
        self, db: Database, expression: Any
    ) -> None:
        Order = order_of(CheckEnum(Status, persist="value"))
        db.create(Order.metadata)
        with orm.Session(db.engine) as session:
            order = Order(id=1, status=expression)
            session.add(order)
            session.commit()
            assert order.status is Status.NEW

    def test_may_be_those_of_another_attribute(self, db: Database) -> None:
        """An attribute of a class is an expression as well."""
        Order = order_of(CheckEnum(Status))
        db.create(Order.metadata)
        with orm.Session(db.engine) as session:
            order = Order(id=1, status="new")
            session.add(order)
            session.flush()
            order.status = Order.status
            session.commit()
            assert order.status is Status.NEW
