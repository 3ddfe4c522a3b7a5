"""Between a native ENUM and a CheckEnum, while the application goes on."""

from __future__ import annotations

from collections.abc import Sequence
import copy
from typing import Any

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.alembic.ops.native_base import NativeEnumOp

from .adversaries import before_steps
from .adversaries import other_session
from .catalog import catalog
from .models import orders
from .models import orders_with
from .modes import of_driver
from .online import execute
from .online import fetch
from .online import functions
from .online import run
from .online import triggers
from .roundtrip import Database
from .test_native import LABELS as ANY_LABELS

pytestmark = pytest.mark.each_server

LABELS = ["NEW", "PAYED", "it's 50%"]
VALUES = ["NEW", "PAID", "it's 50%"]


def replace(
    values: Sequence[str] = VALUES,
    labels: Sequence[str] = LABELS,
    **options: Any,
) -> ReplaceNativeEnumOp:
    """Of ``orders.status``, online."""
    given: dict[str, Any] = {
        "enum_name": "status",
        "name": "ck_orders_status",
        "online": True,
        **options,
    }
    return ReplaceNativeEnumOp(
        "orders", "status", [*values], existing_values=[*labels], **given
    )


def renaming(**options: Any) -> ReplaceNativeEnumOp:
    return replace(rename={"PAYED": "PAID"}, **options)


def begin(
    db: Database, *more: str, column: str = "status", each: int = 20
) -> None:
    """A table with so many rows of each label."""
    labels = ", ".join(
        "'" + label.replace("'", "''") + "'" for label in LABELS
    )
    execute(
        db,
        "DROP TABLE IF EXISTS lines, orders",
        "DROP TYPE IF EXISTS status CASCADE",
        f"CREATE TYPE status AS ENUM ({labels})",
        f"CREATE TABLE orders (id serial PRIMARY KEY, status {column},"
        " note int)",
        *(
            f"INSERT INTO orders (status) SELECT {label}::status"
            f" FROM generate_series(1, {each})"
            for label in labels.split(", ")
        ),
        *more,
    )


def outcome(db: Database) -> Any:
    """The rows, and the catalog but for the columns' numbers and order."""
    found = catalog(db.engine)
    found["columns"] = sorted(
        (row[:2] + row[3:] for row in found["columns"]), key=repr
    )
    rest = [
        fetch(db, query)
        for query in (
            "SELECT id || ' ' || coalesce(status::text, '?') FROM orders"
            " ORDER BY id",
            "SELECT pg_get_statisticsobjdef(oid)"
            " || coalesce(obj_description(oid, 'pg_statistic_ext'), '')"
            " FROM pg_statistic_ext ORDER BY 1",
            "SELECT attname || o FROM pg_attribute, unnest(attoptions) o"
            " WHERE attrelid = 'orders'::regclass AND o LIKE 'n_%'"
            " AND NOT attisdropped ORDER BY 1",
        )
    ]
    return found, *rest, triggers(db), functions(db)


def transactional(op: NativeEnumOp) -> NativeEnumOp:
    """The same change, in one transaction."""
    op = copy.copy(op)
    op.online = False
    return op


def assert_same(db: Database, *more: str, **options: Any) -> None:
    """Online and transactional, up and down: all is the same."""
    column = options.pop("column", "status")
    found = {}
    for online in (False, True):
        begin(db, *more, column=column)
        op = renaming(**options)
        if not online:
            op = transactional(op)
        run(db, op)
        up = outcome(db)
        run(db, op.reverse())
        found[online] = up, outcome(db)
    for one, other in zip(found[True], found[False]):
        for part, expected in zip(one, other):
            assert part == expected


def test_alone(postgresql: Database) -> None:
    """A column that nothing else names."""
    assert_same(postgresql)


