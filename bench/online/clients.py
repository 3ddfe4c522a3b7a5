"""The application: processes that read and write, and time each call."""

from __future__ import annotations

from array import array
import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
import gc
import itertools
import random
import time
from typing import Any

import asyncpg
import psycopg

INSERT = "INSERT INTO orders (status, payload) VALUES (%s, %s)"
UPDATE = "UPDATE orders SET payload = %s WHERE id = %s"
UPDATE_STATUS = "UPDATE orders SET status = %s WHERE id = %s"
POINT = "SELECT id, status, payload FROM orders WHERE id = %s"
RANGE = "SELECT id, status FROM orders WHERE id BETWEEN %s AND %s"

Call = tuple[str, tuple[Any, ...]]


@dataclass
class Calls:
    """What one client did: each call, in seconds of a clock all share."""

    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    errors: list[tuple[float, str]] = field(default_factory=list)

    def longest(self, start: float, end: float) -> float:
        """The longest call of those that were under way in the meantime."""
        first = bisect_left(self.ends, start)
        last = bisect_left(self.starts, end)
        return max(
            (self.ends[i] - self.starts[i] for i in range(first, last)),
            default=0.0,
        )

    def over_time(self, start: float, end: float, steps: int) -> list[float]:
        """The longest call in each of so many parts of the meantime."""
        part = (end - start) / steps
        return [
            self.longest(start + n * part, start + (n + 1) * part)
            for n in range(steps)
        ]

    def failed(self, start: float, end: float) -> Counter[str]:
        """How many calls failed in the meantime, by SQLSTATE."""
        return Counter(c for when, c in self.errors if start <= when <= end)


def writer(rows: int, dice: random.Random) -> Iterator[Call]:
    """Insert a row, update another; the values stay in the set."""
    for number in itertools.count():
        payload = f"{number:064}"
        yield INSERT, ("NEW", payload)
        yield UPDATE, (payload, dice.randint(1, rows))


def reader(rows: int, dice: random.Random) -> Iterator[Call]:
    """Read a row by its key, then fifty."""
    while True:
        yield POINT, (dice.randint(1, rows),)
        first = dice.randint(1, rows)
        yield RANGE, (first, first + 49)


def old_application(rows: int, dice: random.Random) -> Iterator[Call]:
    """Write a value that the migration renames, for it does not know."""
    for number in itertools.count():
        yield INSERT, ("PAID", f"{number:064}")
        yield UPDATE_STATUS, ("PAID", dice.randint(1, rows))


Work = Callable[[int, random.Random], Iterator[Call]]

KINDS: dict[str, tuple[Work, float]] = {
    "writer": (writer, 0.0),
    "reader": (reader, 0.001),
    "old application": (old_application, 0.001),
    "asyncpg writer": (writer, 0.01),
    "asyncpg reader": (reader, 0.01),
}
"""What each does, and seconds between two calls: a reader without a pause
would take a core, and show what that takes from a migration.
"""


def call(
    kind: str, conninfo: str, rows: int, seed: int, ready: Any, stop: Any
) -> Calls:
    """Do one thing after the other until ``stop``."""
    work, pause = KINDS[kind]
    each = work(rows, random.Random(f"{kind} {seed}"))
    gc.disable()
    if kind.startswith("asyncpg"):
        return asyncio.run(_by_asyncpg(conninfo, each, pause, ready, stop))
    return _by_psycopg(conninfo, each, pause, ready, stop)


def _by_psycopg(
    conninfo: str, each: Iterator[Call], pause: float, ready: Any, stop: Any
) -> Calls:
    calls = Calls()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.cursor()
        ready.wait()
        for statement, parameters in each:
            start = time.monotonic()
            try:
                cursor.execute(statement, parameters, prepare=True)
                if cursor.description:
                    cursor.fetchall()
            except psycopg.Error as error:
                calls.errors.append((start, error.sqlstate or "lost"))
                if not connection.broken:
                    # as at the end of a transaction: psycopg then forgets
                    # what it has prepared
                    connection.execute("ROLLBACK")
            calls.starts.append(start)
            calls.ends.append(time.monotonic())
            if stop.is_set() or connection.broken:
                break
            if pause:
                time.sleep(pause)
    return calls


async def _by_asyncpg(
    conninfo: str, each: Iterator[Call], pause: float, ready: Any, stop: Any
) -> Calls:
    """Each call is a transaction, as most applications have it: without one,
    asyncpg would run the call again by itself.
    """
    calls = Calls()
    connection = await asyncpg.connect(conninfo)
    ready.wait()
    for statement, parameters in each:
        start = time.monotonic()
        try:
            async with connection.transaction():
                await connection.fetch(_numbered(statement), *parameters)
        except asyncpg.PostgresError as error:
            calls.errors.append((start, error.sqlstate or "lost"))
        calls.starts.append(start)
        calls.ends.append(time.monotonic())
        if stop.is_set() or connection.is_closed():
            break
        await asyncio.sleep(pause)
    await connection.close()
    return calls


def _numbered(statement: str) -> str:
    """With the parameters as asyncpg has them: ``$1``, and so on."""
    first, *rest = statement.split("%s")
    return first + "".join(f"${n}{text}" for n, text in enumerate(rest, 1))
