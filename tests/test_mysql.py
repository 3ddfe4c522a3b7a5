"""MariaDB and MySQL: what is promised of them in particular."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import DirectiveError

from .backends import MYSQLS
from .backends import Servers
from .models import orders
from .models import orders_with
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


def alter(
    db: Database, values: list[str], existing: list[str], **options: Any
) -> None:
    options = {"name": "ck_orders_status", **options}
    with db.operations() as op:
        op.alter_check_enum(
            "orders", "status", values, existing_values=existing, **options
        )


def filled(db: Database, *values: str, **options: Any) -> None:
    db.create(orders(*values, **options))
    for id, value in enumerate(values):
        db.insert("orders", id=id, status=value)


def test_rename_and_delete(mysql: Database) -> None:
    """Rows change between the old list and the new one, exactly."""
    filled(mysql, "a", "A", "b")
    alter(mysql, ["A", "c"], ["a", "A", "b"], rename={"b": "c"}, delete=["a"])
    assert mysql.column("orders") == ["A", "c"]
    assert mysql.diff(orders("A", "c")) == []


def test_default_that_leaves(mysql: Database) -> None:
    """A default that the new list lacks stops it before anything changes."""
    status = sa.Column("status", CheckEnum("a", "b"), server_default="a")
    mysql.create(orders_with(status))
    with pytest.raises(DirectiveError, match="server_default='c'"):
        alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "c"})
    assert mysql.diff(orders("a", "b")) == []


def test_what_names_a_value(mysql: Database, caplog: Any) -> None:
    """Other CHECKs, generated columns, views and triggers are told."""
    mysql.create(
        orders_with(
            sa.Column("status", CheckEnum("a", "b")),
            sa.Column("g", sa.Integer, sa.Computed("status = 'a'")),
            sa.Column("n", sa.Integer),
            sa.CheckConstraint("n > 1 OR status = 'a'", name="other"),
        )
    )
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE VIEW v AS SELECT id FROM orders WHERE status = 'a'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW "
            "SET NEW.n = (NEW.status = 'a')"
        )
    alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "c"})
    told = caplog.text
    for found in (
        "CHECK 'other'",
        "generated column 'g'",
        "view 'v'",
        "trigger 'tr'",
    ):
        assert found in told


@pytest.mark.parametrize("reached", [False, True])
def test_key_to_plain_text(mysql: Database, reached: bool) -> None:
    """A column that a foreign key ties to plain text compares as that does;
    the CHECK says by itself that it is exact, also when it changes.
    """

    def model(*values: str) -> sa.MetaData:
        metadata = orders_with(
            sa.Column(
                "status", CheckEnum(*values), sa.ForeignKey("states.name")
            )
        )
        sa.Table(
            "states",
            metadata,
            sa.Column("name", sa.String(255), primary_key=True),
        )
        return metadata

    mysql.create(model("new", "paid"))
    mysql.insert("states", name="NEW")
    mysql.insert("states", name="paid")
    mysql.insert("orders", id=1, status="paid")
    if reached:
        mysql.round_trip(model("new", "paid"), model("new", "paid", "sent"))
    assert mysql.diff(model("new", "paid", *["sent"] * reached)) == []
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        mysql.insert("orders", id=2, status="NEW")