AROUND = [
    "ALTER TABLE orders ALTER status SET DEFAULT 'PAYED'",
    "COMMENT ON COLUMN orders.status IS 'it''s 50%'",
    "ALTER TABLE orders ALTER status SET STATISTICS 7",
    "ALTER TABLE orders ALTER status SET (n_distinct = 3)",
    "GRANT SELECT (status), UPDATE (status) ON orders TO PUBLIC",
    "CREATE INDEX plain ON orders (status DESC, id) INCLUDE (note)",
    "COMMENT ON INDEX plain IS '100% :x'",
    "CREATE INDEX status ON orders (id) WHERE status = 'PAYED'",
    "CREATE INDEX \"Two\" ON orders ((status = 'PAYED'), note)"
    " WITH (fillfactor = 70)",
    "CREATE UNIQUE INDEX one ON orders (status, id)"
    " WHERE status IN ('NEW', 'PAYED')",
    "ALTER TABLE orders CLUSTER ON plain",
    "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (id, status)"
    " DEFERRABLE INITIALLY DEFERRED",
    "COMMENT ON CONSTRAINT uq ON orders IS 'why'",
    "ALTER TABLE orders ADD CONSTRAINT mine"
    " CHECK (status <> 'PAYED' OR id > 5)",
    "COMMENT ON CONSTRAINT mine ON orders IS 'because'",
    "ALTER TABLE orders ADD CONSTRAINT later CHECK (status IS NOT NULL)"
    " NOT VALID",
    "CREATE STATISTICS seen ON id, status FROM orders",
    "COMMENT ON STATISTICS seen IS 'both'",
    "CREATE TABLE lines (order_id int REFERENCES orders (id))",
]


def test_everything_around(postgresql: Database) -> None:
    """Default, comments, privileges, settings, indexes, CHECKs and
    statistics.
    """
    assert_same(postgresql, *AROUND)


def test_not_null(postgresql: Database) -> None:
    """The column stays NOT NULL, by a constraint of the same name."""
    assert_same(postgresql, column="status NOT NULL")


def test_primary_key(postgresql: Database) -> None:
    """A key that the column belongs to is built beside it."""
    assert_same(
        postgresql,
        "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
        "ALTER TABLE orders ADD CONSTRAINT pk PRIMARY KEY (id, status)",
    )


def test_null_instead_of_a_label(postgresql: Database) -> None:
    """Rows with such a label get NULL, and other rows their value."""
    begin(postgresql, "INSERT INTO orders (status) VALUES (NULL)")
    run(
        postgresql,
        replace(
            ["NEW", "it's 50%"],
            rename={"PAYED": None, "NEW": "it's 50%", "it's 50%": "NEW"},
        ),
    )
    held = fetch(
        postgresql,
        "SELECT status || count(*) FROM orders GROUP BY status ORDER BY 1",
    )
    assert held == ["NEW20", "it's 50%20", None]


def test_row_that_another_holds(postgresql: Database) -> None:
    """The others get their value, and it gets its own later."""
    db = postgresql
    begin(db)
    updates: list[str] = []
    with other_session(db) as other:

        def hold(number: int, text: str) -> None:
            if text.startswith("UPDATE"):
                updates.append(text)
                if len(updates) == 1:
                    other.exec_driver_sql("BEGIN")
                    other.exec_driver_sql(
                        "SELECT FROM orders WHERE id = 30 FOR UPDATE"
                    )
                if len(updates) == 3:
                    other.exec_driver_sql("COMMIT")

        with before_steps(db, hold):
            run(db, SAME)
    assert len(updates) == 4
    assert sorted(db.column("orders")) == sorted(LABELS * 20)


def test_statistics_that_are_stale(postgresql: Database) -> None:
    """A value that most rows once had, and that goes now, does no harm."""
    db = postgresql
    begin(db)
    fewer = replace(["NEW", LABELS[2]])
    for op, label in ((fewer, "PAYED"), (fewer.reverse(), "NEW")):
        execute(
            db,
            f"UPDATE orders SET status = '{label}'",
            "ANALYZE orders",
            "UPDATE orders SET status = 'NEW'",
        )
        run(db, op)
        assert db.column("orders") == ["NEW"] * 60


