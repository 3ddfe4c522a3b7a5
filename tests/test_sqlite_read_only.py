"""SQLite: a database that cannot be written to."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.sqlite import strategy
from ckenum.exc import DirectiveError

from .roundtrip import Database
from .sqlite import dump
from .sqlite import execute
from .sqlite import PLAIN
from .sqlite import rename
from .sqlite import ROWS
from .sqlite import TRIGGER


def alter(op: Any) -> None:
    rename(op, "orders")


def add(op: Any) -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "DONE"],
        existing_values=["NEW", "PAID"],
        name="ck",
    )


def in_batch(op: Any) -> None:
    with op.batch_alter_table("orders") as batch_op:
        rename(batch_op)


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("directive", [alter, add, in_batch])
@pytest.mark.parametrize("way", ["first", "copy", "edit"])
@pytest.mark.parametrize("how", ["mode=ro", "query_only"])
def test_read_only(
    any_sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    way: str,
    directive: Any,
    begun: bool,
) -> None:
    """The error says that it is read-only; nothing is said of a copy."""
    execute(any_sqlite, PLAIN, *([TRIGGER] if way == "edit" else []), ROWS)
    before = dump(any_sqlite.engine)
    if way != "first":
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    url = any_sqlite.engine.url
    if how == "mode=ro":
        url = url.set(
            database=f"file:{url.database}",
            query={"mode": "ro", "uri": "true"},
        )
    db = Database(url)
    if how == "query_only":

        @sa.event.listens_for(db.engine, "connect")
        def connect(dbapi_connection: Any, _: Any) -> None:
            dbapi_connection.execute("PRAGMA query_only = ON")

    with pytest.raises(DirectiveError, match="database is read-only"):
        with db.operations() as op:
            if begun:
                op.execute("BEGIN")
            directive(op)
    db.dispose()
    assert dump(any_sqlite.engine) == before
