"""Change the code in one place at a time, and see whether a test fails.

``python -m tests.mutants.run [group ...] [--sample N] [--seed S]``, in a copy
of the tree: cosmic-ray changes files in place. A survivor is a change that no
test of its group notices; each is printed with its line.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from pathlib import Path
import random
import shutil
import subprocess
import sys
import tempfile

from cosmic_ray.work_db import use_db
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome

ROOT = Path(__file__).parents[2]
GROUPS = {
    "reading": (
        ["reflection", "recognition", "diff", "array_literal"],
        ["reflection", "recognition", "diff", "array"],
    ),
    "types": (
        ["declaration", "meanings", "members", "ordinal", "constraint"],
        ["types", "members", "meanings", "ordinal", "coercion", "constraint"],
    ),
    "ops": (
        ["alembic/ops/alter", "alembic/ops/arguments", "alembic/ops/create"],
        ["ops", "render"],
    ),
    "ddl": (
        ["alembic/ddl/rows", "alembic/ddl/sqlite/table_text"],
        ["sqlite_rows", "sqlite_text", "sqlite", "exact", "ops"],
    ),
}
"""The modules of each group, and the tests that are to notice."""

CONFIG = """
[cosmic-ray]
module-path = {modules!r}
timeout = 120.0
excluded-modules = []
test-command = {command!r}

[cosmic-ray.distributor]
name = "local"
"""


def main(options: Namespace) -> None:
    for name in options.groups or GROUPS:
        with tempfile.TemporaryDirectory(prefix="mutants") as directory:
            copy = Path(directory, "ckenum")
            shutil.copytree(
                ROOT, copy, ignore=shutil.ignore_patterns(".*", "*.egg-info")
            )
            survived, killed = run(name, copy, options)
        print(f"{name}: {len(survived)} survived, {killed} noticed")
        for each in survived:
            print(f"  {each}")


def run(name: str, copy: Path, options: Namespace) -> tuple[list[str], int]:
    """The survivors of a group, and how many others there were."""
    modules, tests = GROUPS[name]
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0"]
    # one PostgreSQL and one SQLite are enough to notice
    given = ["-p", "no:cacheprovider", "-k", "not by-url and not 3.53"]
    files = [f"tests/test_{test}.py" for test in tests]
    command = " ".join(map(repr, [*pytest, *given, *files]))
    (copy / "mutants.toml").write_text(
        CONFIG.format(
            modules=[f"ckenum/{module}.py" for module in modules],
            command=command,
        )
    )
    cosmic_ray(copy, "init", "mutants.toml", "session.sqlite")
    with use_db(str(copy / "session.sqlite"), WorkDB.Mode.open) as db:
        sample(db, options)
    cosmic_ray(copy, "baseline", "mutants.toml")
    cosmic_ray(copy, "exec", "mutants.toml", "session.sqlite")
    with use_db(str(copy / "session.sqlite"), WorkDB.Mode.open) as db:
        return outcome(db)


def cosmic_ray(copy: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "cosmic_ray.cli", *arguments],
        cwd=copy,
        check=True,
    )


def sample(db: WorkDB, options: Namespace) -> None:
    """Leave some of what is to be done, the same for one seed."""
    items = sorted(db.work_items, key=lambda item: str(item.mutations))
    if options.sample is None or options.sample >= len(items):
        return
    chosen = random.Random(options.seed).sample(items, options.sample)
    db.clear()
    db.add_work_items(chosen)


def outcome(db: WorkDB) -> tuple[list[str], int]:
    results = dict(db.results)
    survived = []
    for item in db.work_items:
        if results[item.job_id].test_outcome is TestOutcome.SURVIVED:
            (mutation,) = item.mutations
            (line, _), operator = mutation.start_pos, mutation.operator_name
            survived.append(f"{mutation.module_path}:{line} {operator}")
    return sorted(survived), len(results) - len(survived)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "groups", nargs="*", metavar="group", help=str([*GROUPS])
    )
    parser.add_argument("--sample", type=int, help="how many changes a group")
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
