"""The same on MariaDB and MySQL: what an application notices of a change.

A writer inserts and updates single rows without a pause; during a rename an
old application goes on to write the old value. Each way runs in turn, on a
fresh table, in rounds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
import random
import statistics
import threading
import time
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import CheckEnumError

DATABASE = "ckenum_bench"
LABELS = ["NEW", "PAYED", "SENT"]
RENAMED = ["NEW", "PAID", "SENT"]
AROUND = 0.5
"""Seconds before and after a change that are watched as well."""

INSERT = "INSERT INTO orders (status, note) VALUES ('{}', 'a note of the row')"
UPDATE = "UPDATE orders SET note = 'another' WHERE id = {}"

Change = Callable[[sa.Connection], None]


def table(type_: Any) -> sa.Table:
    return sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", type_, nullable=False),
        sa.Column("note", sa.String(60)),
    )


def fill(engine: sa.Engine, type_: Any, rows: int) -> None:
    orders = table(type_)
    orders.drop(engine, checkfirst=True)
    orders.create(engine)
    with engine.begin() as connection:
        for number in range(1000):
            status = "PAYED" if number % 10 < 3 else "NEW"
            connection.exec_driver_sql(INSERT.format(status))
        there = 1000
        while there < rows:
            connection.exec_driver_sql(
                "INSERT INTO orders (status, note) SELECT status, note"
                f" FROM orders LIMIT {min(there, rows - there)}"
            )
            there *= 2


class Client(threading.Thread):
    """Runs statements, and keeps its longest call and its errors."""

    def __init__(
        self, engine: sa.Engine, statements: Iterator[str], pause: float
    ) -> None:
        super().__init__()
        self.engine = engine
        self.statements = statements
        self.pause = pause
        self.longest = 0.0
        self.errors = 0
        self.ends = threading.Event()

    def run(self) -> None:
        with self.engine.connect() as connection:
            connection = connection.execution_options(
                isolation_level="AUTOCOMMIT"
            )
            for statement in self.statements:
                begun = time.perf_counter()
                try:
                    connection.exec_driver_sql(statement)
                except sa.exc.DBAPIError:
                    self.errors += 1
                took = time.perf_counter() - begun
                self.longest = max(self.longest, took)
                if self.ends.wait(self.pause):
                    return


def writing() -> Iterator[str]:
    for number in range(1_000_000_000):
        yield INSERT.format("NEW")
        yield UPDATE.format(number % 1000 + 1)


def writing_old() -> Iterator[str]:
    while True:
        yield INSERT.format("PAYED")


@contextmanager
def clients(engine: sa.Engine, old: bool) -> Iterator[list[Client]]:
    found = [Client(engine, writing(), 0)]
    if old:
        found.append(Client(engine, writing_old(), 0.001))
    for each in found:
        each.start()
    try:
        yield found
    finally:
        for each in found:
            each.ends.set()
        for each in found:
            each.join()


def directive(values: list[str], **options: Any) -> Change:
    def run(connection: sa.Connection) -> None:
        context = MigrationContext.configure(connection)
        Operations(context).alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            values,
            existing_values=LABELS,
            name="ck_orders_status",
            **options,
        )

    return run


def statements(*texts: str) -> Change:
    def run(connection: sa.Connection) -> None:
        for text in texts:
            connection.exec_driver_sql(text)

    return run


def checked(*values: str) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return (
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
        f" CHECK (status IN ({listed}))"
    )


def modified(*labels: str, more: str = "") -> str:
    listed = ", ".join(f"'{label}'" for label in labels)
    return f"ALTER TABLE orders MODIFY status ENUM({listed}) NOT NULL{more}"


INSTANT = ", ALGORITHM=INSTANT"
DROP = "ALTER TABLE orders DROP CONSTRAINT ck_orders_status"
MOVE = "UPDATE orders SET status = 'PAID' WHERE status = 'PAYED'"
RENAME: dict[str, Any] = {"rename": {"PAYED": "PAID"}}
CHECKED, NATIVE = CheckEnum(*LABELS), sa.Enum(*LABELS)


@dataclass(frozen=True)
class Way:
    """One way to make a change.

    :ivar online: whether the server has to be able to.
    """

    name: str
    type_: Any
    change: Change
    online: bool = False


CHANGES = {
    "nothing": [Way("quiet", CHECKED, lambda _: time.sleep(2))],
    "add a value": [
        Way(
            "ckenum, online",
            CHECKED,
            directive([*LABELS, "X"], online=True),
            True,
        ),
        Way("ckenum", CHECKED, directive([*LABELS, "X"])),
        Way(
            "by hand: drop, add",
            CHECKED,
            statements(DROP, checked(*LABELS, "X")),
        ),
        Way(
            "native ENUM, appended",
            NATIVE,
            statements(modified(*LABELS, "X", more=INSTANT)),
        ),
    ],
    "rename a value, 30% of the rows": [
        Way(
            "ckenum, online, keep_trigger",
            CHECKED,
            directive(RENAMED, online=True, keep_trigger=True, **RENAME),
            True,
        ),
        Way(
            "ckenum, online",
            CHECKED,
            directive(RENAMED, online=True, **RENAME),
            True,
        ),
        Way("ckenum", CHECKED, directive(RENAMED, **RENAME)),
        Way(
            "by hand: drop, update, add both",
            CHECKED,
            statements(DROP, MOVE, checked(*LABELS, "PAID")),
        ),
        Way(
            "native ENUM, appended, updated",
            NATIVE,
            statements(modified(*LABELS, "PAID", more=INSTANT), MOVE),
        ),
    ],
}


@dataclass
class Run:
    """Milliseconds of one run, and what the clients met."""

    change: str
    way: str
    rows: int
    wall: float
    stall: float
    writer_errors: int
    old_errors: int
    failed: bool


def run(engine: sa.Engine, change: str, way: Way, rows: int) -> Run:
    fill(engine, way.type_, rows)
    with clients(engine, old=change.startswith("rename")) as found:
        time.sleep(AROUND)
        for each in found:
            each.longest = 0.0
        begun = time.perf_counter()
        failed = False
        with engine.connect() as connection:
            try:
                way.change(connection)
                connection.commit()
            except (sa.exc.DBAPIError, CheckEnumError):
                failed = True  # old values came in faster than they went
        took = time.perf_counter() - begun
        time.sleep(AROUND)
    old = found[1].errors if len(found) > 1 else 0
    stall = found[0].longest
    return Run(
        change,
        way.name,
        rows,
        took * 1000,
        stall * 1000,
        found[0].errors,
        old,
        failed,
    )


def has_online(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        dialect: Any = connection.dialect
        return bool(
            dialect.is_mariadb and dialect.server_version_info >= (11, 2)
        )


def measure(
    engine: sa.Engine, rows: list[int], repeats: int, only: list[str]
) -> list[Run]:
    ways = [
        (change, way)
        for change, found in CHANGES.items()
        for way in found
        if not way.online or has_online(engine)
        if way.name == "quiet" or any(part in way.name for part in only)
    ]
    return [
        run(engine, change, way, count)
        for count in rows
        for _ in range(repeats)
        for change, way in random.sample(ways, len(ways))
    ]


def show(runs: list[Run]) -> None:
    """A table for each change; stalls also as the ratio to the quiet one."""
    for rows in sorted({each.rows for each in runs}):
        print(f"\n{rows:,} rows")
        found: dict[str, dict[str, list[Run]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for each in runs:
            if each.rows == rows:
                found[each.change][each.way].append(each)
        quiet = statistics.median(
            each.stall for each in found["nothing"]["quiet"]
        )
        for change, ways in found.items():
            heads = [change, "wall, ms", "stall, ms", "to quiet", "errors"]
            print(f"\n| {' | '.join(heads)} | failed |")
            print("| --- | --- | --- | --- | --- | --- |")
            for way, same in sorted(ways.items()):
                wall = spread([each.wall for each in same])
                stall = spread([each.stall for each in same])
                ratio = statistics.median(e.stall for e in same) / quiet
                errors = sum(each.writer_errors for each in same)
                old = sum(each.old_errors for each in same)
                failed = sum(each.failed for each in same)
                cells = [
                    *(way, wall, stall, f"{ratio:.1f}", f"{errors}, {old}"),
                    f"{failed} of {len(same)}",
                ]
                print(f"| {' | '.join(cells)} |")


def spread(values: list[float]) -> str:
    least, most = min(values), max(values)
    return f"{statistics.median(values):.0f} ({least:.0f}-{most:.0f})"


def main(url: sa.URL, options: Any) -> dict[str, Any]:
    """Measure on the server at ``url``, in a database of its own."""
    first = sa.create_engine(url)
    with first.begin() as connection:
        version = connection.scalar(sa.text("SELECT VERSION()"))
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
    engine = sa.create_engine(url.set(database=DATABASE))
    try:
        runs = measure(engine, options.rows, options.repeats, options.only)
    finally:
        engine.dispose()
        with first.begin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {DATABASE}")
        first.dispose()
    print(f"{version}; errors: the writer's, the old application's")
    show(runs)
    return {"server": version, "runs": [asdict(each) for each in runs]}
