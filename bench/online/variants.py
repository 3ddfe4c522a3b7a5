"""What is compared: each change, made in several ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import time
from typing import Any

from alembic.operations import Operations

from .table import BESIDE_NATIVE
from .table import CHILD
from .table import HISTORY
from .table import NATIVE
from .table import orders
from .table import VALUES

NAME = "ck_orders_status"
ADDED = (*VALUES, "RETURNED")
RENAMED = tuple("SETTLED" if v == "PAID" else v for v in VALUES)
WITHOUT_UNUSED = tuple(v for v in VALUES if v != "UNUSED")
WITHOUT_JUNK = tuple(v for v in VALUES if v != "JUNK")

status = orders.c.status
rename = orders.update().where(status == "PAID").values(status="SETTLED")
remap = orders.update().where(status == "JUNK").values(status="NEW")
delete = orders.delete().where(status == "JUNK")


USUAL = ("writer", "reader")
WITH_OLD = (*USUAL, "old application")
WITH_ASYNCPG = (*USUAL, "asyncpg writer", "asyncpg reader")
"""Who works meanwhile."""


@dataclass(frozen=True)
class Variant:
    """One way to make one change.

    :ivar values: what the column may hold before.
    :ivar native: whether a native type holds it, instead of a CHECK.
    :ivar clients: the kinds that are at work.
    :ivar beside: statements that make what the table has to do with.
    """

    change: str
    way: str
    run: Callable[[Operations], Any]
    values: tuple[str, ...] = VALUES
    native: bool = False
    clients: tuple[str, ...] = USUAL
    beside: tuple[str, ...] = ()


def ckenum(op: Any, values: tuple[str, ...], **options: Any) -> None:
    op.alter_check_enum(
        "orders",
        "status",
        list(values),
        existing_values=list(VALUES),
        name=op.f(NAME),
        **options,
    )


def by_hand(op: Operations, values: tuple[str, ...], rows: Any = None) -> None:
    op.drop_constraint(NAME, "orders")
    if rows is not None:
        op.execute(rows)
    op.create_check_constraint(NAME, "orders", status.in_(values))


def add_native_value(op: Operations) -> None:
    op.execute("ALTER TYPE order_status ADD VALUE 'RETURNED'")


def rebuild_native_type(op: Any) -> None:
    """As autogenerate writes it with alembic-postgresql-enum."""
    from alembic_postgresql_enum import TableReference

    op.sync_enum_values(
        enum_schema="public",
        enum_name=NATIVE,
        new_values=list(ADDED),
        affected_columns=[
            TableReference(
                table_schema="public",
                table_name="orders",
                column_name="status",
            )
        ],
        enum_values_to_rename=[],
    )


def out_of_native(op: Any, **options: Any) -> None:
    op.replace_native_enum(
        "orders",
        "status",
        list(VALUES),
        existing_values=list(VALUES),
        enum_name=NATIVE,
        name=op.f(NAME),
        **options,
    )


def alter_type(op: Operations) -> None:
    """No more than the rewrite; the partial index would stop it."""
    op.execute("ALTER TABLE orders ALTER status DROP DEFAULT")
    op.execute("DROP INDEX only_new")
    op.execute("ALTER TABLE orders ALTER status TYPE varchar(255)")


EXPAND = (
    "ALTER TABLE orders ADD status_new varchar(255)",
    "CREATE FUNCTION up() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN NEW.status_new := NEW.status; RETURN NEW; END'",
    "CREATE TRIGGER up BEFORE INSERT OR UPDATE ON orders FOR EACH ROW"
    " EXECUTE FUNCTION up()",
)
BUILD = (
    "CREATE INDEX CONCURRENTLY by_status_new ON orders (status_new, id)",
    "CREATE INDEX CONCURRENTLY only_new_new ON orders (id)"
    " WHERE status_new = 'NEW'",
    "ALTER TABLE orders ADD CONSTRAINT filled CHECK (status_new IS NOT NULL)"
    " NOT VALID",
    "ALTER TABLE orders VALIDATE CONSTRAINT filled",
)
CONTRACT = (
    "DROP TRIGGER up ON orders",
    "DROP FUNCTION up",
    "ALTER TABLE orders ALTER status_new SET NOT NULL",
    "ALTER TABLE orders DROP CONSTRAINT filled, DROP status",
    "ALTER TABLE orders RENAME status_new TO status",
    "ALTER TABLE orders ALTER status SET DEFAULT 'NEW'",
    "ALTER INDEX by_status_new RENAME TO by_status",
    "ALTER INDEX only_new_new RENAME TO only_new",
    "DROP TYPE order_status",
)
BATCH = 1000


def expand_and_contract(op: Operations) -> None:
    """As pgroll does it: a second column, a trigger, batches by the key."""
    connection = op.get_bind()
    with op.get_context().autocommit_block():
        connection.exec_driver_sql("; ".join(("BEGIN", *EXPAND, "COMMIT")))
        last = connection.exec_driver_sql("SELECT max(id) FROM orders")
        for first in range(0, last.scalar() or 0, BATCH):
            connection.exec_driver_sql(
                "UPDATE orders SET status_new = status WHERE"
                f" id > {first} AND id <= {first + BATCH}"
            )
        for statement in BUILD:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("; ".join(("BEGIN", *CONTRACT, "COMMIT")))


def update(op: Operations, rows: Any) -> None:
    op.execute(rows)


def wait(op: Operations, seconds: float) -> None:
    time.sleep(seconds)


def three_ways(
    change: str,
    values: tuple[str, ...],
    rows: Any = None,
    clients: tuple[str, ...] = USUAL,
    online: dict[str, Any] = {},
    beside: tuple[str, ...] = (),
    **options: Any,
) -> list[Variant]:
    return [
        Variant(change, way, run, VALUES, False, clients, beside)
        for way, run in [
            (
                "ckenum, online",
                partial(
                    ckenum, values=values, online=True, **options, **online
                ),
            ),
            (
                "ckenum, transactional",
                partial(ckenum, values=values, **options),
            ),
            (
                "by hand, in one transaction",
                partial(by_hand, values=values, rows=rows),
            ),
        ]
    ]


ADD = "add a value"
RENAME = "rename a value, 30% of the rows"
REMOVE = "remove a value that no row holds"
REMAP = "remove a value, 1% of the rows get another"
DELETE = "remove a value, with 1% of the rows"
KEYED = f"{DELETE}, beside a foreign key without an index"
NOTED = f"{RENAME}, with an AFTER trigger"
MOVE = "native ENUM to CheckEnum, two indexes, a foreign key, a default"
REWRITE = "the bare ALTER TYPE, one index dropped"
QUIET = "without a migration"
BARE = "the bare UPDATE, no constraint changed"

VARIANTS = [
    *three_ways(ADD, ADDED),
    Variant(ADD, "native type, ADD VALUE", add_native_value, native=True),
    Variant(
        ADD,
        "native type, rebuilt (alembic-postgresql-enum)",
        rebuild_native_type,
        native=True,
    ),
    *three_ways(
        RENAME,
        RENAMED,
        rename,
        clients=WITH_OLD,
        online={"keep_trigger": True},
        rename={"PAID": "SETTLED"},
    ),
    Variant(
        RENAME,
        BARE,
        partial(update, rows=rename),
        values=(*VALUES, "SETTLED"),
        clients=WITH_OLD,
    ),
    *three_ways(REMOVE, WITHOUT_UNUSED),
    *three_ways(REMAP, WITHOUT_JUNK, remap, rename={"JUNK": "NEW"}),
    *three_ways(DELETE, WITHOUT_JUNK, delete, delete=["JUNK"]),
    *three_ways(KEYED, WITHOUT_JUNK, delete, beside=CHILD, delete=["JUNK"]),
    *three_ways(
        NOTED, RENAMED, rename, beside=HISTORY, rename={"PAID": "SETTLED"}
    ),
    *(
        Variant(
            MOVE,
            way,
            run,
            native=True,
            clients=WITH_ASYNCPG,
            beside=BESIDE_NATIVE,
        )
        for way, run in [
            (
                "ckenum, online",
                partial(out_of_native, online=True, keep_column=True),
            ),
            ("ckenum, transactional", out_of_native),
            ("expand and contract by hand", expand_and_contract),
            (REWRITE, alter_type),
        ]
    ),
]


def quiet(seconds: float, clients: tuple[str, ...]) -> Variant:
    """No migration at all, for so long."""
    return Variant(
        QUIET,
        QUIET,
        partial(wait, seconds=seconds),
        clients=clients,
    )
