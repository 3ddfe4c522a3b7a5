"""MariaDB and MySQL: what is promised of them in particular."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from .backends import MYSQLS
from .backends import Servers
from .models import orders
from .roundtrip import Database


@pytest.fixture(params=MYSQLS)
def mysql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    with servers.database(request.param) as url:
        database = Database(url)
        yield database
        database.dispose()


def test_round_trip(mysql: Database) -> None:
    """Values that are added, removed and renamed go up and down."""
    before = orders("new", "paid")
    mysql.create(before)
    migration = mysql.round_trip(before, orders("new", "paid", "sent"))
    assert "op.alter_check_enum(" in migration.upgrade


@pytest.mark.parametrize("stranger", ["NEW", "néw", "new "])
def test_exact(mysql: Database, stranger: str) -> None:
    """A string that only a collation takes for a value is refused."""
    mysql.create(orders("new", "paid"))
    mysql.insert("orders", id=1, status="new")
    with pytest.raises(sa.exc.IntegrityError):
        mysql.insert("orders", id=2, status=stranger)
    assert mysql.column("orders") == ["new"]


def test_rename_and_delete(mysql: Database) -> None:
    """Rows change between the old list and the new one, exactly."""
    mysql.create(orders("a", "A", "b"))
    for id, status in enumerate(["a", "A", "b"], 1):
        mysql.insert("orders", id=id, status=status)
    with mysql.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["A", "c"],
            existing_values=["a", "A", "b"],
            name="ck_orders_status",
            rename={"b": "c"},
            delete=["a"],
        )
    assert mysql.column("orders") == ["A", "c"]
    assert mysql.diff(orders("A", "c")) == []
