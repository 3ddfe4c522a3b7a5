"""Compare columns that are a native ENUM on one of the two sides."""

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
from ....diff import ColumnDiff
from ....diff import compare_values
from ....reflection import read_check
from ....reflection import ValueList
from ....types import CheckEnum
from ....value_check import ValueCheck
from ...ddl.emit import as_text
from ...ddl.postgresql.definitions import CannotRewriteError
from ...ddl.postgresql.rewriting import Rewriting
from ...ddl.registry import impl_of
from ...ops import CheckEnumOp
from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from .declared import Declared
from .declared import default_final_name
from .declared import is_array_on
from .declared import named_on
from .declared import OPTION
from .declared import type_on
from .hints import hints_of
from .native_defaults import defaults_of
from .native_defaults import existing_items

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Dialect

log = logging.getLogger("alembic.autogenerate.ckenum")


def native_type(
    column: Column[Any], dialect: Dialect, is_array: bool
) -> sa.Enum | None:
    """The native ENUM that a column is, if it is one; or that its arrays
    have.
    """
    if is_array_on(column, dialect) is not is_array:
        return None
    return native_enum(column, dialect)


def native_enum(column: Column[Any], dialect: Dialect) -> sa.Enum | None:
    """The native ENUM of a column, or of arrays.

    On SQLite too, where it is a VARCHAR, so that one migration is right on
    all.
    """
    type_ = items_of(type_on(column, dialect))
    if not isinstance(type_, sa.Enum) or isinstance(type_, CheckEnum):
        return None
    backend = backend_of(dialect)
    is_whole = type_.name or not backend.names_enum_types
    if backend.moves_enum_types and type_.native_enum and is_whole:
        return type_
    return None


def replaced(
    side: reflected.TableSide,
    declared: Declared,
    conn_col: Column[Any],
    found: sa.Enum,
) -> Iterator[CheckEnumOp]:
    """The database has the native type ``found``, the model a CheckEnum."""
    column = declared.column
    where = side.where(column.name)
    dialect = side.context.dialect
    impl = impl_of(dialect)
    labels = [
        impl.label_meant(backend_of(dialect).label(label), declared.values)
        for label in found.enums
    ]
    name = str(found.name or declared.type.name or column.name)
    if not _is_compared(side, declared, conn_col):
        return
    change = compare_values(
        labels,
        declared.values,
        declared.meanings,
        hints_of(side.context).renames(where, labels, declared.values),
    )
    default = existing_items(conn_col, dialect, declared.is_array)
    options = defaults_of(
        column,
        default and [impl.label_meant(item, labels) for item in default],
        change.renamed,
        declared.values,
        side.context.dialect,
    )
    log.info(
        "Detected native enum %r that becomes a check enum on '%s'%s",
        name,
        where,
        f": {change}" if change else "",
    )
    op = ReplaceNativeEnumOp(
        side.table_name,
        column.name,
        declared.values,
        existing_values=labels,
        enum_name=name,
        enum_schema=found.schema,
        name=declared.final,
        rename=change.renamed,
        length=declared.type.length,
        schema=side.schema,
        array=declared.is_array,
        **options,
    )
    op.warns_of_leaving = True
    op.diff = ColumnDiff(change)
    if side.context.opts.get("ckenum_render") != "alembic":
        yield op
        yield from _without_lists(side, op, found, change.renamed)
    else:  # Alembic's directive does not convert CHECKs
        yield from _without_lists(side, op, found, {})
        yield op


def _is_compared(
    side: reflected.TableSide, declared: Declared, conn_col: Column[Any]
) -> bool:
    """Whether types are, and ``env.py`` includes column and constraint."""
    return (
        _compares_types(side)
        and _included(side, declared.column, conn_col)
        and side.context.run_object_filters(
            declared.constraint,
            declared.model_name,
            "check_constraint",
            False,
            None,
        )
    )


def _without_lists(
    side: reflected.TableSide,
    op: ReplaceNativeEnumOp,
    found: sa.Enum,
    renamed: dict[str, str],
) -> Iterator[CheckEnumOp]:
    """Drop the constraints that would reject new values."""
    if op.array:
        return
    for existing in _lists_of_labels(side, op.column_name, found, renamed):
        if side.includes_dropped(existing):
            yield side.drop_op(op.column_name, existing)


def _lists_of_labels(
    side: reflected.TableSide,
    column_name: str,
    found: sa.Enum,
    renamed: dict[str, str],
) -> Iterator[ValueCheck]:
    """The constraints that hold the column to some of its type's labels, with
    the values that they will have once the column is a VARCHAR.
    """
    dialect = side.context.dialect
    if not backend_of(dialect).names_enum_types:
        yield from side.readable(column_name)
        return
    type_name = str(found.compile(dialect=dialect))

    def quote(text: str) -> str:
        return as_text(sa.literal(text, sa.String()), dialect)

    about = [check for check, _ in side.about(column_name)]
    for check in side.checks:
        if check not in about and isinstance(side.reading(check), ValueList):
            continue  # another column's, or the model's own
        try:
            text = Rewriting(
                check.text,
                column_name,
                type_name,
                renamed,
                quote,
                found.enums,
            ).to_text()
        except CannotRewriteError:
            continue
        reading = read_check(dialect.name, text)
        if isinstance(reading, ValueList) and reading.column == column_name:
            yield reflected.value_check(check, reading)


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
    if not found or not _included(side, column, conn_col):
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
        and _compares_types(side)
    )


def _compares_types(side: reflected.TableSide) -> bool:
    return side.context.opts.get("compare_type", True) is not False


def _included(
    side: reflected.TableSide, column: Column[Any], conn_col: Column[Any]
) -> bool:
    return side.context.run_object_filters(
        column, column.name, "column", False, conn_col
    )
