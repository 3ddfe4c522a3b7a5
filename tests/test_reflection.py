from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import importlib
import itertools
import sqlite3
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ddl.sqlite.reflection import sqlite_checks
from ckenum.reflection import Check
from ckenum.reflection import read_check
from ckenum.reflection import read_values
from ckenum.reflection import Unreadable
from ckenum.reflection import ValueList

from .backends import BACKENDS
from .backends import Servers
from .reflect import reflected
from .roundtrip import Database

pytestmark = pytest.mark.each_server


def values(*strings: str, of: str = "status", null: bool = False) -> ValueList:
    return ValueList(of, strings, null)


def arrays(*strings: str, of: str = "tags") -> ValueList:
    return ValueList(of, strings, is_array=True)


because = Unreadable

HARD = (
    "it's",
    "a,b",
    "a)b",
    "50%",
    "a:b",
    "a :b",
    "back\\slash",
    "\\",
    "\\'",
    '"dq"',
    "ünï",
    "",
    "a\nb",
    "tab\t",
    " a",
    "x::y",
    "{a,b}",
    "NULL",
    "a'); DROP TABLE t; --",
    "new",
    "NEW",
    "a",
    "ab",
    "CHECK (z)",
    "CONSTRAINT b CHECK (1)",
    "a -- b",
    "a /* b",
)
QUOTED = ", ".join("'" + value.replace("'", "''") + "'" for value in HARD)
HARD_ITEMS = ", ".join(
    "'" + value.replace("'", "''") + "'::character varying" for value in HARD
)

