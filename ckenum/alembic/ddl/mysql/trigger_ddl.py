"""The statements that create and drop a trigger which renames values."""

from __future__ import annotations

from collections.abc import Collection
import hashlib
import itertools
import json
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.functions import FunctionElement

from ....backend.mysql import ExactText
from ....shapes import new_value

if TYPE_CHECKING:
    from ...ops import CheckEnumOp
    from ..kept_renames import Renames

PREFIX = "zz_ckenum_"
"""The prefix of the triggers' names."""

EVENTS = ("INSERT", "UPDATE")


def name_of(op: CheckEnumOp, event: str, taken: Collection[str]) -> str:
    """The name of a trigger, which is unique in its schema.

    :param taken: the names of other triggers.
    """
    where = json.dumps([op.table_name, op.column_name])
    digest = hashlib.sha256(where.encode()).hexdigest()[:12]
    first = f"{PREFIX}{digest}_{event.lower()}"
    names = itertools.chain(
        [first], (f"{first}_{number}" for number in itertools.count(2))
    )
    return next(name for name in names if name not in taken)


class CreateTrigger(DDLElement):
    """``CREATE OR REPLACE TRIGGER``; without renames it has no effect."""

    def __init__(
        self, op: CheckEnumOp, name: str, event: str, renames: Renames
    ) -> None:
        self.name = name
        self.event = event
        self.table = sa.table(op.table_name, schema=op.schema)
        column: Any = sa.column(op.column_name)
        new: Any = sa.table("NEW", column).c[op.column_name]
        self.column = new
        self.value = new
        if renames:
            exact = ExactText(new)
            self.value = new_value(
                renames, lambda old: exact == Utf8(old), new, Utf8
            )


@compiles(CreateTrigger, "mysql", "mariadb")
def _create_trigger(element: CreateTrigger, compiler: Any, **kw: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    name = compiler.preparer.quote(element.name)
    if element.table.schema:
        schema = compiler.preparer.quote_schema(element.table.schema)
        name = f"{schema}.{name}"
    process = compiler.sql_compiler.process
    return (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {element.event} ON {table} "
        f"FOR EACH ROW SET {process(element.column)} = "
        f"{process(element.value)}"
    )


class DropTrigger(DDLElement):
    """``DROP TRIGGER``, if it is there."""

    def __init__(self, name: str, schema: str | None) -> None:
        self.name = sa.table(name, schema=schema)


@compiles(DropTrigger, "mysql", "mariadb")
def _drop_trigger(element: DropTrigger, compiler: Any, **kw: Any) -> str:
    name = compiler.preparer.format_table(element.name)
    return f"DROP TRIGGER IF EXISTS {name}"


class Utf8(FunctionElement[str]):
    """A string as its bytes, which mean the same with any ``sql_mode`` and any
    character set of the connection that creates the trigger.
    """

    inherit_cache = False
    type = sa.String()

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value


@compiles(Utf8, "mysql", "mariadb")
def _utf8(element: Utf8, compiler: Any, **kw: Any) -> str:
    return f"_utf8mb4 X'{element.value.encode().hex()}'"
