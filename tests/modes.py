"""The ways in which people have a migration's connection commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import functools
import sys
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

Mode = Callable[[sa.Connection], Any]

ASYNCHRONOUS = {"asyncpg", "aiosqlite"}


@contextmanager
def transaction(
    connection: sa.Connection,
    _per_migration: bool = True,
    **opts: Any,
) -> Iterator[Operations]:
    """As ``run_migrations()`` runs one migration."""
    context = MigrationContext.configure(connection, opts=opts)
    with context.begin_transaction():
        with context.begin_transaction(_per_migration=True):
            yield Operations(context)


@contextmanager
def autocommit_block(connection: sa.Connection) -> Iterator[Operations]:
    with transaction(connection) as op:
        with op.get_context().autocommit_block():
            yield op


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[Operations]:
    with transaction(connection) as op:
        with connection.begin_nested():
            yield op


@contextmanager
def outer_transaction(connection: sa.Connection) -> Iterator[Operations]:
    """One that begins and ends outside of Alembic."""
    with connection.begin():
        with transaction(connection) as op:
            yield op


@contextmanager
def no_transaction(connection: sa.Connection) -> Iterator[Operations]:
    """None of Alembic's: the directive is the connection's first statement,
    and who connected commits.
    """
    yield Operations(MigrationContext.configure(connection))
    connection.commit()


@contextmanager
def autocommit_level(connection: sa.Connection) -> Iterator[Operations]:
    connection.execution_options(isolation_level="AUTOCOMMIT")
    with transaction(connection) as op:
        yield op


def commits_by_itself(dbapi_connection: Any, _: Any) -> None:
    """A ``connect`` event: autocommit, behind SQLAlchemy's back."""
    dbapi_connection.autocommit = True


@contextmanager
def autocommit_driver(connection: sa.Connection) -> Iterator[Operations]:
    commits_by_itself(connection.connection.dbapi_connection, None)
    with transaction(connection) as op:
        yield op


MODES: dict[str, Mode] = {
    "transaction": transaction,
    "per_migration": functools.partial(
        transaction, transaction_per_migration=True
    ),
    "transactional_ddl=False": functools.partial(
        transaction, transactional_ddl=False
    ),
    "autocommit_block": autocommit_block,
    "AUTOCOMMIT": autocommit_level,
    "driver's autocommit": autocommit_driver,
    "savepoint": savepoint,
    "outer transaction": outer_transaction,
    "no transaction": no_transaction,
}

AUTOCOMMIT = {"autocommit_block", "AUTOCOMMIT", "driver's autocommit"}
"""Those in which each statement is committed as it is run."""

OF_THE_DRIVER = {*AUTOCOMMIT, "transaction", "savepoint"}
"""Those in which drivers differ."""

Prepare = Callable[[sa.Engine], None]


def _savepoint_recipe(engine: sa.Engine) -> None:
    """SQLAlchemy's, of the pysqlite dialect's documentation."""

    def connect(dbapi_connection: Any, _: Any) -> None:
        dbapi_connection.isolation_level = None

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    sa.event.listen(engine, "connect", connect)
    sa.event.listen(engine, "begin", begin)


SQLITE: dict[str, tuple[dict[str, Any], Prepare | None]] = {
    "legacy": ({}, None),
    "recipe": ({}, _savepoint_recipe),
    "AUTOCOMMIT": ({"isolation_level": "AUTOCOMMIT"}, None),
}
"""How SQLite's driver commits: arguments of the engine, and what prepares
it."""

if sys.version_info >= (3, 12):
    for value in True, False:
        SQLITE[f"autocommit={value}"] = (
            {"connect_args": {"autocommit": value}},
            None,
        )


def of_driver(url: sa.URL) -> sa.URL:
    """A socket is named in another way to pg8000."""
    if url.drivername != "postgresql+pg8000" or "host" not in url.query:
        return url
    path = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
    return url.set(query={"unix_sock": path})


def engine_of(url: sa.URL, driver: str, begins: str = "legacy") -> sa.Engine:
    """
    :param begins: which of :data:`SQLITE`.
    """
    arguments, prepare = SQLITE[begins]
    name = f"{url.get_backend_name()}+{driver}"
    url = of_driver(url.set(drivername=name))
    options: dict[str, Any] = {"poolclass": NullPool, **arguments}
    if driver in ASYNCHRONOUS:
        engine = create_async_engine(url, **options).sync_engine
    else:
        engine = sa.create_engine(url, **options)
    if prepare is not None:
        prepare(engine)
    return engine


def run(driver: str, function: Callable[[], None]) -> None:
    """In a loop, where the driver has need of one."""
    if driver in ASYNCHRONOUS:
        asyncio.run(greenlet_spawn(function))
    else:
        function()