# What was typed, what PostgreSQL 15.20 and 18.6 tell of it (the same, both),
# and what that is read as.
POSTGRESQL = [
    # one column, a list of strings
    (
        "status IN ('a', 'b')",
        "status::text = ANY (ARRAY['a'::character varying,"
        " 'b'::character varying]::text[])",
        values("a", "b"),
    ),
    ("status IN ('a')", "status::text = 'a'::text", values("a")),
    ("'a' = status", "'a'::text = status::text", values("a")),
    (
        f"status IN ({QUOTED})",
        f"status::text = ANY (ARRAY[{HARD_ITEMS}]::text[])",
        values(*HARD),
    ),
    (
        "status IN (E'a\\nb', E'c\\\\d')",
        "status::text = ANY (ARRAY['a\nb'::character varying,"
        " 'c\\d'::character varying]::text[])",
        values("a\nb", "c\\d"),
    ),
    (
        "status IN ('b', 'a', 'b')",
        "status::text = ANY (ARRAY['b'::character varying,"
        " 'a'::character varying, 'b'::character varying]::text[])",
        values("b", "a"),
    ),
    # ANY
    (
        "status = ANY (ARRAY['a', 'b'])",
        "status::text = ANY (ARRAY['a'::text, 'b'::text])",
        values("a", "b"),
    ),
    (
        "status = ANY ('{a,b}'::text[])",
        "status::text = ANY ('{a,b}'::text[])",
        values("a", "b"),
    ),
    (
        """status = ANY ('{ a b ,"c,d", NULL,"NULL","q\\"q","b\\\\s"}')""",
        """status::text = ANY ('{"a b","c,d",NULL,"NULL","q\\"q","b\\\\s"}'"""
        """::text[])""",
        values("a b", "c,d", "NULL", 'q"q', "b\\s", null=True),
    ),
    # OR
    (
        "status = 'a' OR status = 'b'",
        "status::text = 'a'::text OR status::text = 'b'::text",
        values("a", "b"),
    ),
    (
        "status IN ('a', 'b)') OR status IN ('(c', 'd')",
        "(status::text = ANY (ARRAY['a'::character varying,"
        " 'b)'::character varying]::text[]))"
        " OR (status::text = ANY (ARRAY['(c'::character varying,"
        " 'd'::character varying]::text[]))",
        values("a", "b)", "(c", "d"),
    ),
    # NULL
    (
        "status IS NULL OR status IN ('a', 'b')",
        "status IS NULL OR (status::text = ANY (ARRAY["
        "'a'::character varying, 'b'::character varying]::text[]))",
        values("a", "b"),
    ),
    (
        "status = 'a' OR status IS NULL",
        "status::text = 'a'::text OR status IS NULL",
        values("a"),
    ),
    (
        "status IN ('a', NULL)",
        "status::text = ANY (ARRAY['a'::character varying,"
        " NULL::character varying]::text[])",
        values("a", null=True),
    ),
    ("status IN (NULL)", "status::text = NULL::text", values(null=True)),
    # other types of text
    (
        "status IN ('a'::text, 'b')",
        "status::text = ANY (ARRAY['a'::text::character varying,"
        " 'b'::character varying]::text[])",
        values("a", "b"),
    ),
    (
        "txt IN ('a', 'b')",
        "txt = ANY (ARRAY['a'::text, 'b'::text])",
        values("a", "b", of="txt"),
    ),
    ("txt = 'a'", "txt = 'a'::text", values("a", of="txt")),
    (
        "chr IN ('a', 'b')",
        "chr = ANY (ARRAY['a'::bpchar, 'b'::bpchar])",
        values("a", "b", of="chr"),
    ),
    ("chr = 'a'", "chr = 'a'::bpchar", values("a", of="chr")),
    (
        "ci IN ('a', 'b')",
        "ci = ANY (ARRAY['a'::citext, 'b'::citext])",
        values("a", "b", of="ci"),
    ),
    ("ci = 'a'", "ci = 'a'::citext", values("a", of="ci")),
    (
        "dom IN ('a', 'b')",
        "dom::text = ANY (ARRAY['a'::character varying,"
        " 'b'::character varying]::text[])",
        values("a", "b", of="dom"),
    ),
    # collations
    (
        """status COLLATE "C" IN ('a', 'b')""",
        """(status::text COLLATE "C") = ANY (ARRAY['a'::character varying,"""
        """ 'b'::character varying]::text[])""",
        values("a", "b"),
    ),
    (
        """status = 'a' COLLATE "C\"""",
        """status::text = ('a'::text COLLATE "C")""",
        values("a"),
    ),
    # names
    (
        """"select" IN ('a')""",
        """"select"::text = 'a'::text""",
        values("a", of="select"),
    ),
    (
        """"Mixed" IN ('a', 'b')""",
        """"Mixed"::text = ANY (ARRAY['a'::character varying,"""
        """ 'b'::character varying]::text[])""",
        values("a", "b", of="Mixed"),
    ),
    (
        """"quo""t ed" IN ('a')""",
        """"quo""t ed"::text = 'a'::text""",
        values("a", of='quo"t ed'),
    ),
    ("ünï IN ('a')", "\"ünï\"::text = 'a'::text", values("a", of="ünï")),
    # arrays
    (
        "tags <@ ARRAY['a', 'b']::varchar[]",
        "tags <@ ARRAY['a'::character varying, 'b'::character varying]",
        arrays("a", "b"),
    ),
    (
        "arr <@ ARRAY['a']",
        "arr <@ ARRAY['a'::text]",
        arrays("a", of="arr"),
    ),
    (
        "tags::text[] <@ ARRAY['a', 'b']",
        "tags::text[] <@ ARRAY['a'::text, 'b'::text]",
        arrays("a", "b"),
    ),
    (
        "tags <@ '{a,\"b,c\"}'",
        "tags <@ '{a,\"b,c\"}'::character varying[]",
        arrays("a", "b,c"),
    ),
    (
        "ARRAY['a', 'b']::varchar[] @> tags",
        "ARRAY['a'::character varying, 'b'::character varying] @> tags",
        arrays("a", "b"),
    ),
    (
        "tags IS NULL OR tags <@ ARRAY['a']::varchar[]",
        "tags IS NULL OR tags <@ ARRAY['a'::character varying]",
        arrays("a"),
    ),
    (
        "tags <@ ARRAY['a', NULL]::varchar[]",
        "tags <@ ARRAY['a'::character varying, NULL::character varying]",
        arrays("a"),
    ),
    (
        "tags <@ ARRAY[NULL]::varchar[]",
        "tags <@ ARRAY[NULL::character varying]",
        because("it names no values"),
    ),
    (
        "tags <@ '{}'",
        "tags <@ '{}'::character varying[]",
        because("it names no values"),
    ),
    (
        "tags <@ '{a}' OR tags <@ '{b}'",
        "tags <@ '{a}'::character varying[]"
        " OR tags <@ '{b}'::character varying[]",
        because("an array must be within one of several lists"),
    ),
    (
        "tags <@ '{a}' OR tags = '{b,c}'",
        "tags <@ '{a}'::character varying[]"
        " OR tags = '{b,c}'::character varying[]",
        because("it casts to VARCHAR[]"),
    ),
    (
        "tags::varchar(1)[] <@ ARRAY['a']::varchar[]",
        "tags::character varying(1)[] <@ ARRAY['a'::character varying]",
        because("it casts to VARCHAR(1)"),
    ),
    (
        "tags @> ARRAY['a']::varchar[]",
        "tags @> ARRAY['a'::character varying]",
        because("its array is no list of values but tags"),
    ),
    (
        "tags && ARRAY['a']::varchar[]",
        "tags && ARRAY['a'::character varying]",
        because("it is not a list of values"),
    ),
    (
        "'a' = ANY (tags)",
        "'a'::text = ANY (tags::text[])",
        because("its array is no list of values but"),
    ),
    (
        "'a' = ALL (tags)",
        "'a'::text = ALL (tags::text[])",
        because("it is not about a column"),
    ),
    # what means something else
    (
        "status NOT IN ('a', 'b')",
        "status::text <> ALL (ARRAY['a'::character varying,"
        " 'b'::character varying]::text[])",
        because("it is not a list of values"),
    ),
    (
        "NOT (status IN ('a'))",
        "NOT status::text = 'a'::text",
        because("it is not a list of values"),
    ),
    (
        "lower(status) = 'a'",
        "lower(status::text) = 'a'::text",
        because("it is not about a column"),
    ),
    (
        "status = 'a' AND length(status) < 3",
        "status::text = 'a'::text AND length(status::text) < 3",
        because("it is not a list of values"),
    ),
    (
        "status = 'a' OR txt = 'b'",
        "status::text = 'a'::text OR txt = 'b'::text",
        because("it is about both 'status' and 'txt'"),
    ),
    (
        "status IS NULL OR txt = 'a'",
        "status IS NULL OR txt = 'a'::text",
        because("it is about both 'status' and 'txt'"),
    ),
    (
        "status = 'a' OR length(status) > 3",
        "status::text = 'a'::text OR length(status::text) > 3",
        because("it is not a list of values"),
    ),
    (
        "status = txt",
        "status::text = txt",
        because("a value in it is no string"),
    ),
    (
        "status IN ('a', lower('B'))",
        "status::text = ANY (ARRAY['a'::character varying,"
        " lower('B'::text)::character varying]::text[])",
        because("a value in it is no string"),
    ),
    (
        "status = ANY (string_to_array('a,b', ','))",
        "status::text = ANY (string_to_array('a,b'::text, ','::text))",
        because("its array is no list of values"),
    ),
    (
        "status = ANY (NULL)",
        "status::text = ANY (NULL::text[])",
        because("its array is no list of values"),
    ),
    (
        "status = ANY ('{}'::text[])",
        "status::text = ANY ('{}'::text[])",
        because("it names no values"),
    ),
    (
        "status = ANY ('{{a,b},{c,d}}'::text[])",
        "status::text = ANY ('{{a,b},{c,d}}'::text[])",
        because("its array constant cannot be parsed"),
    ),
    (
        "status = ALL (ARRAY['a'])",
        "status::text = ALL (ARRAY['a'::text])",
        because("a value in it is no string"),
    ),
    (
        "status LIKE 'a%'",
        "status::text ~~ 'a%'::text",
        because("it is not a list of values"),
    ),
    (
        "status::varchar(1) = 'a'",
        "status::character varying(1)::text = 'a'::text",
        because("it casts to VARCHAR(1)"),
    ),
    (
        "status IN ('abc'::varchar(2), 'b')",
        "status::text = ANY (ARRAY['abc'::character varying(2),"
        " 'b'::character varying]::text[])",
        because("it casts to VARCHAR(2)"),
    ),
    (
        "num IN (1, 2)",
        "num = ANY (ARRAY[1, 2])",
        because("a value in it is no string"),
    ),
    (
        "num = ANY ('{1,2}'::integer[])",
        "num = ANY ('{1,2}'::integer[])",
        because("it casts to INT"),
    ),
    (
        "nat IN ('a', 'b')",
        "nat = ANY (ARRAY['a'::nat, 'b'::nat])",
        because("it casts to nat"),
    ),
    (
        "arr[1] = 'a'",
        "arr[1] = 'a'::text",
        because("it is not about a column"),
    ),
    (
        "coalesce(status, 'x') = 'x'",
        "COALESCE(status, 'x'::character varying)::text = 'x'::text",
        because("it is not about a column"),
    ),
    (
        "status IS NOT NULL",
        "status IS NOT NULL",
        because("it is not a list of values"),
    ),
    (
        "status IS NOT NULL OR status = 'a'",
        "status IS NOT NULL OR status::text = 'a'::text",
        because("it is not a list of values"),
    ),
    ("status IS NULL", "status IS NULL", because("it names no values")),
    ("flag", "flag", because("it is not a list of values")),
    ("true", "true", because("it is not a list of values")),
]

