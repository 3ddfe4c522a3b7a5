"""What the manual says of declaring columns is so."""

from __future__ import annotations

from collections.abc import Iterator
import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
import sqlalchemy_utils
from sqlalchemy_utils.listeners import coercion_listener
import sqlmodel

from ckenum import CheckEnum

from .pages import executed
from .pages import MODEL
from .pages import page
from .roundtrip import Database

PAGE = page("docs/how-to/declare.md")
BY_ANNOTATIONS = PAGE.block("type_annotation_map")


def rows(db: Database, model: Any, *rows: dict[str, Any]) -> list[Any]:
    """What is read back of ``rows``, in the order of their ids."""
    with orm.Session(db.engine) as session:
        session.add_all([model(**row) for row in rows])
        session.commit()
        orders = session.scalars(sa.select(model).order_by(model.id)).all()
        return [
            tuple(getattr(order, name) for name in row)
            for order, row in zip(orders, rows)
        ]


@PAGE.executes(model="type_annotation_map")
def test_by_annotations(db: Database, model: str) -> None:
    """Values are stored, each in its column; nothing differs."""
    names = executed(MODEL, model)
    Status, Order = names["Status"], names["Order"]
    metadata = names["Base"].metadata
    db.create(metadata)
    kinds = {
        column.name: column.nullable
        for column in metadata.tables["orders"].columns
        if isinstance(column.type, CheckEnum)
    }
    assert kinds == {"status": False, "previous": True, "channel": False}
    row = {"status": Status.PAID, "previous": None, "channel": "web"}
    assert rows(db, Order, row) == [(Status.PAID, None, "web")]
    assert db.column("orders") == ["paid"]
    assert db.diff(metadata) == []


@pytest.mark.parametrize("column", ["status", "previous", "channel"])
def test_by_annotations_refuses(db: Database, column: str) -> None:
    """The database refuses what is no member, in each column."""
    db.create(executed(MODEL, BY_ANNOTATIONS)["Base"].metadata)
    row = {"status": "paid", "previous": "new", "channel": "shop"}
    db.insert("orders", **row)
    with pytest.raises(sa.exc.IntegrityError, match=f"ck_orders_{column}"):
        db.insert("orders", **{**row, column: "PAID"})


@PAGE.executes(queries="at_least_paid =")
def test_ordinal(db: Database, queries: str) -> None:
    """The queries go by the order of declaration."""
    names = executed(MODEL, "from sqlalchemy import select", queries)
    db.create(names["Base"].metadata)
    for status in ("SHIPPED", "PAID", "NEW"):
        db.insert("orders", status=status)
    with orm.Session(db.engine) as session:
        every = session.scalars(names["unpaid_first"]).all()
        assert [order.status for order in every] == list(names["Status"])
        paid = session.scalars(names["at_least_paid"]).all()
        assert {order.id for order in paid} == {1, 2}


@pytest.fixture
def coercion() -> Iterator[None]:
    """As a program calls it, here for one test."""
    exec(PAGE.told(r"`sqlalchemy_utils\.(force.+?)`"), vars(sqlalchemy_utils))
    yield
    sa.event.remove(orm.Mapper, "mapper_configured", coercion_listener)


@pytest.mark.usefixtures("coercion")
def test_coercion() -> None:
    """Names and values become members; other strings are refused."""
    names = executed(MODEL)
    Status, Order = names["Status"], names["Order"]
    given = re.findall(
        r'"\w+"', PAGE.told(r"assigning (.+?) to the attribute")
    )
    assert given == ['"paid"', '"PAID"']
    for string in given:
        assert Order(status=eval(string)).status is Status.PAID
    with pytest.raises(LookupError, match="'lost' is not among the values"):
        Order(status="lost")


def test_sqlmodel(db: Database) -> None:
    """The field that is told makes the column."""
    Status = executed(MODEL)["Status"]
    names = {**vars(sqlmodel), "CheckEnum": CheckEnum, "Status": Status}

    class Base(sqlmodel.SQLModel, registry=orm.registry()):
        pass

    class Order(Base, table=True):
        __tablename__ = "orders"
        id: int = sqlmodel.Field(primary_key=True)
        status: Status = eval(PAGE.told(r"`(Field\(.+?\))`"), names)

    db.create(Base.metadata)
    row = {"id": 1, "status": Status.PAID}
    assert rows(db, Order, row) == [(1, Status.PAID)]
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        db.insert("orders", id=2, status="JUNK")
    assert db.diff(Base.metadata) == []
