"""Online changes while others are in the way, and at work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextlib import suppress
import threading
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ddl.postgresql.online import migrator
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp

from .adversaries import ADD
from .adversaries import at_step
from .adversaries import BEFORE
from .adversaries import before_steps
from .adversaries import begin
from .adversaries import BLOCKED
from .adversaries import CREATE
from .adversaries import DELETE
from .adversaries import DROP
from .adversaries import FEW
from .adversaries import is_validated
from .adversaries import KEEP_TRIGGER
from .adversaries import NAME
from .adversaries import ORDERS
from .adversaries import other_session
from .adversaries import outcome
from .adversaries import REMOVE
from .adversaries import RENAME
from .adversaries import RENAME_AND_DELETE
from .adversaries import steps
from .adversaries import undisturbed
from .adversaries import values
from .adversaries import wait_for
from .adversaries import when_blocked
from .adversaries import WHERE
from .online import alter
from .online import execute
from .online import fetch
from .online import run
from .online import state
from .online import triggers
from .roundtrip import Database
from .traffic import traffic

ROWS = 300


def insert(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.insert(ORDERS), {"status": "NEW", "note": number})


def update(connection: sa.Connection, number: int) -> None:
    """A column of any row, which the change may be about to change."""
    connection.execute(
        sa.update(ORDERS)
        .where(ORDERS.c.id == number * 7 % ROWS + 1)
        .values(note=number)
    )


# -- who holds the lock ---------------------------------------------------


def test_reader_that_sits_on_the_table(any_postgresql: Database) -> None:
    """Writers get in between two attempts, though the reader stays."""
    db = any_postgresql
    begin(db, ADD)
    tried = 0
    with (
        db.engine.connect() as reader,
        traffic(db.engine.url, insert) as [writer],
    ):
        reader.execute(sa.select(ORDERS)).all()

        def before(number: int, text: str) -> None:
            nonlocal tried
            if text.startswith("ALTER"):
                tried += 1
                writer.goes_on()
                if tried == 4:
                    reader.rollback()

        with before_steps(db, before):
            run(db, ADD)
    assert writer.errors == []
    assert tried >= 4
    assert is_validated(db)


def test_reader_that_sits_on_the_table_offline(postgresql: Database) -> None:
    """Writers wait for that reader where the change is not online."""
    db = postgresql
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ADD.values,
        existing_values=BEFORE,
        name=ADD.name,
    )
    begin(db, op)
    with db.engine.connect() as reader, other_session(db) as writer:
        reader.execute(sa.select(ORDERS)).all()

        def write() -> None:
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                insert(writer, 1)
            reader.rollback()

        with when_blocked(db, write):
            run(db, op)
    assert is_validated(db)


@pytest.fixture
def eager_autovacuum(postgresql: Database) -> Iterator[None]:
    """A server that looks for tables to vacuum every second."""
    with other_session(postgresql) as connection:
        connection.exec_driver_sql("ALTER SYSTEM SET autovacuum_naptime = 1")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield
        connection.exec_driver_sql("ALTER SYSTEM RESET autovacuum_naptime")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


AUTOVACUUM_HOLDS = """
    SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.relation = 'orders'::regclass AND l.granted
      AND a.backend_type = 'autovacuum worker'
    """


def test_autovacuum(postgresql: Database, eager_autovacuum: None) -> None:
    """It is sent away, for it would take minutes, and writers go on until
    it is: that takes ``deadlock_timeout``.
    """
    calls: list[int] = []
    patient = Database(
        postgresql.engine.url,
        connect_args={"options": "-c deadlock_timeout=3s"},
    )
    begin(postgresql, RENAME, each=5000)
    execute(
        postgresql,
        "ALTER TABLE orders SET (autovacuum_vacuum_threshold = 0, "
        "autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = "
        "1000000, autovacuum_vacuum_cost_delay = 100, "
        "autovacuum_vacuum_cost_limit = 1)",
        "UPDATE orders SET note = 1",
    )
    worker, *_ = wait_for(postgresql, AUTOVACUUM_HOLDS)
    with traffic(postgresql.engine.url, insert) as [writer]:

        def look(number: int, text: str) -> None:
            if worker in fetch(postgresql, AUTOVACUUM_HOLDS):
                calls[:] = [writer.calls]
            elif len(calls) == 1:
                calls.append(writer.calls)

        with before_steps(patient, look):
            run(patient, RENAME, rows_per_chunk=1000)
    patient.dispose()
    assert writer.errors == []
    waited_from, until = calls
    assert until > waited_from + 3
    assert is_validated(postgresql)
    assert values(postgresql) == {"NEW", "PAID", "JUNK"}


@pytest.mark.parametrize(
    "op",
    [ADD, RENAME, CREATE, DROP],
    ids=["add", "rename", "create", "drop"],
)
def test_idle_in_transaction_until_the_deadline(
    any_postgresql: Database, op: Any
) -> None:
    """The error names who it is; nothing is changed; when that transaction
    is over, the next run succeeds.
    """
    db = any_postgresql
    expected = undisturbed(db, op)
    begin(db, op)
    before = state(db)
    with db.engine.connect() as other:
        other.execute(sa.select(ORDERS)).all()
        pid = other.scalar(sa.func.pg_backend_pid().select())
        with pytest.raises(exc.LockTimeoutError) as caught:
            run(db, op, deadline=0.3)
        (holder,) = caught.value.holders
        assert holder.pid == pid
        assert holder.state == "idle in transaction"
        assert f"pid {pid} (idle in transaction, query began 20" in str(
            caught.value
        )
        assert state(db) == before
    run(db, op, settings=FEW)
    assert outcome(db) == expected


def test_deadline_is_for_waiting(any_postgresql: Database) -> None:
    """Not for changing many rows, of which one is held for a while."""
    db = any_postgresql
    begin(db, RENAME, each=10)
    updates = 0
    with db.engine.connect() as other:

        def before(number: int, text: str) -> None:
            nonlocal updates
            updates += text.startswith("UPDATE")
            if updates == 1:
                other.execute(sa.select(ORDERS).with_for_update())
            elif updates == 2:
                other.rollback()

        with before_steps(db, before):
            run(db, RENAME, settings=FEW, deadline=0.3, chunk_pause=0.1)
    assert updates > 5
    assert values(db) == {"NEW", "PAID", "JUNK"}


def test_timeouts_are_not_for_migrations(postgresql: Database) -> None:
    """Those of the role, of statements, transactions and sessions that are
    idle in one, end no change that waits for its lock.
    """
    limits = ["statement", "transaction", "idle_in_transaction_session"]
    hasty = Database(
        postgresql.engine.url,
        connect_args={
            "options": " ".join(f"-c {what}_timeout=1500" for what in limits)
        },
    )
    begin(postgresql, ADD)
    with postgresql.engine.connect() as other:
        other.exec_driver_sql("LOCK orders IN SHARE UPDATE EXCLUSIVE MODE")
        end = threading.Timer(2, other.rollback)
        with at_step(hasty, 2, end.start):
            run(hasty, ADD)
        end.join()
    assert is_validated(postgresql)
    assert fetch(hasty, "SHOW transaction_timeout") == ["1500ms"]
    hasty.dispose()


def test_create_again_with_the_value_that_was_missing(
    any_postgresql: Database,
) -> None:
    """A row that came before the constraint holds it: the next run takes
    the constraint that the first has left for its own.
    """
    db = any_postgresql
    begin(db, CREATE)
    op = CreateCheckEnumOp("orders", "status", [*BEFORE, "ODD"], **WHERE)
    with other_session(db) as other:

        def before(number: int, text: str) -> None:
            if "NOT VALID" in text:
                other.execute(sa.insert(ORDERS), {"status": "ODD"})

        with before_steps(db, before):
            with pytest.raises(exc.RowsRemainError, match="add the values"):
                run(db, CREATE)
    run(db, op)
    assert is_validated(db)
    assert "ODD" in values(db)


# -- who writes meanwhile -------------------------------------------------


@pytest.mark.parametrize(
    "op",
    [ADD, KEEP_TRIGGER, RENAME_AND_DELETE, CREATE],
    ids=["add", "rename", "rename and delete", "create"],
)
def test_six_writers_without_a_pause(
    any_postgresql: Database, op: Any
) -> None:
    """None sees an error, and no row is lost."""
    db = any_postgresql
    begin(db, op, each=ROWS // 3)
    renamed = {**getattr(op, "rename", {})}
    deleted = [*getattr(op, "delete", ())]
    left = ROWS // 3 * (3 - len(deleted))
    with traffic(db.engine.url, *[insert] * 3, *[update] * 3) as clients:
        run(db, op, rows_per_chunk=10)
    assert [client.errors for client in clients] == [[]] * 6
    inserted = sum(client.calls for client in clients[:3])
    assert len(db.column("orders")) == left + inserted
    assert values(db) == {
        renamed.get(value, value) for value in BEFORE if value not in deleted
    }
    assert is_validated(db)


def insert_old(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.insert(ORDERS), {"status": "PAYED", "note": number})


def update_to_old(connection: sa.Connection, number: int) -> None:
    connection.execute(
        sa.update(ORDERS)
        .where(ORDERS.c.id == number * 11 % ROWS + 1)
        .values(status="PAYED")
    )


def upsert_old(connection: sa.Connection, number: int) -> None:
    connection.exec_driver_sql(
        "INSERT INTO orders (id, status) VALUES (%s, 'PAYED') "
        "ON CONFLICT (id) DO UPDATE SET status = excluded.status, note = -1",
        (number * 13 % ROWS + 1,),
    )


def merge_old(connection: sa.Connection, number: int) -> None:
    connection.exec_driver_sql(
        "MERGE INTO orders USING (VALUES (%s)) v (id) ON orders.id = v.id "
        "WHEN MATCHED THEN UPDATE SET status = 'PAYED'",
        (number * 17 % ROWS + 1,),
    )


def copy_old(connection: sa.Connection, number: int) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor().copy("COPY orders (status) FROM STDIN") as copy:
        copy.write_row(("PAYED",))


def execute_old(connection: sa.Connection, number: int) -> None:
    if number == 1:
        connection.exec_driver_sql(
            "PREPARE old (int) AS "
            "UPDATE orders SET status = 'PAYED' WHERE id = $1"
        )
    connection.exec_driver_sql(f"EXECUTE old ({number * 19 % ROWS + 1})")


def test_old_application_while_a_value_is_renamed(
    any_postgresql: Database,
) -> None:
    """It goes on writing the old value, in all the ways that there are, and
    sees no error, also when all is done; no row holds it then.
    """
    db = any_postgresql
    begin(db, KEEP_TRIGGER, each=ROWS // 3)
    ways = [update_to_old, upsert_old, merge_old, execute_old, update]
    with traffic(db.engine.url, insert_old, copy_old, *ways) as clients:
        run(db, KEEP_TRIGGER, rows_per_chunk=10)
        assert "PAYED" not in values(db)
    assert [client.errors for client in clients] == [[]] * 7
    assert "PAYED" not in values(db)
    inserted = sum(client.calls for client in clients[:2])
    assert len(db.column("orders")) == ROWS + inserted
    assert is_validated(db)


def backwards(connection: sa.Connection, number: int) -> None:
    """A transaction that locks rows from the last to the first."""
    connection.exec_driver_sql("BEGIN")
    try:
        for row in range(ROWS, 0, -ROWS // 10):
            connection.execute(
                sa.update(ORDERS).where(ORDERS.c.id == row).values(note=row)
            )
    finally:
        connection.exec_driver_sql("COMMIT")


def test_transactions_in_another_order(any_postgresql: Database) -> None:
    """Those that lock rows from the other end are told of no deadlock."""
    db = any_postgresql
    begin(db, RENAME, each=ROWS // 3)
    with traffic(db.engine.url, backwards, backwards) as clients:
        run(db, RENAME, rows_per_chunk=50)
    assert [client.errors for client in clients] == [[], []]
    assert values(db) == {"NEW", "PAID", "JUNK"}


def test_change_gives_way(any_postgresql: Database) -> None:
    """It does not wait for a row, while others wait for those it has, for
    so long that one of them could be told of a deadlock.
    """
    db = any_postgresql
    begin(db, RENAME)
    patient = Database(
        db.engine.url,
        connect_args={"options": "-c deadlock_timeout=60s"},
    )
    update = sa.update(ORDERS).values(note=1)
    holds_last = threading.Event()
    with (
        other_session(
            db, lock_timeout="100s", deadlock_timeout="20s"
        ) as application,
        ThreadPoolExecutor() as pool,
    ):

        def before(number: int, text: str) -> None:
            if text.startswith("UPDATE") and not holds_last.is_set():
                application.exec_driver_sql("BEGIN")
                application.execute(update.where(ORDERS.c.id == 8))
                holds_last.set()

        with before_steps(patient, before):
            migration = pool.submit(
                run, patient, RENAME, lock_timeout=1, deadline=100
            )
            assert holds_last.wait(100)
            wait_for(db, BLOCKED)
            application.execute(update.where(ORDERS.c.id == 2))
            application.exec_driver_sql("COMMIT")
            migration.result()
    patient.dispose()
    assert values(db) == {"NEW", "PAID", "JUNK"}


class Writer:
    """Inserts a row in a transaction that is open for one step of a change,
    until its next statement.

    :ivar rows: how many there are then.
    :ivar errors: SQLSTATEs of where it could not.
    """

    def __init__(self, connection: sa.Connection, status: str) -> None:
        self.connection = connection
        self.status = status
        self.rows = 0
        self.errors: set[str | None] = set()

    @contextmanager
    def before(self, db: Database, at: int) -> Iterator[None]:
        def act(number: int, text: str) -> None:
            if number == at:
                self._insert()

        sa.event.listen(db.engine, "before_cursor_execute", self._commit)
        with before_steps(db, act):
            yield
        sa.event.remove(db.engine, "before_cursor_execute", self._commit)
        self._commit()

    def _insert(self) -> None:
        self.connection.exec_driver_sql("BEGIN")
        try:
            self.connection.execute(sa.insert(ORDERS), {"status": self.status})
            self.rows += 1
        except sa.exc.DBAPIError as error:
            assert isinstance(error.orig, psycopg.Error)
            self.errors.add(error.orig.sqlstate)

    def _commit(self, *_: Any) -> None:
        self.connection.exec_driver_sql("COMMIT")


IS_LOCKED, IS_REFUSED = "55P03", "23514"


@pytest.mark.slow
@pytest.mark.parametrize("trigger", [True, False])
def test_renamed_value_written_between_steps(
    postgresql: Database, trigger: bool
) -> None:
    """It becomes the new one; without a trigger, it is so or refused."""
    db = postgresql
    if not trigger:
        execute(db, "DROP EXTENSION plpgsql")
    number = len(steps(db, KEEP_TRIGGER))
    with other_session(db) as connection:
        for at in range(1, number + 1):
            begin(db, KEEP_TRIGGER)
            writer = Writer(connection, "PAYED")
            with writer.before(db, at):
                run(db, KEEP_TRIGGER, settings=FEW)
            assert writer.errors <= {
                IS_LOCKED,
                None if trigger else IS_REFUSED,
            }
            assert sorted(db.column("orders")) == sorted(
                ["NEW", "PAID", "JUNK"] * 3 + ["PAID"] * writer.rows
            )
            assert is_validated(db)
    assert number > 5


@pytest.mark.slow
def test_deleted_value_written_between_steps(postgresql: Database) -> None:
    """Such rows go as well, until new ones are refused."""
    db = postgresql
    number = len(steps(db, DELETE))
    with other_session(db) as connection:
        for at in range(1, number + 1):
            begin(db, DELETE)
            writer = Writer(connection, "JUNK")
            with writer.before(db, at):
                run(db, DELETE, settings=FEW)
            assert writer.errors <= {IS_LOCKED, IS_REFUSED}
            assert sorted(db.column("orders")) == sorted(["NEW", "PAYED"] * 3)
            assert is_validated(db)
    assert number > 5


@pytest.mark.slow
def test_removed_value_written_between_steps(postgresql: Database) -> None:
    """Rows that came before the new constraint are told of, which then
    refuses others; when they are gone, the next run succeeds.
    """
    db = postgresql
    without = "DELETE FROM orders WHERE status = 'JUNK'"
    told = 0
    number = len(steps(db, ADD))  # as many
    with other_session(db) as connection:
        for at in range(1, number + 1):
            begin(db, REMOVE)
            execute(db, without)
            writer = Writer(connection, "JUNK")
            with writer.before(db, at):
                try:
                    run(db, REMOVE, settings=FEW)
                except exc.RowsRemainError as error:
                    assert error.taken_back
                    assert error.counts == {"JUNK": 1}
                    told += 1
                    db.insert("orders", status="JUNK")
                    assert is_validated(db)
                else:
                    with pytest.raises(sa.exc.IntegrityError):
                        db.insert("orders", status="JUNK")
            assert writer.errors <= {IS_LOCKED, IS_REFUSED}
            execute(db, without)
            run(db, REMOVE, settings=FEW)
            assert is_validated(db)
    assert 0 < told < number


# -- who migrates as well -------------------------------------------------


@contextmanager
def without_advisory_lock() -> Iterator[None]:
    """Migrate as one does who does not know of the first one's lock: an
    older version, or a directive that is not online.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrator, "KEY", migrator.KEY + 1)
        yield


