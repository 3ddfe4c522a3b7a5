"""A migration that fails or is killed anywhere, and is run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import signal
from typing import Any

import pytest
import sqlalchemy as sa

from .interpreters import commands
from .models import orders
from .roundtrip import Database

BEFORE = ["placement_top", "placement_side", "placement_end", "junk"]
COMMIT_DDL = {"mysql", "mariadb"}
AFTER = ["PLACEMENT_TOP", "PLACEMENT_SIDE", "PLACEMENT_END"]


class Fault(Exception):
    pass


def fill(db: Database) -> None:
    db.create(orders(*BEFORE))
    for number, value in enumerate(BEFORE):
        db.insert("orders", id=number, status=value)


def migrate(db: Database) -> None:
    with db.operations() as op:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            AFTER,
            existing_values=BEFORE,
            name="ck_orders_status",
            rename=dict(zip(BEFORE, AFTER)),
            delete=["junk"],
        )


def assert_left(db: Database, failed: bool) -> None:
    """A table that is whole: as before, or as after. Where DDL commits, it
    may be on its way between two statements, with a constraint all the time.
    """
    if failed and db.name in COMMIT_DDL:
        assert db.column("orders") in (BEFORE, AFTER)
        with pytest.raises(sa.exc.IntegrityError):
            db.insert("orders", id=10, status="stranger")
    else:
        assert is_old(db) == failed


def is_old(db: Database) -> bool:
    """Whether the table is whole, and as before; else it is whole, and as
    after.
    """
    tables = sa.inspect(db.engine).get_table_names()
    assert tables == ["orders"]
    if db.column("orders") == BEFORE:
        assert db.diff(orders(*BEFORE)) == []
        return True
    assert db.column("orders") == AFTER
    assert db.diff(orders(*AFTER)) == []
    return False


def at_statement(
    db: Database, number: int, act: Callable[[], None]
) -> Callable[[], None]:
    """Have ``act`` called before that statement; returns how to stop."""
    seen = iter(range(1, 10_000))

    def listener(*args: Any) -> None:
        if next(seen) == number:
            act()

    sa.event.listen(db.engine, "before_cursor_execute", listener)
    return lambda: sa.event.remove(
        db.engine, "before_cursor_execute", listener
    )


def fail() -> None:
    raise Fault


def test_fault_at_each_statement(db: Database) -> None:
    """One that raises leaves everything as it was, where DDL does not
    commit; the next run succeeds.
    """
    fill(db)
    statements, failed = 0, True
    while failed:
        statements += 1
        stop = at_statement(db, statements, fail)
        try:
            migrate(db)
            failed = False
        except Fault:
            pass
        stop()
        assert_left(db, failed)
    assert statements > 4


KILLED = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import sqlalchemy as sa
import tests.backends
from tests.roundtrip import Database
from tests.test_faults import at_statement, migrate

db = Database(sa.make_url(sys.argv[1]))
at_statement(db, int(sys.argv[2]), lambda: os.kill(os.getpid(), 9))
migrate(db)
"""


def test_kill_at_each_statement(db: Database) -> None:
    """Killed, it leaves a whole table, old or new; the next run succeeds."""
    fill(db)
    url = db.engine.url.render_as_string(hide_password=False)
    statements, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        statements += 1
        status = commands().code(KILLED, url, str(statements)).returncode
        assert_left(db, status != 0)
    assert status == 0
    assert statements > 4
