"""Whose functions, operators and types our SQL calls: PostgreSQL's own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import importlib
import pkgutil
import re
from typing import Any

import pytest
import sqlalchemy as sa

import ckenum
from ckenum.alembic.ddl import rows
from ckenum.alembic.ddl.emit import as_text

from .every_directive import alter
from .every_directive import changes
from .every_directive import codes
from .every_directive import EVERYTHING
from .every_directive import moves
from .every_directive import TYPES
from .online import execute
from .online import fetch
from .qualification import recorded
from .qualification import unqualified
from .roundtrip import Database
from .test_online_script import script


def constants() -> Iterator[tuple[str, str]]:
    """The texts in SQL that our modules have for PostgreSQL."""
    for found in pkgutil.walk_packages(ckenum.__path__, "ckenum."):
        if re.search("__main__|sqlite|mysql", found.name):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, sa.TextClause):
                yield f"{found.name}.{name}", value.text


@pytest.mark.parametrize(
    "text, lookups",
    [
        ("SELECT a.b, count(*) FROM t a", 1),
        ("SELECT pg_catalog.count(*), coalesce(x, 1) FROM t", 0),
        ("SELECT x = 1", 1),
        ("SELECT x OPERATOR(pg_catalog.=) 1", 0),
        ("SELECT x OPERATOR(other.=) 1", 1),
        ("UPDATE t SET x = 1, y = 2 WHERE z", 0),
        ("UPDATE t SET x = 1 WHERE y = 2", 1),
        ("SELECT x IN (1), x LIKE '=', x IS DISTINCT FROM 1", 3),
        ("SELECT x::text, x::pg_catalog.text, CAST(x AS text)", 2),
        ("SELECT x::INTEGER, CAST(f AS VARCHAR(9)), %(x)s::TEXT[]", 1),
        ("SELECT CASE x WHEN 1 THEN 2 END, nullif(1, 2)", 2),
        ("WITH x (a) AS (SELECT ' f(1) ') SELECT FROM x AS y (b)", 0),
        ("DO 'BEGIN PERFORM f(''f()''); END'", 1),
    ],
)
def test_detector(text: str, lookups: int) -> None:
    """What is looked up on the search path is found."""
    assert len(unqualified(text)) == lookups


@pytest.mark.parametrize("do", EVERYTHING, ids=lambda do: do.__name__)
def test_statements(
    any_postgresql: Database, do: Callable[[Database], None]
) -> None:
    """Each function, operator and type is one of pg_catalog."""
    with recorded(any_postgresql.engine) as statements:
        do(any_postgresql)
    assert statements
    assert {text: unqualified(text, TYPES) for text in statements} == {
        text: [] for text in statements
    }


def test_constants() -> None:
    """So it is in those that no test has run."""
    found = dict(constants())
    assert len(found) > 20
    assert {name: unqualified(text) for name, text in found.items()} == {
        name: [] for name in found
    }


def online() -> list[Any]:
    """Those that a script can hold."""
    ops = changes(online=True)
    return [op for op in ops if not getattr(op, "changes_rows", False)]


@pytest.mark.parametrize(
    "ops",
    [
        [*changes()],
        [*changes(array=True)],
        online(),
        [*moves()],
        [*moves(array=True)],
        [*codes()],
    ],
    ids=["plain", "array", "online", "native", "native array", "codes"],
)
def test_scripts(ops: list[Any]) -> None:
    """And in what ``--sql`` writes."""
    for statement in script(*ops).split(";\n\n"):
        assert unqualified(statement, TYPES) == [], statement


@pytest.mark.parametrize(
    "type_, index, array",
    [
        ("VARCHAR(9)", "(status)", False),
        ("TEXT", "(status)", False),
        ("VARCHAR[]", "USING gin (status)", True),
    ],
)
def test_indexes(
    any_postgresql: Database, type_: str, index: str, array: bool
) -> None:
    """Rows are found through an index of the column as before."""
    db = any_postgresql
    execute(
        db,
        f"CREATE TABLE orders (id INT, status {type_})",
        f"CREATE INDEX by_status ON orders {index}",
        f"ALTER DATABASE {db.engine.url.database} SET enable_seqscan = off",
    )
    db.dispose()
    op = alter(
        ["NEW"],
        rename={"PAYED": "NEW", "OLD": "NEW"},
        delete=["JUNK"],
        array=array,
    )
    for statement in rows.statements(op, db.engine.dialect):
        text = as_text(statement, db.engine.dialect)
        _, *plan = fetch(db, f"EXPLAIN {text}")
        assert "by_status" in "".join(plan)
