"""Compare columns that are a CheckEnum in the database and a native ENUM in
the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import logging
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import defaults
from . import reflected
from ....arrays import items_of
from ....backend import backend_of
from ....constraint_names import default_final_name
from ....constraint_names import named_on
from ....diff import ColumnDiff
from ....diff import compare_values
from ....value_check import ValueCheck
from ...ops import CheckEnumOp
from ...ops.native import RestoreNativeEnumOp
from .declared import is_array_on
from .declared import OPTION
from .hints import hints_of
from .native_defaults import defaults_of
from .native_types import native_type

if TYPE_CHECKING:
    from sqlalchemy import Column

log = logging.getLogger("alembic.autogenerate.ckenum")


def restored(
    side: reflected.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
    found: Sequence[ValueCheck],
    declared: sa.Enum,
) -> Iterator[CheckEnumOp]:
    """The database has a check enum, the model the native type ``declared``.

    :param found: the constraints that hold the column to values, without
        the model's own.
    """
    dialect = side.context.dialect
    existing, *others = found
    for other in others:
        yield side.drop_op(column.name, other)
    change = compare_values(
        existing.strings,
        declared.enums,
        None,
        hints_of(side.context).renames(
            side.where(column.name), existing.strings, declared.enums
        ),
    )
    options = defaults_of(
        column,
        defaults.values(conn_col, dialect, existing.is_array),
        change.renamed,
        declared.enums,
        dialect,
    )
    log.info(
        "Detected check enum that becomes native enum %r on '%s'%s",
        declared.name,
        side.where(column.name),
        f": {change}" if change else "",
    )
    op = RestoreNativeEnumOp(
        side.table_name,
        column.name,
        declared.enums,
        existing_values=existing.values,
        enum_name=str(declared.name or column.name),
        enum_schema=declared.schema,
        name=sa.sql.elements.conv(existing.name),
        rename=change.renamed,
        length=getattr(items_of(conn_col.type), "length", None),
        schema=side.schema,
        array=existing.is_array,
        **options,
    )
    op.warns_of_leaving = True
    op.diff = ColumnDiff(change)
    yield op


def may_be_restorable(
    side: reflected.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
    declared: sa.Enum,
) -> bool:
    """Whether a CheckEnum may have left a constraint on a column that becomes
    native, in models without a CheckEnum.
    """
    return _becomes_native(side, column, conn_col) and any(
        check.name and not _is_stock(side, column, declared, check.name)
        for check, _ in side.about(column.name)
    )


def _is_stock(
    side: reflected.TableSide,
    column: Column[Any],
    declared: sa.Enum,
    name: str,
) -> bool:
    """Whether a constraint has the name of one that SQLAlchemy made.

    Older versions made it by default if ``declared`` is a VARCHAR. It only
    matters if SQLAlchemy's Enums are compared.
    """
    dialect = side.context.dialect
    if backend_of(dialect).has_enum_types or side.context.opts.get(OPTION):
        return False
    ours = default_final_name(column.table, column.name, dialect)
    stock = named_on(column.table, column.name, declared.name, dialect)
    return name == stock != ours


def restorable(
    side: reflected.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
    declared: sa.Enum,
) -> list[ValueCheck]:
    """The constraints to drop so that a column can become native again."""
    if not _becomes_native(side, column, conn_col):
        return []
    dialect = side.context.dialect
    is_array = is_array_on(column, dialect)
    name = default_final_name(column.table, column.name, dialect)
    found = [
        existing
        for existing in side.readable(column.name)
        if existing.is_array is is_array
        and not existing.has_null
        and not side.inherits(existing)
        and not _is_stock(side, column, declared, existing.name)
    ]
    if not found or not side.includes_column(column, conn_col):
        return []
    return sorted(
        filter(side.includes_dropped, found),
        key=lambda existing: existing.name != name,
    )


def _becomes_native(
    side: reflected.TableSide, column: Column[Any], conn_col: Column[Any]
) -> bool:
    """Whether a column that becomes native is text in the database."""
    dialect = side.context.dialect
    is_array = is_array_on(column, dialect)
    return (
        isinstance(items_of(conn_col.type), sa.String)
        and is_array_on(conn_col, dialect) is is_array
        and not native_type(conn_col, dialect, is_array)
        and side.compares_types
    )