# What was typed, which SQLite 3.40.1 and 3.53.4 keep to the letter, and what
# it is read as.
SQLITE = [
    ("status IN ('a', 'b')", values("a", "b")),
    ("status = 'a'", values("a")),
    ("status == 'a'", values("a")),
    ("'a' = status", values("a")),
    (f"status IN ({QUOTED})", values(*HARD)),
    ("\n status\tin -- CHECK (z)\n ('a' /* )' */, 'b')", values("a", "b")),
    ("((status IN ('a')))", values("a")),
    ("status = 'a' OR status IN ('b', 'c')", values("a", "b", "c")),
    ("status IS NULL OR status IN ('a')", values("a")),
    ("status ISNULL OR status IN ('a')", values("a")),
    ("status IN ('a', NULL)", values("a", null=True)),
    ("CAST(status AS TEXT) IN ('a')", values("a")),
    ("t.status IN ('a')", values("a")),
    ("status COLLATE BINARY = 'a'", values("a")),
    ("\"select\" IN ('a')", values("a", of="select")),
    ("[sp ace] IN ('a')", values("a", of="sp ace")),
    ("`sp ace` IN ('a')", values("a", of="sp ace")),
    ('"quo""t ed" IN (\'a\')', values("a", of='quo"t ed')),
    ("ünï IN ('ä', '日本', '😀')", values("ä", "日本", "😀", of="ünï")),
    ("status IN ('{{ a }}', '{% b %}')", values("{{ a }}", "{% b %}")),
    (
        "status NOT IN ('a')",
        because("it is not a list of values"),
    ),
    (
        "status IN ('a') AND num > 0",
        because("it is not a list of values"),
    ),
    (
        "status IN ('a') OR \"select\" IN ('b')",
        because("it is about both 'status' and 'select'"),
    ),
    (
        "lower(status) IN ('a')",
        because("it is not about a column"),
    ),
    (
        "status COLLATE NOCASE IN ('a')",
        because("it compares by the collation NOCASE"),
    ),
    (
        "status = 'a' COLLATE rtrim",
        because("it compares by the collation rtrim"),
    ),
    (
        "CAST(status AS INTEGER) IN ('1')",
        because("it casts to INTEGER"),
    ),
    ("num IN (1, 2)", because("a value in it is no string")),
    ("status IN (x'61')", because("a value in it is no string")),
    (
        "status IN ()",
        because("it is not a list of values"),
    ),
    (
        "status IS 'a'",
        because("it is not a list of values"),
    ),
    (
        "status GLOB 'a*'",
        because("it is not a list of values"),
    ),
    (
        "status NOTNULL OR status = 'a'",
        because("it is not a list of values"),
    ),
    ("1", because("it is not a list of values")),
]

