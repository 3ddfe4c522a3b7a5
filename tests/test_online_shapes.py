"""Changes online of tables of every shape."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ops import AlterCheckEnumOp

from .adversaries import when_blocked
from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import not_validated
from .online import of_rehearsals
from .online import rename
from .online import run
from .online import state
from .online import triggers
from .online import watched
from .roundtrip import Database

CHECK = "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAYED'))"
STATUS = f"status varchar(255) {CHECK}"
PLAIN = f"CREATE TABLE orders (id integer PRIMARY KEY, {STATUS})"
ROWS = (
    "INSERT INTO {} SELECT n, (ARRAY['NEW', 'PAYED', 'PAYED'])[n % 3 + 1]"
    " FROM generate_series(0, 35) n"
)


@dataclass(frozen=True)
class Shape:
    """Statements that make ``orders``, and tables to look at after."""

    made_by: list[str]
    tables: tuple[str, ...] = ("orders",)


def partitioned(by: str, *partitions: str, id: str = "integer") -> list[str]:
    return [
        f"CREATE TABLE orders (id {id}, {STATUS}) PARTITION BY {by}",
        *partitions,
        ROWS.format("orders"),
    ]


def part(name: str, bounds: str, of: str = "orders") -> str:
    return f"CREATE TABLE {name} PARTITION OF {of} FOR VALUES {bounds}"


BY_STATUS = [
    part("news", "IN ('NEW')"),
    part("payeds", "IN ('PAYED')"),
    part("paids", "IN ('PAID')"),
]

SHAPES = {
    "plain": Shape([PLAIN, ROWS.format("orders")]),
    "unlogged": Shape(
        [PLAIN.replace("TABLE", "UNLOGGED TABLE"), ROWS.format("orders")]
    ),
    "no rows": Shape([PLAIN]),
    "16 partitions": Shape(
        partitioned(
            "RANGE (id)",
            *(
                part(f"p{n}", f"FROM ({3 * n}) TO ({3 * n + 3})")
                for n in range(16)
            ),
            id="integer PRIMARY KEY",
        )
    ),
    "partitions by hash": Shape(
        partitioned(
            "HASH (id)",
            *(
                part(f"p{n}", f"WITH (MODULUS 3, REMAINDER {n})")
                for n in range(3)
            ),
        )
    ),
    "partitions by list": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS},"
            " region integer DEFAULT 1) PARTITION BY LIST (region)",
            part("here", "IN (1)"),
            part("there", "IN (2, NULL)"),
            ROWS.format("orders (id, status)"),
            "UPDATE orders SET region = 2 WHERE id % 5 = 0",
            "UPDATE orders SET region = NULL WHERE id % 7 = 0",
        ]
    ),
    "partitions of partitions": Shape(
        partitioned(
            "RANGE (id)",
            part("low", "FROM (0) TO (12)") + " PARTITION BY HASH (id)",
            part("low0", "WITH (MODULUS 2, REMAINDER 0)", "low"),
            part("low1", "WITH (MODULUS 2, REMAINDER 1)", "low"),
            part("high", "FROM (12) TO (MAXVALUE)"),
        )
    ),
    "partitions that were attached": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}) PARTITION BY"
            " RANGE (id)",
            f"CREATE TABLE old (status varchar(255), gone text, id integer,"
            f" {CHECK})",
            "ALTER TABLE old DROP gone",
            "ALTER TABLE orders ATTACH PARTITION old"
            " FOR VALUES FROM (0) TO (50)",
            ROWS.format("orders"),
        ]
    ),
    "partitions by the column": Shape(
        partitioned("LIST (status)", *BY_STATUS)
    ),
    "partitions by the column, with a key": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, PRIMARY KEY"
            " (status, id)) PARTITION BY LIST (status)",
            *BY_STATUS,
            ROWS.format("orders"),
        ],
    ),
    "partitions by the column, and by hash": Shape(
        partitioned(
            "LIST (status)",
            part("payeds", "IN ('PAYED')"),
            "CREATE TABLE others PARTITION OF orders DEFAULT"
            " PARTITION BY HASH (id)",
            part("others0", "WITH (MODULUS 2, REMAINDER 0)", "others"),
            part("others1", "WITH (MODULUS 2, REMAINDER 1)", "others"),
        ),
    ),
    "partitions of partitions by the column": Shape(
        partitioned(
            "RANGE (id)",
            part("low", "FROM (0) TO (12)") + " PARTITION BY LIST (status)",
            part("low_payed", "IN ('PAYED')", "low"),
            "CREATE TABLE low_others PARTITION OF low DEFAULT",
            part("high", "FROM (12) TO (MAXVALUE)"),
        ),
    ),
    "partitions by an expression": Shape(
        partitioned(
            "LIST (lower(status))",
            part("payeds", "IN ('payed')"),
            "CREATE TABLE others PARTITION OF orders DEFAULT",
        ),
    ),
    "inheritance": Shape(
        [
            PLAIN,
            "CREATE TABLE child (more text) INHERITS (orders)",
            'CREATE SCHEMA "Else where"',
            'CREATE TABLE "Else where"."Grand child" (PRIMARY KEY (id))'
            " INHERITS (child)",
            ROWS.format("orders"),
            ROWS.format("child (id, status)"),
            ROWS.format('"Else where"."Grand child" (id, status)'),
        ],
        ("orders", "child", '"Else where"."Grand child"'),
    ),
    "inheritance from two": Shape(
        [
            PLAIN,
            "CREATE TABLE a () INHERITS (orders)",
            "CREATE TABLE b () INHERITS (orders)",
            "CREATE TABLE c () INHERITS (a, b)",
            ROWS.format("orders"),
            ROWS.format("c"),
        ],
        ("orders", "c"),
    ),
    "no key": Shape(
        [f"CREATE TABLE orders (id integer, {STATUS})", ROWS.format("orders")]
    ),
    "no key, no rows": Shape([f"CREATE TABLE orders (id integer, {STATUS})"]),
    "no key, holes": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, fill text DEFAULT"
            " repeat('x', 2000))",
            *[ROWS.format("orders (id, status)")] * 8,
            "DELETE FROM orders WHERE id < 20",
        ]
    ),
    "the column in the key": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, PRIMARY KEY"
            " (status, id))",
            ROWS.format("orders"),
        ]
    ),
    "the column last in the key": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, PRIMARY KEY"
            " (id, status))",
            ROWS.format("orders"),
        ]
    ),
    "a composite key": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, a text DEFAULT 'x',"
            " b date DEFAULT now(), PRIMARY KEY (b, a, id) INCLUDE (status))",
            ROWS.format("orders (id, status)"),
        ]
    ),
    "indexes on the column": Shape(
        [
            PLAIN,
            "CREATE INDEX ON orders (lower(status))",
            "CREATE INDEX ON orders (status)",
            "CREATE INDEX ON orders (id) WHERE status = 'PAYED'",
            ROWS.format("orders"),
        ]
    ),
    "a generated column": Shape(
        [
            f"CREATE TABLE orders (id integer PRIMARY KEY, {STATUS}, short"
            " text GENERATED ALWAYS AS (left(status, 3)) STORED)",
            ROWS.format("orders"),
        ]
    ),
    "a view": Shape(
        [
            PLAIN,
            "CREATE VIEW payed AS SELECT * FROM orders WHERE status = 'PAYED'",
            ROWS.format("orders"),
        ]
    ),
    "deferred foreign keys": Shape(
        [
            PLAIN,
            ROWS.format("orders"),
            "ALTER TABLE orders ADD parent integer DEFAULT 1 REFERENCES"
            " orders DEFERRABLE INITIALLY DEFERRED",
        ]
    ),
    "a column of text": Shape(
        [
            PLAIN.replace("varchar(255)", "text"),
            ROWS.format("orders"),
        ]
    ),
    "a column that is not null": Shape(
        [
            PLAIN.replace("varchar(255)", "varchar(9) NOT NULL"),
            ROWS.format("orders"),
        ]
    ),
}


def held(db: Database, shape: Shape) -> list[list[tuple[int, str]]]:
    return [
        [
            tuple(row)
            for row in fetch(
                db,
                f"SELECT ARRAY[id::text, status] FROM {table} ORDER BY 1",
            )
        ]
        for table in shape.tables
    ]


def there_and_back(
    db: Database, op: AlterCheckEnumOp, shape: Shape, **settings: Any
) -> None:
    """Run it, and the other way, each twice, with all that shall be true."""
    there = held(db, shape)
    for way in (op, op.reverse()):
        ((old, new),) = way.rename.items()
        there = [
            [(id, new if status == old else status) for id, status in rows]
            for rows in there
        ]
        run(db, way, **settings)
        assert held(db, shape) == there
        assert not_validated(db) == triggers(db) == []
        for table in shape.tables:
            with pytest.raises(sa.exc.IntegrityError):
                execute(
                    db,
                    f"INSERT INTO {table} (id, status) VALUES (0, '{old}')",
                )
        assert_rerun_changes_nothing(db, way, tables=shape.tables)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_shapes(any_postgresql: Database, shape: Shape) -> None:
    """All rows of all its parts are renamed, there and back, the old value
    is refused, and to run it again does nothing.
    """
    execute(any_postgresql, *shape.made_by)
    there_and_back(any_postgresql, rename(), shape)


# a type, and an expression for the nth of 36 keys
KEYS = {
    "text": ("text", "chr(60 + n) || E'%s'':x\\n\\\\\"{}ü' || n"),
    "text by the letters": ('text COLLATE "C"', "chr(80 + n) || n"),
    "text by ICU": ("text COLLATE by_icu", "chr(80 + n) || n"),
    "text, case aside": ("text COLLATE no_case", "chr(60 + n) || n"),
    "uuid": ("uuid", "md5(n::text)::uuid"),
    "bytea": ("bytea", "decode(md5(n::text), 'hex')"),
    "timestamptz": (
        "timestamptz",
        "CASE n WHEN 0 THEN '-infinity' WHEN 1 THEN 'infinity'"
        " ELSE '2000-01-01'::timestamptz + n * interval '1.000001 day' END",
    ),
    "date": ("date", "'0010-01-01 BC'::date + n * 1000"),
    "interval": ("interval", "n * interval '-1 month 2 days 0.01 s'"),
    "numeric": (
        "numeric(30, 10)",
        "CASE n WHEN 1 THEN 'NaN' ELSE (n - 9) / 7.0 END",
    ),
    "double precision": (
        "double precision",
        "CASE n WHEN 1 THEN 'NaN' WHEN 2 THEN '-infinity'"
        " ELSE (n - 9) / 7.0 END",
    ),
    "bigint": ("bigint", "n * -9223372036854775::bigint"),
    "boolean and more": ("boolean[]", "ARRAY[n > 17, n % 2 = 0, NULL]"),
    "char": ("char(5)", "chr(60 + n)"),
    "name": ("name", "'n' || n"),
    '"char"': ('"char"', 'chr(80 + n)::"char"'),
    "inet": ("inet", "'10.0.0.0'::inet + n * 99"),
    "bit varying": ("varbit", "n::bit(7)::varbit"),
    "jsonb": ("jsonb", "to_jsonb(ARRAY[n])"),
    "a range": ("int4range", "int4range(n, n * 2, '[]')"),
    "an enum": ('"Odd ""%s"" type"', '(\'k\' || n)::"Odd ""%s"" type"'),
    "a domain": ('"Do.main"', "n"),
}

TYPES = [
    'CREATE TYPE "Odd ""%s"" type" AS ENUM ('
    + ", ".join(f"'k{n}'" for n in range(36))
    + ")",
    'CREATE DOMAIN "Do.main" AS integer CHECK (value >= 0)',
]


def collations(db: Database) -> list[str]:
    """Of ICU, with which not every server is built."""
    if not fetch(db, "SELECT 1 FROM pg_collation WHERE collname = 'de-x-icu'"):
        return [
            f'CREATE COLLATION {name} FROM "C"'
            for name in ("by_icu", "no_case")
        ]
    return [
        "CREATE COLLATION by_icu (provider = icu, locale = 'de')",
        "CREATE COLLATION no_case (provider = icu, deterministic = false,"
        " locale = 'und-u-ks-level2')",
    ]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys(any_postgresql: Database, key: tuple[str, str]) -> None:
    """Whatever the key's type, each chunk has as many rows as it shall."""
    db = any_postgresql
    type_name, nth = key
    if "boolean[]" in type_name:
        nth = f"{nth} || array_fill(true, ARRAY[n])"
    execute(
        db,
        *collations(db),
        *TYPES,
        f"CREATE TABLE orders (id {type_name} PRIMARY KEY, {STATUS})",
        f"INSERT INTO orders SELECT {nth}, 'PAYED' FROM"
        " generate_series(0, 35) n",
    )
    with watched(db) as ran:
        run(db, rename())
    changed = [r.rows for r in ran if r.text.startswith("UPDATE")]
    assert changed == [10, 10, 10, 6]
    assert fetch(db, "SELECT DISTINCT status FROM orders") == ["PAID"]


