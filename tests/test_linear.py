"""Work grows as the models do, counted in calls and not by the clock."""

from __future__ import annotations

from collections.abc import Callable
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
import sqlglot

from ckenum import CheckEnum
from ckenum.alembic.ddl.kept_renames import after
from ckenum.alembic.ddl.kept_renames import during
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.inspection.differences import of_op

from .roundtrip import Database


class Value(str):
    """One that counts how often any is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Value.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def values(members: int, first: int = 0) -> list[Value]:
    return [Value(f"value {first + member}") for member in range(members)]


def model(tables: int, members: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(tables):
        sa.Table(
            f"table_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("x", CheckEnum(*(f"value {m}" for m in range(members)))),
        )
    return metadata


def calls(db: Database, metadata: sa.MetaData) -> int:
    """Of functions, in Python or C, that a comparison makes."""
    count = 0

    def counted(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    db.create(metadata)
    db.diff(metadata)  # what is made once
    sys.setprofile(counted)
    try:
        assert db.diff(metadata) == []
    finally:
        sys.setprofile(None)
    metadata.drop_all(db.engine)
    return count


@pytest.mark.parametrize("by", ["tables", "members"])
def test_linear(db: Database, by: str) -> None:
    """Twice as many tables or members more take no more than twice the calls
    more.
    """
    step = {"tables": 4, "members": 200}[by]
    size = {"tables": 2, "members": 2}
    found = []
    for times in (1, 2, 4):
        found.append(calls(db, model(**{**size, by: times * step})))
    first, second = found[1] - found[0], found[2] - found[1]
    assert second <= 2.3 * max(first, 1000)


def comparisons(run: Callable[[], Any]) -> int:
    """How often a value is compared with another meanwhile."""
    before = Value.compared
    run()
    return Value.compared - before


def directive(members: int) -> AlterCheckEnumOp:
    """Half of the values go, by all ways, and others come."""
    known, half = values(members), members // 2
    renamed = known[: half // 4]
    return AlterCheckEnumOp(
        "t",
        "x",
        values(members, half),
        existing_values=known,
        name="ck",
        rename=dict(zip(renamed, values(len(renamed), members))),
        delete=known[half // 4 : half // 2],
    )


@pytest.mark.parametrize(
    "what",
    [
        lambda op: op.leaving,
        lambda op: op.reverse(),
        lambda op: [*of_op(op, sqlite_dialect())],
        lambda op: after(op, {value: value for value in op.existing_values}),
        lambda op: during(op, {}),
    ],
    ids=["leaving", "reverse", "differences", "trigger after", "during"],
)
def test_linear_directive(what: Callable[[AlterCheckEnumOp], Any]) -> None:
    """Twice as many values are compared no more than twice as often."""
    found = [
        comparisons(lambda: what(directive(members))) for members in (200, 400)
    ]
    assert found[1] <= 2.3 * found[0]


def parsed(db: Database, metadata: sa.MetaData) -> int:
    """How many texts a comparison parses."""
    count = 0

    def counted(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        code = sqlglot.parse_one.__code__
        count += event == "call" and frame.f_code is code

    sys.setprofile(counted)
    try:
        assert db.diff(metadata) == []
    finally:
        sys.setprofile(None)
    return count


def others(is_declared: bool, of_ours: int) -> sa.MetaData:
    """Tables with CHECKs of all kinds, and how many with a CheckEnum."""
    metadata = model(of_ours, 3)
    for number in range(3):
        table = sa.Table(
            f"other_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("state", sa.String(9)),
            sa.Column("level", sa.String(9)),
        )
        if is_declared:
            for name, text in (
                ("another", "state <> 'C'"),
                ("required", "level IS NOT NULL"),
                ("matched", "level LIKE 'A%'"),
            ):
                check = sa.CheckConstraint(text, name=f"{name}_{number}")
                table.append_constraint(check)
    return metadata


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize("of_ours", [0, 1])
def test_parses_nothing_of_others(
    db: Database, is_declared: bool, of_ours: int
) -> None:
    """No CHECK is parsed that no CheckEnum can have made, whether the models
    declare it or not.
    """
    db.create(others(True, of_ours))
    assert parsed(db, others(is_declared, of_ours)) == 0


def test_parses_once(db: Database) -> None:
    """A CHECK that is spelled otherwise than ours is parsed once."""
    metadata = model(1, 2)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE table_0 (id INTEGER NOT NULL PRIMARY KEY, "
            "x VARCHAR(255), CONSTRAINT ck_table_0_x "
            "CHECK (x = 'value 0' OR x = 'value 1'))"
        )
    assert parsed(db, metadata) == 1


def asked(db: Database, metadata: sa.MetaData) -> int:
    """How many of ckenum's functions a comparison calls."""
    count = 0

    def counted(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        module = str(frame.f_globals.get("__name__"))
        count += event == "call" and module.partition(".")[0] == "ckenum"

    db.create(metadata)
    db.diff(metadata)  # what is made once
    sys.setprofile(counted)
    try:
        assert db.diff(metadata) == []
    finally:
        sys.setprofile(None)
    metadata.drop_all(db.engine)
    return count


def plain(tables: int, columns: int, of_ours: int = 0) -> sa.MetaData:
    """Tables that have no CheckEnum, and how many that have one."""
    metadata = model(of_ours, 3)
    for table in range(tables):
        sa.Table(
            f"plain_{table}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            *(sa.Column(f"x_{n}", sa.String(9)) for n in range(columns)),
        )
    return metadata


@pytest.mark.parametrize("of_ours, calls_each", [(0, 0), (1, 2)])
def test_asks_little_of_other_columns(
    db: Database, of_ours: int, calls_each: int
) -> None:
    """No function is called for a column if the models have no CheckEnum,
    else one for its type and one for its default.
    """
    few, many = (asked(db, plain(1, n, of_ours)) for n in (10, 60))
    assert many - few <= 50 * calls_each


def test_asks_little_of_other_tables(db: Database) -> None:
    """A table is passed over if none of its CHECKs names a string."""
    few, many = (asked(db, plain(n, 2)) for n in (2, 12))
    assert many - few <= 12 * 10


def sent(db: Database, metadata: sa.MetaData, **options: Any) -> int:
    """How many statements a comparison sends."""
    statements = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert db.diff(metadata, **options) == []
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(statements)


@pytest.mark.parametrize("of_ours", [0, 4])
def test_sends_one_statement_more(db: Database, of_ours: int) -> None:
    """Alembic sends many; with ckenum at most one more for all tables."""
    metadata = plain(4, 2, of_ours)
    db.create(metadata)
    db.diff(metadata)  # what is asked once
    alone = sent(db, metadata, autogenerate_plugins=["alembic.autogenerate.*"])
    assert sent(db, metadata) <= alone + 1
