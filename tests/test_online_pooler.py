"""Online changes through a pooler in transaction mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exc import ConcurrentChangeError

from .models import orders
from .online import alter
from .online import fetch
from .online import fill
from .online import rename
from .online import run
from .pooler import pooler
from .pooler import Pooler
from .roundtrip import Database
from .test_online_migrator import ADVISORY
from .test_online_migrator import meanwhile
from .test_online_others import SETTINGS

UNPREPARED = {"prepare_threshold": None}
"""A prepared statement is of one session; PgBouncer before 1.21 has none."""


@pytest.fixture
def pooled(postgresql: Database) -> Iterator[Pooler]:
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=35)
    with pooler(postgresql.engine.url) as through:
        yield through


@pytest.fixture
def db(pooled: Pooler) -> Iterator[Database]:
    """Of a client of the pooler."""
    db = Database(pooled.url, connect_args=UNPREPARED)
    yield db
    db.dispose()


def test_connection_of_each_transaction(pooled: Pooler, db: Database) -> None:
    """It is another, so this is such a pooler."""
    pids = [fetch(db, "SELECT pg_backend_pid()") for _ in range(2)]
    assert pids[0] != pids[1]


CHANGES = {
    "rename": rename(),
    "rename, the trigger stays": rename(keep_trigger=True),
    "delete": alter(["NEW"], ["NEW", "PAYED"], delete=["PAYED"]),
    "add": alter(["NEW", "PAYED", "SENT"], ["NEW", "PAYED"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change(pooled: Pooler, db: Database, change: Any) -> None:
    """It is made, transaction by transaction."""
    before = pooled.transactions
    run(db, change)
    assert pooled.transactions > before + 10
    assert db.diff(orders(*change.values)) == []


def test_settings_of_the_application(db: Database) -> None:
    """Those of neither connection change, and no lock stays with one."""
    with db.engine.connect() as client:
        client = client.execution_options(isolation_level="AUTOCOMMIT")

        def settings() -> list[set[str]]:
            text = sa.text(SETTINGS)
            return [set(client.scalars(text)) for _ in range(2)]

        before = settings()
        looks = []
        with meanwhile(
            db, "DROP TRIGGER", lambda pid: looks.append(settings())
        ):
            run(db, rename())
        assert [*looks, settings()] == [before] * 2
    assert fetch(db, ADVISORY) == []


def test_second_migrator(
    pooled: Pooler, db: Database, postgresql: Database
) -> None:
    """It is told of the first, whichever of the two uses the pooler."""

    def second(pid: int) -> None:
        for other in db, postgresql:
            with pytest.raises(ConcurrentChangeError):
                run(other, rename(), deadline=0.1)

    with meanwhile(db, "UPDATE ONLY", second):
        run(db, rename())
    assert db.column("orders") == ["PAID"] * 35