def test_key_with_operators_of_its_own(any_postgresql: Database) -> None:
    """Rows are found by their places: whose operators those are, only the
    search path tells.
    """
    db = any_postgresql
    execute(
        db,
        "CREATE EXTENSION citext",
        f"CREATE TABLE orders (id citext PRIMARY KEY, {STATUS})",
        ROWS.format("orders"),
    )
    with watched(db) as ran:
        run(db, rename())
    assert fetch(db, "SELECT count(*) FROM orders WHERE status = 'PAID'") == [
        24
    ]
    assert not any("citext" in statement.text for statement in ran)


@pytest.mark.parametrize(
    "name", ["ctid_", "select", "text", "id_1", "new", 'Ünï "%s" :x\'', "oid"]
)
def test_names_of_keys(any_postgresql: Database, name: str) -> None:
    """They are names of columns, and mean nothing else."""
    db = any_postgresql
    quoted = db.engine.dialect.identifier_preparer.quote(name)
    quoted = quoted.replace("%%", "%")
    execute(
        db,
        f"CREATE TABLE orders ({quoted} integer PRIMARY KEY, {STATUS})",
        ROWS.format("orders"),
    )
    with watched(db) as ran:
        run(db, rename())
    changed = [r.rows for r in ran if r.text.startswith("UPDATE")]
    assert changed == [10, 10, 4]


