"""All that ckenum does on PostgreSQL, once: its directives and its looks."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumTriggerOp
from ckenum.alembic.ops import ValidateCheckEnumOp
from ckenum.alembic.ops.codes import ReplaceCodesOp
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.drift import find_drift
from ckenum.inspection.audit import audit
from ckenum.inspection.drift import configured

from .models import orders_with
from .online import a_writer
from .online import execute
from .online import run
from .roundtrip import Database

BEFORE = ["NEW", "PAYED", "OLD", "JUNK"]
CK: dict[str, Any] = {"name": "ck_orders_status"}
HERE = ("orders", "status")
TYPES = frozenset({"mood"})
"""Those that the application has made."""


def alter(
    values: list[str], existing: list[str] = BEFORE, **options: Any
) -> AlterCheckEnumOp:
    return AlterCheckEnumOp(
        *HERE, values, existing_values=existing, **CK, **options
    )


def changes(**options: Any) -> Iterator[Any]:
    """One after the other, from no constraint to none."""
    yield CreateCheckEnumOp(*HERE, BEFORE, **CK, **options)
    yield ValidateCheckEnumOp(
        *HERE, BEFORE, **CK, array=options.get("array", False)
    )
    yield alter([*BEFORE, "SENT"], **options)
    yield alter(BEFORE, [*BEFORE, "SENT"], **options)
    is_array = options.get("array", False)
    yield alter(
        ["NEW", "PAID AT LAST", "DONE"],
        rename={"PAYED": "PAID AT LAST", "OLD": "DONE"},
        delete=["JUNK"],
        **options,
        **({} if is_array else {"length": 20, "existing_length": 9}),
    )
    yield alter(
        ["NEW", "ODD \\"],
        ["NEW", "PAID AT LAST", "DONE"],
        rename={"PAID AT LAST": "NEW", "DONE": "ODD \\"},
        **options,
        **({"keep_trigger": True} if options.get("online") else {}),
    )
    yield alter(["NEW"], ["NEW", "ODD \\"], delete=["ODD \\"], **options)
    yield DropCheckEnumTriggerOp(*HERE, **options)
    yield DropCheckEnumOp(*HERE, ["NEW"], **CK, **options)


TABLES = {
    "key": "id INT PRIMARY KEY, status VARCHAR(9)",
    "two keys": "id INT, a VARCHAR DEFAULT 'x', status VARCHAR(9),"
    " PRIMARY KEY (id, a)",
    "no key": "id INT, status VARCHAR(9)",
    "deferrable": "id INT UNIQUE DEFERRABLE, status VARCHAR(9)",
}
ROWS = (
    "INSERT INTO orders SELECT i, (ARRAY['NEW', 'PAYED', 'OLD', 'JUNK'])"
    "[1 + i % 4] FROM generate_series(1, 40) i"
)


def create_table(db: Database, columns: str, more: str = "") -> None:
    execute(
        db,
        "DROP TABLE IF EXISTS orders CASCADE",
        f"CREATE TABLE orders ({columns}){more}",
    )


def fill(db: Database) -> None:
    execute(db, ROWS.replace("orders ", "orders (id, status) "))


def change_rows(db: Database) -> None:
    for columns in TABLES.values():
        create_table(db, columns)
        fill(db)
        run(db, *changes())


def change_rows_online(db: Database) -> None:
    for columns in TABLES.values():
        create_table(db, columns)
        fill(db)
        for op in changes(online=True):
            run(db, op)
            run(db, op)


KEYS = [
    "CREATE UNIQUE INDEX one_each ON orders (lower(status), id)",
    "CREATE UNIQUE INDEX one_new ON orders (id)"
    " WHERE status::text OPERATOR(pg_catalog.=) 'NEW'",
    "ALTER TABLE orders ADD UNIQUE (status, id)",
    "CREATE TABLE child (id INT, status VARCHAR, FOREIGN KEY (status, id)"
    " REFERENCES orders (status, id) ON UPDATE CASCADE)",
]
LOOKED_UP = [
    "CREATE TABLE lookup (status VARCHAR PRIMARY KEY)",
    "INSERT INTO lookup VALUES ('NEW'), ('PAYED'), ('OLD'), ('JUNK')",
    "ALTER TABLE orders ADD FOREIGN KEY (status) REFERENCES lookup",
]


def change_keys_online(db: Database) -> None:
    """Unique indexes and foreign keys, which may refuse a change."""
    options: dict[str, Any] = {"online": True}
    rename = alter(["NEW", "OLD", "JUNK"], rename={"PAYED": "NEW"}, **options)
    delete = alter(
        ["NEW"], ["NEW", "OLD", "JUNK"], delete=BEFORE[2:], **options
    )
    for more in KEYS, LOOKED_UP:
        create_table(db, TABLES["key"])
        fill(db)
        execute(db, *more)
        run(db, CreateCheckEnumOp(*HERE, BEFORE, **CK, **options))
        run(db, rename)
        run(db, delete)
        execute(db, "DROP TABLE IF EXISTS child, orders, lookup")


def change_parts_online(db: Database) -> None:
    """Partitions, also by the column itself; children that inherit."""
    for key in "id", "status":
        create_table(
            db, "id INT, status VARCHAR(9)", f" PARTITION BY HASH ({key})"
        )
        execute(
            db,
            "CREATE TABLE part PARTITION OF orders"
            " FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        )
        fill(db)
        op = alter(
            ["NEW"],
            rename=dict.fromkeys(BEFORE[1:], "NEW"),
            online=True,
            keep_trigger=True,
        )
        run(db, CreateCheckEnumOp(*HERE, BEFORE, **CK, online=True), op)
    create_table(db, TABLES["key"])
    fill(db)
    run(db, CreateCheckEnumOp(*HERE, BEFORE, **CK, online=True))
    execute(db, "CREATE TABLE child () INHERITS (orders)")
    run(db, op)
    execute(db, "CREATE TABLE late () INHERITS (orders)")
    look(db)
    execute(db, "DROP TABLE orders CASCADE")
    look(db)
    create_table(db, TABLES["key"])
    run(db, DropCheckEnumTriggerOp(*HERE))


def change_arrays(db: Database) -> None:
    for online in {}, {"online": True}:
        create_table(db, "id INT PRIMARY KEY, status VARCHAR[]")
        execute(
            db,
            "INSERT INTO orders VALUES (1, '{NEW,PAYED}'), (2, '{OLD,JUNK}')",
        )
        run(db, *changes(array=True, **online))


def change_shape(db: Database) -> None:
    """Single values become arrays, and arrays single values."""
    for array in False, True:
        value = "'{PAYED}'" if array else "'PAYED'"
        create_table(db, f"id INT, status VARCHAR(9){'[]' * array}")
        execute(db, f"INSERT INTO orders VALUES (1, {value})")
        run(
            db,
            CreateCheckEnumOp(*HERE, BEFORE, **CK, array=array),
            alter(
                ["NEW", "PAID"],
                rename={"PAYED": "PAID", "OLD": "NEW"},
                delete=["JUNK"],
                array=not array,
                existing_array=array,
            ),
        )


def moves(array: bool = False) -> Iterator[Any]:
    """There and back."""
    op = ReplaceNativeEnumOp(
        *HERE,
        ["x", "b", "c"],
        existing_values=["a", "b", "c"],
        enum_name="mood",
        rename={"a": "x"},
        array=array,
        **CK,
    )
    yield op
    yield op.reverse()


def move_native(db: Database) -> None:
    for array, value in (False, "'a'"), (True, "'{a,b}'"):
        execute(db, "CREATE TYPE mood AS ENUM ('a', 'b', 'c')")
        create_table(db, f"id INT, status mood{'[]' * array}")
        execute(db, f"INSERT INTO orders VALUES (1, {value})")
        run(db, *moves(array))
        execute(db, "DROP TABLE orders", "DROP TYPE mood")


def codes(**options: Any) -> Iterator[Any]:
    """There and back."""
    op = ReplaceCodesOp(
        *HERE,
        ["a", "b"],
        existing_type=sa.SmallInteger(),
        rename={1: "a", 2: "b"},
        **CK,
        **options,
    )
    yield op
    yield op.reverse()


def move_codes(db: Database) -> None:
    for options in {}, {"online": True}, {"online": True, "keep_column": True}:
        create_table(db, "id INT PRIMARY KEY, status SMALLINT DEFAULT 1")
        execute(db, "INSERT INTO orders VALUES (1, 2)")
        for op in codes(**options):
            run(db, op)


def refuse(db: Database) -> None:
    """What stops a directive, and the looks for it."""
    create_table(db, TABLES["key"])
    fill(db)
    with suppress(exc.RowsRemainError):
        run(db, CreateCheckEnumOp(*HERE, ["NEW"], **CK))
    run(db, CreateCheckEnumOp(*HERE, BEFORE, **CK))
    execute(db, "CREATE VIEW v AS SELECT status FROM orders")
    with suppress(exc.BlockedByViewsError):
        run(db, alter([*BEFORE, "MORE"], length=20, existing_length=9))
    with a_writer(db), suppress(exc.LockTimeoutError):
        run(db, alter([*BEFORE, "MORE"], online=True), deadline=0.1)


def models(*values: str) -> sa.MetaData:
    return orders_with(
        sa.Column("status", CheckEnum(*values)),
        sa.Column("tags", sa.ARRAY(CheckEnum("a", "b", name="ck_tags"))),
    )


def look(db: Database) -> None:
    """Autogenerate, check and audit."""
    for metadata in models("NEW", "PAID"), models("X"), sa.MetaData():
        db.autogenerate(metadata, ckenum_online=True)
        with db.engine.connect() as connection:
            find_drift(connection, metadata)
            with suppress(sa.exc.DBAPIError):
                audit(configured(connection, metadata, {}))


def look_at_models(db: Database) -> None:
    execute(db, "DROP TABLE IF EXISTS orders CASCADE")
    with db.engine.begin() as connection:
        models("NEW", "it's", "\\").create_all(connection)
    look(db)
    look_native(db)


def look_native(db: Database) -> None:
    execute(db, "DROP TABLE orders", "CREATE TYPE mood AS ENUM ('NEW', 'X')")
    create_table(db, "id INT, status mood DEFAULT 'NEW', tags mood[]")
    look(db)


CHANGES: list[Callable[[Database], None]] = [
    change_rows,
    change_rows_online,
    change_keys_online,
    change_arrays,
    change_shape,
    move_native,
    move_codes,
    refuse,
]
LOOKS: list[Callable[[Database], None]] = [change_parts_online, look_at_models]
EVERYTHING = [*CHANGES, *LOOKS]
