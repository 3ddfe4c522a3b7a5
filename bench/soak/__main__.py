"""Values that change online for minutes, while writers go on and migrators
are killed; in the end every row has to be accounted for.

Eight processes insert, update, upsert and delete, as an application does that
knows the new names of values and as an older one does. Meanwhile one
directive after the other adds, renames, merges and removes values, each in a
process that may be killed with SIGKILL at any time and is run again then.
Exits with 1 where a row is not what was written, where a writer saw an error
that no documentation tells of, or where anything is left behind. PostgreSQL
only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import multiprocessing
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import Any

import psycopg
import sqlalchemy as sa

from . import migrator
from . import table
from ..server import postgresql
from .accounts import differences
from .accounts import prefilled
from .changes import Changes
from .migrator import Migrator
from .promises import Promises
from .writer import Ledger
from .writer import Writer

VALUES = [f"value {letter}" for letter in "ABCDE"]
SHOWN = 20


@dataclass
class Result:
    """What a run has led to."""

    changes: Changes
    ledgers: list[Ledger]
    seconds: float
    server: str
    wrong: list[str]


def soak(url: sa.URL, options: argparse.Namespace) -> Result:
    conninfo = url.set(drivername="postgresql").render_as_string(False)
    path = Path(tempfile.mkdtemp()) / "promises.json"
    promises = Promises([*VALUES], [*VALUES])
    promises.publish(path)
    table.create(conninfo, VALUES, options.rows)
    migrator.create(url, VALUES)
    dice = random.Random(options.seed)
    changes = Changes(Migrator(url, dice), promises, path, [*VALUES], dice)
    writers = [
        Writer(number, conninfo, path, VALUES, options.rows)
        for number in range(1, options.writers + 1)
    ]
    start = time.monotonic()
    wrong = []
    with _at_work(writers) as ledgers:
        try:
            while time.monotonic() < start + options.seconds:
                changes.change()
            changes.end()
        except RuntimeError as error:
            wrong.append(str(error))
    wrong += [text for ledger in ledgers for text in ledger.broken]
    known = [prefilled(VALUES, options.rows), *ledgers]
    wrong += differences(url, known, promises, changes.values)
    with psycopg.connect(conninfo) as connection:
        server = connection.info.parameter_status("server_version") or ""
    seconds = time.monotonic() - start
    return Result(changes, ledgers, seconds, server, wrong)


@contextmanager
def _at_work(writers: list[Writer]) -> Iterator[list[Ledger]]:
    """Each in a process; their ledgers are there after the block."""
    fork = multiprocessing.get_context("fork")
    stop = fork.Event()
    ledgers: list[Ledger] = []
    pipes, processes = [], []
    for writer in writers:
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_work, args=(writer, stop, theirs))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        yield ledgers
    finally:
        stop.set()
        ledgers += [pipe.recv() for pipe in pipes]
        for process in processes:
            process.join()


def _work(writer: Writer, stop: Any, pipe: Any) -> None:
    pipe.send(writer.work(stop))


def rows_of(result: Result) -> Iterator[tuple[str, object]]:
    """The table of figures."""
    migrator = result.changes.migrator
    total: Ledger = Ledger()
    for ledger in result.ledgers:
        total.written += ledger.written
        total.refused += ledger.refused
        total.stalls += ledger.stalls
    done = result.changes.done
    yield "PostgreSQL", result.server
    yield "seconds", round(result.seconds)
    yield "directives", done.total()
    for kind, number in done.most_common():
        yield f"  {kind}", number
    yield "runs of them", migrator.runs.total()
    yield "  killed", migrator.kills
    for kind, number in migrator.refused.most_common():
        yield f"  {kind}", number
    yield "longest directive, all its runs", f"{migrator.longest:.1f} s"
    yield "writers", len(result.ledgers)
    yield "calls", total.written.total()
    for kind, number in total.written.most_common():
        yield f"  {kind}", number
    yield "calls refused, as documented", total.refused.total()
    for kind, number in total.refused.most_common():
        yield f"  {kind}", number
    seconds, kind = max(total.stalls)
    yield "longest call", f"{seconds * 1000:.0f} ms ({kind})"
    yield "rows accounted for", sum(len(lg.rows) for lg in result.ledgers)
    yield "not as it must be", len(result.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    parser.add_argument("--url", type=sa.make_url, help="an empty database")
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    with postgresql(options.url) as url:
        result = soak(url, options)
    for name, value in rows_of(result):
        print(f"{name:44} {value}")
    for text in result.wrong[:SHOWN]:
        print(f"  {text}")
    sys.exit(bool(result.wrong))


if __name__ == "__main__":
    main()