OLD = [
    "INSERT INTO orders (status) VALUES ('PAYED'::status)",
    "UPDATE orders SET status = 'PAYED'::status WHERE status = 'NEW'::status",
    "SELECT id FROM orders WHERE status <> 'NEW'::status",
    "SELECT id FROM orders WHERE status IN ('NEW'::status, 'PAYED'::status)",
]
NEW = [text.replace("::status", "::varchar") for text in OLD]
PLAIN = [text.replace("::status", "") for text in OLD]


def test_old_and_new_application(postgresql: Database) -> None:
    """While the column is kept, SQL for either type works; a value of
    another column stays a string.
    """
    db = postgresql
    back = KEPT.reverse()
    back.keep_column = True
    begin(db, "ALTER TABLE orders ADD name varchar(9)")
    for op in (KEPT, back):
        run(db, op)
        execute(db, *OLD, *NEW, *PLAIN)
        execute(db, "SELECT FROM orders WHERE name = 'Bob'")


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_other_driver(postgresql: Database, driver: str) -> None:
    """Another driver migrates to the same rows and catalog."""
    begin(postgresql, *AROUND)
    run(postgresql, transactional(renaming()))
    expected = outcome(postgresql)
    begin(postgresql, *AROUND)
    url = postgresql.engine.url
    db = Database(of_driver(url.set(drivername=f"postgresql+{driver}")))
    run(db, renaming())
    db.dispose()
    for part, rest in zip(outcome(postgresql), expected):
        assert part == rest


@pytest.mark.parametrize(
    "setting", ["statement_timeout", "max_parallel_maintenance_workers"]
)
def test_index_that_takes_long(postgresql: Database, setting: str) -> None:
    """It is built for as long as it takes, whatever the role's timeout is,
    and by one process: the other CPUs are the application's.
    """
    begin(
        postgresql,
        "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
        " 'BEGIN IF current_query() LIKE ''CREATE INDEX CONCURRENTLY%'' THEN"
        f" ASSERT current_setting(''{setting}'') = ''0''; END IF;"
        " RETURN $1; END'",
        "CREATE INDEX slow ON orders (slow(id)) WHERE status = 'PAYED'",
    )
    db = Database(
        postgresql.engine.url,
        connect_args={"options": "-c statement_timeout=1min"},
    )
    run(db, renaming())
    db.dispose()
    assert fetch(postgresql, "SELECT 1 FROM pg_class WHERE relname = 'slow'")


SAME = replace(LABELS)
"""Without a rename."""
KEPT = replace(LABELS, keep_column=True)


def test_kept_column_in_step(postgresql: Database) -> None:
    """The column that is kept follows each change; the same directive
    without ``keep_column`` drops it, its trigger, the bridge and the type.
    """
    db = postgresql
    expected = expected_of(db, SAME)
    begin(db, *AROUND)
    run(db, KEPT)
    execute(db, "UPDATE orders SET status = 'PAYED' WHERE id = 9")
    held = fetch(db, "SELECT status__ckenum FROM orders WHERE id = 9")
    assert held == ["PAYED"]
    execute(db, "UPDATE orders SET status = 'NEW' WHERE id = 9")
    run(db, KEPT)
    for _ in range(2):
        run(db, SAME)
        for part, rest in zip(outcome(db), expected):
            assert part == rest


def test_kept_column_comes_back(postgresql: Database) -> None:
    """A column that was kept takes its place again, with its rows."""
    db = postgresql
    not_null = "status NOT NULL"
    expected = expected_of(db, SAME, SAME.reverse(), column=not_null)
    begin(db, *AROUND, column=not_null)
    run(db, KEPT)
    run(db, SAME.reverse())
    for part, rest in zip(outcome(db), expected):
        assert part == rest


def expected_of(
    db: Database, *ops: NativeEnumOp, column: str = "status"
) -> Any:
    """What comes of them, each in a transaction."""
    begin(db, *AROUND, column=column)
    for op in ops:
        run(db, transactional(op))
    return outcome(db)


