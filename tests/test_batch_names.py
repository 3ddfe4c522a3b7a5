"""Columns that get other names in the batch in which their CHECK changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exc import DirectiveError
from ckenum.exc import RowsRemainError

from .roundtrip import Database
from .sqlite import BARE
from .sqlite import dump
from .sqlite import execute
from .sqlite import PLAIN
from .sqlite import ROWS

TWO = (
    "CREATE TABLE orders (id INTEGER NOT NULL, status VARCHAR(10) NOT NULL, "
    "kind VARCHAR(10), PRIMARY KEY (id), "
    "CONSTRAINT ck CHECK (status IN ('NEW', 'PAID')))"
)
TWO_ROWS = "INSERT INTO orders VALUES (1, 'NEW', 'NEW'), (2, 'PAID', 'PAID')"


@pytest.fixture
def db(any_sqlite: Database) -> Database:
    return any_sqlite


@pytest.fixture(params=["auto", "always", "never"])
def recreate(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def alter(batch_op: Any, column: str, **options: Any) -> None:
    batch_op.alter_check_enum(
        column,
        ["NEW", "DONE"],
        existing_values=["NEW", "PAID"],
        **{"name": "ck", "rename": {"PAID": "DONE"}, **options},
    )


def rename(batch_op: Any, column: str, new: str, **options: Any) -> None:
    batch_op.alter_column(column, new_column_name=new, **options)


def new_name(batch_op: Any) -> None:
    rename(batch_op, "status", "state")
    alter(batch_op, "state")


def old_name(batch_op: Any) -> None:
    alter(batch_op, "status")
    rename(batch_op, "status", "state")


def other_constraint(batch_op: Any) -> None:
    rename(batch_op, "status", "state")
    alter(batch_op, "state", name="ck_state", existing_name="ck")


def without_a_name(batch_op: Any) -> None:
    rename(batch_op, "status", "state")
    alter(batch_op, "state", name="", existing_name="ck")


def longer(batch_op: Any) -> None:
    rename(batch_op, "status", "state", existing_type=sa.String(10))
    alter(batch_op, "state", length=20, existing_length=10)


def another_default(batch_op: Any) -> None:
    rename(batch_op, "status", "state")
    alter(batch_op, "state", server_default="DONE")


def another_case(batch_op: Any) -> None:
    rename(batch_op, "status", "state")
    alter(batch_op, "STATE")


def other_type(batch_op: Any) -> None:
    rename(batch_op, "status", "state", type_=sa.String(20))
    alter(batch_op, "state")


def dropped_and_created(batch_op: Any) -> None:
    values = ["NEW", "PAID", "DONE"]
    rename(batch_op, "status", "state")
    batch_op.drop_check_enum("state", ["NEW", "PAID"], name="ck")
    batch_op.create_check_enum("state", values, name="ck_state")


SHAPES = [
    new_name,
    old_name,
    other_constraint,
    without_a_name,
    longer,
    another_default,
    another_case,
    dropped_and_created,
]


def assert_guarded(db: Database, column: str) -> None:
    db.insert("orders", **{column: "DONE"})
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", **{column: "JUNK"})


@pytest.mark.parametrize("shape", SHAPES)
def test_renamed_column(
    db: Database, recreate: Any, shape: Callable[[Any], None]
) -> None:
    """It is guarded under its new name, however the table is changed."""
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            shape(batch_op)
    assert set(db.column("orders", "state")) <= {"NEW", "DONE", "PAID"}
    assert_guarded(db, "state")


def test_renamed_column_of_another_type(db: Database) -> None:
    """A type that changes in the same batch makes no difference."""
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            other_type(batch_op)
    assert_guarded(db, "state")


def test_created_on_a_renamed_column(db: Database, recreate: Any) -> None:
    """Also where it had no constraint before."""
    execute(db, BARE, ROWS)
    values = ["NEW", "PAID", "DONE"]
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            rename(batch_op, "status", "state")
            batch_op.create_check_enum("state", values, name="ck")
    assert_guarded(db, "state")


def test_dropped_from_a_renamed_column(db: Database, recreate: Any) -> None:
    """The constraint of the column goes."""
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            rename(batch_op, "status", "state")
            batch_op.drop_check_enum("state", ["NEW", "PAID"], name="ck")
    db.insert("orders", state="JUNK")


def test_column_that_is_added_and_renamed(db: Database) -> None:
    """It is guarded as one that the batch only adds."""
    execute(db, PLAIN, ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            batch_op.add_column(sa.Column("kind", sa.String(9)))
            rename(batch_op, "kind", "sort")
            batch_op.create_check_enum("sort", ["a", "DONE"], name="ck_sort")
    for good, value in (True, "DONE"), (False, "JUNK"):
        insert = f"INSERT INTO orders (status, sort) VALUES ('NEW', '{value}')"
        if good:
            execute(db, insert)
        else:
            with pytest.raises(sa.exc.IntegrityError):
                execute(db, insert)


def test_name_of_another_column(db: Database) -> None:
    """Whose name goes to another column: that one is meant from then on."""
    execute(db, TWO, TWO_ROWS)
    with db.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_check_enum("status", ["NEW", "PAID"], name="ck")
            rename(batch_op, "status", "old_status")
            rename(batch_op, "kind", "status")
            batch_op.create_check_enum("status", ["NEW", "PAID"], name="ck")
    execute(db, "INSERT INTO orders VALUES (3, 'JUNK', 'NEW')")
    with pytest.raises(sa.exc.IntegrityError):
        execute(db, "INSERT INTO orders VALUES (4, 'NEW', 'JUNK')")


@pytest.mark.parametrize("shape", [old_name, new_name])
def test_renamed_twice(
    db: Database, recreate: Any, shape: Callable[[Any], None]
) -> None:
    """It is guarded in the end, or nothing has happened: Alembic's copy
    knows a column by its first name only.
    """
    execute(db, PLAIN, ROWS)
    before = dump(db.engine)
    try:
        with db.operations() as op:
            with op.batch_alter_table("orders", recreate=recreate) as batch_op:
                shape(batch_op)
                rename(batch_op, "state", "phase")
    except KeyError:
        assert recreate != "never"
        assert dump(db.engine) == before
    else:
        assert_guarded(db, "phase")


def test_rows_in_the_way(db: Database, recreate: Any) -> None:
    """They are counted, under the name that the column has."""
    execute(db, PLAIN, ROWS)
    before = dump(db.engine)
    with db.operations() as op, pytest.raises(RowsRemainError) as caught:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            rename(batch_op, "status", "state")
            alter(batch_op, "state", rename={})
    assert caught.value.column == "status"
    assert caught.value.counts == {"PAID": 1}
    assert dump(db.engine) == before


def test_dropped_column(db: Database, recreate: Any) -> None:
    """A constraint for a column that the batch has dropped is an error."""
    execute(db, TWO, TWO_ROWS)
    before = dump(db.engine)
    with db.operations() as op, pytest.raises(DirectiveError, match="kind"):
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            batch_op.drop_column("kind")
            batch_op.create_check_enum("kind", ["NEW", "PAID"], name="ck_k")
    assert dump(db.engine) == before


@pytest.mark.parametrize("in_batch", [True, False])
def test_no_such_column(db: Database, in_batch: bool) -> None:
    """A constraint for a column that is not there is an error."""
    execute(db, PLAIN, ROWS)
    before = dump(db.engine)
    with db.operations() as op, pytest.raises(DirectiveError, match="Kind"):
        if in_batch:
            with op.batch_alter_table("orders", recreate="always") as batch_op:
                batch_op.create_check_enum("Kind", ["NEW", "PAID"], name="c2")
        else:
            create: Any = getattr(op, "create_check_enum")
            create("orders", "Kind", ["NEW", "PAID"], name="c2")
    assert dump(db.engine) == before


def test_postgresql(postgresql: Database) -> None:
    """There each statement of a batch finds what the last one has left;
    rows in the way are counted before the first.
    """
    execute(postgresql, PLAIN, ROWS)
    with postgresql.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            rename(batch_op, "status", "state")
            with pytest.raises(RowsRemainError, match="orders.status"):
                alter(batch_op, "state", rename={})
            alter(batch_op, "state")
    assert postgresql.column("orders", "state") == ["NEW", "DONE"]


@pytest.mark.parametrize("way", ["added", "renamed"])
def test_new_column_of_a_copy_on_postgresql(
    postgresql: Database, way: str
) -> None:
    """There directives come before the copy, in which the column gets its
    name: the error says what to do, and it helps.
    """
    execute(postgresql, BARE, ROWS)

    def run(recreate: Any) -> None:
        with postgresql.operations() as op:
            with op.batch_alter_table("orders", recreate=recreate) as batch:
                batch_op: Any = batch
                if way == "added":
                    batch_op.add_column(sa.Column("state", sa.String(9)))
                else:
                    rename(batch_op, "status", "state")
                batch_op.create_check_enum("state", ["NEW", "PAID"], name="ck")

    with pytest.raises(DirectiveError, match="leave out recreate='always'"):
        run("always")
    run("auto")
    other = {"status": "NEW"} if way == "added" else {}
    with pytest.raises(sa.exc.IntegrityError, match='"ck"'):
        postgresql.insert("orders", id=3, state="JUNK", **other)
