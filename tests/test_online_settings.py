"""What an online change is told, what it leaves as it was, what it shows."""

from __future__ import annotations

import fcntl
import logging
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic import OnlineSettings

from .models import orders
from .online import a_writer
from .online import alter
from .online import execute
from .online import FAST
from .online import fill
from .online import rename
from .online import run
from .online import state
from .online import watched
from .roundtrip import Database
from .terminal import read_all

OPTIONAL = ["max_replica_lag", "max_replica_lag_bytes", "pause_while"]


@pytest.mark.parametrize("setting", vars(OnlineSettings()))
@pytest.mark.parametrize(
    "value", ["1", None, True, -1, float("nan"), float("inf"), [1]]
)
def test_no_numbers(setting: str, value: Any) -> None:
    """The error names the setting and what was given."""
    if value is None and setting in OPTIONAL:
        assert OnlineSettings() == OnlineSettings(**{setting: None})
        return
    with pytest.raises(exc.SettingsError, match=setting) as caught:
        OnlineSettings(**{setting: value})
    assert caught.value.setting == setting
    assert repr(caught.value.value) == repr(value)


@pytest.mark.parametrize(
    "setting",
    [
        "lock_timeout",
        "deadline",
        "rows_per_chunk",
        "max_replica_lag",
        "max_replica_lag_bytes",
    ],
)
def test_nothing_is_not_enough(setting: str) -> None:
    """Of what is waited for, and done at a time; a pause may be none."""
    with pytest.raises(exc.SettingsError, match=f"{setting}=0"):
        OnlineSettings(**{setting: 0})
    assert OnlineSettings(pause=0, chunk_pause=0).pause == 0


def test_part_of_a_row() -> None:
    """Rows are counted in whole numbers."""
    with pytest.raises(exc.SettingsError, match="a whole number"):
        OnlineSettings(rows_per_chunk=1.5)  # type: ignore[arg-type]
    with pytest.raises(exc.SettingsError, match="a whole number"):
        OnlineSettings(max_replica_lag_bytes=1.5)  # type: ignore[arg-type]


def test_years(postgresql: Database) -> None:
    """As long as anybody may want to wait, and as short."""
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=3)
    run(postgresql, rename(), deadline=1e9, lock_timeout=1e8)
    run(postgresql, rename().reverse(), lock_timeout=1e-9, pause=0)
    assert postgresql.column("orders") == ["PAYED"] * 3


def test_defaults(postgresql: Database) -> None:
    """Nothing has to be configured."""
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED")
    with postgresql.operations() as op:
        op.invoke(rename())
    assert postgresql.column("orders") == ["PAID"] * 12


def test_other_settings(postgresql: Database) -> None:
    """Only OnlineSettings are settings."""
    postgresql.create(orders("A"))
    postgresql.options["ckenum_online_settings"] = {"deadline": 1}
    with pytest.raises(exc.SettingsError, match="OnlineSettings"):
        with postgresql.operations() as op:
            op.invoke(alter(["A", "B"], ["A"]))
    del postgresql.options["ckenum_online_settings"]
    assert postgresql.diff(orders("A")) == []


REFUSED = {
    "a chain": (
        {"rename": {"A": "B", "B": "C"}},
        "use two revisions",
    ),
    "a swap": ({"rename": {"A": "B", "B": "A"}}, "use two revisions"),
    "narrower": ({"length": 5, "existing_length": 9}, "read every row"),
    "no longer without a length": (
        {"length": 5, "existing_length": None},
        "read every row",
    ),
    "a trigger without rename": ({"keep_trigger": True}, "needs online"),
    "a trigger offline": (
        {"keep_trigger": True, "rename": {"A": "B"}, "online": False},
        "needs online",
    ),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=[*REFUSED])
def test_refused_by_the_call(options: dict[str, Any], message: str) -> None:
    """Before any statement, with what to do."""
    with pytest.raises(exc.DirectiveError, match=message):
        alter(["A", "B", "C"], ["A", "B"], **options)


def test_transaction_of_others(any_postgresql: Database) -> None:
    """It cannot be committed: nothing is changed, and the error says what
    to do.
    """
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED")
    before = state(db)
    with db.engine.connect() as connection, connection.begin():
        op = Operations(MigrationContext.configure(connection))
        with pytest.raises(exc.DirectiveError, match="outside of Alembic"):
            op.invoke(rename())
    assert state(db) == before


PARAMETERS = {
    "statement_timeout": "7s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "8s",
    "synchronous_commit": "local",
    "enable_seqscan": "off",
    "enable_bitmapscan": "on",
    "enable_sort": "off",
    "default_transaction_isolation": "serializable",
    "search_path": "public, pg_catalog",
}
PARAMETERS_NOW = (
    "SELECT name || '=' || setting FROM pg_settings"
    " WHERE name !~ '^transaction_(isolation|read_only|deferrable)|[.]'"
    " ORDER BY 1"
)


