"""From codes to a CheckEnum and back, while the application goes on."""

from __future__ import annotations

import copy
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .adversaries import before_steps
from .adversaries import FEW
from .models import orders_with
from .online import execute
from .online import fetch
from .online import run
from .online import triggers
from .roundtrip import Database
from .test_codes import AROUND
from .test_codes import CODES
from .test_codes import literal
from .test_codes import op_of
from .test_codes import SMALL
from .test_codes import VALUES
from .test_native_online import outcome
from .test_online_kill import is_killed
from .traffic import Act
from .traffic import traffic

WITHOUT_THE_LAST = [
    "DROP INDEX first_or_last",
    "ALTER TABLE orders DROP CONSTRAINT known",
]
KEEP = {"online": True, "keep_column": True}


def begin(db: Database, name: str, codes: list[Any], *more: str) -> None:
    """A table with some rows of each code, and all that stands around."""
    texts = [*map(literal, codes)]
    execute(
        db,
        "DROP TABLE IF EXISTS orders",
        f"CREATE TABLE orders (id INT PRIMARY KEY, status {name} NOT NULL"
        f" DEFAULT {texts[1]}, note INT)",
        *(
            f"INSERT INTO orders SELECT {i} + 3 * n, {text}"
            f" FROM generate_series(1, 20) n"
            for i, text in enumerate(texts)
        ),
        *(text.format(*texts) for text in [*AROUND, *more]),
    )


@pytest.mark.parametrize("name", ["SMALLINT", "CHAR(3)"])
def test_same_as_in_one_transaction(postgresql: Database, name: str) -> None:
    """Up and down, rows and catalog are what the transactional way leaves."""
    db = postgresql
    type_, codes = CODES[name]
    found: list[Any] = []
    for online in (False, True):
        begin(db, name, codes)
        op = op_of(type_, codes, online=online)
        run(db, op)
        up = outcome(db)
        run(db, op.reverse())
        found.append((up, outcome(db)))
    assert found[1] == found[0]


def test_unmapped(postgresql: Database) -> None:
    """A code that the mapping lacks stops it before it changes anything."""
    db = postgresql
    begin(db, "SMALLINT", [1, 2, -3])
    execute(db, *WITHOUT_THE_LAST)
    before = outcome(db)
    with pytest.raises(exc.RowsRemainError) as error:
        run(db, op_of(SMALL, [1, 2], online=True))
    assert error.value.counts == {-3: 20}
    assert outcome(db) == before


@pytest.mark.parametrize("type_", [sa.Integer(), sa.CHAR(1)])
def test_other_type(postgresql: Database, type_: Any) -> None:
    """So does a column of another type."""
    begin(postgresql, "SMALLINT", [1, 2, -3])
    codes = [1] if isinstance(type_, sa.Integer) else ["N"]
    with pytest.raises(exc.OnlineBlockedError, match="is of type smallint"):
        run(postgresql, op_of(type_, codes, online=True))


def test_kept_column(postgresql: Database) -> None:
    """Each of the two columns gives the other, and a code that is written
    into the text becomes its value.
    """
    db = postgresql
    begin(db, "SMALLINT", [1, 2, -3])
    op = op_of(SMALL, [1, 2, -3], **KEEP)
    run(db, op)
    execute(
        db,
        "INSERT INTO orders (id, status) VALUES (101, 'NEW'), (102, 1)",
        "INSERT INTO orders (id, status__ckenum) VALUES (103, 1)",
        "INSERT INTO orders (id) VALUES (104)",
        "UPDATE orders SET status = 2 WHERE id = 102",
        "UPDATE orders SET status__ckenum = 2 WHERE id = 103",
        "UPDATE orders SET status = 'NEW' WHERE id = 104",
    )
    both = (
        "SELECT id || ' ' || status || ' ' || status__ckenum FROM orders"
        " WHERE id > 100 ORDER BY id"
    )
    assert fetch(db, both) == [
        "101 NEW 1",
        "102 PAID 2",
        "103 PAID 2",
        "104 NEW 1",
    ]
    run(db, op_of(SMALL, [1, 2, -3], online=True))
    assert triggers(db) == []
    assert "status__ckenum" not in fetch(
        db,
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = 'orders'::regclass AND NOT attisdropped",
    )