COLUMNS = (
    'status varchar(99), "select" varchar(9), "Mixed" varchar(9), '
    '"sp ace" varchar(9), "quo""t ed" varchar(9), "ünï" varchar(9), num int'
)
SQLITE_LIBRARIES = ["sqlite3", "sqlcipher3.dbapi2"]


def assert_read(
    outcome: ValueList | Unreadable, expected: ValueList | Unreadable
) -> None:
    if isinstance(expected, Unreadable):
        assert isinstance(outcome, Unreadable)
        assert outcome.reason.startswith(expected.reason)
    else:
        assert outcome == expected


class TestPostgresql:
    @pytest.mark.parametrize("typed, text, outcome", POSTGRESQL)
    def test_recorded_text_is_read(
        self, typed: str, text: str, outcome: Any
    ) -> None:
        """Every spelling: values, or the reason why it cannot be told."""
        assert_read(read_check("postgresql", text), outcome)

    @pytest.mark.parametrize(
        "backend", [name for name in BACKENDS if "postgresql" in name]
    )
    def test_server_tells_what_was_recorded(
        self, backend: str, servers: Servers
    ) -> None:
        """The table above is of real servers."""
        with servers.database(backend) as url:
            engine = servers.engine(url)
            with engine.begin() as connection:
                run = connection.exec_driver_sql
                run("CREATE EXTENSION citext")
                run("CREATE DOMAIN dom AS varchar(9)")
                run("CREATE TYPE nat AS ENUM ('a', 'b')")
                run(
                    f"CREATE TABLE t ({COLUMNS}, txt text, chr char(3), "
                    f"ci citext, dom dom, nat nat, arr text[], flag bool, "
                    f"tags varchar(9)[])"
                )
                for number, (typed, _, _) in enumerate(POSTGRESQL):
                    typed = typed.replace("%", "%%")
                    name = f"c{number:03}"
                    run(f"ALTER TABLE t ADD CONSTRAINT {name} CHECK ({typed})")
            found = [check.text for check in reflected(engine, "t")]
        assert found == [text for _, text, _ in POSTGRESQL]

    def test_not_valid_is_seen_apart(self, postgresql: Database) -> None:
        """SQLAlchemy takes it off the text."""
        with postgresql.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (status text)")
            connection.exec_driver_sql(
                "ALTER TABLE t ADD CONSTRAINT c "
                "CHECK (status IN ('a')) NOT VALID"
            )
        assert reflected(postgresql.engine, "t") == [
            Check("c", "status = 'a'::text", not_valid=True)
        ]


