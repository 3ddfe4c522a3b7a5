"""What holds for all rows, whatever their column takes for equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.exc import RowsRemainError

from .catalog import catalog
from .online import alter
from .online import execute
from .online import fetch
from .online import run
from .roundtrip import Database
from .test_any import one_db
from .test_invariants import examples
from .test_online_shapes import collations

__all__ = ["one_db"]

pytestmark = pytest.mark.each_server

ALIKE = ["Paid", "PAID", "paid", "páid", "PAID ", " PAID", "P-AID", "new"]
rows = st.lists(st.none() | st.sampled_from(ALIKE), max_size=6)
value_lists = st.lists(
    st.sampled_from(ALIKE), min_size=1, max_size=4, unique=True
)


@pytest.fixture
def folding(one_db: Database) -> Iterator[list[str]]:
    """Types of columns that may take others for equal."""
    if one_db.name == "sqlite":
        yield [f"text COLLATE {c}" for c in ("NOCASE", "RTRIM", "BINARY")]
        return
    known = fetch(one_db, "SELECT collname FROM pg_collation")
    if "no_case" not in known:
        execute(one_db, *collations(one_db))
    types = ["text COLLATE no_case", "varchar(255) COLLATE by_icu", "text"]
    if fetch(
        one_db,
        "SELECT 1 FROM pg_available_extensions WHERE name = 'citext'",
    ):
        execute(one_db, "CREATE EXTENSION IF NOT EXISTS citext")
        types.append("citext")
    yield types
    execute(one_db, "DROP EXTENSION IF EXISTS citext")


@examples
@given(data=st.data(), rows=rows, values=value_lists, more=value_lists)
def test_rows_can_be_read(
    one_db: Database,
    folding: list[str],
    data: st.DataObject,
    rows: list[str | None],
    values: list[str],
    more: list[str],
) -> None:
    """What a directive lets pass is read through the type, and what it does
    not let pass it leaves as it was.
    """
    db = one_db
    type_ = data.draw(st.sampled_from(folding))
    execute(db, f"CREATE TABLE orders (id int PRIMARY KEY, status {type_})")
    try:
        for number, value in enumerate(rows):
            db.insert("orders", id=number, status=value)
        passes(db, CreateCheckEnumOp("orders", "status", values, name="ck"))
        if {*rows} <= {*values, None}:
            changes = AlterCheckEnumOp(
                "orders",
                "status",
                more,
                existing_values=values,
                name="ck",
                rename=renames(data, values, more),
            )
            passes(db, changes)
    finally:
        execute(db, "DROP TABLE orders")


def passes(db: Database, op: Any) -> None:
    """Whether it does, the table is right."""
    before = db.column("orders")
    held = [op.rename.get(v, v) for v in before] if rename_of(op) else before
    try:
        with db.operations() as operations:
            operations.invoke(op)
    except RowsRemainError:
        assert not {*held} <= {*op.values, None}
        assert db.column("orders") == before
        return
    assert db.column("orders") == held
    status = sa.column("status", CheckEnum(*op.values))
    with db.engine.connect() as connection:
        query = sa.select(status).select_from(sa.table("orders"))
        assert set(connection.scalars(query)) <= {*op.values, None}


def rename_of(op: Any) -> Any:
    return getattr(op, "rename", None)


def renames(
    data: st.DataObject, values: list[str], more: list[str]
) -> dict[str, str]:
    """Of some that go, to any that are there then."""
    return {
        value: data.draw(st.sampled_from(more))
        for value in values
        if value not in more and data.draw(st.booleans())
    }


changed = st.lists(
    st.sampled_from(["NEW", "PAID", "it's", "a :b", "50%", "ünï"]),
    min_size=1,
    max_size=4,
    unique=True,
)


@examples
@given(data=st.data(), before=changed, after=changed)
def test_online_is_the_same(
    any_postgresql: Database,
    data: st.DataObject,
    before: list[str],
    after: list[str],
) -> None:
    """Online and not online, a change ends in the same catalog and the same
    rows.
    """
    db = any_postgresql
    # online leaves a constraint that allows the values, in whatever order
    assume({*before} != {*after})
    rename = renames(data, before, after)
    if {*rename} & {*rename.values()} or {*rename.values()} & {*before}:
        rename = {}
    left = [v for v in before if v not in after and v not in rename]
    options: dict[str, Any] = {
        "rename": rename,
        "delete": [v for v in left if data.draw(st.booleans())],
        "existing_name": data.draw(st.sampled_from([None, "old name"])),
    }
    if data.draw(st.booleans()):
        options.update(length=40, existing_length=20)
    ends = []
    for online in (False, True):
        op = alter(after, before, online=online, **options)
        created = CreateCheckEnumOp(
            "orders", "status", before, name=op.drop_name
        )
        execute(
            db,
            "CREATE TABLE orders (id int PRIMARY KEY, status varchar(20),"
            " note varchar(9) DEFAULT 'x' CHECK (note <> 'y'))",
            "CREATE INDEX i ON orders (status)",
        )
        try:
            kept = [v for v in before if v in after or v in rename]
            for number, value in enumerate([*kept, *options["delete"], None]):
                db.insert("orders", id=number, status=value)
            run(db, created)
            run(db, op)
            ends.append((catalog(db.engine), db.column("orders")))
        finally:
            execute(db, "DROP TABLE orders CASCADE")
    assert ends[0] == ends[1]
