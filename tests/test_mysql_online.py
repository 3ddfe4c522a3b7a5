"""MariaDB from 11.2 on: writers go on while the table is copied."""

from __future__ import annotations

from collections.abc import Iterator
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc

from .backends import MYSQLS
from .backends import Servers
from .models import orders
from .online import alter
from .online import rename
from .online import run
from .online import watched
from .roundtrip import Database
from .test_script import script

ONLINE = [name for name in MYSQLS if name == "mariadb-11"]
OTHERS = [name for name in MYSQLS if name != "mariadb-11"]


def database(servers: Servers, name: str) -> Iterator[Database]:
    with servers.database(name) as url:
        database = Database(url)
        database.create(orders("NEW", "PAYED"))
        yield database
        database.dispose()


@pytest.fixture(params=ONLINE)
def mariadb(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    yield from database(servers, request.param)


@pytest.fixture(params=OTHERS)
def other(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    yield from database(servers, request.param)


def fill(db: Database, count: int, *values: str) -> None:
    table = sa.table("orders", sa.column("status"))
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(table),
            [{"status": values[n % len(values)]} for n in range(count)],
        )


def test_alone(other: Database) -> None:
    """Where a copy holds up writers, nothing is run; the error says so."""
    with watched(other) as ran:
        with pytest.raises(exc.DirectiveError, match="gh-ost"):
            run(other, rename())
    assert not any("ALTER TABLE" in each.text for each in ran)


def test_drop(other: Database) -> None:
    """A constraint is dropped online anywhere: that copies nothing."""
    with other.operations() as op:
        op.drop_check_enum(
            "orders",
            "status",
            name="ck_orders_status",
            existing_values=["NEW", "PAYED"],
            online=True,
        )
    assert sa.inspect(other.engine).get_check_constraints("orders") == []


def test_kept_trigger(mariadb: Database) -> None:
    """A trigger that is not there to keep is an error."""
    with pytest.raises(exc.DirectiveError, match="keep_trigger=True is for"):
        run(mariadb, rename(keep_trigger=True))


def test_lag(mariadb: Database) -> None:
    """So is a setting that asks PostgreSQL's replicas."""
    with pytest.raises(exc.DirectiveError, match="give pause_while="):
        run(mariadb, rename(), max_replica_lag=1.0)


def test_script() -> None:
    """A script cannot tell what the server can."""
    with pytest.raises(exc.DirectiveError, match="a script cannot ask"):
        script("mysql", lambda op: op.invoke(rename()))


def test_chunks(mariadb: Database) -> None:
    """Rows change chunk by chunk, by the primary key, each committed; each
    ALTER lets writers go on.
    """
    fill(mariadb, 25, "NEW", "PAYED")
    with watched(mariadb) as ran:
        run(mariadb, rename(), rows_per_chunk=10)
    updates = [each.rows for each in ran if each.text.startswith("UPDATE")]
    assert updates == [5, 5, 2]
    alters = [each.text for each in ran if "ALTER TABLE" in each.text]
    assert len(alters) == 2
    assert all("ALGORITHM=COPY, LOCK=NONE" in text for text in alters)
    assert "PAYED" not in mariadb.column("orders")
    assert mariadb.diff(orders("NEW", "PAID")) == []


def test_several_columns_in_the_key(mariadb: Database) -> None:
    """Chunks follow a key of several columns, whatever their types."""
    with mariadb.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE TABLE orders (a VARCHAR(9) CHARACTER SET"
            " utf8mb4, b DECIMAL(5, 2), c DATETIME, id INTEGER, status"
            " VARCHAR(255) COLLATE utf8mb4_nopad_bin, PRIMARY KEY (a, b, c),"
            " CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAYED')))"
        )
        connection.exec_driver_sql(
            "INSERT INTO orders SELECT CHAR(65 + seq %% 3), seq %% 4 / 4,"
            " '2024-01-01' + INTERVAL seq SECOND, seq, 'PAYED'"
            " FROM seq_1_to_40"
        )
    run(mariadb, rename(), rows_per_chunk=7)
    assert mariadb.column("orders") == ["PAID"] * 40


def test_no_key(mariadb: Database) -> None:
    """Without a key the rows change at once."""
    with mariadb.engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE orders MODIFY id INTEGER, DROP PRIMARY KEY"
        )
    fill(mariadb, 3, "PAYED")
    run(mariadb, rename())
    assert mariadb.column("orders") == ["PAID"] * 3


def test_old_values_written_meanwhile(mariadb: Database) -> None:
    """A row that gets an old value after its chunk is changed, too."""
    fill(mariadb, 25, "PAYED")
    writer = sa.create_engine(mariadb.engine.url)
    written: list[int] = []

    def write(*args: Any) -> None:
        if args[2] == "COMMIT" and not written:
            written.append(1)
            with writer.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO orders (status) VALUES ('PAYED')"
                )

    sa.event.listen(mariadb.engine, "after_cursor_execute", write)
    run(mariadb, rename(), rows_per_chunk=1000)
    writer.dispose()
    assert mariadb.column("orders") == ["PAID"] * 26


def test_locked_rows(mariadb: Database) -> None:
    """A chunk waits for a row that others hold, and tries again."""
    fill(mariadb, 5, "PAYED")
    holder = mariadb.engine.connect()
    holder.exec_driver_sql("UPDATE orders SET status = 'NEW' WHERE id = 3")
    ending = threading.Timer(2.5, lambda: (holder.commit(), holder.close()))
    ending.start()
    run(mariadb, rename(), deadline=20)
    ending.join()
    assert mariadb.column("orders") == ["PAID", "PAID", "NEW", "PAID", "PAID"]


def test_added(mariadb: Database) -> None:
    """A value is added by one ALTER, and a rerun changes nothing."""
    added = alter(["NEW", "PAYED", "SENT"], ["NEW", "PAYED"])
    for count in (1, 0):
        with watched(mariadb) as ran:
            run(mariadb, added)
        alters = [each.text for each in ran if "ALTER TABLE" in each.text]
        assert len(alters) == count
