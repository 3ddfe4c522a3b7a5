"""MariaDB and MySQL: a transaction that the server ends."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.mysql.errors import errno

from .models import orders
from .roundtrip import Database
from .test_mysql import alter
from .test_mysql import filled

BLOCKED = sa.text(
    "SELECT 1 FROM information_schema.INNODB_TRX "
    "WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id = :id"
)
LOCK = sa.text("SELECT id FROM orders WHERE id = :id FOR UPDATE")
INSERT = sa.text("INSERT INTO orders (id) VALUES (:id)")
DEADLOCK = 1213


@pytest.mark.parametrize(
    "rename", [{"a": "b", "b": "a"}, {"a": "c", "b": "c"}]
)
def test_deadlock(mysql: Database, rename: dict[str, str]) -> None:
    """The error says that it was a deadlock. The rows and the list are as
    they were, and the directive may run again.
    """
    filled(mysql, "a", "b")
    values = sorted({*rename.values()})
    other = sa.create_engine(mysql.engine.url)
    done: list[Future[None]] = []
    with ThreadPoolExecutor() as pool, other.connect() as writer:

        def cross(connection: sa.Connection, *args: Any) -> None:
            if not args[1].startswith("UPDATE") or done:
                return
            # the server ends the transaction that has written less
            writer.execute(INSERT, [{"id": id} for id in range(100, 200)])
            writer.execute(LOCK, {"id": 1})
            found = connection.scalar(sa.text("SELECT CONNECTION_ID()"))
            done.append(pool.submit(meet, found))

        def meet(id: int) -> None:
            with other.connect() as watcher:
                while not watcher.scalar(BLOCKED, {"id": id}):
                    watcher.rollback()
            writer.execute(LOCK, {"id": 0})
            writer.rollback()

        sa.event.listen(mysql.engine, "before_cursor_execute", cross)
        with pytest.raises(sa.exc.DBAPIError) as stopped:
            alter(mysql, values, ["a", "b"], rename=rename)
        done[0].result()
    other.dispose()
    assert errno(stopped.value) == DEADLOCK
    assert mysql.column("orders") == ["a", "b"]
    assert mysql.diff(orders("a", "b")) == []
    alter(mysql, values, ["a", "b"], rename=rename)
    assert mysql.column("orders") == [*rename.values()]