def test_both_columns_before_the_swap(postgresql: Database) -> None:
    """The new application may write the second column meanwhile."""
    db = postgresql
    begin(db, "SMALLINT", [1, 2, -3])

    def write(number: int, text: str) -> None:
        if "CONCURRENTLY" in text and not written:
            written.append(text)
            execute(
                db,
                "INSERT INTO orders (id, status) VALUES (101, 1)",
                "INSERT INTO orders (id, status__ckenum) VALUES (102, 'NEW')",
                "UPDATE orders SET status__ckenum = 'PAID' WHERE id = 101",
                "UPDATE orders SET status = 2 WHERE id = 102",
            )

    written: list[str] = []
    with before_steps(db, write):
        run(db, op_of(SMALL, [1, 2, -3], online=True))
    assert written
    assert fetch(db, "SELECT status FROM orders WHERE id > 100") == [
        "PAID",
        "PAID",
    ]


def test_unmapped_code_is_written(postgresql: Database) -> None:
    """Once the second column is there, its CHECK refuses such a write."""
    db = postgresql
    begin(db, "SMALLINT", [1, 2, -3])

    def write(number: int, text: str) -> None:
        if "CONCURRENTLY" in text and not refused:
            with pytest.raises(sa.exc.IntegrityError) as error:
                execute(db, "UPDATE orders SET status = 7 WHERE id = 4")
            refused.append(str(error.value.orig))

    refused: list[str] = []
    with before_steps(db, write):
        run(db, op_of(SMALL, [1, 2, -3], online=True))
    assert 'check constraint "ck_orders_status"' in refused[0]
    assert {*fetch(db, "SELECT status FROM orders")} == {*VALUES}


def test_kept_values(postgresql: Database) -> None:
    """On the way back the text is kept, in step in both directions."""
    db = postgresql
    begin(db, "CHAR(3)", ["N", "P", "X"])
    op = op_of(sa.CHAR(3), ["N", "P", "X"], online=True)
    run(db, op)
    back = copy.copy(op.reverse())
    back.keep_column = True
    run(db, back)
    execute(
        db,
        "INSERT INTO orders (id, status) VALUES (101, 'N')",
        "INSERT INTO orders (id, status__ckenum) VALUES (102, 'NEW')",
        "UPDATE orders SET status__ckenum = 'PAID' WHERE id = 101",
        "UPDATE orders SET status = 'P' WHERE id = 102",
    )
    both = "SELECT status || ' ' || status__ckenum FROM orders WHERE id > 100"
    assert fetch(db, both) == ["P PAID", "P PAID"]


def test_merged_codes(postgresql: Database) -> None:
    """Codes that become one value are in step in one direction only."""
    db = postgresql
    begin(db, "SMALLINT", [1, 2, -3])
    execute(db, "DROP INDEX others", *WITHOUT_THE_LAST)
    rename = {1: "NEW", 2: "PAID", -3: "PAID"}
    op = op_of(SMALL, [], ["NEW", "PAID"], rename=rename, online=True)
    run(db, op)
    assert {*fetch(db, "SELECT status FROM orders")} == {"NEW", "PAID"}
    run(db, op.reverse())
    assert {*fetch(db, "SELECT status FROM orders")} == {1, 2}


UP = op_of(SMALL, [1, 2, -3], online=True)
KEPT = op_of(SMALL, [1, 2, -3], **KEEP)
WAYS: dict[str, tuple[list[Any], Any]] = {
    "replace": ([], UP),
    "keep": ([], KEPT),
    "drop what was kept": ([KEPT], UP),
    "restore": ([UP], UP.reverse()),
}
"""What is run before, undisturbed, and what is killed."""


