"""MariaDB and MySQL: a change that stops anywhere, and is run again.

``test_faults`` has the rename that all backends have.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
import os
import re
import signal
from typing import Any
import warnings

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.alembic.ops.native import RestoreNativeEnumOp

from .backends import MYSQLS
from .backends import Servers
from .models import orders_with
from .online import alter
from .online import execute
from .online import run
from .roundtrip import Database
from .test_faults import at_statement

BEFORE = ["NEW", "PAYED", "JUNK"]
AFTER = ["NEW", "PAID", "JUNK"]
ROWS = dict(enumerate(BEFORE * 2, 1))
LIST = CheckEnum(*BEFORE, length=5)

NATIVE = partial(
    dict,
    enum_name="status",
    name="ck_orders_status",
    existing_values=BEFORE,
    rename={"PAYED": "PAID"},
)

KINDS: dict[str, tuple[Any, Callable[[bool], Any]]] = {
    "replace native": (
        sa.Enum(*BEFORE),
        lambda online: ReplaceNativeEnumOp(
            "orders", "status", AFTER, **NATIVE(online=online)
        ),
    ),
    "restore native": (
        LIST,
        lambda online: RestoreNativeEnumOp(
            "orders", "status", AFTER, **NATIVE(online=online)
        ),
    ),
    "add": (
        LIST,
        lambda online: alter([*BEFORE, "SENT"], BEFORE, online=online),
    ),
    "rename and delete": (
        LIST,
        lambda online: alter(
            ["NEW", "PAID"],
            BEFORE,
            rename={"PAYED": "PAID"},
            delete=["JUNK"],
            online=online,
        ),
    ),
    "longer": (
        LIST,
        lambda online: alter(
            ["NEW", "PAID AT LAST", "JUNK"],
            BEFORE,
            rename={"PAYED": "PAID AT LAST"},
            length=12,
            existing_length=5,
            server_default="PAID AT LAST",
            online=online,
        ),
    ),
    "create": (
        sa.String(20),
        lambda online: CreateCheckEnumOp(
            "orders", "status", BEFORE, name="ck_orders_status", online=online
        ),
    ),
}
"""The column's type before it, and the operation."""


@dataclass(frozen=True)
class Change:
    """A change of a table with rows."""

    db: Database
    kind: str
    online: bool

    @property
    def op(self) -> Any:
        return KINDS[self.kind][1](self.online)

    def begin(self) -> None:
        """A new table, as it is before."""
        execute(self.db, "DROP TABLE IF EXISTS orders")
        self.db.create(orders_with(sa.Column("status", KINDS[self.kind][0])))
        for id, status in ROWS.items():
            self.db.insert("orders", id=id, status=status)

    def run(self) -> None:
        run(self.db, self.op, rows_per_chunk=2, deadline=60)

    def outcome(self) -> Any:
        """The rows, and all that the database has of the table."""
        with self.db.engine.connect() as connection:
            shown = connection.exec_driver_sql("SHOW CREATE TABLE orders")
            text = re.sub(" AUTO_INCREMENT=[0-9]+", "", shown.one()[1])
            triggers = connection.exec_driver_sql("SHOW TRIGGERS").all()
        tables = sa.inspect(self.db.engine).get_table_names()
        return self.rows(), text, triggers, tables

    def rows(self) -> dict[int, str]:
        table = sa.table("orders", sa.column("id"), sa.column("status"))
        query = sa.select(table)
        with self.db.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def undisturbed(self) -> Any:
        self.begin()
        self.run()
        return self.outcome()

    def assert_between(self) -> None:
        """Each row is as before or as after, and a stranger is refused."""
        renamed = getattr(self.op, "rename", {})
        rows = self.rows()
        for id, before in ROWS.items():
            if before in getattr(self.op, "delete", ()):
                assert rows.get(id, before) == before
            else:
                assert rows[id] in (before, renamed.get(before, before))
        if self.kind != "create":
            with pytest.raises(sa.exc.DBAPIError):
                self.db.insert("orders", id=10, status="LOST")


ONLINE = {"mariadb-11"}
"""Where changes can be online."""

PARTS = 6
"""A change has some dozens of statements, and each stop takes a while."""

