"""What stops an online move before it changes anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ckenum import exc

from .engines import stand_in
from .online import execute
from .online import fetch
from .online import run
from .roundtrip import Database
from .test_native_online import begin
from .test_native_online import LABELS
from .test_native_online import renaming
from .test_native_online import replace
from .test_native_online import SAME
from .test_script import script

TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN new.note := 7; RETURN new; END'"
)
TRIGGER = (
    "CREATE TRIGGER touch BEFORE UPDATE ON orders"
    " FOR EACH ROW EXECUTE FUNCTION touch()"
)

OBSTACLES: dict[str, tuple[list[str], type[Exception], str]] = {
    "view": (
        ["CREATE VIEW seen AS SELECT status FROM orders"],
        exc.BlockedByViewsError,
        "seen",
    ),
    "foreign key": (
        [
            "CREATE TABLE kinds (status status PRIMARY KEY)",
            "INSERT INTO kinds SELECT DISTINCT status FROM orders",
            "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (status)"
            " REFERENCES kinds",
        ],
        exc.BlockedByObjectsError,
        "op.drop_constraint",
    ),
    "referred key": (
        [
            "ALTER TABLE orders ADD UNIQUE (id, status)",
            "CREATE TABLE lines (id int, status status,"
            " FOREIGN KEY (id, status) REFERENCES orders (id, status))",
        ],
        exc.OnlineBlockedError,
        "a foreign key of another table refers to it",
    ),
    "generated column": (
        [
            "ALTER TABLE orders ADD isnew bool"
            " GENERATED ALWAYS AS (status = 'NEW') STORED"
        ],
        exc.BlockedByObjectsError,
        "isnew",
    ),
    "order of labels": (
        ["ALTER TABLE orders ADD CHECK (status > 'NEW' OR id > 0)"],
        exc.BlockedByObjectsError,
        "order of labels",
    ),
    "exclusion constraint": (
        [
            "ALTER TABLE orders ADD CONSTRAINT ex"
            " EXCLUDE (id WITH =, status WITH =)"
        ],
        exc.OnlineBlockedError,
        "exclusion constraint",
    ),
    "always trigger": (
        [TOUCH, TRIGGER, "ALTER TABLE orders ENABLE ALWAYS TRIGGER touch"],
        exc.OnlineBlockedError,
        "The trigger 'touch' is enabled as ALWAYS",
    ),
    "rule": (
        ["CREATE RULE nothing AS ON UPDATE TO orders DO ALSO NOTHING"],
        exc.OnlineBlockedError,
        "The rule 'nothing'",
    ),
    "publication": (
        ["CREATE PUBLICATION news FOR TABLE orders (id, status)"],
        exc.OnlineBlockedError,
        "The publication 'news'",
    ),
    "replica identity": (
        ["ALTER TABLE orders REPLICA IDENTITY FULL"],
        exc.OnlineBlockedError,
        "REPLICA IDENTITY is FULL",
    ),
    "child": (
        ["CREATE TABLE lines () INHERITS (orders)"],
        exc.OnlineBlockedError,
        "Other tables inherit from it",
    ),
    "column of that name": (
        ["ALTER TABLE orders ADD status__ckenum int"],
        exc.OnlineBlockedError,
        "'status__ckenum', which no online move has made",
    ),
    "other type": (
        ["ALTER TABLE orders ALTER status TYPE text"],
        exc.OnlineBlockedError,
        "The column is of type text, not of the ENUM status",
    ),
    "default that is renamed in an expression": (
        [
            "ALTER TABLE orders ALTER status"
            " SET DEFAULT (lower('payed') || 'PAYED')::text::status"
        ],
        exc.DirectiveError,
        "server_default=",
    ),
}


def columns(db: Database) -> list[Any]:
    return fetch(
        db,
        "SELECT attname FROM pg_attribute WHERE attnum > 0"
        " AND attrelid = 'orders'::regclass ORDER BY attnum",
    )


@pytest.mark.parametrize("name", OBSTACLES)
def test_refused_first(postgresql: Database, name: str) -> None:
    """With its name, and without any change."""
    statements, error, text = OBSTACLES[name]
    begin(postgresql, *statements)
    before = columns(postgresql)
    with pytest.raises(error, match=text):
        run(postgresql, renaming())
    assert columns(postgresql) == before


def test_rows_that_hold_a_removed_label(postgresql: Database) -> None:
    """They stop it before anything has changed."""
    begin(postgresql)
    before = columns(postgresql)
    with pytest.raises(exc.RowsRemainError) as caught:
        run(postgresql, replace(["NEW", "it's 50%"]))
    assert caught.value.counts == {"PAYED": 20}
    assert columns(postgresql) == before


def test_users_trigger_does_not_fire(postgresql: Database) -> None:
    """The rows that get their new value are otherwise as they were."""
    begin(postgresql, TOUCH, TRIGGER)
    run(postgresql, SAME)
    assert fetch(postgresql, "SELECT 1 FROM orders WHERE note = 7") == []
    execute(postgresql, "UPDATE orders SET status = 'NEW' WHERE id = 1")
    assert fetch(postgresql, "SELECT id FROM orders WHERE note = 7") == [1]


def test_users_trigger_that_cannot_be_held_back(postgresql: Database) -> None:
    """By a role that may not say so, it is refused."""
    db = postgresql
    begin(db, TOUCH, TRIGGER, "DROP ROLE IF EXISTS ckenum_owner")
    execute(
        db,
        "CREATE ROLE ckenum_owner",
        "ALTER TABLE orders OWNER TO ckenum_owner",
        "ALTER TYPE status OWNER TO ckenum_owner",
        "GRANT CREATE ON SCHEMA public TO ckenum_owner",
    )
    try:
        with pytest.raises(exc.OnlineBlockedError, match="'touch' fires"):
            with db.operations() as operations:
                connection = operations.get_bind()
                connection.exec_driver_sql("SET ROLE ckenum_owner")
                operations.invoke(SAME)
    finally:
        db.engine.dispose()
        execute(
            db,
            "DROP TABLE orders",
            "DROP OWNED BY ckenum_owner CASCADE",
            "DROP ROLE ckenum_owner",
        )


HYPERTABLE = (
    "INSERT INTO timescaledb_information.hypertables"
    " VALUES ('public', 'orders', false)"
)
DISTRIBUTED = "INSERT INTO pg_dist_partition VALUES ('orders')"


@pytest.mark.parametrize(
    "engine, statement", [("timescaledb", HYPERTABLE), ("citus", DISTRIBUTED)]
)
def test_other_engine(
    postgresql: Database, tmp_path: Path, engine: str, statement: str
) -> None:
    """What cannot build an index concurrently, or find rows by their place,
    is refused, also if it has no rows yet.
    """
    begin(postgresql)
    before = columns(postgresql)
    with stand_in(postgresql, engine, tmp_path):
        execute(postgresql, statement)
        with pytest.raises(exc.MigrationError, match="(?i)" + engine):
            run(postgresql, renaming())
    assert columns(postgresql) == before


def test_script() -> None:
    """A script cannot hold the loop over the rows, and says so."""
    with pytest.raises(exc.DirectiveError, match="loop"):
        script("postgresql", lambda op: op.invoke(SAME))


@pytest.mark.parametrize(
    "options, text",
    [
        ({"online": False}, "needs online=True"),
        ({"rename": {"PAYED": "PAID"}}, "cannot rename any"),
        ({"values": [*LABELS, "MORE"]}, "cannot hold"),
    ],
)
def test_keep_column_alone(options: dict[str, Any], text: str) -> None:
    """Where it cannot do what it is for, it is refused."""
    given = {"values": LABELS, "keep_column": True, **options}
    if "rename" in given:
        given["values"] = ["NEW", "PAID", LABELS[2]]
    with pytest.raises(exc.DirectiveError, match=text):
        replace(**given)


def test_row_that_refuses(postgresql: Database) -> None:
    """A unique index that would take two values for one stops it: all that
    it has made goes again.
    """
    db = postgresql
    begin(db, "CREATE UNIQUE INDEX one ON orders (status, (id % 20))")
    before = columns(db)
    op = replace(["NEW", LABELS[2]], rename={"PAYED": "NEW"})
    with pytest.raises(exc.OnlineBlockedError, match="one__ckenum"):
        run(db, op)
    left = [name for name in columns(db) if "dropped" not in name]
    assert left == before
    execute(db, "INSERT INTO orders (id, status) VALUES (999, NULL)")
    assert fetch(db, "SELECT 1 FROM pg_proc WHERE proname ~ 'ckenum'") == []
