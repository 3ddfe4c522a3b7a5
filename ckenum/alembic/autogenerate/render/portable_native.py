"""Source text that moves a column between a native ENUM and a VARCHAR,
without ckenum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
from alembic.autogenerate.render import renderers
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect

from ....backend import backend_of
from ...ops.native import RestoreNativeEnumOp
from ...ops.native_base import NativeEnumOp
from ..portable_types import PortableTypeOp
from .expressions import prefix
from .literals import quoted
from .source import Expression
from .source import Group
from .source import lines
from .source import WIDTH

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect

_INDENT = 4


@renderers.dispatch_for(PortableTypeOp)
def _type(context: AutogenContext, op: PortableTypeOp) -> list[str]:
    alembic = context.opts["alembic_module_prefix"] or ""
    enum = _enum(context, op.type)
    method = "create" if op.creates else "drop"
    arguments = [f"{alembic}get_bind()", "checkfirst=True"]
    call = Group(f"{enum}.{method}(", arguments)
    if _INDENT + len(call.opening) > WIDTH:
        end = f").{method}({', '.join(arguments)})"
        call = Group(enum.opening, enum.items, end)
    return lines(call, _INDENT)


def native(context: AutogenContext, op: NativeEnumOp) -> Expression:
    """The type of the column, while it is native."""
    enum = _enum(context, _type_of(op))
    if op.array:
        return Group(f"{prefix(context)}ARRAY(", [enum])
    return enum


def retyped(context: AutogenContext, op: NativeEnumOp) -> Iterator[Expression]:
    """The calls that give the column another type, inside of a batch.

    PostgreSQL converts no default: it is dropped first.
    """
    text = _repr_type(op.column_type(op.length), context)
    types: list[Expression] = [native(context, op), text]
    using: list[Expression] = []
    if isinstance(op, RestoreNativeEnumOp):
        types.reverse()
        using = [f"postgresql_using={quoted(_using(op, context.dialect))}"]
    old, new = types
    column = [quoted(op.column_name), _given("existing_type", old)]
    arguments = [*column, _given("type_", new), *using]
    if op.changes_default:
        existing = op.existing_server_default
        if existing:
            yield Group(
                "batch_op.alter_column(",
                [
                    *column,
                    "server_default=None",
                    f"existing_server_default={quoted(existing)}",
                ],
            )
        arguments += [
            f"server_default={quoted(op.server_default)}",
            "existing_server_default=None",
        ]
    yield Group("batch_op.alter_column(", arguments)


def _given(name: str, value: Expression) -> Expression:
    if isinstance(value, Group):
        opening = f"{name}={value.opening}"
        return Group(opening, value.items, value.closing)
    return f"{name}={value}"


def _enum(context: AutogenContext, type_: sa.Enum) -> Group:
    arguments = [quoted(label) for label in type_.enums]
    arguments.append(f"name={quoted(type_.name)}")
    if type_.schema is not None:
        arguments.append(f"schema={quoted(type_.schema)}")
    return Group(f"{prefix(context)}Enum(", arguments)


def _type_of(op: NativeEnumOp) -> sa.Enum:
    labels = [label for label in op.labels if label is not None]
    return sa.Enum(*labels, name=op.enum_name, schema=op.enum_schema)


def _using(op: NativeEnumOp, dialect: Dialect) -> str:
    """The new value of a row, in SQL: PostgreSQL does not cast text to an
    ENUM implicitly.
    """
    if not backend_of(dialect).has_enum_types:
        dialect = PGDialect()  # type: ignore[no-untyped-call]
    type_ = op.shape.type_of(_type_of(op))
    cast = sa.cast(sa.column(op.column_name), type_)
    return str(cast.compile(dialect=dialect))
