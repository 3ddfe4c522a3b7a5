"""Foreign tables: the CHECK that counts is another server's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ckenum import exc
from ckenum.alembic.ops import CreateCheckEnumOp

from .backends import POSTGRESQLS
from .backends import Servers
from .online import alter
from .online import execute
from .online import fetch
from .online import rename
from .online import run
from .online import state
from .roundtrip import Database

pytestmark = pytest.mark.each_server

CHECK = "CONSTRAINT ck_orders_status CHECK (status IN ({}))"
OLD = CHECK.format("'NEW', 'PAYED'")


class Apart:
    """A table with a partition here, and one in another database."""

    def __init__(self, here: Database, there: Database) -> None:
        self.here = here
        self.there = there

    def create(self, far: str, by: str = "RANGE (id)") -> None:
        """
        :param far: the definition of the column in the other database.
        """
        execute(self.there, f'CREATE TABLE far (id integer, "Status" {far})')
        execute(
            self.here,
            f"CREATE TABLE orders (id integer, status varchar(255), {OLD})"
            f" PARTITION BY {by}",
            "CREATE FOREIGN TABLE beyond PARTITION OF orders DEFAULT"
            " SERVER there OPTIONS (table_name 'far')",
            "ALTER FOREIGN TABLE beyond ALTER status"
            " OPTIONS (ADD column_name 'Status')",
            "INSERT INTO orders VALUES (1, 'NEW'), (2, 'PAYED')",
        )

    @property
    def rows(self) -> list[str]:
        return fetch(self.there, 'SELECT "Status" FROM far ORDER BY id')


@contextmanager
def other_server(here: Database, there: Database) -> Iterator[None]:
    port, directory, user = fetch(
        here,
        "SELECT unnest(ARRAY[current_setting('port'), split_part("
        "current_setting('unix_socket_directories'), ',', 1), current_user])",
    )
    url = there.engine.url
    execute(
        here,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
        f" (dbname '{url.database}', port '{port}',"
        f" host '{url.host or directory}')",
        f"CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS"
        f" (user '{user}', password_required 'false')",
    )
    yield
    execute(here, "DROP EXTENSION postgres_fdw CASCADE")


@pytest.fixture(params=POSTGRESQLS)
def apart(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Apart]:
    with (
        servers.database(request.param) as one,
        servers.database(request.param) as other,
    ):
        here, there = Database(one), Database(other)
        with other_server(here, there):
            yield Apart(here, there)
        here.dispose()
        there.dispose()


@pytest.mark.parametrize("online", [False, True])
def test_refused_there(apart: Apart, online: bool) -> None:
    """A value that the other server refuses stops a directive before it
    changes anything; the error says what to run there.
    """
    apart.create("varchar(255) CHECK (\"Status\" IN ('NEW', 'PAYED', 'x'))")
    before = state(apart.here)
    with pytest.raises(exc.RemoteCheckError) as caught:
        run(apart.here, rename(online=online))
    assert state(apart.here) == before
    assert caught.value.values == ("PAID",)
    execute(apart.there, caught.value.statement)
    run(apart.here, rename(online=online))
    assert apart.rows == ["NEW", "PAID"]


def test_accepted_there(
    apart: Apart, caplog: pytest.LogCaptureFixture
) -> None:
    """A value that the other server still accepts is told, with what ends
    that.
    """
    apart.create("varchar(255) CHECK (\"Status\" IN ('NEW', 'PAYED', 'PAID'))")
    run(apart.here, rename(online=False))
    (message,) = [r.getMessage() for r in caplog.records]
    text, statement = message.split("run there: ")
    assert "still allows ['PAYED']" in text
    execute(apart.there, statement)
    with pytest.raises(Exception, match="far_Status_check"):
        execute(apart.there, "INSERT INTO far VALUES (3, 'PAYED')")


def test_no_check_there(
    apart: Apart, caplog: pytest.LogCaptureFixture
) -> None:
    """A table without a CHECK is told: PostgreSQL enforces none of here."""
    apart.create("varchar(255)")
    run(apart.here, rename(online=False))
    (message,) = [r.getMessage() for r in caplog.records]
    execute(apart.there, message.split("run there: ")[1])
    with pytest.raises(Exception, match="ck_orders_status"):
        execute(apart.here, "INSERT INTO orders VALUES (3, 'PAYED')")


def test_partition_by_the_column(
    apart: Apart, caplog: pytest.LogCaptureFixture
) -> None:
    """A partition by the column may hold fewer values than its table."""
    apart.create(
        "varchar(255) CHECK (\"Status\" IN ('NEW', 'PAYED'))", "LIST (status)"
    )
    added = alter(["NEW", "PAYED", "PAID"], ["NEW", "PAYED"], online=False)
    run(apart.here, added)
    assert caplog.records == []


def test_another_wrapper(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be asked is told."""
    execute(
        postgresql,
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        "CREATE FOREIGN TABLE orders (id integer, status text) SERVER files"
        " OPTIONS (program 'echo 1,NEW', format 'csv')",
    )
    run(postgresql, CreateCheckEnumOp("orders", "status", ["NEW"], name="ck"))
    (message,) = [r.getMessage() for r in caplog.records]
    assert "'files', whose CHECKs cannot be read from here" in message
    execute(postgresql, "DROP EXTENSION file_fdw CASCADE")
