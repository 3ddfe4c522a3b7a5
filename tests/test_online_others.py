"""What an online change does to others: to the code that its statements
set off, and to whoever gets its server connection next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exc import LockTimeoutError

from .adversaries import before_steps
from .adversaries import other_session
from .models import orders
from .online import alter
from .online import execute
from .online import fetch
from .online import fill
from .online import rename
from .online import run
from .roundtrip import Database

SETTINGS = (
    "SELECT name || '=' || setting FROM pg_settings"
    " WHERE name NOT IN ('transaction_isolation', 'application_name')"
    " AND name NOT LIKE '%.%' ORDER BY 1"
)

WAITING = {
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "synchronous_commit",
}
"""They say how long a transaction of ours waits, and for what; no plan
depends on them.
"""

RECORD = [
    "CREATE TABLE seen (setting text)",
    "CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" BEGIN INSERT INTO seen {SETTINGS};"
    " RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END $$",
]


def record(db: Database, table: str, when: str) -> None:
    """Have a trigger write down the settings that it runs with."""
    execute(
        db,
        *RECORD,
        f"CREATE TRIGGER record {when} ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION record()",
    )


def others(settings: list[str]) -> set[str]:
    return {
        setting
        for setting in settings
        if setting.partition("=")[0] not in WAITING
    }


CHANGES = {
    "update": rename(),
    "delete": alter(["NEW"], ["NEW", "PAYED"], delete=["PAYED"]),
}


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
@pytest.mark.parametrize("key", [True, False], ids=["key", "no key"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_settings_that_triggers_see(
    any_postgresql: Database, change: Any, key: bool, when: str
) -> None:
    """A user's trigger plans its queries as it does without a migration."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    if not key:
        execute(db, "ALTER TABLE orders DROP CONSTRAINT orders_pkey")
    fill(db, "PAYED", each=2)
    record(db, "orders", f"{when} UPDATE OR DELETE")
    run(db, change)
    seen = fetch(db, "SELECT DISTINCT setting FROM seen")
    assert others(seen) == others(fetch(db, SETTINGS))


def test_settings_that_triggers_see_beside_locked_rows(
    any_postgresql: Database,
) -> None:
    """The same while others hold some of the rows."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=2)
    record(db, "orders", "BEFORE DELETE")
    with other_session(db) as other:

        def lock(_: int, text: str) -> None:
            if text.startswith("DELETE"):
                other.exec_driver_sql("BEGIN")
                other.exec_driver_sql("SELECT FROM orders LIMIT 1 FOR UPDATE")

        with before_steps(db, lock), pytest.raises(LockTimeoutError):
            run(db, CHANGES["delete"], deadline=0.2)
    seen = fetch(db, "SELECT DISTINCT setting FROM seen")
    assert others(seen) == others(fetch(db, SETTINGS))


def test_settings_that_foreign_keys_see(any_postgresql: Database) -> None:
    """What ON DELETE CASCADE sets off, too."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=2)
    execute(
        db,
        "CREATE TABLE child (parent int REFERENCES orders ON DELETE CASCADE)",
        "INSERT INTO child SELECT id FROM orders",
    )
    record(db, "child", "BEFORE DELETE")
    run(db, CHANGES["delete"])
    seen = fetch(db, "SELECT DISTINCT setting FROM seen")
    assert others(seen) == others(fetch(db, SETTINGS))


@contextmanager
def looking_between(db: Database) -> Iterator[list[set[str]]]:
    """Look at the settings wherever another's statement could come between,
    were the server connection handed on: out of any transaction.
    """
    looks: list[set[str]] = []

    def look(connection: sa.Connection, cursor: Any, *rest: Any) -> None:
        dbapi: Any = connection.connection.dbapi_connection
        if dbapi.autocommit and dbapi.info.transaction_status == 0:
            with dbapi.cursor() as other:
                other.execute(SETTINGS)
                looks.append({setting for (setting,) in other})

    sa.event.listen(db.engine, "after_cursor_execute", look)
    try:
        yield looks
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", look)


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "drop"])
def test_settings_between_transactions(
    any_postgresql: Database, keep: bool
) -> None:
    """All that is set goes with the transaction it is set in: a pooler may
    hand the connection to the application after each.
    """
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=25)
    with looking_between(db) as looks:
        run(db, rename(keep_trigger=keep))
    assert len(looks) > 10
    assert [look - looks[0] for look in looks] == [set()] * len(looks)
    assert looks[0] == set(fetch(db, SETTINGS))
