"""The text of a CREATE TABLE, changed at one place and nowhere else."""

from __future__ import annotations

import sqlite3

import pytest

from ckenum.alembic.ddl.sqlite.table_text import mentions
from ckenum.alembic.ddl.sqlite.table_text import same_name
from ckenum.alembic.ddl.sqlite.table_text import TableText

TABLE = """\
CREATE TABLE "T( ünï" (id INTEGER PRIMARY KEY, -- CHECK (no), ünï
  [a b] VARCHAR (5) NOT NULL ON CONFLICT REPLACE CHECK ([a b] IN ('x')),
  `check` TEXT DEFAULT 'CONSTRAINT c CHECK (1)' CONSTRAINT "C" CHECK(1) ,
  y int constraint [constraint] check (y > 0) /* ) */
, z COLLATE NOCASE DEFAULT (1 + (2)), w DEFAULT -1 NOT NULL
, CONSTRAINT 'it''s' CHECK (z NOT IN ('a)', 'it''s', 'l
')) -- end )
, -- about p
CONSTRAINT p CHECK (2) CONSTRAINT q CHECK (3), CHECK ((4)) ON CONFLICT FAIL
/* last */) /* behind */"""


def test_checks() -> None:
    """Each CHECK is found, with its name and its condition, and nothing
    that only looks like one.
    """
    assert [(c.name, c.text) for c in TableText(TABLE).checks()] == [
        (None, "[a b] IN ('x')"),
        ("C", "1"),
        ("constraint", "y > 0"),
        ("it's", "z NOT IN ('a)', 'it''s', 'l\n')"),
        ("p", "2"),
        ("q", "3"),
        (None, "(4)"),
    ]


@pytest.mark.parametrize(
    "index, removed",
    [
        (0, "CHECK ([a b] IN ('x'))"),
        (1, 'CONSTRAINT "C" CHECK(1)'),
        (2, "constraint [constraint] check (y > 0)"),
        (3, ", CONSTRAINT 'it''s' CHECK (z NOT IN ('a)', 'it''s', 'l\n'))"),
        (4, "CONSTRAINT p CHECK (2)"),
        (5, "CONSTRAINT q CHECK (3)"),
        (6, ", CHECK ((4)) ON CONFLICT FAIL"),
    ],
)
def test_without(index: int, removed: str) -> None:
    """What goes is the constraint, with its comma where it has one; what
    stays is what SQLite takes for the rest of the table.
    """
    text = TableText(TABLE)
    check = text.checks()[index]
    after = text.without(check)
    assert after.text == TABLE.replace(removed, "")
    assert [(c.name, c.text) for c in after.checks()] == [
        (c.name, c.text) for c in text.checks() if c != check
    ]
    connection = sqlite3.connect(":memory:")
    connection.execute(after.text)
    connection.close()


def test_comment_before_the_constraint_stays() -> None:
    text = TableText("CREATE TABLE t (a, -- about a\n CHECK (a > 0))")
    assert text.without(text.checks()[0]).text == (
        "CREATE TABLE t (a -- about a\n )"
    )


def test_replacing() -> None:
    text = TableText(TABLE)
    new = "CONSTRAINT n CHECK (5)"
    assert text.replacing(text.checks()[0], new).text == TABLE.replace(
        "CHECK ([a b] IN ('x'))", new
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ("(a)", "(a, \n\tCHECK (1))"),
        ("(a -- x)\n) STRICT", "(a -- x)\n, \n\tCHECK (1)\n) STRICT"),
        (
            "(\n\ta INT, \n\tPRIMARY KEY (a)\n)",
            "(\n\ta INT, \n\tPRIMARY KEY (a), \n\tCHECK (1)\n)",
        ),
    ],
)
def test_adding(before: str, after: str) -> None:
    """As the last of the table's constraints; removing it is the way back,
    but for a line that ends a comment.
    """
    text = TableText(f"CREATE TABLE t {before}")
    added = text.adding("CHECK (1)")
    assert added.text == f"CREATE TABLE t {after}"
    back = added.without(added.checks()[0]).text
    assert back.replace("\n\n", "\n") == text.text


@pytest.mark.parametrize(
    "column, before, after",
    [
        ("id", "id INTEGER PRIMARY", "id VARCHAR(9) PRIMARY"),
        ("A B", "[a b] VARCHAR (5) NOT", "[a b] VARCHAR(9) NOT"),
        ("Y", "y int constraint", "y VARCHAR(9) constraint"),
        ("z", "z COLLATE", "z VARCHAR(9) COLLATE"),
    ],
)
def test_retyping(column: str, before: str, after: str) -> None:
    retyped = TableText(TABLE).retyping(column, "VARCHAR(9)")
    assert retyped.text == TABLE.replace(before, after)


@pytest.mark.parametrize(
    "column, default, before, after",
    [
        ("check", None, " DEFAULT 'CONSTRAINT c CHECK (1)'", ""),
        ("z", "'n'", "DEFAULT (1 + (2))", "DEFAULT 'n'"),
        ("w", "'n'", "DEFAULT -1 NOT", "DEFAULT 'n' NOT"),
        ("y", "'n'", "y int ", "y int DEFAULT 'n' "),
        ("y", None, "", ""),
    ],
)
def test_redefaulting(
    column: str, default: str | None, before: str, after: str
) -> None:
    changed = TableText(TABLE).redefaulting(column, default)
    assert changed.text == TABLE.replace(before, after)


def test_column_that_an_expression_names_before() -> None:
    """What stands after a comma in brackets defines no column."""
    text = TableText("CREATE TABLE t (a INT CHECK (max(1, b) > 0), b TEXT)")
    assert text.retyping("b", "INT").text == (
        "CREATE TABLE t (a INT CHECK (max(1, b) > 0), b INT)"
    )


@pytest.mark.parametrize("first", ["a", "a INT"])
@pytest.mark.parametrize("generated", ["g", "g INT", "g INT NOT NULL"])
@pytest.mark.parametrize("always", ["", "GENERATED ALWAYS "])
def test_generated(first: str, generated: str, always: str) -> None:
    """Each is found with its expression, and no other one in brackets."""
    text = (
        f"CREATE TABLE t ({first}, {generated} {always}AS (a + (1))"
        f" CHECK (g > (0)), b DEFAULT (2), h AS(a)CHECK(h > 0))"
    )
    assert [*TableText(text).generated()] == [("g", "a + (1)"), ("h", "a")]


def test_no_such_column() -> None:
    with pytest.raises(LookupError):
        TableText(TABLE).retyping("nope", "TEXT")


def test_names() -> None:
    """Names have no case, but only in ASCII; quotes are no part of them."""
    assert same_name("Ab", "aB")
    assert not same_name("Ü", "ü")
    assert not same_name(None, "")
    assert mentions("SELECT * FROM [Orders]", "orders")
    assert not mentions("SELECT * FROM reorders -- orders", "orders")


def test_comments() -> None:
    assert TableText(TABLE).has_comments()
    assert not TableText("CREATE TABLE t (a TEXT DEFAULT '--')").has_comments()
