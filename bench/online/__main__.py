"""What an application notices while the values of a column change.

Each change is made in several ways, to a fresh copy of one table, while a
writer uses it without a pause and a reader every millisecond, each in a
process of its own (and for a rename an old application as well, which goes
on to write the old value; for a native type two clients with asyncpg).
A client's stall is its longest call, from one second before the migration to
one second after it; it stands beside the same clients' longest call without
a migration, in a window as long. With --url of a MariaDB or MySQL server, see
mysql.py.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
import json
import os
import platform
import random
from typing import Any

import sqlalchemy as sa

from . import mysql
from ..server import postgresql
from .measure import Run
from .measure import run
from .report import for_machines
from .report import goals
from .report import summaries
from .report import table
from .table import age
from .table import fill
from .variants import quiet
from .variants import VARIANTS

MYSQLS = ("mysql", "mariadb")
PACKAGES = [
    "ckenum",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "asyncpg",
    "alembic-postgresql-enum",
]
SETTINGS = [
    "shared_buffers",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "min_wal_size",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
    "deadlock_timeout",
]


def about(engine: sa.Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        server = connection.scalar(sa.text("SHOW server_version"))
        settings = {
            name: connection.scalar(sa.select(sa.func.current_setting(name)))
            for name in SETTINGS
        }
    return {
        "machine": {
            "system": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
        },
        "versions": {
            "PostgreSQL": server,
            "Python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "settings": settings,
    }


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(
                line.split(":")[1].strip()
                for line in lines
                if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor()


def measure(url: sa.URL, options: argparse.Namespace) -> list[Run]:
    """All variants in turn, in another order each time."""
    runs = []
    engine = sa.create_engine(url)
    chosen = [
        variant
        for variant in VARIANTS
        if any(
            only in f"{variant.change}: {variant.way}" for only in options.only
        )
    ]
    for clients in sorted({variant.clients for variant in chosen}):
        chosen.append(quiet(options.quiet, clients))
    for rows in options.rows:
        fill(engine, rows)
        for repeat in range(options.repeats):
            for variant in random.sample(chosen, len(chosen)):
                runs.append(run(url, variant, rows, repeat))
                print(
                    f"{rows:,} rows, {repeat + 1}/{options.repeats}:"
                    f" {variant.change}: {variant.way},"
                    f" {runs[-1].wall * 1000:.0f} ms",
                    flush=True,
                )
    engine.dispose()
    return runs


def show(runs: list[Run], facts: dict[str, Any]) -> None:
    found = summaries(runs)
    print()
    for name, value in facts.items():
        print(f"{name}: {json.dumps(value)}")
    for rows in sorted({s.rows for s in found}):
        print(f"\n{rows:,} rows; medians (least-most)")
        for change in dict.fromkeys(v.change for v in VARIANTS):
            same = [
                s
                for s in found
                if s.rows == rows and s.variant.change == change
            ]
            if same:
                print(f"\n{table(change, same)}")
    print("\nGoals")
    for goal in goals(found):
        print(goal)


def write(name: str | None, found: dict[str, Any]) -> None:
    if name:
        with open(name, "w") as file:
            json.dump(found, file, indent=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--quiet",
        type=float,
        default=6.0,
        metavar="SECONDS",
        help="how long a run without a migration takes",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        metavar="PART",
        help="variants whose name has one of these in it",
    )
    parser.add_argument(
        "--url",
        type=sa.make_url,
        help="an empty database, or a MariaDB or MySQL server",
    )
    parser.add_argument("--json", help="a file to write, with each repeat")
    options = parser.parse_args()
    if options.url is not None and options.url.get_backend_name() in MYSQLS:
        write(options.json, mysql.main(options.url, options))
        return
    with postgresql(options.url) as url:
        if options.url is None:
            age(
                sa.create_engine(
                    url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
                )
            )
        facts = about(sa.create_engine(url, poolclass=sa.NullPool))
        facts["repeats"] = options.repeats
        runs = measure(url, options)
    show(runs, facts)
    write(
        options.json,
        {**facts, "runs": [for_machines(run) for run in runs]},
    )


if __name__ == "__main__":
    main()
