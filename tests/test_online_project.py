"""Online revisions, as ``alembic upgrade head`` runs them."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

from .adversaries import is_validated
from .adversaries import values
from .adversaries import wait_for
from .interpreters import commands
from .online import a_writer
from .online import triggers
from .roundtrip import Database
from .test_project import CREATED
from .test_project import ENVIRON
from .test_project import Project

RENAMED = """
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
"""

BOTH_ARE_THERE = """
    SELECT 1 FROM pg_locks, pg_stat_activity other
    WHERE relation = 'orders'::regclass
      AND mode = 'ShareUpdateExclusiveLock'
      AND other.pid NOT IN (pg_locks.pid, pg_backend_pid())
      AND other.query LIKE '%pg_try_advisory_lock%'
    """
"""One waits for the table, the other one for the first."""


@pytest.fixture
def project(postgresql: Database, tmp_path: Path) -> Project:
    """With a table at its first revision, and rows to rename and delete."""
    project = Project(tmp_path, postgresql.engine.url, commands())
    project.model(CREATED)
    project.autogenerate()
    project.upgrade()
    for status in ["NEW", "PAYED", "JUNK"] * 3:
        postgresql.insert("orders", status=status)
    project.model(RENAMED)
    project.edit(
        "migrations/env.py",
        '"ckenum"],\n',
        '"ckenum"],\n            ckenum_online=True,\n',
    )
    project.autogenerate()
    project.add_rule(
        'existing_values=["NEW", "PAYED", "JUNK"]', 'delete=["JUNK"]'
    )
    return project


def test_two_upgrades_at_once(postgresql: Database, project: Project) -> None:
    """One does it; the other says that somebody has. Nothing is left to do
    then.
    """
    db = postgresql
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    with a_writer(db):
        processes = [
            subprocess.Popen(
                command,
                cwd=project.directory,
                env=ENVIRON,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for _ in range(2)
        ]
        wait_for(db, BOTH_ARE_THERE)
    said = [process.communicate()[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert sorted(codes) == [0, 255], said
    assert "expected to match one row" in said[codes.index(255)]
    project.upgrade()
    assert values(db) == {"NEW", "PAID"}
    assert len(db.column("orders")) == 6
    assert is_validated(db)
    assert triggers(db) == []
