"""Scripts (``--sql``): a directive is all or nothing, whoever commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
import io
import re
import subprocess
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest

from ckenum.alembic.ops import AlterCheckEnumOp

from .models import orders
from .online import execute
from .online import state
from .psql import psql
from .roundtrip import Database

MODES: dict[str, dict[str, Any]] = {
    "transaction": {},
    "per_migration": {"transaction_per_migration": True},
    "transactional_ddl=False": {"transactional_ddl": False},
    "autocommit_block": {},
    "autocommit_block, transactional_ddl=False": {"transactional_ddl": False},
}
RENAME = AlterCheckEnumOp(
    "orders",
    "status",
    ["NEW", "DONE"],
    existing_values=["NEW", "PAID"],
    name="ck_orders_status",
    rename={"PAID": "DONE"},
)
ADD = AlterCheckEnumOp(
    "orders",
    "status",
    ["NEW", "PAID", "DONE"],
    existing_values=["NEW", "PAID"],
    name="ck_orders_status",
    online=True,
)


@contextmanager
def migrating(buffer: io.StringIO, mode: str) -> Iterator[Operations]:
    """One migration, as ``alembic upgrade --sql`` writes it."""
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": buffer, **MODES[mode]},
    )
    in_block = mode.startswith("autocommit_block")
    with context.begin_transaction():
        with context.begin_transaction(_per_migration=True):
            with context.autocommit_block() if in_block else nullcontext():
                yield Operations(context)


def script(mode: str, op: AlterCheckEnumOp, in_batch: bool = False) -> str:
    buffer = io.StringIO()
    with migrating(buffer, mode) as operations:
        if in_batch:
            with operations.batch_alter_table("orders") as batch_op:
                batch_op.invoke(op)
        else:
            operations.invoke(op)
        operations.execute("SELECT 'after'")
    return buffer.getvalue()


def transactions(text: str) -> str:
    """How the script begins and commits: ``[`` and ``]``, a statement of a
    directive between them, or ``after`` it.
    """
    kinds = {"BEGIN;": "[", "COMMIT;": "]", "SELECT": "after"}
    words = re.findall(
        "^(BEGIN;|COMMIT;|SELECT|SET|ALTER|UPDATE|DO)", text, re.M
    )
    return re.sub("x+", "x", "".join(kinds.get(word, "x") for word in words))


@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_refused_row(
    db_of_orders: Database, mode: str, in_batch: bool
) -> None:
    """A row that a trigger refuses leaves all as it was; without the
    trigger the same script runs, and warns of nothing.
    """
    db = db_of_orders
    before = state(db)
    execute(
        db,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'not this row'; END $$",
        "CREATE TRIGGER refuses BEFORE UPDATE ON orders"
        " FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    text = script(mode, RENAME, in_batch)
    with pytest.raises(subprocess.CalledProcessError) as error:
        psql(db, text)
    assert "not this row" in error.value.stderr
    execute(db, "DROP FUNCTION refuse() CASCADE")
    assert state(db) == before
    psql(db, text)
    assert db.column("orders") == ["NEW", "DONE"]


@pytest.fixture
def db_of_orders(any_postgresql: Database) -> Database:
    any_postgresql.create(orders("NEW", "PAID"))
    any_postgresql.insert("orders", id=1, status="NEW")
    any_postgresql.insert("orders", id=2, status="PAID")
    return any_postgresql


@pytest.mark.parametrize(
    "mode, found",
    [
        ("transaction", "[xafter]"),
        ("per_migration", "[xafter]"),
        ("transactional_ddl=False", "[x]after"),
        ("autocommit_block", "[][x]after[]"),
        ("autocommit_block, transactional_ddl=False", "[x]after"),
    ],
)
@pytest.mark.parametrize("in_batch", [False, True])
def test_transactions(mode: str, in_batch: bool, found: str) -> None:
    """A directive has a transaction of its own where none is open."""
    assert transactions(script(mode, RENAME, in_batch)) == found


@pytest.mark.parametrize(
    "mode, found",
    [
        ("transaction", "[][x][x][after]"),
        ("per_migration", "[][x][x][after]"),
        ("transactional_ddl=False", "[x][x]after"),
        ("autocommit_block", "[][x][x]after[]"),
        ("autocommit_block, transactional_ddl=False", "[x][x]after"),
    ],
)
def test_online(mode: str, found: str) -> None:
    """Each step has its transaction, and what comes after is in the mode
    that it was in.
    """
    assert transactions(script(mode, ADD)) == found
