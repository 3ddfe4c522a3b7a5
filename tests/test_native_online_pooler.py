"""Online moves through a pooler in transaction mode."""

from __future__ import annotations

from .online import run
from .pooler import pooler
from .roundtrip import Database
from .test_native_online import AROUND
from .test_native_online import begin
from .test_native_online import KEPT
from .test_native_online import outcome
from .test_native_online import SAME
from .test_native_online import transactional
from .test_online_pooler import UNPREPARED


def test_move(postgresql: Database) -> None:
    """It is made transaction by transaction, and so is the way back."""
    begin(postgresql, *AROUND)
    expected = []
    for op in (SAME, SAME.reverse()):
        run(postgresql, transactional(op))
        expected.append(outcome(postgresql))
    begin(postgresql, *AROUND)
    with pooler(postgresql.engine.url) as through:
        db = Database(through.url, connect_args=UNPREPARED)
        run(db, KEPT)
        run(db, SAME)
        assert [*outcome(postgresql)] == [*expected[0]]
        run(db, SAME.reverse())
        assert [*outcome(postgresql)] == [*expected[1]]
        assert through.transactions > 20
        db.dispose()