CASES = [
    pytest.param(
        backend,
        kind,
        online,
        range(first, 10_000, PARTS),
        marks=pytest.mark.slow,
        id=f"{backend}-{kind}{' online' * online}-{first}",
    )
    for backend in MYSQLS
    for kind in KINDS
    for online in ([False, True] if backend in ONLINE else [False])
    for first in range(1, PARTS + 1)
]
FEW = [
    pytest.param(
        backend,
        "replace native",
        False,
        range(1, 10_000, 15),
        id=f"{backend}-few",
    )
    for backend in MYSQLS
]
"""A cheap one: it stops before one statement in 15."""


@pytest.fixture
def mysql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


each_change = pytest.mark.parametrize(
    "mysql, kind, online, numbers", [*FEW, *CASES], indirect=["mysql"]
)


class Fault(Exception):
    pass


def fail() -> None:
    raise Fault


@each_change
def test_error(
    mysql: Database, kind: str, online: bool, numbers: range
) -> None:
    """An error before any statement leaves a table with all rows, which
    refuses strangers; the next run ends as one that nothing stops.
    """

    def fails(change: Change, number: int) -> bool:
        return is_ended(change, number, fail, Fault)

    assert_stopped(Change(mysql, kind, online), numbers, fails)


@each_change
def test_kill(
    mysql: Database, kind: str, online: bool, numbers: range
) -> None:
    """So does the end of the process there."""
    assert_stopped(Change(mysql, kind, online), numbers, is_killed)


@each_change
def test_connection_lost(
    mysql: Database, kind: str, online: bool, numbers: range
) -> None:
    """So does a connection that the server ends there."""

    def is_lost(change: Change, number: int) -> bool:
        error = sa.exc.OperationalError
        return is_ended(change, number, lambda: end_others(mysql), error)

    assert_stopped(Change(mysql, kind, online), numbers, is_lost)


def assert_stopped(
    change: Change, numbers: range, stopped: Callable[[Change, int], bool]
) -> None:
    """Stop it before each of these statements, as far as it has them.

    :param stopped: runs it, and returns whether it was stopped there.
    """
    expected = change.undisturbed()
    for number in numbers:
        change.begin()
        change.db.engine.dispose()
        was_stopped = stopped(change, number)
        change.assert_between()
        change.run()
        assert change.outcome() == expected
        if not was_stopped:
            break
    assert number > 5


def is_ended(
    change: Change,
    number: int,
    act: Callable[[], None],
    error: type[Exception],
) -> bool:
    """Whether ``act``, before that statement, ends it by an ``error``."""
    stop = at_statement(change.db, number, act)
    try:
        change.run()
        return False
    except error:
        return True
    finally:
        stop()


def is_killed(change: Change, number: int) -> bool:
    """Whether a process that is to be killed before that statement got
    there.
    """
    with warnings.catch_warnings():
        # that threads may be running: none that matters to the child
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            signal.alarm(120)
            at_statement(
                change.db, number, lambda: os.kill(os.getpid(), signal.SIGKILL)
            )
            change.run()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL if killed else status == 0
    return killed


def end_others(db: Database) -> None:
    """End the sessions of a database."""
    url = db.engine.url
    engine = sa.create_engine(url.set(database="mysql"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        ids = connection.scalars(
            sa.text(
                "SELECT ID FROM information_schema.PROCESSLIST"
                " WHERE DB = :name"
            ),
            {"name": url.database},
        )
        for id in ids.all():
            with suppress(sa.exc.DBAPIError):  # it has gone by itself
                connection.exec_driver_sql(f"KILL {id}")


@pytest.mark.slow
@pytest.mark.parametrize("mysql", sorted(ONLINE & {*MYSQLS}), indirect=True)
def test_kept_trigger(mysql: Database) -> None:
    """A trigger that an online rename has kept does not outlive the list,
    also if the first run ended before it was dropped.
    """
    change = Change(mysql, "restore native", False)
    change.begin()
    kept = alter(
        ["NEW", "PAID", "JUNK"],
        BEFORE,
        rename={"PAYED": "PAID"},
        keep_trigger=True,
    )
    run(mysql, kept)
    restore = RestoreNativeEnumOp(
        *("orders", "status", AFTER),
        **{**NATIVE(existing_values=AFTER), "rename": {}},
    )
    sa.event.listen(mysql.engine, "before_cursor_execute", fail_to_drop)
    with pytest.raises(Fault):
        run(mysql, restore)
    sa.event.remove(mysql.engine, "before_cursor_execute", fail_to_drop)
    run(mysql, restore)
    _, text, triggers, _ = change.outcome()
    assert "`status` enum(" in text
    assert triggers == []


def fail_to_drop(*args: Any) -> None:
    if args[2].startswith("DROP TRIGGER"):
        raise Fault
