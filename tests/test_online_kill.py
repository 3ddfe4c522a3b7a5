"""An online change that dies at any step, and is run again."""

from __future__ import annotations

import os
import signal
from typing import Any
import warnings

import pytest
import sqlalchemy as sa

from .adversaries import at_step
from .adversaries import begin
from .adversaries import CHANGES
from .adversaries import FEW
from .adversaries import other_session
from .adversaries import outcome
from .adversaries import RENAME_AND_DELETE
from .adversaries import steps as steps_of
from .adversaries import undisturbed
from .online import execute
from .online import run
from .roundtrip import Database

WITHOUT_TRIGGER = "rename and delete without trigger"
KINDS = {**CHANGES, WITHOUT_TRIGGER: RENAME_AND_DELETE}
del KINDS["delete"]  # as others do as well


def migrate_and_die(url: sa.URL, op: Any, at: int) -> None:
    signal.alarm(150)
    db = Database(url)
    with at_step(db, at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        run(db, op, settings=FEW)


def is_killed(url: sa.URL, op: Any, at: int) -> bool:
    """Whether a process that is to be killed before that step got there."""
    with warnings.catch_warnings():
        # that threads may be running: none that matters to the child
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        status = 1
        try:
            migrate_and_die(url, op, at)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL if killed else status == 0
    return killed


@pytest.mark.parametrize(
    "kind, steps",
    [
        ("rename", 4),
        *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in KINDS),
    ],
)
def test_kill(postgresql: Database, kind: str, steps: int) -> None:
    """After each of so many steps: the next run leads to the rows, and to
    the catalog, that a run which nobody disturbs does.
    """
    db, op = postgresql, KINDS[kind]
    if kind == WITHOUT_TRIGGER:
        execute(db, "DROP EXTENSION plpgsql")
    expected = undisturbed(db, op)
    db.engine.dispose()
    at, killed = 1 - steps, True
    while killed:
        at += steps
        begin(db, op)
        killed = is_killed(db.engine.url, op, at)
        run(db, op, settings=FEW)
        assert outcome(db) == expected
    assert at > 5


@pytest.mark.slow
def test_connection_lost_at_each_step(postgresql: Database) -> None:
    """What is raised says that the connection was lost, and what to do; the
    next run succeeds.
    """
    db, op = postgresql, RENAME_AND_DELETE
    expected = undisturbed(db, op)
    number = len(steps_of(db, op))
    with other_session(db) as other:

        def terminate() -> None:
            other.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid, 60000) "
                    "FROM pg_stat_activity "
                    "WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid()"
                )
            )

        for at in range(1, number + 1):
            begin(db, op)
            with at_step(db, at, terminate):
                with pytest.raises(sa.exc.OperationalError) as caught:
                    run(db, op, settings=FEW)
            said = str(caught.value)
            assert "terminating connection due to administrator" in said
            assert "run the migration again" in said
            run(db, op, settings=FEW)
            assert outcome(db) == expected
    assert number > 5
