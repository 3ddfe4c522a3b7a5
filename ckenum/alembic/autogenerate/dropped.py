"""The columns and CHECKs that the downgrade of a dropped table creates."""

from __future__ import annotations

import re
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from . import portable
from . import stock
from ...arrays import alike
from ...arrays import items_of
from ...backend import backend_of
from ...types import CheckEnum
from ...value_check import ValueCheck
from .columns import with_type
from .compare import ours
from .compare import reflected
from .compare.declared import OPTION as ENUMS

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops as alembic_ops


def restore_types(
    context: AutogenContext, op: alembic_ops.DropTableOp
) -> None:
    """Have the downgrade recreate a dropped table's CheckEnum columns.

    Where no CheckEnum makes the same column, its CHECK comes back as text.
    """
    assert op._reverse is not None
    side = reflected.TableSide(context, op.schema, op.table_name)
    columns: list[Any] = []
    checks: list[Any] = []
    names = set()
    for item in op._reverse.columns:
        if isinstance(item, sa.CheckConstraint):
            item.name = side.name_of(item)
            item.sqltext = _as_text(item.sqltext)
        if isinstance(item, sa.Column):
            existing = _restorable(side, item)
            if existing is not None:
                names.add(existing.name)
                if portable.is_plain(context):
                    checks.append(portable.check(existing))
                else:
                    length = getattr(items_of(item.type), "length")
                    held = _type_of(context, existing, length)
                    type_ = alike(item.type, held)
                    item = with_type(item, type_)
        columns.append(item)
    op._reverse.columns = [
        item
        for item in columns
        if not isinstance(item, sa.CheckConstraint)
        or not (item.name in names or side.is_phantom(item))
    ] + checks


def _as_text(condition: Any) -> Any:
    """``condition``, escaped for the text of a migration, in which SQLAlchemy
    would take ``' :b'`` for a bind parameter.
    """
    if not isinstance(condition, sa.TextClause):
        return condition
    escaped = re.sub(r"(?<![:\w\\]):(?=\w+(?!:))", r"\:", condition.text)
    return sa.literal_column(escaped)


def _restorable(
    side: reflected.TableSide, column: sa.Column[Any]
) -> ValueCheck | None:
    """The constraint that a CheckEnum in place of the column's reflected type
    would make again.
    """
    type_ = items_of(column.type)
    dialect = side.context.dialect
    collation = backend_of(dialect).string(dialect, None).collation
    if isinstance(type_, sa.VARCHAR):
        for existing in ours.left(side, column.name):
            longest = max(map(len, existing.strings), default=0)
            if (
                existing.name
                and not existing.has_null
                and type_.collation == collation
                and (type_.length is None or type_.length >= longest)
                and existing.is_array == isinstance(column.type, sa.ARRAY)
            ):
                return existing
    return None


def _type_of(
    context: AutogenContext, existing: ValueCheck, length: int | None
) -> sa.Enum:
    enums = context.opts.get(ENUMS) and not ours.declares_any(context)
    if enums and length is not None:  # older SQLAlchemy has no such Enum
        return stock.checked(existing.strings, existing.name, length)
    type_ = CheckEnum(*existing.strings, name=conv(existing.name))
    if length == type_.length:
        return type_
    return CheckEnum(
        *existing.strings, name=conv(existing.name), length=length
    )
