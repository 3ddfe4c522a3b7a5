"""A directive touches its own column's constraint, and takes no other name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import ProgrammingError

from ckenum.alembic.ddl.owner import Named
from ckenum.alembic.ddl.owner import Owner
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.exc import DirectiveError
from ckenum.exc import NoSuchConstraintError
from ckenum.exc import RowsRemainError

from .catalog import catalog
from .roundtrip import Database
from .sqlite import execute

REFUSED = (DirectiveError, NoSuchConstraintError)
VALUES = ["A", "B"]
MORE = ["A", "B", "C"]

OTHERS = {
    "price": "CHECK (price > 0)",
    "kind": "CHECK (kind IN ('A', 'B'))",
    "both": "CHECK (status IN ('A', 'B') OR kind = 'A')",
    "unique": "UNIQUE (kind)",
}
"""Constraints that are not the column's own."""


@pytest.mark.parametrize(
    "columns, owner",
    [
        (["status"], Owner.COLUMN),
        (["kind"], Owner.ANOTHER),
        (["status", "kind"], Owner.STRANGER),
        ([], Owner.STRANGER),
    ],
)
def test_owner(columns: list[str], owner: Owner) -> None:
    """A constraint is a column's where it is about no other one."""
    assert Named("ck", "CHECK (...)", columns).owner("status") is owner


def table(*constraints: str) -> str:
    columns = "id INTEGER, price INTEGER, kind VARCHAR(9), status VARCHAR(9)"
    return f"CREATE TABLE orders ({', '.join([columns, *constraints])})"


def own(name: str) -> str:
    return f"CONSTRAINT {name} CHECK (status IN ('A', 'B'))"


def alter(name: str, existing_name: str | None = None) -> AlterCheckEnumOp:
    return AlterCheckEnumOp(
        *("orders", "status", MORE),
        existing_values=VALUES,
        name=name,
        existing_name=existing_name,
    )


def move(name: str) -> ReplaceNativeEnumOp:
    return ReplaceNativeEnumOp(
        *("orders", "status", VALUES),
        existing_values=VALUES,
        enum_name="mood",
        name=name,
        length=9,
    )


def taking(name: str) -> Iterator[Any]:
    """Directives that would take ``name`` for a new constraint."""
    yield CreateCheckEnumOp("orders", "status", VALUES, name=name)
    yield alter(name, existing_name="own")
    yield move(name)


def dropping(name: str) -> Iterator[Any]:
    """Directives that would drop or replace the constraint ``name``."""
    yield DropCheckEnumOp("orders", "status", VALUES, name=name)
    yield alter(name)
    yield alter("fresh", existing_name=name)
    yield move(name).reverse()


def run(db: Database, op: Any, in_batch: bool) -> None:
    with db.operations() as operations:
        if in_batch:
            with operations.batch_alter_table("orders") as batch_op:
                batch_op.invoke(op)
        else:
            operations.invoke(op)


def tables(db: Database) -> Any:
    """All that the database has of them."""
    if db.name == "postgresql":
        return catalog(db.engine)
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT * FROM sqlite_master").all()


def assert_refused(db: Database, op: Any, in_batch: bool, says: str) -> None:
    before = tables(db)
    with pytest.raises(REFUSED, match=says):
        run(db, op, in_batch)
    assert tables(db) == before


@pytest.mark.parametrize("in_batch", [False, True], ids=["", "in a batch"])
@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_of_another(
    db: Database, other: str, kind: int, in_batch: bool
) -> None:
    """A constraint that is not the column's own is neither dropped nor
    replaced.
    """
    execute(db, table(f"CONSTRAINT ck {other}"))
    op = [*dropping("ck")][kind]
    says = "'ck' of the table is .*not about this|no CHECK .* named 'ck'"
    assert_refused(db, op, in_batch, says)


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_taken(db: Database, other: str, kind: int) -> None:
    """A name that another constraint has is an error."""
    execute(db, table(own("own"), f"CONSTRAINT ck {other}"))
    op = [*taking("ck")][kind]
    assert_refused(db, op, False, "already has a constraint 'ck'")


@pytest.mark.parametrize("in_batch", [False, True], ids=["", "in a batch"])
def test_values_of_another_branch(
    db: Database, caplog: pytest.LogCaptureFixture, in_batch: bool
) -> None:
    """What a directive takes away that no one told it of is told, once."""
    execute(db, table("CONSTRAINT ck CHECK (status IN ('A', 'B', 'X', 'C'))"))
    run(db, alter("ck"), in_batch)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(
        "The constraint 'ck' on 'orders.status' also allows 'X', which"
    )


def test_values_that_are_known(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is told where the list is the one that the directive knows."""
    execute(db, table("CONSTRAINT ck CHECK (status IN ('A', 'B'))"))
    run(db, alter("ck"), False)
    assert caplog.records == []


def test_rows_of_another_branch(db: Database) -> None:
    """Rows that hold such a value stop the directive, with counts."""
    execute(
        db,
        table("CONSTRAINT ck CHECK (status IN ('A', 'B', 'X'))"),
        "INSERT INTO orders (id, status) VALUES (1, 'X'), (2, 'X'), (3, 'A')",
    )
    before = tables(db)
    with pytest.raises(RowsRemainError) as caught:
        run(db, alter("ck"), False)
    assert caught.value.counts == {"X": 2}
    assert tables(db) == before


def test_taken_in_the_same_batch(db: Database) -> None:
    """Two directives of one batch cannot take one name."""
    execute(db, table())
    before = tables(db)
    with pytest.raises((DirectiveError, ProgrammingError)):
        with db.operations() as operations:
            with operations.batch_alter_table("orders") as batch_op:
                for column in ("status", "kind"):
                    batch_op.create_check_enum(column, VALUES, name="ck")
    assert tables(db) == before


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("checks", [(), ("own",)], ids=["none", "one"])
def test_not_there(db: Database, checks: tuple[str, ...], kind: int) -> None:
    """A constraint that is not there is an error that says what is."""
    execute(db, table(*map(own, checks)))
    before = tables(db)
    with pytest.raises(NoSuchConstraintError) as caught:
        run(db, [*dropping("ck")][kind], False)
    assert (caught.value.name, caught.value.found) == ("ck", checks)
    assert tables(db) == before


def test_string_that_is_a_column_name(db: Database) -> None:
    """A value that is called like another column names no column."""
    execute(db, table("CONSTRAINT ck CHECK (upper(status) <> 'kind')"))
    op = DropCheckEnumOp("orders", "status", VALUES, name="ck")
    run(db, op, False)
    assert "upper" not in str(tables(db))