def test_autogenerate_keeps_what_was_kept(postgresql: Database) -> None:
    """The second column and its trigger are no difference to the models."""
    db = postgresql
    begin(db, "ALTER TABLE orders DROP note")
    run(db, replace(LABELS, keep_column=True))
    status = sa.Column("status", CheckEnum(*LABELS))
    model = orders_with(status)
    with db.engine.connect() as connection:
        default = sa.inspect(connection).get_columns("orders")[0]["default"]
    model.tables["orders"].c.id.server_default = sa.DefaultClause(
        sa.text(default)
    )
    assert db.diff(model) == []


def test_written_online(postgresql: Database) -> None:
    """As ``ckenum_online`` in ``env.py`` has it, up and down."""
    db = postgresql
    db.options["ckenum_online"] = True
    before = orders_with(sa.Column("status", sa.Enum(*LABELS, name="status")))
    db.create(before)
    migration = db.round_trip(before, orders(*LABELS))
    assert migration.upgrade.splitlines()[:4] == [
        "# online=True commits what came before it in this revision, so",
        "# it should be alone: move anything else to another revision.",
        "# On PostgreSQL the column becomes the table's last one.",
        "op.replace_native_enum(",
    ]
    assert "    online=True,\n" in migration.upgrade
    assert "    online=True,\n" in migration.downgrade


def begin_arrays(db: Database, *more: str) -> None:
    """As :func:`begin`, where each row holds an array."""
    begin(
        db,
        "ALTER TABLE orders ALTER status TYPE status[] USING ARRAY[status,"
        " 'NEW']",
        "INSERT INTO orders (status) VALUES (NULL), ('{}')",
        *more,
    )


ARRAYS_AROUND = [
    "ALTER TABLE orders ALTER status SET DEFAULT '{PAYED}'",
    "ALTER TABLE orders ADD CHECK (status IS NOT NULL OR id > 1)",
    "CREATE INDEX whole ON orders USING gin (status)",
]


def test_arrays(postgresql: Database) -> None:
    """Online and transactional, up and down: all is the same."""
    found = {}
    for online in (False, True):
        begin_arrays(postgresql, *ARRAYS_AROUND)
        op: NativeEnumOp = renaming(array=True)
        if not online:
            op = transactional(op)
        run(postgresql, op)
        up = outcome(postgresql)
        run(postgresql, op.reverse())
        found[online] = up, outcome(postgresql)
    for one, other in zip(found[True], found[False]):
        for part, expected in zip(one, other):
            assert part == expected


@pytest.mark.slow
@settings(max_examples=10)
@given(ANY_LABELS, st.data())
def test_any_labels(
    any_postgresql: Database,
    labels: list[str],
    data: st.DataObject,
) -> None:
    """Up and down, as in one transaction; with a default, an index and a
    CHECK that name them, and rows with NULL.
    """
    db = any_postgresql
    held = data.draw(
        st.lists(st.sampled_from([*labels, None]), max_size=8), "held"
    )
    becomes = data.draw(st.permutations(labels), "becomes")
    rename = {old: new for old, new in zip(labels, becomes) if old != new}
    op = replace(labels, labels, rename=rename)
    found = []
    for each in (transactional(op), op):
        table = orders_with(
            sa.Column(
                "status",
                sa.Enum(*labels, name="status"),
                server_default=labels[0],
            )
        )
        status = table.tables["orders"].c.status
        sa.Index(
            "one",
            table.tables["orders"].c.id,
            postgresql_where=status == labels[0],
        )
        table.create_all(db.engine)
        for number, value in enumerate(held):
            db.insert("orders", id=number, status=value)
        run(db, each)
        up = outcome(db)
        run(db, each.reverse())
        found.append((up, outcome(db)))
        execute(db, "DROP TABLE orders", "DROP TYPE status")
    assert found[0] == found[1]