NAMES = [
    "select",
    'Orders Of "%s"',
    "it's %(x)s :x",
    "back\\slash",
    "o" * 63,
    "ö" * 31,
    "a.b",
    "new",
]


@pytest.mark.parametrize("name", NAMES)
def test_names(any_postgresql: Database, name: str) -> None:
    """Of the schema, the table, the column and the constraint."""
    db = any_postgresql
    preparer = db.engine.dialect.identifier_preparer
    quoted = preparer.quote(name).replace("%%", "%")
    table = f"{quoted}.{quoted}"
    execute(
        db,
        f"CREATE SCHEMA {quoted}",
        f"CREATE TABLE {table} (id integer PRIMARY KEY, {quoted} varchar(255)"
        f" CONSTRAINT {quoted} CHECK ({quoted} IN ('NEW', 'PAYED')))",
        ROWS.format(table),
    )
    op = rename(schema=name, table=name, column=name, name=name)
    for way, there in [(op, "PAID"), (op.reverse(), "PAYED")]:
        with_trigger = copy.copy(way)
        with_trigger.keep_trigger = True
        run(db, with_trigger)
        execute(db, f"INSERT INTO {table} VALUES (99, '{[*way.rename][0]}')")
        found = fetch(db, f"SELECT {quoted} FROM {table} WHERE id % 3 = 0")
        assert found.count(there) == 1
        execute(db, f"DELETE FROM {table} WHERE id = 99")
        run(db, way)
        assert_rerun_changes_nothing(db, way, tables=(table,))
        found = fetch(db, f"SELECT DISTINCT {quoted} FROM {table} ORDER BY 1")
        assert found == ["NEW", there]
        assert not_validated(db) == triggers(db) == []