class TestSqlite:
    @pytest.mark.parametrize("typed, outcome", SQLITE)
    def test_recorded_text_is_read(self, typed: str, outcome: Any) -> None:
        """Every spelling: values, or the reason why it cannot be told."""
        assert_read(read_check("sqlite", typed), outcome)

    @pytest.mark.parametrize("library", SQLITE_LIBRARIES)
    @pytest.mark.parametrize("typed, outcome", SQLITE)
    def test_library_keeps_what_was_typed(
        self, library: str, typed: str, outcome: Any
    ) -> None:
        """SQLite takes it for a CHECK, and so do we."""
        connection = importlib.import_module(library).connect(":memory:")
        connection.execute(
            f"CREATE TABLE t ({COLUMNS}, CONSTRAINT c CHECK ({typed}))"
        )
        master = connection.execute("SELECT sql FROM sqlite_master")
        (text,) = master.fetchone()
        connection.close()
        assert sqlite_checks(text) == [Check("c", typed)]


@pytest.mark.parametrize(
    "text, outcome",
    [
        ("status::text OPERATOR(pg_catalog.=) 'a'::text", values("a")),
        (
            "status::text OPERATOR(pg_catalog.=) ANY ('{a,b}'::text[])"
            " OR status IS NULL",
            values("a", "b"),
        ),
        ("tags OPERATOR(pg_catalog.<@) '{a,b}'::text[]", arrays("a", "b")),
        ("status OPERATOR(public.=) 'a'", because("it is not a list")),
        ("status OPERATOR(pg_catalog.<>) 'a'", because("it is not a list")),
    ],
)
def test_operators_with_their_schema(text: str, outcome: Any) -> None:
    """So PostgreSQL tells of its own, where another's is found before."""
    assert_read(read_check("postgresql", text), outcome)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_reason_shows_what_it_is_about(dialect: str) -> None:
    """As it stands in the dialect at hand, and not at full length."""
    outcome = read_check(dialect, "lower(status) = 'a'")
    assert outcome == because("it is not about a column but LOWER(status)")
    outcome = read_check(dialect, f"status > '{60 * 'x'}'")
    assert outcome == because(
        f"it is not a list of values but status > '{47 * 'x'}..."
    )
    outcome = read_check(dialect, "status > '{}'")
    assert outcome == because("it is not a list of values but status > '{}'")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status IN (",
        "status IN ('a') status",
        "status = 'unclosed",
    ],
)
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_nonsense_is_no_exception(dialect: str, text: str) -> None:
    """Nor a guess."""
    assert isinstance(read_check(dialect, text), Unreadable)


