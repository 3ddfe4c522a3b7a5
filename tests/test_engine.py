"""Engines that speak PostgreSQL's language and cannot do all that it does.

None of them is here: ``docs/distributed.md`` says what stands in for them.
"""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
from typing import Any

import pytest

from ckenum import exc
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops.native import ReplaceNativeEnumOp

from .engines import stand_in
from .online import alter
from .online import execute
from .online import fetch
from .online import not_validated
from .online import rename
from .online import run
from .online import state
from .online import triggers
from .online import watched
from .roundtrip import Database

CHECK = "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAYED'))"
TABLE = f"CREATE TABLE orders (id integer, status varchar(255) {CHECK})"
ADDED = alter(["NEW", "PAYED", "VOID"], ["NEW", "PAYED"])


@pytest.fixture
def timescaledb(
    postgresql: Database, tmp_path: pathlib.Path
) -> Iterator[Database]:
    """A hypertable of two chunks."""
    execute(
        postgresql,
        TABLE,
        "CREATE TABLE chunk1 () INHERITS (orders)",
        "CREATE TABLE chunk2 () INHERITS (orders)",
        "INSERT INTO chunk1 VALUES (1, 'NEW'), (2, 'PAYED')",
        "INSERT INTO chunk2 VALUES (3, 'PAYED')",
    )
    with stand_in(postgresql, "timescaledb", tmp_path):
        execute(
            postgresql,
            "INSERT INTO timescaledb_information.hypertables"
            " VALUES ('public', 'orders', false)",
        )
        yield postgresql


@pytest.fixture
def citus(postgresql: Database, tmp_path: pathlib.Path) -> Iterator[Database]:
    """A distributed table."""
    execute(postgresql, TABLE, "INSERT INTO orders VALUES (1, 'PAYED')")
    with stand_in(postgresql, "citus", tmp_path):
        execute(postgresql, "INSERT INTO pg_dist_partition VALUES ('orders')")
        yield postgresql


def allowed(db: Database) -> str:
    (text,) = fetch(
        db,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'orders'::regclass AND contype = 'c'",
    )
    return str(text)


# -- TimescaleDB --------------------------------------------------------------


@pytest.mark.parametrize("op", [ADDED, rename()])
def test_hypertable(timescaledb: Database, op: AlterCheckEnumOp) -> None:
    """Chunks that refuse VALIDATE are validated with their hypertable."""
    run(timescaledb, op)
    assert not_validated(timescaledb) == []
    assert fetch(
        timescaledb,
        "SELECT count(*) FROM orders WHERE status = 'PAYED'",
    ) == [0 if op.rename else 2]


def test_hypertable_that_is_created(timescaledb: Database) -> None:
    """A new constraint is validated on the hypertable, too."""
    execute(timescaledb, "ALTER TABLE orders DROP CONSTRAINT ck_orders_status")
    run(
        timescaledb,
        CreateCheckEnumOp(
            "orders", "status", ["NEW", "PAYED"], name="ck", online=True
        ),
    )
    assert not_validated(timescaledb) == []


def test_trigger_on_hypertable(timescaledb: Database) -> None:
    """Its chunks get their triggers from TimescaleDB."""
    run(timescaledb, rename(keep_trigger=True))
    assert triggers(timescaledb) == ["orders zz_ckenum_orders_status"]


def test_columnstore(timescaledb: Database) -> None:
    """A hypertable that cannot be validated is refused before anything."""
    execute(
        timescaledb,
        "UPDATE timescaledb_information.hypertables"
        " SET compression_enabled = true",
    )
    before = state(timescaledb)
    with pytest.raises(exc.OnlineBlockedError, match="columnstore"):
        run(timescaledb, ADDED)
    assert state(timescaledb) == before
    run(timescaledb, alter([*ADDED.values], ["NEW", "PAYED"], online=False))


# -- Citus --------------------------------------------------------------------


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("name", ["ck_orders_status", "ck_other"])
def test_distributed_table(citus: Database, online: bool, name: str) -> None:
    """An ADD CONSTRAINT is alone in its ALTER TABLE."""
    run(
        citus,
        alter(
            ["NEW", "PAYED", "VOID"],
            ["NEW", "PAYED"],
            name=name,
            existing_name="ck_orders_status",
            online=online,
        ),
    )
    assert "VOID" in allowed(citus)
    assert not_validated(citus) == []


@pytest.mark.parametrize("online", [True, False])
def test_renamed_constraint(citus: Database, online: bool) -> None:
    """A constraint that Citus cannot rename is dropped and added."""
    run(
        citus,
        alter(
            ["NEW", "PAYED"],
            ["NEW", "PAYED"],
            name="ck_other",
            existing_name="ck_orders_status",
            online=online,
        ),
    )
    assert fetch(
        citus,
        "SELECT conname FROM pg_constraint WHERE contype = 'c'"
        " AND conrelid = 'orders'::regclass",
    ) == ["ck_other"]


