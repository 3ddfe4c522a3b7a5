"""MariaDB and MySQL: no CHECK beside a foreign key that writes the column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .roundtrip import Database


def model(*columns: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    name = sa.Column("name", CheckEnum("a"), primary_key=True)
    sa.Table("states", metadata, name)
    if columns:
        number = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table("orders", metadata, number, *columns)
    return metadata


def key(**options: Any) -> sa.ForeignKey:
    return sa.ForeignKey("states.name", name="fk", **options)


def status(type_: Any, *key: sa.ForeignKey) -> sa.Column[Any]:
    return sa.Column("status", type_, *key)


BEFORE: dict[str, Callable[[], list[Any]]] = {
    "a new table": lambda: [],
    "a new column": lambda: [sa.Column("other", sa.Integer)],
    "a string that becomes one": lambda: [status(sa.String(255))],
    "an ENUM that becomes one": lambda: [status(sa.Enum("a"))],
    "a new key": lambda: [status(CheckEnum("a"))],
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(
    "action", [{"onupdate": "CASCADE"}, {"ondelete": "SET NULL"}]
)
def test_no_migration(
    mysql: Database, before: Callable[[], list[Any]], action: Any
) -> None:
    """None is written where the server would refuse it halfway, and the
    error says why; a check sees the difference.
    """
    mysql.create(model(*before()))
    after = model(status(CheckEnum("a"), key(**action)))
    with pytest.raises(CommandError, match="allow no CHECK on a column"):
        mysql.autogenerate(after)
    assert [each for each in mysql.diff(after) if each[0] == "refused"]


def test_key_that_deletes_the_row(mysql: Database) -> None:
    """ON DELETE CASCADE writes no column."""
    mysql.create(model(sa.Column("other", sa.Integer)))
    after = model(status(CheckEnum("a"), key(ondelete="CASCADE")))
    mysql.upgrade(after, mysql.autogenerate(after))
    assert mysql.diff(after) == []


def test_on_others(sqlite: Database) -> None:
    """Elsewhere the key may write the column."""
    sqlite.create(model(sa.Column("other", sa.Integer)))
    after = model(status(CheckEnum("a"), key(onupdate="CASCADE")))
    assert "create_check_enum" in sqlite.autogenerate(after).upgrade
