"""Columns that take two values for equal, such as NOCASE's 'a' and 'A'."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.exact import are_distinct
from ckenum.exc import RowsRemainError
from ckenum.reflection import read_check
from ckenum.reflection import ValueList

from .models import orders
from .models import orders_with
from .online import alter
from .online import execute
from .online import run
from .reflect import reflected
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


LOOSE = {
    "sqlite": ["varchar(9) COLLATE NOCASE", "text collate 'RTRIM'"],
    "postgresql": ["varchar(9) COLLATE no_case", "citext", "loose"],
}
LIKE = {"NOCASE": "PAID", "RTRIM": "Paid "}


def loose_columns(db: Database) -> list[str]:
    """Columns that take others for equal, as far as the server has them."""
    if db.name != "postgresql":
        return LOOSE["sqlite"]
    execute(
        db,
        *collations(db),
        "CREATE EXTENSION IF NOT EXISTS citext",
        "CREATE DOMAIN loose AS text COLLATE no_case",
    )
    return LOOSE["postgresql"]


def like_of(column: str) -> str:
    return next((s for n, s in LIKE.items() if n in column.upper()), "PAID")


def refuses(db: Database, value: Any) -> bool:
    try:
        db.insert("orders", id=99, status=value)
    except sa.exc.IntegrityError:
        return True
    return False


def check_text(db: Database) -> str:
    (found,) = reflected(db.engine, "orders")
    return found.text


@pytest.mark.parametrize("nth", range(3))
def test_check_is_exact(db: Database, nth: int) -> None:
    """No row gets in that the type cannot read: created, altered, renamed,
    and on the way back; and all of it is read as the list that it is.
    """
    columns = loose_columns(db)
    column = columns[nth % len(columns)]
    execute(
        db,
        "CREATE TABLE orders (id int NOT NULL PRIMARY KEY,"
        f" status {column})",
    )
    steps = [
        CreateCheckEnumOp(
            "orders", "status", ["New", "Paid"], name="ck_orders_status"
        ),
        alter(["New", "Paid", "X"], ["New", "Paid"], online=False),
        alter(
            ["New", "Paid"],
            ["New", "Paid", "X"],
            rename={"X": "New"},
            online=True,
        ),
        alter(["Paid"], ["New", "Paid"], rename={"New": "Paid"}, online=False),
    ]
    for step in [*steps, *(s.reverse() for s in reversed(steps[1:]))]:
        run(db, step)
        assert refuses(db, like_of(column)), check_text(db)
        read = read_check(db.name, check_text(db))
        assert isinstance(read, ValueList)
        assert {*read.values} == {*step.values}
        db.insert("orders", id=1, status="Paid")
        execute(db, "DELETE FROM orders")
    model = orders("New", "Paid")
    assert db.diff(model, compare_type=False) == []
    run(db, steps[0].reverse())
    assert not refuses(db, like_of(column))


def test_items_are_exact(any_postgresql: Database) -> None:
    """Those of arrays are, too."""
    db = any_postgresql
    execute(
        db,
        *collations(db),
        "CREATE TABLE orders (id int PRIMARY KEY,"
        " status varchar(9)[] COLLATE no_case)",
    )
    op = CreateCheckEnumOp(
        "orders", "status", ["New", "Paid"], name="ck", array=True
    )
    run(db, op)
    assert refuses(db, ["New", "PAID"])
    db.insert("orders", id=1, status=["Paid"])
    read = read_check(db.name, check_text(db))
    assert read == ValueList("status", ("New", "Paid"), is_array=True)


@pytest.mark.parametrize("recreate", ["always", "auto"])
def test_column_of_a_batch(db: Database, recreate: Any) -> None:
    """A collation that comes in the same batch counts."""
    collation = "NOCASE"
    if db.name == "postgresql":
        execute(db, *collations(db))
        collation, recreate = "no_case", "auto"
    execute(db, "CREATE TABLE orders (id int PRIMARY KEY)")
    with db.operations() as op:
        with op.batch_alter_table("orders", recreate=recreate) as batch_op:
            type_ = sa.String(9, collation=collation)
            batch_op.add_column(sa.Column("status", type_))
            batch_op.create_check_enum(  # type: ignore[attr-defined]
                "status", ["New", "Paid"], name="ck_orders_status"
            )
    assert refuses(db, "PAID")
    db.insert("orders", id=1, status="Paid")


def test_other_checks_stay_as_they_are(db: Database) -> None:
    """A column of no such collation has the text that it always had."""
    model = orders("New", "Paid")
    model.create_all(db.engine)
    text = check_text(db)
    assert "COLLATE" not in text
    run(db, alter(["New"], ["New", "Paid"], online=False))
    run(db, alter(["New", "Paid"], ["New"], online=False))
    assert check_text(db).removeprefix("status IS NULL OR ") == text


def test_left_check_goes(db: Database) -> None:
    """One of another name goes when its column is a CheckEnum no more."""
    column = loose_columns(db)[0]
    execute(
        db,
        "CREATE TABLE orders (id int NOT NULL PRIMARY KEY,"
        f" status {column})",
    )
    create = CreateCheckEnumOp(
        "orders", "status", ["New", "Paid"], name="mine"
    )
    run(db, create)
    model = orders_with(sa.Column("status", sa.String(9)))
    sa.Table("other", model, sa.Column("kind", CheckEnum("a")))
    model.tables["other"].create(db.engine)
    migration = db.autogenerate(model, compare_type=False)
    assert "op.drop_check_enum(" in migration.upgrade
