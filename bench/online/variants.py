"""What is compared: each change, made in several ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import time
from typing import Any

from alembic.operations import Operations

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


@dataclass(frozen=True)
class Variant:
    """One way to make one change.

    :ivar values: what the column may hold before.
    :ivar native: whether a native type holds it, instead of a CHECK.
    :ivar old_application: whether one goes on that writes the old value.
    :ivar beside: statements that make what the table has to do with.
    """

    change: str
    way: str
    run: Callable[[Operations], Any]
    values: tuple[str, ...] = VALUES
    native: bool = False
    old_application: bool = False
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


def update(op: Operations, rows: Any) -> None:
    op.execute(rows)


def wait(op: Operations, seconds: float) -> None:
    time.sleep(seconds)


def three_ways(
    change: str,
    values: tuple[str, ...],
    rows: Any = None,
    old_application: bool = False,
    online: dict[str, Any] = {},
    beside: tuple[str, ...] = (),
    **options: Any,
) -> list[Variant]:
    return [
        Variant(change, way, run, VALUES, False, old_application, beside)
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
        old_application=True,
        online={"keep_trigger": True},
        rename={"PAID": "SETTLED"},
    ),
    Variant(
        RENAME,
        BARE,
        partial(update, rows=rename),
        values=(*VALUES, "SETTLED"),
        old_application=True,
    ),
    *three_ways(REMOVE, WITHOUT_UNUSED),
    *three_ways(REMAP, WITHOUT_JUNK, remap, rename={"JUNK": "NEW"}),
    *three_ways(DELETE, WITHOUT_JUNK, delete, delete=["JUNK"]),
    *three_ways(KEYED, WITHOUT_JUNK, delete, beside=CHILD, delete=["JUNK"]),
    *three_ways(
        NOTED, RENAMED, rename, beside=HISTORY, rename={"PAID": "SETTLED"}
    ),
]


def quiet(seconds: float, old_application: bool) -> Variant:
    """No migration at all, for so long."""
    return Variant(
        QUIET,
        QUIET,
        partial(wait, seconds=seconds),
        old_application=old_application,
    )
