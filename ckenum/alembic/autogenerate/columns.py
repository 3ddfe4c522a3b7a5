"""Columns as a migration contains them.

It contains strings, never the application's classes.
"""

from __future__ import annotations

from collections.abc import Iterator
import copy
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from . import portable
from . import stock
from ...arrays import alike
from ...arrays import items_of
from ...constraint import check_enums
from ...types import CheckEnum
from ...value_check import ValueCheck
from .compare.declared import Declared
from .compare.declared import declared_of
from .compare.declared import OPTION as ENUMS

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def portable_parts(item: Any, context: AutogenContext) -> Iterator[Any]:
    """What a migration contains for a part of a new table: the part itself,
    or a column of text and its CHECK.
    """
    declared = declared_by(item, context)
    if declared is None and is_guarded_by_key(item, context):
        yield with_type(item, text_type(item.type, context, True))
        return
    if _has_variants(item) and not portable.is_plain(context):
        yield with_type(item, _portable_variants(item))
        return
    if declared is None:
        yield item
    elif declared.is_stock:
        is_named = stock.is_named_by_alembic(context, declared)
        yield item if is_named else with_type(item, stock.named(declared))
    elif portable.is_plain(context):
        text = portable.text_type(item.type, context.dialect)
        yield with_type(item, text)
        yield portable.check(
            ValueCheck(
                declared.final, item.name, declared.values, declared.is_array
            )
        )
    else:
        type_ = _portable_type(item.type, declared.type, declared.final)
        yield with_type(item, type_)


def _has_variants(item: Any) -> bool:
    """Whether a column is a CheckEnum only on some dialects, or a different
    one on each.
    """
    return (
        isinstance(item, sa.Column)
        and bool(item.type._variant_mapping)
        and any(c.checked is item for c in check_enums(item.table))
    )


def _portable_variants(column: sa.Column[Any]) -> Any:
    """The type of ``column``, in which each CheckEnum has the final name of
    its constraint: a migration must not depend on naming conventions.
    """
    names = {
        constraint.enum_type: conv(str(constraint.name))
        for constraint in check_enums(column.table)
        if constraint.checked is column
    }

    def portable(type_: Any) -> Any:
        held = items_of(type_)
        if isinstance(held, CheckEnum) and held in names:
            return _portable_type(type_, held, names[held])
        return type_

    whole = portable(column.type)
    whole = whole.copy() if whole is column.type else whole
    whole._variant_mapping = sa.util.immutabledict(
        (dialect, portable(type_))
        for dialect, type_ in column.type._variant_mapping.items()
    )
    return whole


def _portable_type(type_: Any, held: Any, name: str) -> Any:
    portable = CheckEnum(*held.enums, name=name, length=held.length_given)
    return alike(type_, portable)


def text_type(type_: Any, context: AutogenContext, alone: bool = False) -> Any:
    """``type_`` without the constraints that its enums make.

    :param alone: whether no directive follows that makes the column exact.
    """
    if stock.is_checked(context, type_):
        type_ = stock.unchecked(type_)
    if not portable.has_check_enum(type_):
        return type_
    return portable.text_type(type_, context.dialect if alone else None)


def is_guarded_by_key(item: Any, context: AutogenContext) -> bool:
    """Whether a column has its type from the column that it refers to.

    The foreign key guards it, and the type has made no constraint for it.
    """
    if not isinstance(item, sa.Column):
        return False
    if portable.has_check_enum(item.type):
        return not any(c.checked is item for c in check_enums(item.table))
    return stock.is_checked(context, item.type) and not any(
        constraint._type_bound and item in set(constraint.columns)
        for constraint in item.table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    )


def declared_by(item: Any, context: AutogenContext) -> Declared | None:
    if not isinstance(item, sa.Column) or not (
        portable.has_check_enum(item.type)
        or stock.is_checked(context, item.type)
    ):
        return None
    enums = bool(context.opts.get(ENUMS))
    return declared_of(item, context.dialect, enums)


def with_type(column: sa.Column[Any], type_: Any) -> sa.Column[Any]:
    """A copy of ``column`` with another type, which belongs to no table."""
    # the old type would make the constraint when a table gets the column
    other = copy.copy(column)
    other.type = type_
    return other._copy(_to_metadata=sa.MetaData())