def test_what_cannot_be_parsed_is_called_so() -> None:
    outcome = read_check("postgresql", "status IN (")
    assert outcome == because("it cannot be parsed (ParseError)")


def test_parentheses_that_sqlalchemy_took_are_no_matter() -> None:
    """The first and the last of "(x) OR (y)" are no pair."""
    text = "status = 'a') OR (status = 'b'"
    assert read_check("postgresql", text) == values("a", "b")
    text = "status = 'a') AND (status = 'b'"
    assert isinstance(read_check("postgresql", text), Unreadable)


def test_dialect_that_nobody_knows_is_no_exception() -> None:
    outcome = read_check("klingon", "status IN ('a')")
    assert outcome == because("it cannot be parsed (ValueError)")


@pytest.mark.parametrize("depth", [5_000])
def test_depth_is_no_exception(depth: int) -> None:
    """A CHECK may nest deeper than a parser goes."""
    text = "(" * depth + "status IN ('a')" + ")" * depth
    outcome = read_check("sqlite", text)
    assert isinstance(outcome, Unreadable) or outcome == values("a")


def test_many_alternatives_are_read() -> None:
    """A chain of OR as long as an enum may be."""
    strings = [f"v{number}" for number in range(300)]
    text = " OR ".join(f"status = '{string}'" for string in strings)
    assert read_check("postgresql", text) == values(*strings)


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_other_dialects_are_read(dialect: str) -> None:
    """By sqlglot's name of them."""
    text = "`status` in ('a','b')"
    assert read_check(dialect, text) == values("a", "b")


class TestString:
    @pytest.mark.parametrize(
        "text, values",
        [
            ("'a'::character varying", ("a",)),
            ("'it''s'", ("it's",)),
            ("('a'::text)::character varying", ("a",)),
            ("NULL::character varying", (None,)),
            ("1", None),
            ("lower('A')", None),
            ("'a'::character varying(3)", None),
            ("'unclosed", None),
        ],
    )
    def test_is_read_or_none(
        self, text: str, values: tuple[str | None] | None
    ) -> None:
        """A server default, for one."""
        assert read_values("postgresql", text) == values


