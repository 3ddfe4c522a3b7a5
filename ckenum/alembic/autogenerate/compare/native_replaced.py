"""Compare columns that are a native ENUM in the database and a CheckEnum in
the model.
"""

from __future__ import annotations

from collections.abc import Iterator
import logging
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import reflected
from ....backend import backend_of
from ....diff import ColumnDiff
from ....diff import compare_values
from ....reflection import read_check
from ....reflection import ValueList
from ....value_check import ValueCheck
from ...ddl.emit import as_text
from ...ddl.postgresql.definitions import CannotRewriteError
from ...ddl.postgresql.rewriting import Rewriting
from ...ddl.registry import impl_of
from ...ops import CheckEnumOp
from ...ops.native import ReplaceNativeEnumOp
from .declared import Declared
from .hints import hints_of
from .native_defaults import defaults_of
from .native_defaults import existing_items

if TYPE_CHECKING:
    from sqlalchemy import Column

log = logging.getLogger("alembic.autogenerate.ckenum")


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
    if not (side.compares_types and side.includes(declared, conn_col)):
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
