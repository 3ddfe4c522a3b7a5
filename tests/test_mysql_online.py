"""MariaDB from 11.2 on: writers go on while the table is copied."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc

from .backends import MYSQLS
from .models import orders
from .online import alter
from .online import rename
from .online import run
from .online import watched
from .roundtrip import Database
from .test_script import script

ONLINE = [name for name in MYSQLS if name == "mariadb-11"]
OTHERS = [name for name in MYSQLS if name != "mariadb-11"]


@pytest.fixture
def mysql(mysql: Database) -> Database:
    mysql.create(orders("NEW", "PAYED"))
    return mysql


on_mariadb_11 = pytest.mark.parametrize("mysql", ONLINE, indirect=True)
elsewhere = pytest.mark.parametrize("mysql", OTHERS, indirect=True)


def fill(db: Database, count: int, *values: str) -> None:
    table = sa.table("orders", sa.column("status"))
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(table),
            [{"status": values[n % len(values)]} for n in range(count)],
        )


@elsewhere
def test_alone(mysql: Database) -> None:
    """Where a copy holds up writers, nothing is run; the error says so."""
    with watched(mysql) as ran:
        with pytest.raises(exc.DirectiveError, match="gh-ost"):
            run(mysql, rename())
    assert not any("ALTER TABLE" in each.text for each in ran)


@elsewhere
def test_drop(mysql: Database) -> None:
    """A constraint is dropped online anywhere: that copies nothing."""
    with mysql.operations() as op:
        op.drop_check_enum(
            "orders",
            "status",
            name="ck_orders_status",
            existing_values=["NEW", "PAYED"],
            online=True,
        )
    assert sa.inspect(mysql.engine).get_check_constraints("orders") == []


@on_mariadb_11
def test_lag(mysql: Database) -> None:
    """So is a setting that asks PostgreSQL's replicas."""
    with pytest.raises(exc.DirectiveError, match="give pause_while="):
        run(mysql, rename(), max_replica_lag=1.0)


def test_script() -> None:
    """A script cannot tell what the server can."""
    with pytest.raises(exc.DirectiveError, match="a script cannot ask"):
        script("mysql", lambda op: op.invoke(rename()))


@on_mariadb_11
def test_chunks(mysql: Database) -> None:
    """Rows change chunk by chunk, by the primary key, each committed; each
    ALTER lets writers go on.
    """
    fill(mysql, 25, "NEW", "PAYED")
    with watched(mysql) as ran:
        run(mysql, rename(), rows_per_chunk=10)
    updates = [each.rows for each in ran if each.text.startswith("UPDATE")]
    assert updates == [5, 5, 2]
    alters = [each.text for each in ran if "ALTER TABLE" in each.text]
    assert len(alters) == 2
    assert all("ALGORITHM=COPY, LOCK=NONE" in text for text in alters)
    assert "PAYED" not in mysql.column("orders")
    assert mysql.diff(orders("NEW", "PAID")) == []


@on_mariadb_11
def test_several_columns_in_the_key(mysql: Database) -> None:
    """Chunks follow a key of several columns, whatever their types."""
    with mysql.engine.begin() as connection:
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
    run(mysql, rename(), rows_per_chunk=7)
    assert mysql.column("orders") == ["PAID"] * 40


@on_mariadb_11
def test_no_key(mysql: Database) -> None:
    """Without a key the rows change at once."""
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE orders MODIFY id INTEGER, DROP PRIMARY KEY"
        )
    fill(mysql, 3, "PAYED")
    run(mysql, rename())
    assert mysql.column("orders") == ["PAID"] * 3


@on_mariadb_11
def test_old_values_written_meanwhile(mysql: Database) -> None:
    """A row that gets an old value after its chunk is changed, too."""
    fill(mysql, 25, "PAYED")
    writer = sa.create_engine(mysql.engine.url)
    written: list[int] = []

    def write(*args: Any) -> None:
        if args[2] == "COMMIT" and not written:
            written.append(1)
            with writer.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO orders (status) VALUES ('PAYED')"
                )

    sa.event.listen(mysql.engine, "after_cursor_execute", write)
    run(mysql, rename(), rows_per_chunk=1000)
    writer.dispose()
    assert mysql.column("orders") == ["PAID"] * 26


@on_mariadb_11
def test_locked_rows(mysql: Database) -> None:
    """A chunk waits for a row that others hold, and tries again."""
    fill(mysql, 5, "PAYED")
    tried: list[str] = []

    def hold(*args: Any) -> None:
        if not args[2].startswith("UPDATE"):
            return
        tried.append(args[2])
        if len(tried) == 1:
            row = "UPDATE orders SET status = 'NEW' WHERE id = 3"
            holder.exec_driver_sql(row)
        elif len(tried) == 2:
            holder.commit()

    with sa.create_engine(mysql.engine.url).connect() as holder:
        sa.event.listen(mysql.engine, "before_cursor_execute", hold)
        run(mysql, rename())
    holder.engine.dispose()
    assert len(tried) > 1
    assert mysql.column("orders") == ["PAID", "PAID", "NEW", "PAID", "PAID"]


@on_mariadb_11
def test_native(mysql: Database) -> None:
    """A native ENUM moves online, and back."""
    fill(mysql, 25, "NEW", "PAYED")
    options: dict[str, Any] = {
        "enum_name": "status",
        "name": "ck_orders_status",
        "online": True,
    }
    with watched(mysql) as ran, mysql.operations() as op:
        op.restore_native_enum(
            "orders",
            "status",
            ["NEW", "PAYED"],
            existing_values=["NEW", "PAYED"],
            **options,
        )
        op.replace_native_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAYED"],
            rename={"PAYED": "PAID"},
            **options,
        )
    alters = [each.text for each in ran if "ALTER TABLE" in each.text]
    assert len(alters) == 3
    assert all("LOCK=NONE" in text for text in alters)
    assert {*mysql.column("orders")} == {"NEW", "PAID"}


@elsewhere
def test_native_elsewhere(mysql: Database) -> None:
    """Where it cannot be online, that is said before anything changes."""
    with mysql.operations() as op:
        with pytest.raises(exc.DirectiveError, match="gh-ost"):
            op.restore_native_enum(
                "orders",
                "status",
                ["NEW", "PAYED"],
                existing_values=["NEW", "PAYED"],
                enum_name="status",
                name="ck_orders_status",
                online=True,
            )


@on_mariadb_11
def test_added(mysql: Database) -> None:
    """A value is added by one ALTER, and a rerun changes nothing."""
    added = alter(["NEW", "PAYED", "SENT"], ["NEW", "PAYED"])
    for count in (1, 0):
        with watched(mysql) as ran:
            run(mysql, added)
        alters = [each.text for each in ran if "ALTER TABLE" in each.text]
        assert len(alters) == count
