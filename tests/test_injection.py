"""SQL in every argument: stored or refused, never executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .models import orders
from .models import orders_with
from .roundtrip import Database

EVIL = [
    "x'); DROP TABLE victim; --",
    "x'; DROP TABLE victim; --",
    'x"; DROP TABLE victim; --',
    "x\\'; DROP TABLE victim; --",
    "x); DROP TABLE victim; --",
    "x' OR '1'='1",
    "x]; DROP TABLE victim; --",
    "x`; DROP TABLE victim; --",
    "*/ DROP TABLE victim; /*",
]


NOT_LOOKED_UP = {
    ("name", "create_check_enum"),
    ("column", "drop_check_enum"),
}


@pytest.fixture
def victim(db: Database) -> Iterator[Database]:
    """A table that must still be there, with its row, in the end."""
    target = sa.Table("victim", sa.MetaData(), sa.Column("id", sa.Integer))
    target.create(db.engine)
    db.insert("victim", id=1)
    db.options["include_name"] = lambda name, *rest: name != "victim"
    yield db
    assert db.column("victim", "id") == [1]


@pytest.mark.parametrize("evil", EVIL)
def test_values(victim: Database, evil: str) -> None:
    """As values, old or new, and in the enum itself, they are just text."""
    db = victim
    migration = db.round_trip(sa.MetaData(), orders(evil))
    db.insert("orders", id=1, status=evil)
    other = f"{evil} too"
    migration = db.autogenerate(orders(other))
    lines = migration.upgrade.splitlines()
    lines[-1:] = [f"    rename={{{evil!r}: {other!r}}},", ")"]
    migration = type(migration)(
        "\n".join(lines), migration.downgrade, migration.imports
    )
    db.upgrade(orders(other), migration)
    assert db.column("orders") == [other]
    assert db.diff(orders(other)) == []
    with db.operations() as op:
        alter = op.alter_check_enum  # type: ignore[attr-defined]
        alter(
            "orders",
            "status",
            [evil],
            existing_values=[evil, other],
            name="ck_orders_status",
            delete=[other],
        )
    assert db.column("orders") == []


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("argument", ["table", "column", "schema", "name"])
def test_names_that_are_not_there(
    victim: Database, evil: str, argument: str
) -> None:
    """As the name of something that is not there, they are refused."""
    db = victim
    db.create(orders("A"))
    names: dict[str, Any] = {
        "table": "orders",
        "column": "status",
        "schema": None,
        "name": "ck_orders_status",
        argument: evil,
    }
    where = names.pop("table"), names.pop("column")
    for directive, options in [
        ("drop_check_enum", {"existing_values": ["A"]}),
        ("alter_check_enum", {"values": ["B"], "existing_values": ["A"]}),
        ("create_check_enum", {"values": ["A"]}),
        ("validate_check_enum", {"existing_values": ["A"]}),
    ]:
        if (argument, directive) in NOT_LOOKED_UP:
            continue
        if db.name == "sqlite" and directive == "validate_check_enum":
            continue  # there is nothing to do, whatever it is about
        with pytest.raises(
            (exc.CheckEnumError, sa.exc.SQLAlchemyError, ValueError)
        ):
            with db.operations() as op:
                getattr(op, directive)(*where, **options, **names)


@pytest.mark.parametrize("evil", EVIL)
def test_names_that_are_there(victim: Database, evil: str) -> None:
    """As the names of what is there, they are names."""
    db = victim
    before = named(evil, "A")
    db.create(before)
    db.round_trip(before, named(evil, "A", "B"))


def named(evil: str, *values: str) -> sa.MetaData:
    return orders_with(
        sa.Column("status", CheckEnum(*values, name=sa.schema.conv(evil)))
    )


@pytest.mark.parametrize("evil", EVIL)
def test_server_default(victim: Database, evil: str) -> None:
    """As a default, they are just text."""
    db = victim

    def model(*values: str, default: str | None) -> sa.MetaData:
        return orders_with(
            sa.Column("status", CheckEnum(*values), server_default=default)
        )

    db.create(model("A", default="A"))
    after = model(evil, default=evil)
    migration = db.autogenerate(after)
    db.upgrade(after, migration)
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO orders (id) VALUES (7)"))
    assert db.column("orders") == [evil]
