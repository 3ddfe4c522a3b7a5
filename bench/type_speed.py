"""What reading and writing an enum costs Python, beside plain strings.

The same rows of one table, through a plain String, sqlalchemy.Enum,
sqlalchemy-utils' ChoiceType, two TypeDecorators and CheckEnum: fetched,
written by executemany, and loaded by the ORM; "alone" the status is the only
column, which shows its cost at the largest; on SQLite and on PostgreSQL
with psycopg and asyncpg. The table has no CHECK, so that the database does
the same for all; what a CHECK costs is measured by inserts.py. All in turn,
in rounds of one run; medians of the seconds of the processor, for these
machines are noisy, and of the ratios to String in the same round.

The garbage collector waits meanwhile, unless --gc: it looks at each row that
has a member in it, whichever type has read it, but not at those of strings.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
import enum
import gc
import itertools
import json
import operator
from pathlib import Path
import random
import statistics
import tempfile
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy_utils import ChoiceType

from ckenum import CheckEnum

from .server import postgresql

TABLE = "ckenum_bench"
BACKENDS = ["sqlite", "psycopg", "asyncpg"]


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"


class Calling(sa.TypeDecorator[Status]):
    """As most write it."""

    impl = sa.String(255)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Status(value)


class LookingUp(Calling):
    """As fast as one can be."""

    cache_ok = True
    members = {None: None, **{status.value: status for status in Status}}

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return self.members[value]


TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "String": sa.String(255),
    "sqlalchemy.Enum": sa.Enum(
        Status,
        values_callable=lambda enum_class: [m.value for m in enum_class],
        native_enum=False,
    ),
    "ChoiceType": ChoiceType(Status, impl=sa.String(255)),
    "decorator, call": Calling(),
    "decorator, dict": LookingUp(),
    "CheckEnum": CheckEnum(Status, persist="value"),
}


class Kind:
    """The table as one of the types has it, and a class mapped to it."""

    def __init__(self, type_: sa.types.TypeEngine[Any]) -> None:
        self.table = sa.Table(
            TABLE,
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", type_),
            sa.Column("total", sa.Integer),
        )
        self.mapped: type[Any] = type("Order", (), {})
        orm.registry().map_imperatively(self.mapped, self.table)
        self.plain = type_ is TYPES["String"]

    def rows(self, count: int, first: int = 1) -> list[dict[str, Any]]:
        """To be inserted, their statuses in turn."""
        members = [s.value for s in Status] if self.plain else list(Status)
        return [
            {"id": first + number, "status": member, "total": number}
            for number, member in zip(range(count), itertools.cycle(members))
        ]


def fetch(connection: sa.Connection, kind: Kind, count: int) -> float:
    return seconds_to_fetch(connection, sa.select(kind.table), count)


def fetch_alone(connection: sa.Connection, kind: Kind, count: int) -> float:
    query = sa.select(kind.table.c.status)
    return seconds_to_fetch(connection, query, count)


def seconds_to_fetch(
    connection: sa.Connection, query: sa.Select[Any], count: int
) -> float:
    with measured() as taken:
        rows = connection.execute(query.limit(count)).all()
    assert len(rows) == count
    return taken[0]


def execute_many(connection: sa.Connection, kind: Kind, count: int) -> float:
    rows = kind.rows(count, first=2**30)
    with measured() as taken:
        connection.execute(kind.table.insert(), rows)
    connection.rollback()
    return taken[0]


def load(connection: sa.Connection, kind: Kind, count: int) -> float:
    query = sa.select(kind.mapped).limit(count)
    with orm.Session(connection) as session:
        with measured() as taken:
            found = session.scalars(query).all()
        assert len(found) == count
    return taken[0]


@contextmanager
def measured() -> Iterator[list[float]]:
    taken: list[float] = []
    gc.collect()
    start = time.process_time()
    yield taken
    taken.append(time.process_time() - start)


CASES = {
    "fetch": fetch,
    "fetch alone": fetch_alone,
    "executemany": execute_many,
    "ORM load": load,
}


def measure(
    connection: sa.Connection, counts: dict[str, int], rounds: int
) -> dict[tuple[str, str], list[float]]:
    """Seconds of each round, by case and type; the first is to warm up."""
    kinds = {name: Kind(type_) for name, type_ in TYPES.items()}
    fill(connection, kinds["String"], max(counts.values()))
    times: dict[tuple[str, str], list[float]] = {}
    for round_ in range(rounds + 1):
        for case, run in CASES.items():
            for name in random.sample(list(kinds), len(kinds)):
                taken = run(connection, kinds[name], counts[case])
                if round_:
                    times.setdefault((case, name), []).append(taken)
    connection.execute(sa.schema.DropTable(kinds["String"].table))
    connection.commit()
    return times


def fill(connection: sa.Connection, kind: Kind, count: int) -> None:
    kind.table.drop(connection, checkfirst=True)
    kind.table.create(connection)
    connection.execute(kind.table.insert(), kind.rows(count))
    connection.commit()


def on_engine(url: sa.URL, run: Callable[[sa.Connection], Any]) -> Any:
    if "asyncpg" not in url.drivername:
        with sa.create_engine(url, poolclass=NullPool).connect() as connection:
            return run(connection)

    async def on_async_engine() -> Any:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            return await connection.run_sync(run)

    return asyncio.run(on_async_engine())


def summary(
    backend: str, times: dict[tuple[str, str], list[float]]
) -> list[dict[str, Any]]:
    return [
        {
            "backend": backend,
            "case": case,
            "type": name,
            "seconds": round(statistics.median(found), 4),
            "ratio": round(
                statistics.median(
                    map(operator.truediv, found, times[case, "String"])
                ),
                3,
            ),
        }
        for case in CASES
        for name in TYPES
        for found in [times[case, name]]
    ]


def show(results: list[dict[str, Any]]) -> None:
    lines: dict[tuple[str, str], list[str]] = {}
    for result in results:
        figures = f"{result['seconds']:.3f} s {result['ratio']:5.2f}"
        line = lines.setdefault((result["backend"], result["case"]), [])
        line.append(f"{figures:>15}")
    for (backend, case), cells in lines.items():
        print(f"{backend:<8} {case:<11}", *cells, flush=True)


@contextmanager
def urls(options: argparse.Namespace) -> Iterator[dict[str, sa.URL]]:
    """Of each backend: a file, and the server at ``--url`` or an own one."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        found = {"sqlite": sa.make_url(f"sqlite:///{directory}/bench.db")}
        if {"psycopg", "asyncpg"} & set(options.backends):
            url = stack.enter_context(postgresql(options.url))
            for driver in ("psycopg", "asyncpg"):
                found[driver] = url.set(drivername=f"postgresql+{driver}")
        yield {backend: found[backend] for backend in options.backends}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fetch", type=int, default=500_000)
    parser.add_argument("--executemany", type=int, default=200_000)
    parser.add_argument("--load", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--backends", nargs="+", choices=BACKENDS, default=BACKENDS
    )
    parser.add_argument("--url", help="of a PostgreSQL database to measure in")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--gc", action="store_true", help="let it collect")
    options = parser.parse_args()
    if not options.gc:
        gc.disable()
    counts = {
        "fetch": options.fetch,
        "fetch alone": options.fetch,
        "executemany": options.executemany,
        "ORM load": options.load,
    }
    results = []
    print(f"{'':<20}", *(f"{name:>15}" for name in TYPES))
    with urls(options) as found:
        for backend, url in found.items():
            times = on_engine(
                url,
                lambda connection: measure(connection, counts, options.rounds),
            )
            part = summary(backend, times)
            show(part)
            results += part
    if options.json:
        text = json.dumps({"rows": counts, "results": results}, indent=2)
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
