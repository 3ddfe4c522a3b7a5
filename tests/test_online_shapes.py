"""Changes online of tables of every shape."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.alembic.ops import AlterCheckEnumOp

from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import not_validated
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
    fallback: bool = False
    options: dict[str, Any] = field(default_factory=dict)


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
        partitioned("LIST (status)", *BY_STATUS), fallback=True
    ),
    "partitions by the column, with a key": Shape(
        [
            f"CREATE TABLE orders (id integer, {STATUS}, PRIMARY KEY"
            " (status, id)) PARTITION BY LIST (status)",
            *BY_STATUS,
            ROWS.format("orders"),
        ],
        fallback=True,
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
        fallback=True,
    ),
    "partitions of partitions by the column": Shape(
        partitioned(
            "RANGE (id)",
            part("low", "FROM (0) TO (12)") + " PARTITION BY LIST (status)",
            part("low_payed", "IN ('PAYED')", "low"),
            "CREATE TABLE low_others PARTITION OF low DEFAULT",
            part("high", "FROM (12) TO (MAXVALUE)"),
        ),
        fallback=True,
    ),
    "partitions by an expression": Shape(
        partitioned(
            "LIST (lower(status))",
            part("payeds", "IN ('payed')"),
            "CREATE TABLE others PARTITION OF orders DEFAULT",
        ),
        fallback=True,
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
    """Run it, and the other way, each twice, with all that shall be true.

    A writer of the old value is never refused where there is a trigger; a
    row is inserted by one when the constraint has just been swapped.
    """
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
    there_and_back(any_postgresql, rename(**shape.options), shape)
