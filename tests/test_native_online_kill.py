"""An online move that dies at any step, and is run again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.exc import DirectiveError

from .adversaries import before_steps
from .adversaries import FEW
from .adversaries import other_session
from .adversaries import wait_for
from .online import fetch
from .online import run
from .roundtrip import Database
from .test_native_online import begin
from .test_native_online import KEPT
from .test_native_online import outcome
from .test_native_online import renaming
from .test_native_online import SAME
from .test_online_kill import is_killed

UP = renaming()
ARRAYS = renaming(array=True)

WAYS: dict[str, tuple[list[Any], Any]] = {
    "replace": ([], UP),
    "keep": ([], KEPT),
    "drop what was kept": ([KEPT], SAME),
    "restore": ([UP], UP.reverse()),
    "restore what was kept": ([KEPT], SAME.reverse()),
    "replace arrays": ([], ARRAYS),
    "restore arrays": ([ARRAYS], ARRAYS.reverse()),
}
"""What is run before, undisturbed, and what is killed."""

FEW_AROUND = [
    "ALTER TABLE orders ALTER status SET NOT NULL",
    "CREATE INDEX one ON orders (note) WHERE status IS NOT NULL",
    "CREATE UNIQUE INDEX two ON orders (id, status)",
    "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (id, status)",
    "ALTER TABLE orders ADD CONSTRAINT mine"
    " CHECK (status IS NOT NULL OR id > 1)",
]
AS_ARRAYS = "ALTER TABLE orders ALTER status TYPE status[] USING ARRAY[status]"
OF_LABELS = [
    "ALTER TABLE orders ALTER status SET DEFAULT 'PAYED'",
    "CREATE INDEX paid ON orders (note) WHERE status = 'PAYED'",
    "ALTER TABLE orders ADD CHECK (status <> 'PAYED' OR id > 1)",
]


def begun(db: Database, before: list[Any], array: bool = False) -> None:
    around = [AS_ARRAYS] if array else OF_LABELS
    begin(db, *around, *FEW_AROUND, each=2)
    for op in before:
        run(db, op, settings=FEW)


def steps(db: Database, op: Any) -> list[str]:
    texts: list[str] = []
    with before_steps(db, lambda number, text: texts.append(text)):
        run(db, op, settings=FEW)
    return texts


def kills(texts: list[str]) -> list[int]:
    """The steps before which, and after which, something is different.

    A transaction that dies before its end has changed nothing, wherever.
    """
    ends = ("COMMIT", "CREATE", "DROP INDEX")
    return sorted(
        {
            number + more
            for number, text in enumerate(texts, 1)
            for more in (0, 1)
            if text.startswith(ends) and number + more <= len(texts)
        }
    )


PARTS = 6
"""Of the kills, in turn: all of them take minutes on a busy machine."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", WAYS)
def test_kill_at_each_step(postgresql: Database, way: str, part: int) -> None:
    """The next run leads to the rows, and to the catalog, that a run which
    nobody disturbs does.
    """
    db = postgresql
    before, op = WAYS[way]
    begun(db, before, op.array)
    found = kills(steps(db, op))
    expected = outcome(db)
    db.engine.dispose()
    for at in found[part::PARTS]:
        begun(db, before, op.array)
        db.engine.dispose()
        assert is_killed(db.engine.url, op, at)
        run(db, op, settings=FEW)
        assert outcome(db) == expected, at


@pytest.mark.parametrize(
    "at",
    ["CREATE INDEX", "RENAME", "DROP INDEX CONC", "DROP COLUMN", "DROP TYPE"],
)
def test_kill_at_a_step(postgresql: Database, at: str) -> None:
    """Before an index is built, before the swap, before the old index, the
    old column and the type go.
    """
    db = postgresql
    begun(db, [])
    texts = steps(db, UP)
    expected = outcome(db)
    number = next(i for i, text in enumerate(texts) if at in text) + 1
    begun(db, [])
    db.engine.dispose()
    assert is_killed(db.engine.url, UP, number)
    run(db, UP, settings=FEW)
    assert outcome(db) == expected


def test_keep_column_too_late(postgresql: Database) -> None:
    """A run without it has swapped, and died: its column is not in step."""
    db = postgresql
    begun(db, [])
    texts = steps(db, SAME)
    number = next(i for i, t in enumerate(texts) if t.startswith("DROP")) + 1
    begun(db, [])
    db.engine.dispose()
    assert is_killed(db.engine.url, SAME, number)
    with pytest.raises(DirectiveError, match="'status__ckenum' is no longer"):
        run(db, KEPT, settings=FEW)
    run(db, SAME, settings=FEW)


def test_invalid_index(postgresql: Database) -> None:
    """One that was stopped while it was built is dropped, and built again."""
    db = postgresql
    begun(db, [])
    run(db, UP, settings=FEW)
    expected = outcome(db)
    begun(db, [])
    with other_session(db) as other, other_session(db) as third:

        def stop(number: int, text: str) -> None:
            if "CONCURRENTLY" in text and not stopped:
                stopped.append(text)
                # it waits for the end of this transaction
                other.exec_driver_sql("BEGIN")
                other.exec_driver_sql("LOCK orders IN ROW EXCLUSIVE MODE")
                thread.start()

        def terminate() -> None:
            wait_for(
                db,
                "SELECT indexrelid FROM pg_index WHERE NOT indisvalid",
            )
            third.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 60000)"
                " FROM pg_stat_activity WHERE query LIKE 'CREATE%%INDEX%%'"
                " AND pid <> pg_backend_pid()"
            )

        stopped: list[str] = []
        thread = threading.Thread(target=terminate)
        with before_steps(db, stop):
            with pytest.raises(sa.exc.OperationalError):
                run(db, UP, settings=FEW)
        thread.join()
        other.exec_driver_sql("ROLLBACK")
    assert fetch(db, "SELECT 1 FROM pg_index WHERE NOT indisvalid") == [1]
    run(db, UP, settings=FEW)
    assert outcome(db) == expected
