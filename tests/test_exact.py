"""Columns that take two values for equal, such as NOCASE's 'a' and 'A'."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exact import are_distinct
from ckenum.exc import RowsRemainError

from .online import alter
from .online import execute
from .online import run
from .roundtrip import Database
from .test_online_shapes import collations

EXISTING = ["a", "A", "B"]

pytestmark = pytest.mark.each_server


def create(db: Database) -> None:
    collation = "NOCASE"
    if db.name == "postgresql":
        collation = "no_case"
        execute(db, *collations(db))
    execute(
        db,
        "CREATE TABLE orders (id int PRIMARY KEY,"
        f" status text COLLATE {collation},"
        " CONSTRAINT ck_orders_status CHECK (status IN ('a', 'A', 'B')))",
        "INSERT INTO orders VALUES (1, 'a'), (2, 'A'), (3, 'B')",
    )


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize(
    "values, options, rows",
    [
        (["A", "B"], {"delete": ["a"]}, ["A", "B"]),
        (["A", "B"], {"rename": {"a": "B"}}, ["B", "A", "B"]),
        (["X", "Y", "B"], {"rename": {"a": "X", "A": "Y"}}, ["X", "Y", "B"]),
    ],
    ids=["delete", "rename", "rename both"],
)
def test_rows_that_hold_the_value(
    db: Database,
    values: list[str],
    options: dict[str, Any],
    rows: list[str],
    online: bool,
) -> None:
    """Those that hold exactly the value are changed, and no others."""
    create(db)
    run(db, alter(values, EXISTING, online=online, **options))
    assert db.column("orders") == rows


@pytest.mark.parametrize("online", [False, True])
def test_rows_without_a_rule(db: Database, online: bool) -> None:
    """A value that is removed is told, though the constraint takes it."""
    create(db)
    with pytest.raises(RowsRemainError, match="'a' in 1 row. This"):
        run(db, alter(["A", "B"], EXISTING, online=online))
    assert db.column("orders") == EXISTING


@pytest.mark.parametrize(
    "one, other", [("a", "A"), ("é", "e"), ("a", "a "), ("a-b", "AB")]
)
def test_alike(one: str, other: str) -> None:
    """Strings that some collation takes for equal."""
    assert not are_distinct([one, "other", other])
    assert are_distinct([one, "other"])


def test_no_more_than_needed(db: Database) -> None:
    """Values that no collation takes for equal are compared as ever."""
    create(db)
    statements: list[str] = []
    sa.event.listen(
        db.engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    op = alter(["a", "X"], ["a", "B"], rename={"B": "X"}, online=False)
    execute(db, "DELETE FROM orders WHERE id = 2")
    run(db, op)
    assert db.column("orders") == ["a", "X"]
    updates = [text for text in statements if " orders SET status" in text]
    assert updates and "COLLATE" not in "".join(updates)


def test_planted_collation(any_postgresql: Database) -> None:
    """Another's collation "C" on the search path is not used."""
    db = any_postgresql
    create(db)
    execute(
        db,
        'CREATE COLLATION public."C" FROM public.no_case',
        f"ALTER DATABASE {db.engine.url.database}"
        " SET search_path = public, pg_catalog",
    )
    db.dispose()
    op = alter(["A", "B"], EXISTING, delete=["a"], online=False)
    run(db, op)
    assert db.column("orders") == ["A", "B"]


@pytest.mark.parametrize("online", [False, True])
def test_row_that_no_type_can_read(db: Database, online: bool) -> None:
    """A row that the new constraint takes for equal to a value stops the
    directive: it is none, and can never be read.
    """
    create(db)
    execute(db, "DELETE FROM orders WHERE id <> 1")
    op = alter(["A", "X"], ["A", "B"], online=online)
    with pytest.raises(RowsRemainError, match="'a' in 1 row"):
        run(db, op)
    assert db.column("orders") == ["a"]
