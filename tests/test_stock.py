"""SQLAlchemy's own Enums, with ckenum_enums=True."""

from __future__ import annotations

from collections.abc import Iterator
import enum
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ckenum import CheckEnum

from .models import orders_with
from .roundtrip import body
from .roundtrip import Database

COMMON = "ck_%(table_name)s_%(constraint_name)s"
NAMINGS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "a name": (None, {"name": "kind"}),
    "a name in a convention": (COMMON, {"name": "kind"}),
    "a final name": (COMMON, {"name": conv("kind")}),
    "a convention's": ("ck_%(table_name)s_%(column_0_name)s", {}),
    "none": (None, {}),
}
named = pytest.mark.parametrize("naming", NAMINGS.values(), ids=NAMINGS)


class Old(enum.Enum):
    NEW = "new"
    PAYED = "payed"


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


def values_of(enum_class: Any) -> list[str]:
    return [member.value for member in enum_class]


@pytest.fixture
def enums_db(db: Database) -> Iterator[Database]:
    """With the option on."""
    db.options["ckenum_enums"] = True
    yield db


def checked(*values: Any, **options: Any) -> Any:
    options.setdefault("name", "status")
    return sa.Enum(
        *values, native_enum=False, create_constraint=True, **options
    )


def status(type_: Any, convention: str | None = None) -> sa.MetaData:
    return orders_with(sa.Column("status", type_), convention=convention)


def named_as(naming: tuple[str | None, dict[str, Any]], *values: str) -> Any:
    convention, options = naming
    return status(checked(*values, **{"name": None, **options}), convention)


def accepted(db: Database, *values: str) -> list[str]:
    """Those that the column takes."""
    taken = []
    for value in values:
        try:
            db.insert("orders", id=len(taken) + 100, status=value)
        except sa.exc.DBAPIError:
            continue
        taken.append(value)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM orders WHERE id >= 100")
    return taken

def checks(db: Database) -> list[str]:
    from .reflect import reflected
    return reflected(db.engine, "orders")
