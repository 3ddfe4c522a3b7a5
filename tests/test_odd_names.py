"""Tables, columns and constraints whose names have to be quoted."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ckenum import CheckEnum

from .reflect import reflected
from .roundtrip import Database
from .test_native import run

NAMES = [
    'a"b',
    '"',
    "a]b",
    "[a]",
    "a`b",
    "a b",
    "a%b",
    "%(a)s",
    "a'b",
    "a:b",
    "a.b",
    "Ab",
    "a\nb",
    "select",
    'é"x',
    "a, CHECK (b)",
]
WHERE = ["table", "column", "constraint"]


def model(name: str, where: str, *values: str) -> sa.MetaData:
    """Where there are no values, without the table."""
    metadata = sa.MetaData()
    sa.Table("others", metadata, sa.Column("kind", CheckEnum("a")))
    if values:
        options: Any = {"name": conv(name)} if where == "constraint" else {}
        sa.Table(
            name if where == "table" else "orders",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column(
                name if where == "column" else "status",
                CheckEnum(*values, **options),
            ),
            sa.Column("note", sa.String(9)),
            sa.CheckConstraint("note <> 'x'", name=conv('my"own')),
        )
    return metadata


def checks(db: Database, metadata: sa.MetaData) -> list[Any]:
    """The names and the text of the constraints that are there."""
    (table,) = (n for n in metadata.tables if n != "others")
    return sorted(
        (
            str(check.name),
            check.text.partition(" IS NULL OR ")[2] or check.text,
        )
        for check in reflected(db.engine, table)
    )


BY_DEFAULT = ['a"b', "%(a)s", "a.b", "select"]
SOME = [
    pytest.param(name, marks=() if name in BY_DEFAULT else pytest.mark.slow)
    for name in NAMES
]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", SOME)
def test_created_altered_dropped(db: Database, name: str, where: str) -> None:
    """Clean after each step, up and down, with the constraints that the
    models have and no others.
    """
    none, few, most = (
        model(name, where, *values) for values in ((), "a", ("a", "b"))
    )
    db.create(none)
    db.round_trip(none, few)
    small = checks(db, few)
    assert len(small) == 2
    altered = db.round_trip(few, most)
    db.downgrade(few, altered)
    assert checks(db, few) == small
    dropped = db.autogenerate(none)
    db.upgrade(none, dropped)
    assert db.diff(none) == []
    db.downgrade(few, dropped)
    assert db.diff(few) == []
    assert checks(db, few) == small


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", SOME)
def test_edited(sqlite: Database, name: str, where: str) -> None:
    """So it is where a copy of the table would damage a view."""
    few, most = (model(name, where, *values) for values in ("a", ("a", "b")))
    sqlite.create(few)
    (table,) = (n for n in few.tables if n != "others")
    quoted = sqlite.engine.dialect.identifier_preparer.quote(table)
    run(sqlite, f"CREATE VIEW seen AS SELECT id FROM {quoted}")
    small = checks(sqlite, few)
    altered = sqlite.round_trip(few, most)
    sqlite.downgrade(few, altered)
    assert checks(sqlite, few) == small
