"""What a change of values costs on MariaDB and MySQL, beside a native ENUM.

A writer inserts and updates single rows all the time; its longest call is
how long a change has held it up. Then single-row inserts, from a client,
into columns that are held to their values in several ways. What is compared
runs in turn, in rounds of one run; medians, with the least and the most.

    python -m bench.mysql mysql+pymysql://root@127.0.0.1:3306/mysql ...
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
import random
import statistics
import threading
import time
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

from ckenum import CheckEnum

DATABASE = "ckenum_bench"
LABELS = ["NEW", "PAYED", "SENT"]
ROW = "INSERT INTO orders (status, note) VALUES ('NEW', 'a note of the row')"

Variant = Callable[[sa.Connection], None]


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
        for n in range(1000):
            status = "PAYED" if n % 10 < 3 else "NEW"
            connection.exec_driver_sql(ROW.replace("NEW", status))
        there = 1000
        while there < rows:
            connection.exec_driver_sql(
                "INSERT INTO orders (status, note) SELECT status, note"
                f" FROM orders LIMIT {min(there, rows - there)}"
            )
            there *= 2


class Writer(threading.Thread):
    """Inserts and updates single rows; keeps its longest call."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self.engine = engine
        self.longest = 0.0
        self.errors = 0
        self.ends = False

    def run(self) -> None:
        with self.engine.connect() as connection:
            connection = connection.execution_options(
                isolation_level="AUTOCOMMIT"
            )
            number = 0
            while not self.ends:
                number += 1
                for statement in (
                    ROW,
                    "UPDATE orders SET note = 'another'"
                    f" WHERE id = {number % 1000 + 1}",
                ):
                    begun = time.perf_counter()
                    try:
                        connection.exec_driver_sql(statement)
                    except sa.exc.DBAPIError:
                        self.errors += 1
                    took = time.perf_counter() - begun
                    self.longest = max(self.longest, took)


def directive(values: list[str], **options: Any) -> Variant:
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


def statements(*texts: str) -> Variant:
    def run(connection: sa.Connection) -> None:
        for text in texts:
            connection.exec_driver_sql(text)

    return run


def modified(*labels: str, more: str = "") -> str:
    listed = ", ".join(f"'{label}'" for label in labels)
    return f"ALTER TABLE orders MODIFY status ENUM({listed}) NOT NULL{more}"


CHECKED, NATIVE = CheckEnum(*LABELS), sa.Enum(*LABELS)
RENAMED = ["NEW", "PAID", "SENT"]
CHANGES: dict[str, dict[str, tuple[Any, Variant]]] = {
    "add a value": {
        "ckenum, online": (CHECKED, directive([*LABELS, "X"], online=True)),
        "ckenum": (CHECKED, directive([*LABELS, "X"])),
        "native ENUM, appended": (
            NATIVE,
            statements(modified(*LABELS, "X", more=", ALGORITHM=INSTANT")),
        ),
    },
    "rename a value, 30% of the rows": {
        "ckenum, online": (
            CHECKED,
            directive(RENAMED, rename={"PAYED": "PAID"}, online=True),
        ),
        "ckenum": (CHECKED, directive(RENAMED, rename={"PAYED": "PAID"})),
        "native ENUM, appended, updated, rebuilt": (
            NATIVE,
            statements(
                modified(*LABELS, "PAID", more=", ALGORITHM=INSTANT"),
                "UPDATE orders SET status = 'PAID' WHERE status = 'PAYED'",
                modified(*RENAMED),
            ),
        ),
    },
}


def change(engine: sa.Engine, variant: Variant) -> tuple[float, float, int]:
    """Milliseconds: the change, the writer's longest call; its errors."""
    writer = Writer(engine)
    writer.start()
    time.sleep(0.5)
    writer.longest = 0.0
    begun = time.perf_counter()
    with engine.connect() as connection:
        variant(connection)
        connection.commit()
    took = time.perf_counter() - begun
    time.sleep(0.2)
    writer.ends = True
    writer.join()
    return took * 1000, writer.longest * 1000, writer.errors


def has_online(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        dialect: Any = connection.dialect
        return bool(
            dialect.is_mariadb and dialect.server_version_info >= (11, 2)
        )


def changes(engine: sa.Engine, rows: int, rounds: int) -> None:
    for title, variants in CHANGES.items():
        taken: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
        for _ in range(rounds):
            for name, (type_, variant) in variants.items():
                if name != "ckenum, online" or has_online(engine):
                    fill(engine, type_, rows)
                    taken[name].append(change(engine, variant))
        print(f"\n| {title} | wall, ms | writer's longest call, ms | errors |")
        print("| --- | --- | --- | --- |")
        for name, runs in taken.items():
            wall, longest = (spread([run[i] for run in runs]) for i in (0, 1))
            errors = sum(run[2] for run in runs)
            print(f"| {name} | {wall} | {longest} | {errors} |")


def spread(values: list[float], digits: int = 0) -> str:
    least, most = min(values), max(values)
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({least:.{digits}f}-{most:.{digits}f})"


def inserts(engine: sa.Engine, number: int, rounds: int) -> None:
    print("\n| an insert, by a client | of 3 values | of 50 |")
    print("| --- | --- | --- |")
    cells: dict[str, list[str]] = defaultdict(list)
    for count in (3, 50):
        values = [f"value {n}" for n in range(count)]
        kinds = {
            "no CHECK": sa.String(255),
            "CheckEnum": CheckEnum(*values),
            "native ENUM": sa.Enum(*values),
        }
        taken: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for kind, type_ in kinds.items():
                orders = table(type_)
                orders.drop(engine, checkfirst=True)
                orders.create(engine)
                taken[kind].append(insert(engine, values, number))
        for kind, micros in taken.items():
            ratios = [a / b for a, b in zip(micros, taken["no CHECK"])]
            middle = statistics.median(micros)
            cells[kind].append(f"{middle:.0f} µs, {spread(ratios, 2)}")
    for kind, row in cells.items():
        print(f"| {kind} | {' | '.join(row)} |")


def insert(engine: sa.Engine, values: list[str], number: int) -> float:
    """Microseconds for one, in one transaction, whose commit is left out."""
    chosen = random.Random(1).choices(values, k=number)
    with engine.connect() as connection:
        raw: Any = connection.connection.cursor()
        begun = time.perf_counter()
        for value in chosen:
            raw.execute(
                "INSERT INTO orders (status, note) VALUES (%s, 'x')", (value,)
            )
        took = time.perf_counter() - begun
        connection.commit()
    return took / number * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["changes", "inserts"])
    parser.add_argument("--inserts", type=int, default=5_000)
    arguments = parser.parse_args()
    for url in arguments.urls:
        first = sa.create_engine(url)
        with first.begin() as connection:
            version = connection.scalar(sa.text("SELECT VERSION()"))
            connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
        print(f"\n## {version}, {arguments.rows:,} rows")
        engine = sa.create_engine(sa.make_url(url).set(database=DATABASE))
        try:
            if arguments.only != "inserts":
                changes(engine, arguments.rows, arguments.rounds)
            if arguments.only != "changes":
                inserts(engine, arguments.inserts, arguments.rounds)
        finally:
            engine.dispose()
            with first.begin() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {DATABASE}")
            first.dispose()


if __name__ == "__main__":
    main()