def test_table_of_the_same_name(any_postgresql: Database) -> None:
    """Without a schema, it is the one that comes first in the search path;
    with one, the other.
    """
    db = any_postgresql
    execute(
        db,
        "CREATE SCHEMA first",
        PLAIN.replace("orders (", "first.orders ("),
        PLAIN,
        ROWS.format("first.orders"),
        ROWS.format("orders"),
    )
    at_first = sa.create_engine(
        db.engine.url, connect_args={"options": "-csearch_path=first,public"}
    )
    public = state(db, "public.orders")[2]
    other = Database(db.engine.url)
    other.engine.dispose()
    other.engine = at_first
    run(other, rename())
    assert state(db, "public.orders")[2] == public
    assert "PAYED" not in fetch(db, "SELECT status FROM first.orders")
    first = state(db, "first.orders")[2]
    run(other, rename(schema="public"))
    other.dispose()
    assert state(db, "first.orders")[2] == first
    assert "PAYED" not in fetch(db, "SELECT status FROM public.orders")


CHILD = "CREATE TABLE items (order_id integer REFERENCES orders ON DELETE {})"
DELETE = alter(["NEW"], ["NEW", "PAYED"], delete=["PAYED"])


def test_rows_of_others_go_with_theirs(any_postgresql: Database) -> None:
    """Where their foreign key says so."""
    execute(
        any_postgresql,
        PLAIN,
        ROWS.format("orders"),
        CHILD.format("CASCADE"),
        "INSERT INTO items SELECT id FROM orders",
    )
    run(any_postgresql, DELETE)
    assert len(fetch(any_postgresql, "SELECT order_id FROM items")) == 12