def test_rows_of_shards(citus: Database) -> None:
    """Rows and constraint change one shard after another, and not online."""
    with pytest.raises(exc.OnlineBlockedError, match="Citus cannot find"):
        run(citus, rename())
    with watched(citus) as ran:
        run(citus, rename(online=False))
    mode = [
        n
        for n, each in enumerate(ran)
        if "citus.multi_shard_modify_mode" in each.text
    ]
    changes = [n for n, each in enumerate(ran) if "orders" in each.text]
    assert mode and mode[0] < changes[0]
    assert fetch(citus, "SELECT status FROM orders") == ["PAID"]


def test_rows_of_shards_in_three_steps(citus: Database) -> None:
    """As the manual has it: both values online, the rows, the new ones
    online, which a row with the old value stops.
    """
    three = ["NEW", "PAYED", "PAID"]
    last = alter(["NEW", "PAID"], three)
    run(citus, alter(three, ["NEW", "PAYED"]))
    with pytest.raises(exc.RowsRemainError):
        run(citus, last)
    execute(citus, "INSERT INTO orders VALUES (2, 'PAYED')")
    execute(citus, "UPDATE orders SET status = 'PAID' WHERE status = 'PAYED'")
    run(citus, last)
    assert fetch(citus, "SELECT status FROM orders") == ["PAID", "PAID"]
    assert "PAYED" not in allowed(citus)
    assert not_validated(citus) == []


def test_reshaped_shards(citus: Database) -> None:
    """What takes one ALTER TABLE for a type and a constraint is refused."""
    for op in (
        alter(
            ["NEW", "PAYED"],
            ["NEW", "PAYED"],
            array=True,
            existing_array=False,
            online=False,
        ),
        ReplaceNativeEnumOp(
            "orders",
            "status",
            ["NEW"],
            enum_name="e",
            name="ck",
            existing_values=["NEW"],
        ),
    ):
        with pytest.raises(exc.DirectiveError, match="Citus cannot give"):
            run(citus, op)


# -- CockroachDB and YugabyteDB -----------------------------------------------

COCKROACH = "CockroachDB CCL v25.1.0 (x86_64-pc-linux-gnu)"
YUGABYTE = "PostgreSQL 15.12-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu, 64-bit"


# PostgreSQL calls its own functions past pg_proc, unless it can inline what
# stands there: one expression, in SQL
VERSION = (
    "CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text"
    " LANGUAGE sql STABLE STRICT AS $$SELECT '{}'$$"
)
IN_BLOCKS = (
    "CREATE OR REPLACE FUNCTION pg_catalog.current_setting(text, boolean)"
    " RETURNS text LANGUAGE sql STABLE AS $$"
    " SELECT CASE $1 WHEN 'yb_ddl_transaction_block_enabled' THEN 'on'"
    " ELSE current_setting($1) END $$"
)


def under(db: Database, *functions: str, op: Any) -> None:
    """Run it where the server's functions say that, and roll back."""
    with db.operations() as operations:
        connection = operations.get_bind()
        try:
            for function in functions:
                connection.exec_driver_sql(function)
            operations.invoke(op)
        finally:
            connection.rollback()


CREATED = CreateCheckEnumOp("orders", "status", ["NEW", "PAYED"], name="ck")
DROPPED = DropCheckEnumOp(
    "orders",
    "status",
    name="ck_orders_status",
    existing_values=["NEW", "PAYED"],
)
WIDENED = CreateCheckEnumOp(
    "orders",
    "status",
    ["NEW", "PAYED"],
    name="ck",
    length=300,
    existing_length=255,
)
LISTED = alter(["NEW", "PAYED", "VOID"], ["NEW", "PAYED"], online=False)
NATIVE = ReplaceNativeEnumOp(
    "orders",
    "status",
    ["NEW"],
    enum_name="e",
    name="ck",
    existing_values=["NEW"],
)


@pytest.mark.parametrize("version", [COCKROACH, YUGABYTE])
@pytest.mark.parametrize("op", [CREATED, DROPPED])
def test_one_statement(postgresql: Database, version: str, op: Any) -> None:
    """What is one statement is run."""
    execute(postgresql, TABLE)
    under(postgresql, VERSION.format(version), op=op)


@pytest.mark.parametrize(
    "version, op, message",
    [
        (COCKROACH, ADDED, "online=True needs"),
        (COCKROACH, LISTED, "same name in one transaction"),
        (COCKROACH, rename(online=False), "same name in one transaction"),
        (COCKROACH, WIDENED, "several statements"),
        (COCKROACH, NATIVE, "another type and another constraint"),
        (YUGABYTE, ADDED, "online=True needs"),
        (YUGABYTE, rename(online=False), "several statements"),
        (YUGABYTE, WIDENED, "several statements"),
        (YUGABYTE, NATIVE, "another type and another constraint"),
    ],
)
def test_refused(
    postgresql: Database, version: str, op: Any, message: str
) -> None:
    """What is known not to work is refused, before a statement runs."""
    execute(postgresql, TABLE)
    with watched(postgresql) as ran:
        with pytest.raises(exc.DirectiveError, match=message):
            under(postgresql, VERSION.format(version), op=op)
    assert not any("ALTER TABLE" in each.text for each in ran)


def test_transactional_ddl(postgresql: Database) -> None:
    """YugabyteDB takes all where its DDL is transactional."""
    execute(postgresql, TABLE)
    version = VERSION.format(YUGABYTE)
    under(postgresql, version, IN_BLOCKS, op=rename(online=False))
