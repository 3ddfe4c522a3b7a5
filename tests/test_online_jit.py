"""A server that compiles what it takes for expensive, as Debian's do.

Only on the server that a URL names: the one of the wheel cannot compile.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .backends import Servers
from .models import orders
from .online import execute
from .online import fetch
from .online import fill
from .online import run
from .roundtrip import Database
from .test_online_others import CHANGES

LOOKUP = "SELECT FROM child WHERE parent = {} FOR KEY SHARE"
"""As PostgreSQL checks a foreign key; without an index it reads all."""

EXPLAINED = [
    "CREATE TABLE child (parent int REFERENCES orders ON DELETE CASCADE)",
    "INSERT INTO child SELECT id FROM orders WHERE status = 'NEW'",
    "CREATE TABLE seen (line text)",
    "CREATE FUNCTION explain() RETURNS trigger LANGUAGE plpgsql AS $$"
    " DECLARE line text; BEGIN"
    f" FOR line IN EXPLAIN {LOOKUP.format('OLD.id')} LOOP"
    " INSERT INTO seen VALUES (line); END LOOP; RETURN NULL; END $$",
    "CREATE TRIGGER explain AFTER UPDATE OR DELETE ON orders FOR EACH ROW"
    " EXECUTE FUNCTION explain()",
]


@pytest.fixture
def compiling(servers: Servers) -> Iterator[Database]:
    with servers.database("postgresql-by-url") as url:
        db = Database(url)
        assert fetch(db, "SELECT pg_jit_available()") == [True]
        yield db
        db.dispose()


def how(plan: list[str]) -> set[str]:
    """What it costs, and whether it is compiled."""
    return {line for line in plan if line.startswith(("LockRows", "JIT"))}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_lookups_are_not_compiled(compiling: Database, change: object) -> None:
    """A trigger's query for a key without an index is planned as without a
    migration, and so not compiled for every row.
    """
    db = compiling
    db.create(orders("NEW", "PAYED"))
    fill(db, "NEW", "PAYED", each=4)
    execute(db, *EXPLAINED)
    lookup = f"EXPLAIN {LOOKUP.format(1)}"
    with db.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        dear = how(list(connection.exec_driver_sql(lookup).scalars()))
    plain = how(fetch(db, lookup))
    run(db, change)
    assert "JIT:" in dear - plain
    assert how(fetch(db, "SELECT line FROM seen")) == plain
