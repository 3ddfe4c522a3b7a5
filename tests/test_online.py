"""The steps of a change online: what they lead to, and in which order."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import field
import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp

from .catalog import catalog
from .models import orders
from .models import orders_with
from .modes import of_driver
from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import fill
from .online import not_validated
from .online import of_rehearsals
from .online import Ran
from .online import rename
from .online import run
from .online import state
from .online import triggers
from .online import watched
from .reflect import accepted
from .roundtrip import Database


@dataclass(frozen=True)
class Case:
    """A change from values to values, and its way back.

    :ivar held: what rows hold before.
    :ivar options: of the directive; its renames and deletes above all.
    :ivar back: those of a downgrade by hand; ``None`` for the operation's
        own reverse.
    """

    existing: str
    values: str
    held: list[str | None]
    options: dict[str, Any] = field(default_factory=dict)
    back: dict[str, Any] | None = None

    @property
    def up(self) -> AlterCheckEnumOp:
        return alter(
            self.values.split(), self.existing.split(), **self.options
        )

    @property
    def down(self) -> AlterCheckEnumOp:
        if self.back is None:
            return self.up.reverse()
        return alter(self.existing.split(), self.values.split(), **self.back)


NAMES = {"name": "ck_new", "existing_name": "ck_old"}

CASES = {
    "add": Case("A", "A B", ["A", None]),
    "remove without rows": Case("A B", "A", ["A", None]),
    "rename": Case("A B", "B C", ["A", "B", None], {"rename": {"A": "C"}}),
    "rename to NULL": Case("A B", "B", ["A", "B"], {"rename": {"A": None}}),
    "merge": Case(
        "A B D",
        "C D",
        ["A", "B", "D"],
        {"rename": {"A": "C", "B": "C"}},
        {"rename": {"C": "B"}},
    ),
    "rename to what was there": Case(
        "A B", "B", ["A", "B"], {"rename": {"A": "B"}}
    ),
    "delete": Case("A B", "B", ["A", "B", None], {"delete": ["A"]}),
    "rename and delete": Case(
        "A B C",
        "B D",
        ["A", "B", "C"],
        {"rename": {"A": "D"}, "delete": ["C"]},
    ),
    "between values that stay": Case(
        "A B", "A B", ["A", "B"], {"rename": {"A": "B"}}
    ),
    "between values that stay, and one more": Case(
        "A B", "A B C", ["A", "B"], {"rename": {"A": "B"}}
    ),
    "delete of a value that stays": Case(
        "A B", "A B", ["A", "B"], {"delete": ["A"]}
    ),
    "another name": Case("A", "A", ["A"], NAMES),
    "another name and other values": Case(
        "A", "B", ["A"], {**NAMES, "rename": {"A": "B"}}
    ),
}


def model(values: str, name: str) -> sa.MetaData:
    return orders(*values.split(), name=sa.sql.elements.conv(name))


def after(op: AlterCheckEnumOp, held: list[str | None]) -> list[str | None]:
    """What rows hold then."""
    return [
        op.rename.get(value, value) if value else value
        for value in held
        if value not in op.delete
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_there_and_back(any_postgresql: Database, case: Case) -> None:
    """Rows and constraint are as they shall be, all valid and no trigger
    left; each way is run twice, and the second time does nothing.
    """
    db = any_postgresql
    up, down = case.up, case.down
    before = model(case.existing, up.drop_name)
    db.create(before)
    there = catalog(db.engine)
    fill(db, *case.held)
    held = after(up, db.column("orders"))
    run(db, up)
    assert db.column("orders") == held
    assert db.diff(model(case.values, up.name)) == []
    assert accepted(db.engine, "orders", "status", "ABCD") == {*up.values}
    assert not_validated(db) == triggers(db) == []
    assert_rerun_changes_nothing(db, up)
    run(db, down)
    assert db.column("orders") == after(down, held)
    assert catalog(db.engine) == there
    assert triggers(db) == []
    assert_rerun_changes_nothing(db, down)


def test_removed_value_that_rows_hold(any_postgresql: Database) -> None:
    """Without a rule for it, it stops before anything is changed."""
    any_postgresql.create(orders("A", "B"))
    fill(any_postgresql, "A", "B")
    before = state(any_postgresql)
    with pytest.raises(
        exc.RowsRemainError, match="This directive changed nothing"
    ):
        run(any_postgresql, alter(["A"], ["A", "B"]))
    assert state(any_postgresql) == before


def test_wider_column_and_narrower_again(any_postgresql: Database) -> None:
    """It is widened before longer values go in; the way back, which looks
    at every row, is not online.
    """
    db = any_postgresql
    db.create(orders("A", length=1))
    fill(db, "A", each=40)
    up = alter(
        ["LONG"], ["A"], rename={"A": "LONG"}, length=4, existing_length=1
    )
    run(db, up)
    assert db.column("orders") == ["LONG"] * 40
    assert db.diff(orders("LONG", length=4)) == []
    assert_rerun_changes_nothing(db, up)
    assert not up.reverse().online
    run(db, up.reverse())
    assert db.diff(orders("A", length=1)) == []


def test_default(any_postgresql: Database) -> None:
    """It changes with the values, in the same transaction."""
    db = any_postgresql
    column = sa.Column("status", CheckEnum("A"), server_default="A")
    db.create(orders_with(column))
    up = alter(
        ["B"],
        ["A"],
        rename={"A": "B"},
        server_default="B",
        existing_server_default="A",
    )
    for op, default in [(up, "B"), (up.reverse(), "A")]:
        run(db, op)
        execute(db, "DELETE FROM orders", "INSERT INTO orders VALUES (1)")
        assert db.column("orders") == [default]
        assert_rerun_changes_nothing(db, op)


def test_constraint_that_is_not_valid(any_postgresql: Database) -> None:
    """With the same values, it is validated; rows that are wrong are told."""
    db = any_postgresql
    db.create(orders_with(sa.Column("status", sa.String(255))))
    fill(db, "A", "junk")
    execute(
        db,
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
        " CHECK (status IN ('A', 'B')) NOT VALID",
    )
    with pytest.raises(exc.RowsRemainError, match="changed nothing"):
        run(db, alter(["A", "B"], ["A", "B"]))
    execute(db, "DELETE FROM orders WHERE status = 'junk'")
    run(db, alter(["A", "B"], ["A", "B"]))
    assert not_validated(db) == []


def test_constraint_that_is_not_enforced(postgresql: Database) -> None:
    """It counts for none, whatever its values: one that is enforced comes
    in its place.
    """
    db = postgresql
    db.create(orders_with(sa.Column("status", sa.String(255))))
    execute(
        db,
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
        " CHECK (status IN ('B', 'A')) NOT ENFORCED",
    )
    run(db, alter(["A", "B"], ["A"]))
    assert accepted(db.engine, "orders", "status", "ABC") == {"A", "B"}
    assert not_validated(db) == []


def test_constraint_that_is_not_enforced_is_dropped(
    postgresql: Database,
) -> None:
    """As any other."""
    db = postgresql
    db.create(orders_with(sa.Column("status", sa.String(255))))
    execute(
        db,
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
        " CHECK (status IN ('A', 'B')) NOT ENFORCED",
    )
    run(db, drop("A", "B"))
    assert (
        fetch(
            db,
            "SELECT conname FROM pg_constraint WHERE contype = 'c'"
            " AND conrelid = 'orders'::regclass",
        )
        == []
    )


def test_list_with_a_null_in_it(any_postgresql: Database) -> None:
    """It rejects nothing; made right online, and back."""
    db = any_postgresql
    execute(
        db,
        "CREATE TABLE orders (id integer PRIMARY KEY, status varchar(255)"
        " CONSTRAINT ck_orders_status CHECK (status IN ('A', NULL)))",
    )
    fill(db, "A", None)
    up = alter(["A"], ["A", None])
    run(db, up)
    assert accepted(db.engine, "orders", "status", "AB") == {"A"}
    assert_rerun_changes_nothing(db, up)
    run(db, up.reverse())
    assert accepted(db.engine, "orders", "status", "AB") == {"A", "B"}
    assert not_validated(db) == []


def create(*values: str) -> CreateCheckEnumOp:
    return CreateCheckEnumOp(
        "orders", "status", values, name="ck_orders_status", online=True
    )


def drop(*values: str) -> DropCheckEnumOp:
    return DropCheckEnumOp(
        "orders", "status", values, name="ck_orders_status", online=True
    )


def test_create_and_drop(any_postgresql: Database) -> None:
    """There and back, each twice."""
    db = any_postgresql
    plain = orders_with(sa.Column("status", sa.String(255)))
    db.create(plain)
    fill(db, "A", "B", None)
    there = catalog(db.engine)
    run(db, create("A", "B"))
    assert db.diff(orders("A", "B")) == []
    assert not_validated(db) == []
    assert_rerun_changes_nothing(db, create("A", "B"))
    run(db, create("A", "B").reverse())
    assert catalog(db.engine) == there
    assert_rerun_changes_nothing(db, create("A", "B").reverse())


def test_create_on_a_column_with_bad_rows(any_postgresql: Database) -> None:
    """Nothing is changed, and the rows are counted."""
    any_postgresql.create(orders_with(sa.Column("status", sa.String(255))))
    fill(any_postgresql, "A", "junk", each=2)
    before = state(any_postgresql)
    with pytest.raises(exc.RowsRemainError, match="'junk' in 2 rows"):
        run(any_postgresql, create("A"))
    assert state(any_postgresql) == before


def words(ran: list[Ran]) -> list[str]:
    """What each statement that changes something begins with, and its
    transaction.
    """
    pattern = r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|LOCK|ALTER|CREATE|DROP|UPDATE"
    pattern += r"|DELETE|COMMENT)\b( \w+)?"
    found: list[str] = []
    for statement in ran:
        if match := re.match(pattern, statement.text):
            found.append(match.group())
        if found[-2:] == ["BEGIN ISOLATION", "COMMIT"]:
            del found[-2:]
    return found


def test_add_is_two_transactions(any_postgresql: Database) -> None:
    """One ALTER TABLE swaps, under a lock that excludes migrations only;
    another validates, in a transaction of its own.
    """
    any_postgresql.create(orders("A"))
    with watched(any_postgresql) as ran:
        run(any_postgresql, alter(["A", "B"], ["A"]))
    assert words(ran)[:10] == [
        "BEGIN ISOLATION",
        "LOCK TABLE",
        "SAVEPOINT ckenum",
        "ALTER TABLE",
        "COMMIT",
        "BEGIN ISOLATION",
        "ALTER TABLE",
        "COMMIT",
        "BEGIN ISOLATION",
        "LOCK TABLE",
    ]
    lock, swap, validate, _ = (
        statement.text
        for statement in ran
        if statement.text.startswith(("ALTER", "LOCK"))
    )
    assert lock == "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE"
    assert swap == (
        "ALTER TABLE orders DROP CONSTRAINT ck_orders_status, ADD CONSTRAINT"
        " ck_orders_status CHECK (status OPERATOR(pg_catalog.=)"
        " ANY ('{A,B}')) NOT VALID"
    )
    assert validate == (
        "ALTER TABLE public.orders VALIDATE CONSTRAINT ck_orders_status"
    )


def test_trigger_comes_with_the_swap(any_postgresql: Database) -> None:
    """Into the same transaction, so that no instant is without it; it goes
    when all rows are known to be right.
    """
    any_postgresql.create(orders("NEW", "PAYED"))
    fill(any_postgresql, "PAYED", each=25)
    with watched(any_postgresql) as ran:
        run(any_postgresql, rename())
    assert words(ran) == [
        "BEGIN ISOLATION",
        "LOCK TABLE",
        "SAVEPOINT ckenum",
        "CREATE OR",
        "COMMENT ON",
        "ALTER TABLE",
        "CREATE OR",
        "COMMIT",
        *["BEGIN ISOLATION", "UPDATE ONLY", "COMMIT"] * 3,
        "BEGIN ISOLATION",
        "ALTER TABLE",
        "COMMIT",
        "BEGIN ISOLATION",
        "LOCK TABLE",
        "SAVEPOINT ckenum",
        "DROP TRIGGER",
        "DROP FUNCTION",
        "COMMIT",
    ]


@pytest.mark.parametrize("what", ["rename", "delete"])
def test_chunks(any_postgresql: Database, what: str) -> None:
    """No statement changes more rows than a chunk has, and each is there
    for others to see before the next begins.
    """
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=45)
    op = (
        rename()
        if what == "rename"
        else alter(["NEW"], ["NEW", "PAYED"], delete=["PAYED"])
    )
    other = sa.create_engine(db.engine.url)
    left: list[int] = []

    rehearsed = of_rehearsals()

    def look(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        tried = rehearsed(statement)
        if statement.startswith(("UPDATE", "DELETE")) and not tried:
            with other.connect() as session:
                left.append(
                    session.exec_driver_sql(
                        "SELECT count(*) FROM orders WHERE status = 'PAYED'"
                    ).scalar_one()
                )

    sa.event.listen(db.engine, "before_cursor_execute", look)
    with watched(db) as ran:
        run(db, op)
    other.dispose()
    assert left == [45, 35, 25, 15, 5]
    changed = [r.rows for r in ran if r.text.startswith(("UPD", "DEL"))]
    assert changed == [10, 10, 10, 10, 5]


@pytest.mark.parametrize("key", [True, False], ids=["key", "no key"])
def test_rows_that_others_move(any_postgresql: Database, key: bool) -> None:
    """They go before the swap as well, though they move while their chunk is
    changed.
    """
    db = any_postgresql
    db.create(orders("A", "B"))
    if not key:
        execute(db, "ALTER TABLE orders DROP CONSTRAINT orders_pkey")
    fill(db, "A", "B", each=15)
    other = sa.create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    moves, left = ["UPDATE orders SET status = status"], []
    rehearsed = of_rehearsals()

    def act(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if rehearsed(statement):
            return
        with other.connect() as connection:
            if statement.startswith("DELETE") and moves:
                connection.exec_driver_sql(moves.pop())
            if statement.startswith("LOCK"):
                count = "SELECT count(*) FROM orders WHERE status = 'B'"
                left.append(connection.exec_driver_sql(count).scalar())

    sa.event.listen(db.engine, "before_cursor_execute", act)
    run(db, alter(["A"], ["A", "B"], delete=["B"]))
    other.dispose()
    assert not moves
    assert left[0] == 0


def test_rows_go_before_the_swap(any_postgresql: Database) -> None:
    """For an UPDATE of a row that violates the constraint would fail."""
    any_postgresql.create(orders("A", "B"))
    fill(any_postgresql, "A", "B", each=5)
    with watched(any_postgresql) as ran:
        run(any_postgresql, alter(["A"], ["A", "B"], delete=["B"]))
    assert words(ran)[:6] == [
        "BEGIN ISOLATION",
        "DELETE FROM",
        "COMMIT",
        "BEGIN ISOLATION",
        "LOCK TABLE",
        "SAVEPOINT ckenum",
    ]


def test_what_came_before_is_committed(any_postgresql: Database) -> None:
    """So a failure does not take it back: the directive goes alone."""
    any_postgresql.create(orders("A"))
    execute(any_postgresql, "CREATE VIEW v AS SELECT status FROM orders")
    with pytest.raises(exc.OnlineBlockedError):
        with any_postgresql.operations() as op:
            op.execute("INSERT INTO orders VALUES (1, 'A')")
            op.invoke(alter(["A", "B"], ["A"], table="v"))
    assert any_postgresql.column("orders") == ["A"]
    assert any_postgresql.diff(orders("A")) == []


def test_what_comes_after_is_in_a_transaction(
    any_postgresql: Database,
) -> None:
    """As without it."""
    any_postgresql.create(orders("A"))
    with pytest.raises(ZeroDivisionError):
        with any_postgresql.operations() as op:
            op.invoke(alter(["A", "B"], ["A"]))
            op.execute("INSERT INTO orders VALUES (1, 'B')")
            1 / 0
    assert any_postgresql.column("orders") == []
    assert any_postgresql.diff(orders("A", "B")) == []


def contended(db: Database, other: sa.Engine) -> None:
    """Rename while another session holds the table, then some of its rows
    when the change has come that far.
    """
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=45)
    with other.connect() as session:
        session.exec_driver_sql("LOCK orders IN ROW EXCLUSIVE MODE")
        with pytest.raises(exc.LockTimeoutError, match="idle in transaction"):
            run(db, rename(), deadline=0.2)
        session.rollback()

        rehearsed = of_rehearsals()

        def lock(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
            tried = rehearsed(statement) or session.in_transaction()
            if statement.startswith("UPDATE") and not tried:
                session.exec_driver_sql(
                    "SELECT id FROM orders WHERE id IN (3, 4) FOR UPDATE"
                )

        sa.event.listen(db.engine, "before_cursor_execute", lock)
        with pytest.raises(exc.LockTimeoutError, match="idle in transaction"):
            run(db, rename(), deadline=0.2)
        sa.event.remove(db.engine, "before_cursor_execute", lock)
        assert db.column("orders").count("PAYED") == 2
    run(db, rename())
    assert db.column("orders") == ["PAID"] * 45
    assert not_validated(db) == triggers(db) == []


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "pg8000"])
def test_drivers(any_postgresql: Database, driver: str) -> None:
    """Each tells in its own way that a lock was not to be had."""
    url = any_postgresql.engine.url.set(drivername=f"postgresql+{driver}")
    db = Database(of_driver(url))
    try:
        contended(db, any_postgresql.engine)
    finally:
        db.dispose()


class Asynchronous(Database):
    """Of which asyncpg runs everything, in a loop of its own."""

    def __init__(self, url: sa.URL) -> None:
        self.engine = create_async_engine(url).sync_engine
        self.name = self.engine.dialect.name
        self.options = {}


def test_asynchronous_driver(any_postgresql: Database) -> None:
    """As env.py of Alembic's asynchronous template runs it."""
    url = any_postgresql.engine.url.set(drivername="postgresql+asyncpg")

    async def main() -> None:
        db = Asynchronous(url)
        try:
            await greenlet_spawn(contended, db, any_postgresql.engine)
        finally:
            await greenlet_spawn(db.dispose)

    asyncio.run(main())