@pytest.mark.parametrize(
    "op",
    [
        ADD,
        pytest.param(RENAME_AND_DELETE, marks=pytest.mark.slow),
        CREATE,
        DROP,
    ],
    ids=["add", "rename and delete", "create", "drop"],
)
def test_migration_between_steps_of_another(
    postgresql: Database, op: Any
) -> None:
    """The second, between any two steps of the first, is through or is told
    of the lock; the first succeeds, and running it again changes nothing.
    """
    db = postgresql
    expected = undisturbed(db, op)
    second = Database(
        db.engine.url, connect_args={"options": "-c lock_timeout=50ms"}
    )
    through = 0

    def migrate() -> None:
        nonlocal through
        try:
            with without_advisory_lock():
                run(second, op, settings=FEW, deadline=0.05)
            through += 1
        except exc.LockTimeoutError as error:
            assert error.holders
        except sa.exc.OperationalError as error:
            # before it wants the lock, when it looks what there is
            assert isinstance(error.orig, psycopg.errors.LockNotAvailable)

    number = len(steps(db, op))
    for at in range(1, number + 1):
        begin(db, op)
        with at_step(db, at, migrate):
            run(db, op, settings=FEW)
        assert outcome(db) == expected
        run(db, op, settings=FEW)
        assert outcome(db) == expected
    second.dispose()
    assert 0 < through < number


