"""A directive in a process of its own, which may be killed at any time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
import multiprocessing
import random
import time
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

from ckenum.alembic import OnlineSettings
from ckenum.exc import ConcurrentChangeError
from ckenum.exc import LockTimeoutError

from .table import NAME

SETTINGS = OnlineSettings(rows_per_chunk=200, deadline=30)
AGAIN = (LockTimeoutError, ConcurrentChangeError)
"""What says that another run may succeed."""


@dataclass
class Migrator:
    """Runs directives until they are done, and kills some of the runs.

    :ivar longest: seconds that a directive took, with all of its runs.
    """

    url: sa.URL
    dice: random.Random
    runs: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    usual: float = 0.3

    def run(self, kind: str, directive: str, **options: Any) -> None:
        """Raises :class:`RuntimeError` for an error that no rerun mends."""
        start = time.monotonic()
        for killable in (True, True, True, False, False, False):
            self.runs[kind] += 1
            error = self._attempt(killable, directive, options)
            if error is None:
                break
            if error:
                self.refused[error] += 1
        else:
            raise RuntimeError(f"{kind} did not end: {options}")
        self.longest = max(self.longest, time.monotonic() - start)

    def _attempt(
        self, killable: bool, directive: str, options: dict[str, Any]
    ) -> str | None:
        """``None`` where it succeeded, empty where it was killed; else what
        it raised.
        """
        fork = multiprocessing.get_context("fork")
        ours, theirs = fork.Pipe()
        process = fork.Process(
            target=_run, args=(theirs, self.url, directive, options)
        )
        process.start()
        theirs.close()
        if killable and self.dice.random() < 0.6:
            process.join(self.dice.uniform(0, 1.5 * self.usual))
            if process.is_alive():
                process.kill()
                process.join()
                self.kills += 1
                return ""
        start = time.monotonic()
        process.join()
        self.usual = 0.8 * self.usual + 0.2 * (time.monotonic() - start)
        said = ours.recv() if ours.poll() else f"exit code {process.exitcode}"
        if said is not None and said not in {e.__name__ for e in AGAIN}:
            raise RuntimeError(f"{directive} {options}: {said}")
        return said


def _run(
    pipe: Any, url: sa.URL, directive: str, options: dict[str, Any]
) -> None:
    try:
        migrate(url, directive, options)
        pipe.send(None)
    except AGAIN as error:
        pipe.send(type(error).__name__)
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def migrate(url: sa.URL, directive: str, options: dict[str, Any]) -> None:
    """As ``alembic upgrade`` runs a revision."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"ckenum_online_settings": SETTINGS}
        )
        with context.begin_transaction():
            op: Any = Operations(context)
            getattr(op, directive)("orders", "status", **options, online=True)


def create(url: sa.URL, values: list[str]) -> None:
    options = {"values": values, "name": NAME}
    migrate(url, "create_check_enum", options)