def test_batch(db: Database) -> None:
    """A batch block is one transaction: it refuses ``online=True`` where
    that means something.
    """
    db.create(orders("NEW", "PAYED"))
    fill(db, "NEW", "PAYED")

    def change(op: Any) -> None:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.alter_check_enum(
                "status",
                ["NEW", "PAID"],
                existing_values=["NEW", "PAYED"],
                name="ck_orders_status",
                rename={"PAYED": "PAID"},
                online=True,
            )

    refused = pytest.raises(
        exc.DirectiveError, match="not possible in a batch"
    )
    with refused if db.name == "postgresql" else nullcontext():
        with db.operations() as op:
            change(op)
    now = "PAYED" if db.name == "postgresql" else "PAID"
    assert db.column("orders") == ["NEW", now] * 12
    assert db.diff(orders("NEW", now)) == []


def test_sqlite(any_sqlite: Database) -> None:
    """There it changes nothing, and no statement."""
    ran = []
    for online in (False, True):
        any_sqlite.create(orders("NEW", "PAYED"))
        fill(any_sqlite, "NEW", "PAYED", each=3)
        with watched(any_sqlite) as statements:
            run(any_sqlite, rename(online=online))
        ran.append([statement.text for statement in statements])
        assert any_sqlite.column("orders") == ["NEW", "PAID"] * 3
        orders("NEW").drop_all(any_sqlite.engine)
    assert ran[0] == ran[1]