NEXT = alter(
    ["NEW", "PAID", "JUNK", "SHIPPED"],
    [*BEFORE, "SHIPPED"],
    rename={"PAYED": "PAID"},
    keep_trigger=True,
)


def test_migration_that_another_has_overtaken(postgresql: Database) -> None:
    """It takes back nothing of what the other has done after the same
    change, the trigger neither: it is through, or says what it has found.
    """
    db = postgresql
    second = Database(
        db.engine.url, connect_args={"options": "-c lock_timeout=50ms"}
    )
    overtaken: list[bool] = []

    def overtake() -> None:
        with suppress(exc.LockTimeoutError, sa.exc.OperationalError):
            with without_advisory_lock():
                run(second, ADD, NEXT, settings=FEW, deadline=0.05)
            overtaken.append(True)

    begin(db, ADD)
    run(db, ADD, NEXT, settings=FEW)
    expected = outcome(db)
    told = 0
    for at in range(1, len(steps(db, ADD)) + 1):
        begin(db, ADD)
        overtaken.clear()
        with at_step(db, at, overtake):
            try:
                run(db, ADD, settings=FEW)
            except exc.ConstraintDiffersError as error:
                assert error.found == ("JUNK", "NEW", "PAID", "SHIPPED")
                told += 1
        if not overtaken:
            run(db, NEXT, settings=FEW)
        assert outcome(db) == expected
    second.dispose()
    assert told > 0


