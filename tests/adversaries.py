"""A table that changes online, and acts between the steps of the change."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
import time
from typing import Any

import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic import OnlineSettings
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp

from .catalog import catalog
from .models import orders_with
from .online import alter
from .online import execute
from .online import fetch
from .online import of_rehearsals
from .online import run
from .online import triggers
from .roundtrip import Database

BEFORE = ["NEW", "PAYED", "JUNK"]
NAME = "ck_orders_status"

ORDERS = sa.table(
    "orders", sa.column("id"), sa.column("status"), sa.column("note")
)

FEW = OnlineSettings(
    lock_timeout=0.02, pause=0.01, deadline=100, rows_per_chunk=2
)
"""Few rows in a chunk, so that there are many."""

WHERE = {"name": NAME, "online": True}

ADD = alter([*BEFORE, "SHIPPED"], BEFORE)
RENAME = alter(["NEW", "PAID", "JUNK"], BEFORE, rename={"PAYED": "PAID"})
KEEP_TRIGGER = alter(
    ["NEW", "PAID", "JUNK"],
    BEFORE,
    rename={"PAYED": "PAID"},
    keep_trigger=True,
)
DELETE = alter(["NEW", "PAYED"], BEFORE, delete=["JUNK"])
REMOVE = alter(["NEW", "PAYED"], BEFORE)
RENAME_AND_DELETE = alter(
    ["NEW", "PAID"], BEFORE, rename={"PAYED": "PAID"}, delete=["JUNK"]
)
LONGER = alter(
    ["NEW", "PAID AT LAST", "JUNK"],
    BEFORE,
    rename={"PAYED": "PAID AT LAST"},
    length=12,
    existing_length=5,
)
CREATE = CreateCheckEnumOp("orders", "status", BEFORE, **WHERE)
DROP = DropCheckEnumOp("orders", "status", BEFORE, **WHERE)

CHANGES: dict[str, Any] = {
    "add": ADD,
    "rename": RENAME,
    "keep trigger": KEEP_TRIGGER,
    "delete": DELETE,
    "rename and delete": RENAME_AND_DELETE,
    "longer": LONGER,
    "create": CREATE,
    "drop": DROP,
}


def begin(db: Database, op: Any, each: int = 3) -> None:
    """A new table, with so many rows of each value, as it is before."""
    execute(
        db,
        "DROP TABLE IF EXISTS orders",
        "DROP FUNCTION IF EXISTS zz_ckenum_orders_status",
    )
    plain = isinstance(op, CreateCheckEnumOp)
    status = sa.String(5) if plain else CheckEnum(*BEFORE, length=5)
    db.create(
        orders_with(sa.Column("status", status), sa.Column("note", sa.Integer))
    )
    rows = [{"status": value, "note": 0} for value in BEFORE * each]
    with db.engine.begin() as connection:
        connection.execute(sa.insert(ORDERS), rows)


def outcome(db: Database) -> Any:
    """All that a change may change, but for the places of rows."""
    rows = fetch(db, "SELECT t::text FROM orders t ORDER BY id")
    return rows, triggers(db), catalog(db.engine)


def undisturbed(db: Database, op: Any) -> Any:
    """What comes of it when nobody is in its way."""
    begin(db, op)
    run(db, op, settings=FEW)
    return outcome(db)


def values(db: Database) -> set[str]:
    """Those that there are rows of."""
    return {*db.column("orders")}


def is_validated(db: Database) -> bool:
    (validated,) = fetch(
        db, f"SELECT convalidated FROM pg_constraint WHERE conname = '{NAME}'"
    )
    return bool(validated)


def wait_for(db: Database, query: str) -> list[Any]:
    """What it fetches, when that is something at last."""
    until = time.monotonic() + 120
    while not (found := fetch(db, query)):
        assert time.monotonic() < until, query
        time.sleep(0.02)
    return found


BLOCKED = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
"""Sessions that wait for a lock."""


@contextmanager
def when_blocked(db: Database, act: Callable[[], object]) -> Iterator[None]:
    """Call ``act`` in a thread as soon as a session waits for a lock."""

    def wait() -> None:
        wait_for(db, BLOCKED)
        act()

    with ThreadPoolExecutor() as pool:
        done = pool.submit(wait)
        yield
        done.result()


@contextmanager
def before_steps(
    db: Database, act: Callable[[int, str], object]
) -> Iterator[None]:
    """Call ``act`` with the number and the text of each statement that is
    no mere query and not only tried, before it is run.
    """
    numbers = iter(range(1, 10_000))
    rehearsed = of_rehearsals()

    def listener(*args: Any) -> None:
        if rehearsed(args[2]):
            return
        if not args[2].lstrip().startswith(("SELECT", "WITH RECURSIVE")):
            act(next(numbers), args[2])

    sa.event.listen(db.engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listener)


def steps(db: Database, op: Any) -> list[str]:
    """Those of an undisturbed run."""
    texts: list[str] = []
    begin(db, op)
    with before_steps(db, lambda number, text: texts.append(text)):
        run(db, op, settings=FEW)
    return texts


@contextmanager
def at_step(
    db: Database, at: int, act: Callable[[], object]
) -> Iterator[None]:
    """Call ``act`` before that step."""

    def listener(number: int, text: str) -> None:
        if number == at:
            act()

    with before_steps(db, listener):
        yield


@contextmanager
def other_session(db: Database, **settings: str) -> Iterator[sa.Connection]:
    """One that autocommits, and waits for no lock."""
    options = " ".join(
        f"-c {name}={value}"
        for name, value in {"lock_timeout": "50ms", **settings}.items()
    )
    engine = sa.create_engine(
        db.engine.url,
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
        connect_args={"options": options},
    )
    with engine.connect() as connection:
        yield connection