@pytest.mark.parametrize(
    "rule", ["RESTRICT", "NO ACTION DEFERRABLE INITIALLY DEFERRED"]
)
def test_rows_that_others_refer_to(
    any_postgresql: Database, rule: str
) -> None:
    """The key is named before any row goes; when the other rows are gone,
    it goes on.
    """
    db = any_postgresql
    execute(
        db,
        PLAIN,
        ROWS.format("orders"),
        CHILD.format(rule),
        "INSERT INTO items SELECT max(id) FROM orders WHERE status = 'PAYED'",
    )
    there = state(db)
    with pytest.raises(exc.OnlineBlockedError, match="items_order_id_fkey"):
        run(db, DELETE)
    assert state(db) == there
    execute(db, "DELETE FROM items")
    run(db, DELETE)
    assert set(fetch(db, "SELECT status FROM orders")) == {"NEW"}


def test_deferred_key_of_others(any_postgresql: Database) -> None:
    """No pending trigger event stands in the way of an ALTER TABLE."""
    db = any_postgresql
    execute(
        db,
        PLAIN,
        ROWS.format("orders"),
        CHILD.format("CASCADE DEFERRABLE INITIALLY DEFERRED"),
        "INSERT INTO items SELECT id FROM orders",
    )
    with db.operations() as op:
        op.execute("INSERT INTO orders VALUES (99, 'PAYED')")
        op.execute("INSERT INTO items VALUES (99)")
        op.invoke(DELETE)
    assert len(fetch(db, "SELECT order_id FROM items")) == 12


def test_row_that_moves_meanwhile(any_postgresql: Database) -> None:
    """To another partition, by another session: it is found there."""
    db = any_postgresql
    execute(db, *SHAPES["partitions by list"].made_by)
    mover = sa.create_engine(db.engine.url)

    rehearsed = of_rehearsals()

    def move(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        tried = rehearsed(statement)
        if not statement.startswith("UPDATE") or moved or tried:
            return
        moved.append(statement)
        mover.exec_driver_sql(
            "UPDATE orders SET region = 3 - region"
            " WHERE id IN (1, 4, 25) AND status = 'PAYED'"
        )

    moved: list[str] = []
    with db.engine.connect() as mover:
        sa.event.listen(db.engine, "before_cursor_execute", move)
        with when_blocked(db, mover.commit):
            run(db, rename(), lock_timeout=60)
    assert fetch(db, "SELECT id FROM orders WHERE status = 'PAYED'") == []
    assert not_validated(db) == []


def test_foreign_table(any_postgresql: Database) -> None:
    """A partition that is elsewhere is changed in one statement."""
    db = any_postgresql
    port, directory, user = fetch(
        db,
        "SELECT unnest(ARRAY[current_setting('port'), split_part("
        "current_setting('unix_socket_directories'), ',', 1), current_user])",
    )
    execute(
        db,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
        f" (dbname '{db.engine.url.database}', port '{port}',"
        f" host '{db.engine.url.host or directory}')",
        f"CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS"
        f" (user '{user}', password_required 'false')",
        "CREATE TABLE far (id integer, status varchar(255))",
        f"CREATE TABLE orders (id integer, {STATUS}) PARTITION BY RANGE (id)",
        part("near", "FROM (0) TO (12)"),
        "CREATE FOREIGN TABLE beyond PARTITION OF orders FOR VALUES FROM (12)"
        " TO (99) SERVER there OPTIONS (table_name 'far')",
    )
    execute(db, ROWS.format("orders"))
    run(db, rename())
    assert fetch(db, "SELECT DISTINCT status FROM far ORDER BY 1") == [
        "NEW",
        "PAID",
    ]
    assert triggers(db) == []
    execute(db, "DROP SERVER there CASCADE", "DROP EXTENSION postgres_fdw")