def test_two_migrations_at_once(any_postgresql: Database) -> None:
    """Both succeed, as one does; again and again."""
    db = any_postgresql
    expected = undisturbed(db, RENAME_AND_DELETE)
    second = Database(db.engine.url)
    for _ in range(5):
        begin(db, RENAME_AND_DELETE)
        start = threading.Barrier(2)

        def migrate(database: Database) -> None:
            start.wait()
            run(database, RENAME_AND_DELETE, settings=FEW)

        with ThreadPoolExecutor() as pool:
            for done in [
                pool.submit(migrate, database) for database in (db, second)
            ]:
                done.result()
        assert outcome(db) == expected
    second.dispose()


def test_constraint_dropped_between_steps(postgresql: Database) -> None:
    """Who drops it while the rows change is found out: the migration does
    not end as if it were there, and goes on when it is there again.
    """
    db = postgresql
    begin(db, RENAME)
    seen: list[str] = []
    with other_session(db) as other:

        def drop(_: int, text: str) -> None:
            swapped = any("NOT VALID" in each for each in seen)
            if swapped and text.startswith("BEGIN") and "" not in seen:
                seen.append("")
                other.exec_driver_sql(
                    f"ALTER TABLE orders DROP CONSTRAINT {NAME}"
                )
            seen.append(text)

        with before_steps(db, drop):
            with pytest.raises(exc.DirectiveError, match="dropped the"):
                run(db, RENAME, settings=FEW)
    run(db, CreateCheckEnumOp("orders", "status", RENAME.values, **WHERE))
    run(db, RENAME, settings=FEW)
    assert is_validated(db)
    assert triggers(db) == []