def begun(db: Database, before: list[Any]) -> None:
    execute(
        db,
        "DROP TABLE IF EXISTS orders",
        "CREATE TABLE orders (id INT PRIMARY KEY, status SMALLINT NOT NULL"
        " DEFAULT 1)",
        "CREATE INDEX one ON orders (id) WHERE status = 1",
        "ALTER TABLE orders ADD CONSTRAINT mine CHECK (status <> 1 OR id > 0)",
        "INSERT INTO orders VALUES (1, 1), (2, 2), (3, -3)",
    )
    for op in before:
        run(db, op, settings=FEW)


def steps(db: Database, op: Any) -> list[str]:
    texts: list[str] = []
    with before_steps(db, lambda number, text: texts.append(text)):
        run(db, op, settings=FEW)
    return texts


PARTS = 4
"""Of the steps, so that no test takes long."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", WAYS)
def test_kill_at_each_step(postgresql: Database, way: str, part: int) -> None:
    """The next run leads to the rows, and to the catalog, that a run which
    nobody disturbs does.
    """
    db = postgresql
    before, op = WAYS[way]
    begun(db, before)
    number = len(steps(db, op))
    expected = outcome(db)
    assert number > 2
    for at in range(1 + part, number + 1, PARTS):
        begun(db, before)
        db.engine.dispose()
        assert is_killed(db.engine.url, op, at)
        run(db, op, settings=FEW)
        assert outcome(db) == expected, at


def test_kill_before_the_swap(postgresql: Database) -> None:
    """One of these steps."""
    db = postgresql
    begun(db, [])
    texts = steps(db, UP)
    expected = outcome(db)
    number = next(i for i, text in enumerate(texts) if "RENAME" in text) + 1
    begun(db, [])
    db.engine.dispose()
    assert is_killed(db.engine.url, UP, number)
    run(db, UP, settings=FEW)
    assert outcome(db) == expected


def writer(type_: Any, values: list[Any], ready: threading.Event) -> Act:
    """Inserts and updates by a model whose column has ``type_``."""
    column = sa.Column("status", type_)
    table = orders_with(column).tables["orders"]

    def act(connection: sa.Connection, number: int) -> None:
        if not ready.is_set():
            time.sleep(0.01)
            return
        value = values[number % len(values)]
        key = 1 + number % 50
        change = sa.update(table).values(status=value)
        connection.execute(sa.insert(table).values(status=value))
        connection.execute(change.where(table.c.id == key))

    return act


@pytest.mark.slow
def test_both_at_work(postgresql: Database) -> None:
    """The old application writes codes under the column's name before the
    swap, at it, and after it; the new one writes values from then on.
    Neither meets an error, and all rows are in step.
    """
    db = postgresql
    execute(
        db,
        "CREATE TABLE orders (id SERIAL PRIMARY KEY, status SMALLINT)",
        "CREATE INDEX one ON orders (status)",
        "INSERT INTO orders (status) SELECT 1 + n % 2"
        " FROM generate_series(1, 500) n",
    )
    old, new = threading.Event(), threading.Event()
    old.set()
    with traffic(
        db.engine.url,
        writer(SMALL, [1, 2], old),
        writer(CheckEnum("NEW", "PAID"), ["NEW", "PAID"], new),
    ) as clients:
        run(db, op_of(SMALL, [1, 2], ["NEW", "PAID"], **KEEP))
        new.set()
        for client in clients:
            client.goes_on()
    assert [client.errors for client in clients] == [[], []]
    assert fetch(db, "SELECT DISTINCT status FROM orders ORDER BY 1") == [
        "NEW",
        "PAID",
    ]
    assert not fetch(
        db,
        "SELECT id FROM orders WHERE status <>"
        " CASE status__ckenum WHEN 1 THEN 'NEW' ELSE 'PAID' END",
    )
