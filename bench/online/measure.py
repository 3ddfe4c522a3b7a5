"""One run: a migration of a fresh table, while clients use it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
import multiprocessing
import os
import time
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

from .clients import call
from .clients import Calls
from .locks import watched
from .table import fresh
from .variants import Variant

WARM = 0.7
AROUND = 1.0
"""Seconds before the migration, and after it, that are watched as well."""

WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'"
OWN_WAL = "SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid())"
HEAP = "SELECT pg_relation_size('orders')"


@dataclass
class Migration:
    """What the migrating process saw; times of the clients' clock."""

    start: float
    end: float
    holds: list[tuple[str, float]]
    wal: int
    wal_of_all: int
    growth: int


@dataclass
class Run:
    """A migration, and what the clients met meanwhile.

    :ivar load: processes that the machine had to run, on average of a
        minute, when it was over.
    """

    variant: Variant
    rows: int
    migration: Migration
    calls: dict[str, Calls]
    load: float

    @property
    def wall(self) -> float:
        return self.migration.end - self.migration.start

    @property
    def lock(self) -> float:
        """The longest that the table was locked for everybody else."""
        return max((held for _, held in self.migration.holds), default=0.0)

    @property
    def window(self) -> tuple[float, float]:
        return self.migration.start - AROUND, self.migration.end + AROUND

    def stall(self, client: str) -> float:
        return self.calls[client].longest(*self.window)

    def errors(self, client: str) -> Counter[str]:
        calls = self.calls.get(client, Calls())
        return calls.failed(*self.window)


def conninfo(url: sa.URL) -> str:
    plain = url.set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def run(url: sa.URL, variant: Variant, rows: int, seed: int) -> Run:
    """Measure one variant.

    :param seed: of the clients' dice.
    """
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    fresh(engine, variant.values, variant.native, variant.beside)
    engine.dispose()
    kinds = variant.clients
    processes = multiprocessing.get_context("spawn")
    ready = processes.Barrier(len(kinds) + 1, timeout=60)
    stop = processes.Event()
    with ProcessPoolExecutor(
        len(kinds) + 1, processes, share, (ready, stop)
    ) as pool:
        calls = {
            kind: pool.submit(client, kind, conninfo(url), rows, seed)
            for kind in kinds
        }
        migration = pool.submit(migrate, url, variant).result()
        return Run(
            variant,
            rows,
            migration,
            {kind: future.result() for kind, future in calls.items()},
            os.getloadavg()[0],
        )


shared: list[Any] = []


def share(*things: Any) -> None:
    """In each process: what only comes along when it starts."""
    shared[:] = things


def client(kind: str, where: str, rows: int, seed: int) -> Calls:
    return call(kind, where, rows, seed, *shared)


def migrate(url: sa.URL, variant: Variant) -> Migration:
    """Run a variant as ``alembic upgrade`` would, in a new process."""
    ready, stop = shared
    if variant.native:
        import alembic_postgresql_enum  # noqa: F401
    engine, holds = watched(conninfo(url), url, "orders")
    try:
        with engine.connect() as connection:
            before = figures(connection)
            context = MigrationContext.configure(connection)
            ready.wait()
            time.sleep(WARM + AROUND)
            before = figures(connection)
            start = time.monotonic()
            with context.begin_transaction():
                with Operations.context(context) as op:
                    variant.run(op)
            end = time.monotonic()
            after = figures(connection)
            time.sleep(AROUND)
    finally:
        stop.set()
    wal, wal_of_all, growth = (b - a for a, b in zip(before, after))
    return Migration(
        start,
        end,
        [hold for each in holds for hold in each.done],
        wal,
        wal_of_all,
        growth,
    )


def figures(connection: sa.Connection) -> tuple[int, int, int]:
    """WAL of this connection and of all so far, and the heap, in bytes.

    Before PostgreSQL 18 it does not tell the WAL of one connection: then
    the first is the second, the clients' own included.
    """
    tells = (connection.dialect.server_version_info or ()) >= (18,)
    if tells:
        connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        connection.rollback()
    wal = connection.scalar(sa.text(WAL))
    own = connection.scalar(sa.text(OWN_WAL)) if tells else wal
    heap = connection.scalar(sa.text(HEAP))
    connection.rollback()
    return int(own), int(wal), int(heap)