@pytest.mark.parametrize("fails", [False, True])
def test_parameters_of_the_session(
    any_postgresql: Database, fails: bool
) -> None:
    """All are as they were, also after an error."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED", each=25)
    db.options["ckenum_online_settings"] = FAST
    if fails:
        execute(db, "ALTER TABLE orders ADD CHECK (status <> 'PAID')")
    with db.engine.connect() as connection:
        for name, value in PARAMETERS.items():
            setting = sa.func.set_config(name, value, False)
            connection.execute(sa.select(setting))
        connection.commit()
        before = [*connection.exec_driver_sql(PARAMETERS_NOW).scalars()]
        connection.rollback()
        context = MigrationContext.configure(connection, opts=db.options)
        with context.begin_transaction():
            op = Operations(context)
            if fails:
                with pytest.raises(exc.OnlineBlockedError):
                    op.invoke(rename())
            else:
                op.invoke(rename())
        after = [*connection.exec_driver_sql(PARAMETERS_NOW).scalars()]
    assert after == before
    assert any(line == "lock_timeout=3000" for line in after)


def test_isolation_of_the_session(any_postgresql: Database) -> None:
    """A chunk sees what others have committed, whatever the default is."""
    any_postgresql.create(orders("NEW", "PAYED"))
    fill(any_postgresql, "PAYED")
    with watched(any_postgresql) as ran:
        run(any_postgresql, rename())
    begun = {r.text for r in ran if r.text.startswith("BEGIN")}
    assert begun == {"BEGIN ISOLATION LEVEL READ COMMITTED"}


def test_deadline(any_postgresql: Database) -> None:
    """It says who is in the way, and has changed nothing."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED")
    before = state(db)
    with a_writer(db):
        with pytest.raises(exc.LockTimeoutError, match="LOCK orders") as error:
            run(db, rename(), deadline=0.2)
    assert error.value.seconds == 0.2
    assert [holder.state for holder in error.value.holders] == [
        "idle in transaction"
    ]
    assert state(db) == before


@pytest.mark.parametrize("step", ["LOCK TABLE", "ALTER TABLE public"])
def test_deadline_for_migrations(any_postgresql: Database, step: str) -> None:
    """Another migration, or a VACUUM, is waited for as long, at each step."""
    db = any_postgresql
    db.create(orders("A"))
    with sa.create_engine(
        db.engine.url, poolclass=sa.NullPool
    ).connect() as other:

        def lock(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.startswith(step):
                other.exec_driver_sql(
                    "LOCK orders IN SHARE UPDATE EXCLUSIVE MODE"
                )

        sa.event.listen(db.engine, "before_cursor_execute", lock)
        with pytest.raises(exc.LockTimeoutError, match="SHARE UPDATE"):
            run(db, alter(["A", "B"], ["A"]), deadline=0.2)
        sa.event.remove(db.engine, "before_cursor_execute", lock)
    run(db, alter(["A", "B"], ["A"]))
    assert db.diff(orders("A", "B")) == []


def test_pause_between_chunks(any_postgresql: Database) -> None:
    """As long as one likes, with no lock held."""
    any_postgresql.create(orders("NEW", "PAYED"))
    fill(any_postgresql, "PAYED", each=35)
    start = time.monotonic()
    run(any_postgresql, rename(), chunk_pause=0.1)
    assert time.monotonic() - start > 0.4


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if " rows, " in record.getMessage()
    ]


def test_progress_in_the_log(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Lines of Alembic's logger, where there is no terminal."""
    caplog.set_level(logging.INFO, "alembic")
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=45)
    run(postgresql, rename())
    first, *_, last = lines(caplog)
    assert first.startswith("Change orders.status: 0 of 45 rows, ")
    assert last.startswith("Change orders.status: 45 of 45 rows, ")


def test_nothing_to_wait_for(
    postgresql: Database,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One chunk is done at once, and needs no line."""
    caplog.set_level(logging.INFO, "alembic")
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=10)
    run(postgresql, rename())
    assert lines(caplog) == []
    assert capfd.readouterr() == ("", "")


MIGRATION = """
import logging, sys
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from ckenum.alembic import OnlineSettings

logging.basicConfig(level=logging.INFO)
engine = sa.create_engine(sys.argv[1])
with engine.connect() as connection:
    settings = OnlineSettings(rows_per_chunk=10, chunk_pause=0.05)
    context = MigrationContext.configure(
        connection, opts={"ckenum_online_settings": settings}
    )
    with context.begin_transaction():
        Operations(context).alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAYED"],
            name="ck_orders_status",
            rename={"PAYED": "PAID"},
            online=True,
        )
"""


def test_progress_on_a_terminal(postgresql: Database) -> None:
    """A bar, which ends full, and no line of it in the log."""
    postgresql.create(orders("NEW", "PAYED"))
    fill(postgresql, "PAYED", each=45)
    url = postgresql.engine.url.render_as_string(hide_password=False)
    here, there = pty.openpty()
    rows_and_columns = struct.pack("HHHH", 24, 80, 0, 0)
    fcntl.ioctl(there, termios.TIOCSWINSZ, rows_and_columns)
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATION, url], stdout=there, stderr=there
    )
    os.close(there)
    text = read_all(here)
    assert process.wait(60) == 0, text
    assert "Change orders.status: 100%|" in text
    assert "| 45/45 [" in text
    assert "INFO:alembic.ckenum.online:Validating" in text
    assert "INFO:alembic.ckenum.online:Change" not in text
    assert postgresql.column("orders") == ["PAID"] * 45
