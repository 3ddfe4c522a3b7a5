"""Turn single values into arrays of one item, or the other way round."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from ...backend import backend_of
from ...shapes import ITEMS
from ..ops import CheckEnumOp

if TYPE_CHECKING:
    from sqlalchemy import Dialect


def counting_not_one(
    op: CheckEnumOp,
    table: sa.TableClause,
    column: sa.ColumnElement[Any],
) -> sa.Select[Any]:
    """Each array that does not have exactly one item after ``op`` deletes
    items, with the number of rows that hold it.
    """
    left = ITEMS.changed(column, {}, column.__eq__, op.delete)
    text: Any = sa.cast(column, sa.Text()).label("text")
    number: Any = sa.func.count().label("number")
    return (
        sa.select(text, number)
        .select_from(table)
        .where(sa.func.cardinality(left) != 1)
        .group_by(text)
        .order_by(number.desc(), text)
    )


def reshaped(op: CheckEnumOp, dialect: Dialect) -> sa.ColumnElement[Any]:
    """The new value of a row if single values become arrays, or arrays become
    single values; old strings are replaced by new ones.

    An array that does not have exactly one item becomes a string that is not
    a value, so the constraint refuses it, or the column does for its length.
    """
    column = sa.column(op.column_name, op.about_rows.column_type())
    equals = backend_of(dialect).exact(column).__eq__
    value = op.about_rows.shape.changed(column, op.rename, equals, op.delete)
    if op.array:
        return as_array(value)
    return only_item(value, _no_value(op.values))


def as_array(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The array of one item, ``value``; NULL remains NULL."""
    return sa.case((value.is_not(None), array([value])))


def only_item(
    items: sa.ColumnElement[Any], otherwise: Any
) -> sa.ColumnElement[Any]:
    """The item of an array that has one, in any dimension; ``otherwise`` of
    one that has another number. NULL remains NULL.
    """
    return sa.case(
        (sa.func.cardinality(items) != 1, otherwise),
        else_=sa.func.array_to_string(items, "", type_=sa.String()),
    )


def _no_value(values: Collection[str | None]) -> str:
    text = "not one item"
    while text in values:
        text += "."
    return text
