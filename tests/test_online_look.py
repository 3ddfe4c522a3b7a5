"""Online changes look, try, and go back: what refuses them, and when."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any

import pytest

from ckenum import exc

from .online import alter
from .online import execute
from .online import fetch
from .online import not_validated
from .online import run
from .online import state
from .online import triggers
from .roundtrip import Database

VALUES = ["NEW", "PAYED", "JUNK"]
CHECK = "CONSTRAINT ck_orders_status CHECK (status IN ('NEW','PAYED','JUNK'))"
TABLE = (
    "CREATE TABLE orders (id integer PRIMARY KEY, customer integer DEFAULT 1,"
    f" status varchar(255) {CHECK})"
)
ROWS = (
    "INSERT INTO orders (id, customer, status) SELECT n, n,"
    " (ARRAY['NEW', 'PAYED', 'JUNK'])[n % 3 + 1] FROM generate_series(1, 36) n"
)
RENAME = alter(["NEW", "PAID", "JUNK"], VALUES, rename={"PAYED": "PAID"})
MERGE = alter(["NEW", "JUNK"], VALUES, rename={"PAYED": "NEW"})
DELETE = alter(["NEW", "PAYED"], VALUES, delete=["JUNK"])


def function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" 'BEGIN {body} END'"
    )


def trigger(name: str, body: str, when: str = "UPDATE") -> list[str]:
    return [
        function(f"f_{name}", body),
        f"CREATE TRIGGER {name} BEFORE {when} ON orders FOR EACH ROW"
        f" EXECUTE FUNCTION f_{name}()",
    ]


@dataclass(frozen=True)
class Shape:
    """Statements that make the table, what is said, what mends it."""

    made_by: list[str]
    says: str
    mended_by: list[str]
    op: Any = RENAME
    writes: str = "INSERT INTO orders (id, status) VALUES (90, 'PAYED')"
    tables: list[str] = field(default_factory=lambda: ["orders"])


PARTS = (
    f"CREATE TABLE orders (id integer, status varchar(255) {CHECK})"
    " PARTITION BY LIST (status)"
)

SHAPES = {
    "unique index": Shape(
        [
            TABLE,
            ROWS,
            "UPDATE orders SET customer = id / 3",
            "CREATE UNIQUE INDEX one_each ON orders (customer, status)",
        ],
        "The unique index 'one_each' of orders would have a value twice",
        ["DROP INDEX one_each"],
        MERGE,
        "UPDATE orders SET customer = 90 WHERE id = 1",
    ),
    "partial unique index": Shape(
        [
            TABLE,
            ROWS,
            "UPDATE orders SET customer = id / 3",
            "CREATE UNIQUE INDEX one_new ON orders (customer)"
            " WHERE status = 'NEW'",
        ],
        "The unique index 'one_new' of orders would have a value twice",
        ["DROP INDEX one_new"],
        MERGE,
        "UPDATE orders SET customer = 90 WHERE id = 1",
    ),
    "exclusion constraint": Shape(
        [
            TABLE,
            "INSERT INTO orders VALUES (1, 1, 'NEW'), (2, 1, 'PAYED')",
            "ALTER TABLE orders ADD EXCLUDE USING btree (status WITH =)",
        ],
        "conflicting key value violates exclusion constraint",
        ["ALTER TABLE orders DROP CONSTRAINT orders_status_excl"],
        MERGE,
        "UPDATE orders SET customer = 90 WHERE id = 1",
    ),
    "another list": Shape(
        [
            TABLE,
            ROWS,
            "ALTER TABLE orders ADD CONSTRAINT other CHECK"
            " (status = ANY ('{NEW,PAYED,JUNK}'))",
        ],
        "The constraint 'other' of orders does not allow 'PAID'",
        ["ALTER TABLE orders DROP CONSTRAINT other"],
    ),
    "another condition": Shape(
        [
            TABLE,
            ROWS,
            "ALTER TABLE orders ADD CONSTRAINT other CHECK"
            " (status <> 'PAID')",
        ],
        'violates check constraint "other"',
        ["ALTER TABLE orders DROP CONSTRAINT other"],
    ),
    "domain": Shape(
        [
            "CREATE DOMAIN state AS varchar(255)",
            TABLE.replace("varchar(255)", "state"),
            ROWS,
            "ALTER DOMAIN state ADD CONSTRAINT states CHECK"
            " (value IN ('NEW', 'PAYED', 'JUNK'))",
        ],
        "The constraint 'states' of state does not allow 'PAID'",
        ["ALTER DOMAIN state DROP CONSTRAINT states"],
    ),
    "a partition's own list": Shape(
        [
            PARTS.replace("LIST (status)", "RANGE (id)"),
            "CREATE TABLE part PARTITION OF orders DEFAULT",
            "ALTER TABLE part ADD CONSTRAINT own CHECK"
            " (status IN ('NEW', 'PAYED', 'JUNK'))",
            ROWS.replace("customer, ", "", 1).replace("n, n,", "n,"),
        ],
        "The constraint 'own' of part does not allow 'PAID'",
        ["ALTER TABLE part DROP CONSTRAINT own"],
    ),
    "lookup table": Shape(
        [
            "CREATE TABLE states (code varchar(255) PRIMARY KEY)",
            "INSERT INTO states VALUES ('NEW'), ('PAYED'), ('JUNK')",
            TABLE.replace(CHECK, f"REFERENCES states {CHECK}"),
            ROWS,
        ],
        "refuses 'PAID', which states.code does not have",
        ["INSERT INTO states VALUES ('PAID')"],
    ),
    "rows that refer to it": Shape(
        [
            TABLE.replace(CHECK, f"UNIQUE {CHECK}"),
            "INSERT INTO orders VALUES (1, 1, 'NEW'), (2, 1, 'PAYED')",
            "CREATE TABLE child (status varchar(255) REFERENCES orders"
            " (status))",
            "INSERT INTO child VALUES ('PAYED')",
        ],
        "which has no ON UPDATE CASCADE: recreate it",
        ["DELETE FROM child"],
        writes="UPDATE orders SET customer = 90 WHERE id = 2",
    ),
    "generated column": Shape(
        [
            TABLE,
            ROWS,
            "ALTER TABLE orders ADD price integer GENERATED ALWAYS AS"
            " (1 / (strpos(status, 'AID') - 2)) STORED",
        ],
        "division by zero",
        ["ALTER TABLE orders DROP price"],
    ),
    "no replica identity": Shape(
        [
            TABLE,
            ROWS,
            "ALTER TABLE orders REPLICA IDENTITY NOTHING",
            "CREATE PUBLICATION news FOR TABLE orders",
        ],
        "The publication 'news' has the table orders, which has no replica",
        ["ALTER TABLE orders REPLICA IDENTITY DEFAULT"],
    ),
    "trigger that raises": Shape(
        [
            TABLE,
            ROWS,
            *trigger(
                "guard",
                "IF new.status = ''PAID'' THEN RAISE ''not that''; END IF;"
                " RETURN new;",
            ),
        ],
        "not that",
        ["DROP TRIGGER guard ON orders"],
    ),
    "trigger that returns NULL": Shape(
        [
            TABLE,
            ROWS,
            *trigger(
                "guard",
                "IF new.status = ''PAID'' THEN RETURN NULL; END IF;"
                " RETURN new;",
            ),
        ],
        "A trigger of 'orders' keeps a row as it is",
        ["DROP TRIGGER guard ON orders"],
    ),
    "trigger that fires last": Shape(
        [TABLE, ROWS, *trigger("zzz", "RETURN new;", "INSERT OR UPDATE")],
        "The trigger 'zzz' of orders fires after",
        ["DROP TRIGGER zzz ON orders"],
    ),
    "rule": Shape(
        [
            TABLE,
            ROWS,
            "CREATE RULE keep AS ON UPDATE TO orders"
            " WHERE old.status = 'PAYED' DO INSTEAD NOTHING",
        ],
        "The rule 'keep' of orders does something else instead",
        ["DROP RULE keep ON orders"],
    ),
    "no partition for it": Shape(
        [
            PARTS,
            "CREATE TABLE part PARTITION OF orders"
            " FOR VALUES IN ('NEW', 'PAYED', 'JUNK')",
            ROWS.replace("customer, ", "", 1).replace("n, n,", "n,"),
        ],
        "no partition of relation",
        ["CREATE TABLE more PARTITION OF orders DEFAULT"],
    ),
    "a child's constraint of that name": Shape(
        [
            TABLE.replace("ck_orders_status", "old"),
            ROWS,
            "CREATE TABLE child () INHERITS (orders)",
            "ALTER TABLE child ADD CONSTRAINT ck_orders_status CHECK (id > 0)",
        ],
        "The table child has another constraint named 'ck_orders_status'",
        ["ALTER TABLE child DROP CONSTRAINT ck_orders_status"],
        alter(["NEW", "PAYED"], VALUES, delete=["JUNK"], existing_name="old"),
        "UPDATE orders SET customer = 90 WHERE id = 2",
    ),
    "another column's constraint of that name": Shape(
        [
            TABLE.replace("ck_orders_status", "old"),
            ROWS,
            "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
            " CHECK (customer > 0)",
        ],
        "The table orders has another constraint named 'ck_orders_status'",
        ["ALTER TABLE orders DROP CONSTRAINT ck_orders_status"],
        alter(["NEW", "PAYED"], VALUES, delete=["JUNK"], existing_name="old"),
        "UPDATE orders SET customer = 90 WHERE id = 2",
    ),
    "rows that refer to those to be deleted": Shape(
        [
            TABLE,
            ROWS,
            "CREATE TABLE child (id integer REFERENCES orders"
            " ON DELETE RESTRICT)",
            "INSERT INTO child SELECT max(id) FROM orders"
            " WHERE status = 'JUNK'",
        ],
        "to rows that delete=['JUNK'] would delete",
        ["DELETE FROM child"],
        DELETE,
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_refused(any_postgresql: Database, shape: Shape) -> None:
    """What would stop a change half way is named before anything changes,
    the application goes on, and when it is mended the change runs.
    """
    db = any_postgresql
    execute(db, *shape.made_by)
    before = state(db, *shape.tables)
    with pytest.raises(exc.OnlineBlockedError) as caught:
        run(db, shape.op)
    assert shape.says in str(caught.value)
    assert state(db, *shape.tables) == before
    execute(db, shape.writes)
    execute(db, *shape.mended_by)
    run(db, shape.op)
    assert {*fetch(db, "SELECT status FROM orders")} <= {*shape.op.values}
    assert not_validated(db) == []
    assert triggers(db) == []


def test_not_the_owner(any_postgresql: Database) -> None:
    """A role that does not own the table is told so, and nothing is gone."""
    db = any_postgresql
    execute(db, TABLE, ROWS)
    role = f"other_{db.engine.url.database}"[:60]
    execute(
        db,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
    )
    before = state(db)
    other = Database(db.engine.url.set(username=role))
    try:
        with pytest.raises(exc.OnlineBlockedError, match="belongs to"):
            run(other, DELETE)
    finally:
        other.dispose()
        execute(db, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert state(db) == before


LATE = [
    TABLE,
    "INSERT INTO orders SELECT n, n, 'PAYED' FROM generate_series(1, 60) n",
    *trigger(
        "guard",
        "IF new.status = ''PAID'' AND new.id = 47 THEN"
        " RAISE ''row 47 is locked by accounting''; END IF; RETURN new;",
    ),
]


def test_going_back(any_postgresql: Database) -> None:
    """Where a later row refuses, both values are allowed again, no trigger
    stays, the error names the row, and a rerun goes on when it is mended.
    """
    db = any_postgresql
    execute(db, *LATE)
    with pytest.raises(exc.OnlineUndoneError) as caught:
        run(db, RENAME)
    assert caught.value.row == "the row of 'orders' with id = '47'"
    assert "row 47 is locked by accounting" in str(caught.value)
    assert {*db.column("orders")} == {"PAYED", "PAID"}
    assert not_validated(db) == []
    assert not [each for each in triggers(db) if "ckenum" in each]
    execute(
        db,
        "UPDATE orders SET customer = 1",
        "INSERT INTO orders VALUES (90, 1, 'PAYED'), (91, 1, 'PAID')",
        "DROP TRIGGER guard ON orders",
    )
    run(db, RENAME)
    assert {*db.column("orders")} == {"PAID"}
    assert not_validated(db) == []
    assert triggers(db) == []


NAMES = (
    "SELECT conname FROM pg_constraint"
    " WHERE contype = 'c' AND conrelid = 'orders'::regclass"
)


@pytest.mark.parametrize("op", [RENAME, DELETE], ids=["rename", "delete"])
def test_row_that_a_trigger_keeps(postgresql: Database, op: Any) -> None:
    """A later row that stays as it is makes it go back: the error names the
    row and the reason, and says nothing of rows that came late.
    """
    db = postgresql
    keep = (
        "IF old.id = 35 THEN RETURN NULL; END IF;"
        " RETURN CASE TG_OP WHEN ''DELETE'' THEN old ELSE new END;"
    )
    execute(db, TABLE, *trigger("keep", keep, "UPDATE OR DELETE"), ROWS)
    value = "PAYED" if op is RENAME else "JUNK"
    execute(
        db,
        "ALTER TABLE orders DISABLE TRIGGER USER",
        f"UPDATE orders SET status = '{value}'",
        "ALTER TABLE orders ENABLE TRIGGER USER",
    )
    with pytest.raises(exc.OnlineUndoneError) as caught:
        run(db, op)
    assert caught.value.row == "the row of 'orders' with id = '35'"
    assert "a trigger or a rule keeps it as it is" in caught.value.reason
    assert db.column("orders").count(value) == 1
    execute(db, "INSERT INTO orders VALUES (90, 1, 'JUNK')")
    execute(db, "DROP TRIGGER keep ON orders")
    run(db, op)
    assert value not in db.column("orders")


def test_giving_up(any_postgresql: Database) -> None:
    """The directive that the error shows leads back to the old values."""
    db = any_postgresql
    execute(db, *LATE)
    with pytest.raises(exc.OnlineUndoneError) as caught:
        run(db, RENAME)
    with db.operations() as op:
        eval(caught.value.giving_up, {"op": op})
    assert {*db.column("orders")} == {"PAYED"}
    assert fetch(db, NAMES) == ["ck_orders_status"]


def test_going_back_to_an_old_name(any_postgresql: Database) -> None:
    """The constraint that is put back has the name it had."""
    db = any_postgresql
    execute(db, *[text.replace("ck_orders_status", "old") for text in LATE])
    op = alter(
        ["NEW", "PAID", "JUNK"],
        VALUES,
        rename={"PAYED": "PAID"},
        existing_name="old",
    )
    with pytest.raises(exc.OnlineUndoneError):
        run(db, op)
    assert fetch(db, NAMES) == ["old"]
    execute(db, "DROP TRIGGER guard ON orders")
    run(db, op)
    assert fetch(db, NAMES) == ["ck_orders_status"]


def test_slow_trigger(any_postgresql: Database) -> None:
    """Before a change only as many rows are tried as fit into the time that
    one may wait for the lock.
    """
    db = any_postgresql
    slow = "PERFORM nextval(''calls''), pg_sleep(0.06); RETURN new;"
    execute(db, TABLE, ROWS, "CREATE SEQUENCE calls", *trigger("slow", slow))
    run(db, RENAME, lock_timeout=0.1)
    # one is tried, and then each of the twelve is changed
    assert fetch(db, "SELECT last_value FROM calls") == [13]


def test_index_that_needs_a_search_path(any_postgresql: Database) -> None:
    """Its expression cannot be asked for a clash, and stops nothing."""
    db = any_postgresql
    create = "CREATE FUNCTION {} (x varchar) RETURNS varchar IMMUTABLE"
    execute(
        db,
        TABLE,
        f"{create.format('inner_key')} LANGUAGE sql AS 'SELECT x'",
        f"{create.format('key')} LANGUAGE plpgsql AS"
        " 'BEGIN RETURN inner_key(x); END'",
        "CREATE UNIQUE INDEX one_each ON orders (key(status), id)",
        ROWS,
    )
    run(db, RENAME)
    assert {*db.column("orders")} == {"NEW", "PAID", "JUNK"}


NOT_VALID = [
    TABLE.replace(CHECK, ""),
    "INSERT INTO orders VALUES (1, 1, 'PAYED'), (2, 1, 'ODD')",
    f"ALTER TABLE orders ADD {CHECK} NOT VALID",
]
NO_INHERIT = [
    TABLE.replace(CHECK, f"{CHECK} NO INHERIT"),
    "CREATE TABLE child () INHERITS (orders)",
    "INSERT INTO child VALUES (1, 1, 'PAYED'), (2, 1, 'ODD')",
]
OTHER_LIST = [
    TABLE.replace("'PAYED','JUNK'", "'PAYED','ODD'"),
    "INSERT INTO orders VALUES (1, 1, 'PAYED'), (2, 1, 'ODD')",
]


@pytest.mark.parametrize(
    "made_by, online",
    [
        (NOT_VALID, False),
        (NOT_VALID, True),
        (NO_INHERIT, False),
        (NO_INHERIT, True),
        (OTHER_LIST, False),  # online it is ConstraintDiffersError
    ],
)
def test_row_that_no_list_allows(
    postgresql: Database, made_by: list[str], online: bool
) -> None:
    """A value that the old constraint was never asked about is told, with
    its rows, and nothing changes.
    """
    db = postgresql
    execute(db, *made_by)
    before = state(db)
    op = alter(
        ["NEW", "PAID", "JUNK"],
        VALUES,
        rename={"PAYED": "PAID"},
        online=online,
    )
    with pytest.raises(exc.RowsRemainError, match="'ODD' in 1 row") as caught:
        run(db, op)
    assert not caught.value.taken_back
    assert state(db) == before
    execute(db, "DELETE FROM orders WHERE status = 'ODD'")
    run(db, op)
    assert db.column("orders") == ["PAID"]


MISFITS = {
    "a view": (
        "CREATE VIEW orders AS SELECT 1 AS id, 'NEW'::text AS status",
        "'orders' is a view: name the table",
    ),
    "a number": (
        "CREATE TABLE orders (status integer"
        " CONSTRAINT ck_orders_status CHECK (status > 0))",
        "is of type integer, which holds no strings",
    ),
    "an array": (
        "CREATE TABLE orders (status varchar(9)[]"
        " CONSTRAINT ck_orders_status CHECK (status <> '{}'))",
        r"is of type character varying\(9\)\[\], which holds no strings",
    ),
}


@pytest.mark.parametrize("made_by, says", MISFITS.values(), ids=MISFITS)
def test_no_column_of_strings(
    postgresql: Database, made_by: str, says: str
) -> None:
    """It is said what there is instead."""
    execute(postgresql, made_by)
    with pytest.raises(exc.OnlineBlockedError, match=says):
        run(postgresql, RENAME)