PHANTOMS = [
    (
        """CREATE TABLE t (
        status TEXT DEFAULT 'CHECK (z)',
        CONSTRAINT c CHECK (status IN ('CHECK (z)', ')', '(')))""",
        [Check("c", "status IN ('CHECK (z)', ')', '(')")],
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT ', CONSTRAINT b CHECK (1)')",
        [],
    ),
    (
        """CREATE TABLE t (a TEXT /* CHECK (no) */, -- CHECK (no)
        b TEXT, CONSTRAINT c CHECK /* CHECK (no) */ (a = 'x' -- )
        ))""",
        [Check("c", "a = 'x' -- )\n        ")],
    ),
    (
        """CREATE TABLE "CHECK (a)" ([CHECK (b)] TEXT, `CHECK (c)` TEXT,
        "CONSTRAINT d CHECK (e)" TEXT, CHECK ([CHECK (b)] = 'x'))""",
        [Check(None, "[CHECK (b)] = 'x'")],
    ),
    (
        """CREATE TABLE t ("check" TEXT,
        CONSTRAINT "CHECK" CHECK ("check" IN ('a')))""",
        [Check("CHECK", "\"check\" IN ('a')")],
    ),
    (
        """CREATE TABLE t (
        a TEXT CHECK (a = 'x') CONSTRAINT n NOT NULL,
        b TEXT CONSTRAINT col CHECK (b = 'y') CHECK (b != '') UNIQUE,
        c TEXT CONSTRAINT one CONSTRAINT two CHECK (c = 'z'))""",
        [
            Check(None, "a = 'x'"),
            Check("col", "b = 'y'"),
            Check(None, "b != ''"),
            Check("two", "c = 'z'"),
        ],
    ),
    (
        """create table t (a text, constraint "na""me" check(a='x'),
        constraint [my name] check (a='y'), constraint `back` check (a='z'),
        constraint 'single' check (a='q'),
        constraint\nßpaß\ncheck\n(\n1\n))""",
        [
            Check('na"me', "a='x'"),
            Check("my name", "a='y'"),
            Check("back", "a='z'"),
            Check("single", "a='q'"),
            Check("ßpaß", "\n1\n"),
        ],
    ),
    (
        """CREATE TABLE "日本😀" ("ä😀" TEXT DEFAULT '😀',
        CONSTRAINT "😀" CHECK ("ä😀" IN ('😀', 'ä')), CHECK (1))""",
        [Check("😀", "\"ä😀\" IN ('😀', 'ä')"), Check(None, "1")],
    ),
    (
        "CREATE TABLE t (a TEXT /* a /* b */, CHECK (a = 'x'))",
        [Check(None, "a = 'x'")],
    ),
    (
        "CREATE TABLE t (a TEXT, b AS (a || 'CHECK (q)') STORED, "
        "CHECK ((a) IN ((('x')))))",
        [Check(None, "(a) IN ((('x')))")],
    ),
    ("CREATE TABLE t (a TEXT)", []),
]


class TestSqliteChecks:
    @pytest.mark.parametrize("create_table, checks", PHANTOMS)
    def test_are_those_of_the_table(
        self, create_table: str, checks: list[Check]
    ) -> None:
        """Literals, comments and names that look like one are none."""
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(create_table)
        assert sqlite_checks(create_table) == checks

    @pytest.mark.parametrize("text", ["", "CREATE TABLE t ('unclosed"])
    def test_of_nonsense_are_none(self, text: str) -> None:
        assert sqlite_checks(text) == []

    def test_of_what_is_cut_off_are_no_exception(self) -> None:
        assert len(sqlite_checks("CREATE TABLE t (a, CHECK (a = 'x'")) == 1


# What neither database can store is NUL, and half a character.
texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=12,
)
hard_texts = st.text("'\"\\`[](){},;:%-/*$_? \n\r\tEeNULaA", max_size=12)
value_lists = st.lists(
    texts | hard_texts | st.sampled_from(HARD), min_size=1, unique=True
)


@pytest.fixture(scope="module", params=BACKENDS)
def one_database(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[tuple[sa.Engine, Iterator[int]]]:
    """For all examples, each with a table of its own."""
    with servers.database(request.param) as url:
        engine = servers.engine(url)
        yield engine, itertools.count()


@given(lists=st.lists(value_lists, min_size=1, max_size=20))
def test_any_values_are_read_back(
    one_database: tuple[sa.Engine, Iterator[int]], lists: list[list[str]]
) -> None:
    """Each list, on a column of its own, comes back as it is."""
    engine, numbers = one_database
    table = sa.Table(
        f"t{next(numbers)}",
        sa.MetaData(),
        *(
            sa.Column(f"c{number:02}", CheckEnum(*strings))
            for number, strings in enumerate(lists)
        ),
    )
    table.create(engine)
    readings = [
        read_check(engine.dialect.name, check.text)
        for check in reflected(engine, table.name)
    ]
    table.drop(engine)
    assert readings == [
        ValueList(f"c{number:02}", tuple(strings))
        for number, strings in enumerate(lists)
    ]
