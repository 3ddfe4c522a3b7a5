"""Changes online as a script: ``--sql``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import io
import subprocess
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic import OnlineSettings
from ckenum.alembic.ops import CreateCheckEnumOp

from .adversaries import BLOCKED
from .adversaries import wait_for
from .models import orders
from .models import orders_with
from .online import a_writer
from .online import alter
from .online import execute
from .online import fill
from .online import functions
from .online import not_validated
from .online import rename
from .online import run
from .online import triggers
from .psql import psql
from .roundtrip import Database
from .test_online_kept import CHANGES
from .test_online_kept import dropping

HARD = ["50%", "a :b", "it's", "back\\slash", "$$", "%(x)s", "", '"dq"']


def script(*ops: Any, **settings: Any) -> str:
    """As Alembic writes it: in transactions of its own."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={
            "as_sql": True,
            "output_buffer": buffer,
            "ckenum_online_settings": OnlineSettings(**settings),
        },
    )
    with context.begin_transaction():
        for op in ops:
            Operations(context).invoke(op)
    return buffer.getvalue()


def create(*values: str, **options: Any) -> CreateCheckEnumOp:
    return CreateCheckEnumOp(
        "orders",
        "status",
        values,
        name="ck_orders_status",
        online=True,
        **options,
    )


def test_create_and_drop(any_postgresql: Database) -> None:
    """The same as online, each as often as one likes."""
    db = any_postgresql
    plain = orders_with(sa.Column("status", sa.String(255)))
    db.create(plain)
    fill(db, *HARD)
    for _ in range(2):
        psql(db, script(create(*HARD)))
        assert db.diff(orders(*HARD)) == []
        assert not_validated(db) == []
    for _ in range(2):
        psql(db, script(create(*HARD).reverse()))
        assert db.diff(plain) == []


def test_add_and_remove(any_postgresql: Database) -> None:
    """Likewise; what rows hold is looked at by VALIDATE."""
    db = any_postgresql
    db.create(orders("A"))
    fill(db, "A")
    more = alter(["A", *HARD], ["A"])
    for _ in range(2):
        psql(db, script(more))
        assert db.diff(orders("A", *HARD)) == []
    db.insert("orders", id=99, status="50%")
    with pytest.raises(subprocess.CalledProcessError) as error:
        psql(db, script(more.reverse()))
    assert "is violated by some row" in error.value.stderr
    execute(db, "DELETE FROM orders WHERE id = 99")
    psql(db, script(more.reverse()))
    assert db.diff(orders("A")) == []
    assert not_validated(db) == []


def test_wider_column_and_default(any_postgresql: Database) -> None:
    """In the same transaction as the swap."""
    db = any_postgresql
    db.create(orders("A", length=1))
    op = alter(
        ["A", "LONG"],
        ["A"],
        length=4,
        existing_length=1,
        server_default="LONG",
        existing_server_default=None,
    )
    psql(db, script(op))
    execute(db, "INSERT INTO orders VALUES (1)")
    assert db.column("orders") == ["LONG"]


@pytest.mark.parametrize("values", [["A"], ["A", "B"]])
def test_another_name(any_postgresql: Database, values: list[str]) -> None:
    """Renamed, where it is nothing but the name; else one for the other."""
    db = any_postgresql
    db.create(orders("A", name=sa.sql.elements.conv("ck_old")))
    op = alter(values, ["A"], name="ck_new", existing_name="ck_old")
    text = script(op)
    assert ("RENAME CONSTRAINT" in text) == (values == ["A"])
    psql(db, text)
    name = sa.sql.elements.conv("ck_new")
    assert db.diff(orders(*values, name=name)) == []
    assert not_validated(db) == []


def test_commits() -> None:
    """Each step is a transaction, and so is what comes before and after."""
    text = script(alter(["A", "B"], ["A"]), alter(["A"], ["A", "B"]))
    words = [
        line.split(";")[0].split(" ")[0]
        for line in text.splitlines()
        if line.startswith(("BEGIN;", "COMMIT;", "DO ", "ALTER"))
    ]
    step = ["BEGIN", "DO", "COMMIT", "BEGIN", "ALTER", "COMMIT"]
    assert words == [
        *["BEGIN", "COMMIT", *step],
        *["BEGIN", "COMMIT", *step],
        *["BEGIN", "COMMIT"],
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_trigger_that_was_kept(any_postgresql: Database, change: str) -> None:
    """Dropped, where it is there, whatever became of table and column."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    run(db, rename(keep_trigger=True))
    execute(db, *CHANGES[change])
    drop = script(dropping(change, online=len(change) % 2 == 0))
    for _ in range(2):
        psql(db, drop)
        assert triggers(db) == functions(db) == []


def test_waits_for_the_lock(any_postgresql: Database) -> None:
    """Again and again, so that others come in between."""
    db = any_postgresql
    db.create(orders("A"))
    more = script(alter(["A", "B"], ["A"]), pause=0.01, lock_timeout=0.02)
    with ThreadPoolExecutor() as pool, a_writer(db):
        migration = pool.submit(psql, db, more)
        for _ in range(3):
            wait_for(db, BLOCKED)
            db.insert("orders", status="A")
        assert not migration.done()
    migration.result()
    assert db.diff(orders("A", "B")) == []


def test_up_to_the_deadline(any_postgresql: Database) -> None:
    """Then it is PostgreSQL's error, and nothing was changed."""
    db = any_postgresql
    db.create(orders("A"))
    more = script(
        alter(["A", "B"], ["A"]), pause=0.01, lock_timeout=0.02, deadline=0.3
    )
    with a_writer(db):
        with pytest.raises(subprocess.CalledProcessError) as error:
            psql(db, more)
    assert "lock timeout" in error.value.stderr
    assert db.diff(orders("A")) == []


@pytest.mark.parametrize(
    "rule", [{"rename": {"B": "A"}}, {"delete": ["B"]}], ids=str
)
def test_rows(rule: dict[str, Any]) -> None:
    """They need a loop, which no script holds: the error says what to do."""
    with pytest.raises(exc.DirectiveError, match="leave it out, or run"):
        script(alter(["A"], ["A", "B"], **rule))


def test_odd_names(any_postgresql: Database) -> None:
    """In a block that is a string, names and values are quoted twice."""
    db = any_postgresql
    odd = 'it\'s "50%" :x $$ \\ %(y)s'
    metadata = sa.MetaData(schema=odd)
    table = sa.Table(odd, metadata, sa.Column(odd, sa.String(255)))
    with db.engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(odd))
        connection.execute(sa.schema.CreateTable(table))
        connection.execute(sa.insert(table).values({odd: "50%"}))
    op = CreateCheckEnumOp(odd, odd, HARD, name=odd, schema=odd, online=True)
    psql(db, script(op))
    with pytest.raises(sa.exc.IntegrityError):
        with db.engine.begin() as connection:
            connection.execute(sa.insert(table).values({odd: "x"}))
    psql(db, script(op.reverse()))
    assert not_validated(db) == []
