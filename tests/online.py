"""Online changes in tests: small chunks, what was run, and what is there."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ckenum.alembic import OnlineSettings
from ckenum.alembic.ops import AlterCheckEnumOp

from .catalog import catalog
from .roundtrip import Database

FAST = OnlineSettings(
    lock_timeout=0.02, pause=0.01, deadline=100, rows_per_chunk=10
)


@dataclass(frozen=True)
class Ran:
    """A statement, and how many rows it returned or changed."""

    text: str
    rows: int


def execute(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(_percents_doubled(statement))


def fetch(db: Database, statement: str) -> list[Any]:
    statement = _percents_doubled(statement)
    with db.engine.connect() as connection:
        return list(connection.exec_driver_sql(statement).scalars())


def _percents_doubled(statement: str) -> str:
    """As psycopg reads them, also where there are no parameters."""
    return statement.replace("%", "%%")


def alter(
    values: list[Any], existing_values: list[Any], **options: Any
) -> AlterCheckEnumOp:
    """Of ``orders.status``, online, under the name that models give."""
    where = {"table": "orders", "column": "status", **options}
    options = {"name": "ck_orders_status", "online": True, **options}
    for key in ("table", "column"):
        options.pop(key, None)
    return AlterCheckEnumOp(
        where["table"],
        where["column"],
        values,
        existing_values=existing_values,
        **options,
    )


def rename(**options: Any) -> AlterCheckEnumOp:
    """Of PAYED to PAID, beside NEW."""
    return alter(
        ["NEW", "PAID"],
        ["NEW", "PAYED"],
        rename={"PAYED": "PAID"},
        **options,
    )


def run(
    db: Database, *ops: Any, settings: OnlineSettings = FAST, **changed: Any
) -> None:
    """As one revision."""
    options = {**vars(settings), **changed}
    db.options["ckenum_online_settings"] = OnlineSettings(**options)
    with db.operations() as operations:
        for op in ops:
            operations.invoke(op)


@contextmanager
def watched(db: Database) -> Iterator[list[Ran]]:
    """The statements that are run; in the end, those that are committed."""
    ran: list[Ran] = []

    def append(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        ran.append(Ran(" ".join(statement.split()), cursor.rowcount))

    sa.event.listen(db.engine, "after_cursor_execute", append)
    try:
        yield ran
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", append)
        ran[:] = committed(ran)


def of_rehearsals() -> Callable[[str], bool]:
    """Tells of each statement in turn whether it is only tried: a test that
    acts then, and waits for the table, would wait for itself.
    """
    inside = False

    def rehearsed(text: str) -> bool:
        nonlocal inside
        was = inside = inside or text.startswith("SAVEPOINT rehearsal")
        inside = inside and text != "ROLLBACK"
        return was

    return rehearsed


def committed(ran: list[Ran]) -> list[Ran]:
    """Without the transactions that were only to try something."""
    left: list[Ran] = []
    begun = 0
    for each in ran:
        if each.text.startswith("BEGIN"):
            begun = len(left)
        left.append(each)
        if each.text == "ROLLBACK":
            del left[begun:]
    return left


@contextmanager
def a_writer(db: Database, table: str = "orders") -> Iterator[None]:
    """One in the middle of a transaction: who wants more than it leaves,
    above all an exclusive lock, waits for its end.
    """
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            _percents_doubled(f"LOCK {table} IN ROW EXCLUSIVE MODE")
        )
        yield


def triggers(db: Database) -> list[str]:
    """Those of the database, with the table of each."""
    return fetch(
        db,
        "SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger"
        " WHERE NOT tgisinternal ORDER BY 1",
    )


def functions(db: Database) -> list[str]:
    """Those of the database, by their schemas."""
    return fetch(
        db,
        "SELECT oid::regproc::text FROM pg_proc"
        " WHERE pronamespace > 16383 OR pronamespace = 'public'::regnamespace"
        " ORDER BY 1",
    )


def written(
    db: Database, value: str, table: str = "orders", column: str = "status"
) -> str | None:
    """What has become of it in a row that is inserted, then updated."""
    for change in (
        f"INSERT INTO {table} (id, {column}) VALUES (1000, '{value}')",
        f"UPDATE {table} SET {column} = '{value}' WHERE id = 1000",
    ):
        execute(db, change)
        (found,) = fetch(db, f"SELECT {column} FROM {table} WHERE id = 1000")
    execute(db, f"DELETE FROM {table} WHERE id = 1000")
    held: str | None = found
    return held


def state(db: Database, *tables: str) -> Any:
    """The catalog, and the rows with the places where they are."""
    rows = [
        fetch(db, f"SELECT ctid || ' ' || t::text FROM {table} t ORDER BY 1")
        for table in tables or ("orders",)
    ]
    return catalog(db.engine), triggers(db), rows


def not_validated(db: Database) -> list[str]:
    return fetch(
        db,
        "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint"
        " WHERE NOT convalidated",
    )


def assert_rerun_changes_nothing(
    db: Database, *ops: Any, tables: tuple[str, ...] = ("orders",)
) -> None:
    """Run again what is done, while a writer would be in the way."""
    before = state(db, *tables)
    with a_writer(db, tables[0]):
        run(db, *ops, deadline=1)
    assert state(db, *tables) == before


def fill(db: Database, *values: str | None, each: int = 12) -> None:
    """So many rows of each value, turn about."""
    table = sa.table("orders", sa.column("id"), sa.column("status"))
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(table),
            [
                {"id": number, "status": value}
                for number, value in enumerate([*values] * each, start=1)
            ],
        )
