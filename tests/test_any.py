"""Any values under any names: clean, exact, there and back."""

from __future__ import annotations

from collections.abc import Iterator
import itertools

from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .backends import BACKENDS
from .backends import Servers
from .reflect import accepted
from .roundtrip import Database

pytestmark = pytest.mark.each_server

CONVENTIONS = [
    None,
    "ck_%(table_name)s_%(constraint_name)s",
    "ck_%(table_name)s_%(column_0_name)s",
]

# what neither database can store: NUL, and half a character
texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=20,
)
hard = st.sampled_from(
    ["it's", "a,b", "50%", "a :b", "back\\slash", "", "ünï", "a\nb", " a"]
    + ["x::y", "{a,b}", "NULL", "a'); DROP TABLE t; --", "CHECK (z)", "/*"]
    + ["new", "NEW", "--", '"dq"', "CONSTRAINT b CHECK (1)", "\t", "E'\\n'"]
)
value_lists = st.lists(
    st.one_of(texts, hard), min_size=1, max_size=6, unique=True
)
special_names = st.sampled_from(
    ["status", "select", "Mixed", "a b", "ü" * 31, "x" * 63]
)
# not those on which Alembic itself fails: a table with an apostrophe and a
# SERIAL, a column with a percent sign, a bracket or a colon
table_names = special_names | st.text(
    'abcXYZ_0ä -$".', min_size=1, max_size=20
)
column_names = special_names | st.text(
    "abcXYZ_0ä -$\".'", min_size=1, max_size=20
)


@pytest.fixture(params=BACKENDS, scope="module")
def one_db(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """One database for all examples; each has a table of its own."""
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


numbers = itertools.count()


def cut(name: str) -> str:
    """As PostgreSQL does, which Alembic does not know."""
    return name.encode()[:63].decode(errors="ignore")


def is_name_of_mysql(name: str) -> bool:
    """Its names end with no blank, and have no character above U+FFFF
    ("Schema Object Names", section 11.2 of its manual).
    """
    return not name.endswith(" ") and max(name) <= "\uffff"


def model(
    table: str, column: str, values: list[str], convention: str | None
) -> sa.MetaData:
    naming = {"ck": convention} if convention else None
    metadata = sa.MetaData(naming_convention=naming)
    sa.Table(
        table,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(column, CheckEnum(*values)),
    )
    return metadata


@given(
    table=table_names,
    column=column_names,
    first=value_lists,
    second=value_lists,
    convention=st.sampled_from(CONVENTIONS),
)
def test_any(
    one_db: Database,
    table: str,
    column: str,
    first: list[str],
    second: list[str],
    convention: str | None,
) -> None:
    """Created by the metadata or by a migration, there is no difference and
    the constraint accepts just those values; so it is after any change of
    the list, and after the way back.
    """
    db = one_db
    assume(column.lower() != "id")
    table = cut(f"{next(numbers)}{table}")
    column = cut(column)
    if db.name in ("mysql", "mariadb"):
        assume(all(map(is_name_of_mysql, (table, column))))
    before = model(table, column, first, convention)
    after = model(table, column, second, convention)
    tried = {*first, *second, "stranger"}
    try:
        db.create(before)
        assert db.diff(before) == []
        assert accepted(db.engine, table, column, tried) == set(first)
        before.drop_all(db.engine)

        creation = db.autogenerate(before)
        db.upgrade(before, creation)
        assert db.diff(before) == []
        assert accepted(db.engine, table, column, tried) == set(first)

        change = db.autogenerate(after)
        db.upgrade(after, change)
        assert db.diff(after) == []
        assert accepted(db.engine, table, column, tried) == set(second)
        db.downgrade(before, change)
        assert db.diff(before) == []
        assert accepted(db.engine, table, column, tried) == set(first)
    finally:
        before.drop_all(db.engine)
