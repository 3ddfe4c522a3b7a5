"""The databases that tests get one after the other."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from .backends import Servers

KINDS = ["sqlite", "postgresql"]


@pytest.mark.parametrize("backend", KINDS)
def test_kept_database_is_empty(servers: Servers, backend: str) -> None:
    """Tables are gone, also where a connection was left in a transaction."""
    with servers.database(backend) as url:
        open_ = servers.engine(url).connect()
        open_.exec_driver_sql("CREATE TABLE t (id INT)")
        open_.commit()
        open_.exec_driver_sql("INSERT INTO t VALUES (1)")
    with servers.database(backend) as again:
        assert again == url
        assert sa.inspect(servers.engine(again)).get_table_names() == []
    open_.invalidate()
    open_.close()


@pytest.mark.parametrize("backend", KINDS)
def test_nobody_listens_to_the_next(servers: Servers, backend: str) -> None:
    """Neither to its engine nor to its connections."""
    heard: list[str] = []

    def listen(engine: sa.Engine, event: str) -> None:
        def hear(*args: Any) -> None:
            heard.append(event)

        sa.event.listen(engine, event, hear)

    with servers.database(backend) as url:
        engine = servers.engine(url)
        for event in "connect", "checkout", "begin", "before_cursor_execute":
            listen(engine, event)
    heard.clear()  # while it was emptied
    with servers.database(backend) as url, servers.engine(url).begin() as c:
        c.exec_driver_sql("SELECT 1")
    assert heard == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET statement_timeout = 5000",
        "ALTER DATABASE {} SET statement_timeout = 5000",
        "SET SESSION ROLE pg_monitor",
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "DROP EXTENSION plpgsql",
    ],
)
def test_session_is_as_new(servers: Servers, statement: str) -> None:
    """Whatever a test has done to the connection that is kept."""

    def session(connection: sa.Connection) -> Any:
        return connection.exec_driver_sql(
            "SELECT current_user, current_setting('statement_timeout'),"
            " (SELECT count(*) FROM pg_extension)"
        ).one()

    with servers.database("postgresql") as url:
        with servers.engine(url).connect() as connection:
            before = session(connection)
        autocommit = servers.engine(url).execution_options(
            isolation_level="AUTOCOMMIT"
        )
        with autocommit.connect() as connection:
            try:
                connection.exec_driver_sql(statement.format(url.database))
            except sa.exc.OperationalError:  # the session has ended
                pass
        servers.engine(url).dispose()  # a new one has what was set
        with servers.engine(url).connect():
            pass
    with servers.database("postgresql") as url:
        with servers.engine(url).connect() as connection:
            assert session(connection) == before
