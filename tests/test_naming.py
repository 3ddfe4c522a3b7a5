"""Whether a piece of SQL names values of ``orders.status``."""

from __future__ import annotations

import pytest

from ckenum.alembic.ddl.naming import between
from ckenum.alembic.ddl.naming import Sought

NAMES_IT = [
    "((status)::text = 'ACTIVE'::text)",
    "'ACTIVE' = status",
    "status <> 'ACTIVE' AND kind = 'X'",
    "((status)::text = ANY ('{NEW,ACTIVE}'::text[]))",
    "status = ANY ((ARRAY['NEW'::varchar, 'ACTIVE'::varchar])::text[])",
    "status NOT IN ('NEW', 'ACTIVE')",
    "coalesce(status, 'ACTIVE') = kind",
    "CASE status WHEN 'ACTIVE' THEN 1 ELSE 2 END",
    "CASE WHEN status = 'ACTIVE' THEN 1 END",
    "status = CASE WHEN kind = 'X' THEN 'ACTIVE' END",
    "(kind, status) = ('X', 'ACTIVE')",
    "tags @> ARRAY['ACTIVE'] OR status > 'ACTIVE'",
    "SELECT 1 FROM orders o JOIN others p ON p.id = o.id"
    " WHERE o.status = 'ACTIVE'",
    "SELECT s FROM (SELECT status AS s FROM orders) x WHERE s = 'ACTIVE'",
    "WITH x AS (SELECT * FROM orders) SELECT * FROM x"
    " WHERE x.status = 'ACTIVE'",
    "UPDATE orders SET status = 'ACTIVE' WHERE id = 1",
    "INSERT INTO orders (id, status) VALUES (1, 'NEW'), (2, 'ACTIVE')",
    "INSERT INTO orders (id, status) SELECT id, 'ACTIVE' FROM others",
    "INSERT INTO orders VALUES (1, 'ACTIVE')",
    "SELECT ((( status = 'ACTIVE'",  # what cannot be parsed
]
NAMES_NOTHING = [
    "((status)::text = 'ACTIVES'::text)",
    "kind = 'ACTIVE' AND status = 'NEW'",
    "status = 'NEW' OR lower(kind) IN ('ACTIVE')",
    "CASE kind WHEN 'ACTIVE' THEN status END",
    "CASE WHEN status = 'NEW' THEN 'ACTIVE' ELSE kind END",
    "SELECT 'ACTIVE' AS label FROM orders WHERE status = 'NEW'",
    "SELECT 1 FROM orders o JOIN others p ON p.id = o.id"
    " WHERE p.status = 'ACTIVE' AND o.status = 'NEW'",
    "SELECT 1 FROM others WHERE status = 'ACTIVE'",
    "UPDATE others SET status = 'ACTIVE'",
    "INSERT INTO orders (kind, status) VALUES ('ACTIVE', 'NEW')",
    "INSERT INTO others (status) VALUES ('ACTIVE')",
    '"ACTIVE" = status',
    "current_setting('ACTIVE') = 'x' AND status = 'NEW'",
    "SELECT ((( kind = 'ACTIVE'",
    "status = 'NEW' -- 'ACTIVE'",
    "",
]


def sought(dialect: str, *values: str) -> Sought:
    return Sought(dialect, frozenset({"orders"}), "status", values)


@pytest.mark.parametrize("text", NAMES_IT)
def test_sql_that_names_the_value(text: str) -> None:
    """A string counts that the column meets."""
    assert sought("postgresql", "ACTIVE").named_in(text) == ["ACTIVE"]


@pytest.mark.parametrize("text", NAMES_NOTHING)
def test_sql_that_does_not(text: str) -> None:
    """One that other columns meet, or none, does not count."""
    assert sought("postgresql", "ACTIVE").named_in(text) == []


@pytest.mark.parametrize(
    "value, text",
    [
        ("it's", "status = 'it''s'"),
        ("a\\b", "status = E'a\\\\b'"),
        ("a,b", "status = ANY ('{\"a,b\",c}'::text[])"),
        ("ünï", "status = 'ünï'"),
        ("", "status = ''"),
        ("{a}", "status = '{a}'"),
        ("a :b%", "status = 'a :b%'"),
    ],
)
def test_value_that_is_quoted(value: str, text: str) -> None:
    """It is read as PostgreSQL writes it."""
    assert sought("postgresql", value).named_in(text) == [value]


def test_case_of_names() -> None:
    """It counts on PostgreSQL only."""
    text = "ORDERS.Status = 'ACTIVE'"
    assert sought("sqlite", "ACTIVE").named_in(text) == ["ACTIVE"]
    assert sought("postgresql", "ACTIVE").named_in(text) == []


def test_values_in_their_order() -> None:
    """Each is told once."""
    text = "status IN ('b', 'a', 'b') OR status = 'c'"
    assert sought("sqlite", "a", "b", "x").named_in(text) == ["a", "b"]


def test_between() -> None:
    """Words count, not what strings and names hold."""
    text = "CREATE TRIGGER \"WHEN\" WHEN (x = 'WHEN') EXECUTE FUNCTION f()"
    found = between("postgresql", text, "WHEN", "EXECUTE")
    assert found == " (x = 'WHEN') "
    assert between("postgresql", text, "BEGIN", "END") == ""
