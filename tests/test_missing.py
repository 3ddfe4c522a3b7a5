"""Directives that name a table, a column or a constraint that is not there."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc

from .models import orders
from .roundtrip import Database

NAME = {"name": "ck_orders_status"}
OLD = {"existing_values": ["A"]}
DIRECTIVES: dict[str, tuple[str, list[list[str]], dict[str, Any]]] = {
    "create": ("create_check_enum", [["A"]], NAME),
    "drop": ("drop_check_enum", [["A"]], NAME),
    "add": ("alter_check_enum", [["A", "B"]], {**NAME, **OLD}),
    "rename": (
        "alter_check_enum",
        [["B"]],
        {**NAME, **OLD, "rename": {"A": "B"}},
    ),
    "validate": ("validate_check_enum", [["A"]], NAME),
    "drop trigger": ("drop_check_enum_trigger", [], {}),
    "replace native": (
        "replace_native_enum",
        [["A"]],
        {**NAME, **OLD, "enum_name": "status"},
    ),
    "restore native": (
        "restore_native_enum",
        [["A"]],
        {**NAME, **OLD, "enum_name": "status"},
    ),
}
EVERYWHERE = [
    (way, name)
    for way in ("alone", "batch")
    for name in DIRECTIVES
    if name != "drop trigger"
]
ONLINE = [("online", name) for name in DIRECTIVES if name != "validate"]


def run(
    db: Database,
    way: str,
    directive: str,
    table: str = "orders",
    column: str = "status",
    schema: str | None = None,
    **changed: Any,
) -> None:
    """The directive, with some arguments changed."""
    name, values, options = DIRECTIVES[directive]
    options = {**options, **changed}
    with db.operations() as op:
        if way == "batch":
            with op.batch_alter_table(table, schema=schema) as batch:
                getattr(batch, name)(column, *values, **options)
            return
        if way == "online":
            options["online"] = True
        getattr(op, name)(table, column, *values, schema=schema, **options)


def assert_refused(
    db: Database, error: type[Exception], says: str, *case: str, **changed: Any
) -> None:
    db.create(orders("A"))
    with pytest.raises(error, match=says):
        run(db, *case, **changed)
    (check,) = sa.inspect(db.engine).get_check_constraints("orders")
    assert check["name"] == "ck_orders_status"


@pytest.mark.parametrize("way, directive", EVERYWHERE)
def test_table(db: Database, way: str, directive: str) -> None:
    """The error names it."""
    case = way, directive
    says = "there is no table 'bills'"
    assert_refused(db, exc.DirectiveError, says, *case, table="bills")


@pytest.mark.parametrize("way, directive", EVERYWHERE)
def test_schema(db: Database, way: str, directive: str) -> None:
    """The error names the table and the schema."""
    case = way, directive
    says = "there is no table 'orders' in schema 'elsewhere'"
    assert_refused(db, exc.DirectiveError, says, *case, schema="elsewhere")


@pytest.mark.parametrize("way, directive", EVERYWHERE)
def test_column(db: Database, way: str, directive: str) -> None:
    """The error says so, also where the constraint is another column's."""
    case = way, directive
    says = "the table has no column 'state'"
    assert_refused(db, exc.DirectiveError, says, *case, column="state")


@pytest.mark.parametrize("way, directive", ONLINE)
@pytest.mark.parametrize(
    "place, says",
    [
        ({"table": "bills"}, "there is no table 'bills'"),
        ({"schema": "elsewhere"}, "no table 'orders' in schema 'elsewhere'"),
        ({"column": "state"}, "the table has no column 'state'"),
    ],
    ids=["table", "schema", "column"],
)
def test_online(
    postgresql: Database,
    place: dict[str, str],
    says: str,
    way: str,
    directive: str,
) -> None:
    """It is the same error."""
    case = way, directive
    if (directive, "column") != ("drop trigger", *place):
        assert_refused(postgresql, exc.DirectiveError, says, *case, **place)
    else:
        postgresql.create(orders("A"))
        run(postgresql, way, directive, **place)


@pytest.mark.parametrize(
    "way, directive",
    [
        (way, name)
        for way in ("alone", "batch")
        for name in ("drop", "add", "rename", "validate", "restore native")
    ]
    + [("online", "add"), ("online", "rename")],
)
def test_constraint(postgresql: Database, way: str, directive: str) -> None:
    """The error lists those that are there."""
    error, case = exc.NoSuchConstraintError, (way, directive)
    says = "named 'ck_wrong'; it has 'ck_orders_status'"
    assert_refused(postgresql, error, says, *case, name="ck_wrong")


@pytest.mark.parametrize("way", ["alone", "batch", "online"])
def test_nothing_is_said_of_others(
    postgresql: Database, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not of the column's constraint either, which has another name."""
    error, case = exc.NoSuchConstraintError, (way, "rename")
    assert_refused(postgresql, error, "ck_wrong", *case, name="ck_wrong")
    assert "still name" not in caplog.text


def test_constraint_of_the_same_batch(postgresql: Database) -> None:
    """It may be made before its turn comes."""
    postgresql.create(orders("A"))
    with postgresql.operations() as op:
        with op.batch_alter_table("orders") as batch:
            batch.drop_constraint("ck_orders_status", type_="check")
            batch.create_check_constraint("ck_new", "status = 'A'")
            batch.drop_check_enum("status", ["A"], name="ck_new")


def test_column_of_the_same_batch(db: Database) -> None:
    """So may the column."""
    db.create(orders("A"))
    with db.operations() as op:
        with op.batch_alter_table("orders") as batch:
            batch.add_column(sa.Column("state", sa.String(9)))
            batch.create_check_enum("state", ["A"], name="ck_state")
    assert len(sa.inspect(db.engine).get_check_constraints("orders")) == 2


def test_constraint_whose_column_is_gone(db: Database) -> None:
    """It is not found either, as where a migration runs again."""
    db.create(orders("A"))
    gone = db.name in ("mysql", "mariadb")
    with db.operations() as op:
        with (
            nullcontext() if gone else pytest.raises(exc.NoSuchConstraintError)
        ):
            op.drop_check_enum("orders", "state", ["A"], name="ck_state")
