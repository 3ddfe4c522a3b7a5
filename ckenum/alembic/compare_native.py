"""Columns that are a native ENUM on one of the two sides."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import logging
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import gather
from ..constraint import CheckEnumConstraint
from ..diff import compare_values
from ..reflection import read_check
from ..reflection import ValueList
from ..types import CheckEnum
from .hints import hints_of
from .native_ops import ReplaceNativeEnumOp
from .native_ops import RestoreNativeEnumOp
from .native_text import CannotRewriteError
from .native_text import literal
from .native_text import to_text
from .ops import CheckEnumOp
from .script import as_text

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Dialect

log = logging.getLogger("alembic.autogenerate.ckenum")


def native_type(column: Column[Any], dialect: Dialect) -> sa.Enum | None:
    """The native ENUM that a column is on PostgreSQL, if it is one.

    On SQLite too, where it is a VARCHAR, so that one migration is right on
    both. Not elsewhere, where "native" is something else.
    """
    if dialect.name not in ("postgresql", "sqlite"):
        return None
    type_: Any = column.type
    type_ = type_._variant_mapping.get(dialect.name, type_)
    if isinstance(type_, sa.Enum) and not isinstance(type_, CheckEnum):
        return type_ if type_.native_enum and type_.name else None
    return None


def replaced(
    side: gather.TableSide,
    constraint: CheckEnumConstraint,
    conn_col: Column[Any],
    found: sa.Enum,
) -> Iterator[CheckEnumOp]:
    """The model has a CheckEnum where the database has ``found``."""
    column = constraint.checked
    where = side.where(column.name)
    if not _compares_types(side) or not _included(side, column, conn_col):
        return
    if not side.context.run_object_filters(
        constraint, constraint.name, "check_constraint", False, None
    ):
        return
    change = compare_values(
        found.enums,
        constraint.values,
        constraint.enum_type.canonical,
        hints_of(side.context).renames(where, found.enums, constraint.values),
    )
    default = existing_default(conn_col)
    new_default = default and change.renamed.get(default, default)
    if new_default not in constraint.values:
        new_default = gather.default_string(column, side.context.dialect)
    log.info(
        "Detected native enum %r that becomes a check enum on '%s'%s",
        found.name,
        where,
        f": {change}" if change else "",
    )
    op = ReplaceNativeEnumOp(
        side.table_name,
        column.name,
        constraint.values,
        existing_values=found.enums,
        enum_name=str(found.name),
        enum_schema=found.schema,
        name=gather.final(constraint),
        rename=change.renamed,
        length=constraint.enum_type.length,
        schema=side.schema,
        **_defaults(new_default, default),
    )
    op.warns_of_leaving = True
    yield op
    own = gather.check_names(column.table, side.context.dialect)
    for existing in _lists_of_labels(side, column.name, found, change.renamed):
        # it would go on rejecting what is new; by now it is one of text
        if existing.name not in own and side.includes_dropped(existing):
            yield side.drop_op(column.name, existing)


def _lists_of_labels(
    side: gather.TableSide,
    column_name: str,
    found: sa.Enum,
    renamed: dict[str, str],
) -> Iterator[gather.Existing]:
    """The constraints that hold the column to some of its type's labels,
    with the values that they have when it is a VARCHAR.
    """
    dialect = side.context.dialect
    type_name = str(found.compile(dialect=dialect))

    def quote(text: str) -> str:
        return as_text(sa.literal(text, sa.String()), dialect)

    for check in side.checks:
        try:
            text = to_text(check.text, column_name, type_name, renamed, quote)
        except CannotRewriteError:
            continue
        reading = read_check(dialect.name, text)
        if isinstance(reading, ValueList) and reading.column == column_name:
            yield gather.Existing(
                check.name or "",
                reading.values,
                reading.has_null,
                check.not_valid,
                check.text,
            )


def restored(
    side: gather.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
    found: Sequence[gather.Existing],
    declared: sa.Enum,
) -> Iterator[CheckEnumOp]:
    """The model has ``declared`` where the database has a check enum.

    :param found: the constraints that hold the column to values; none of
        them the model's own.
    """
    dialect = side.context.dialect
    existing, *others = found
    for other in others:
        yield side.drop_op(column.name, other)
    change = compare_values(
        existing.strings,
        declared.enums,
        lambda string: None,
        hints_of(side.context).renames(
            side.where(column.name), existing.strings, declared.enums
        ),
    )
    default = gather.default_string(conn_col, dialect)
    new_default = default and change.renamed.get(default, default)
    if new_default not in declared.enums:
        new_default = gather.default_string(column, dialect)
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
        enum_name=str(declared.name),
        enum_schema=declared.schema,
        name=sa.sql.elements.conv(existing.name),
        rename=change.renamed,
        length=getattr(conn_col.type, "length", None),
        schema=side.schema,
        **_defaults(new_default, default),
    )
    op.warns_of_leaving = True
    yield op


def restorable(
    side: gather.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
) -> list[gather.Existing]:
    """The constraints, without which a column can become native again."""
    if (
        not isinstance(conn_col.type, sa.String)
        or native_type(conn_col, side.context.dialect)
        or not _compares_types(side)
        or not _included(side, column, conn_col)
    ):
        return []
    own = gather.check_names(column.table, side.context.dialect)
    name = gather.default_final_name(
        column.table, column.name, side.context.dialect
    )
    found = [
        existing
        for existing in side.readable(column.name)
        if existing.name not in own
        and not existing.has_null
        and not side.inherits(existing)
        and side.includes_dropped(existing)
    ]
    return sorted(found, key=lambda existing: existing.name != name)


def _compares_types(side: gather.TableSide) -> bool:
    return side.context.opts.get("compare_type", True) is not False


def _included(
    side: gather.TableSide, column: Column[Any], conn_col: Column[Any]
) -> bool:
    return side.context.run_object_filters(
        column, column.name, "column", False, conn_col
    )


def existing_default(conn_col: Column[Any]) -> str | None:
    """The string that is, as PostgreSQL has it, ``'a'::status``."""
    default = conn_col.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    return literal(str(default.arg))


def _defaults(new: str | None, existing: str | None) -> dict[str, Any]:
    """Where there is one, both: a script cannot look for it."""
    if existing is None:
        return {}
    return {"server_default": new, "existing_server_default": existing}
