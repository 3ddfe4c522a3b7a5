"""Find, replace and take out the items of arrays whose values change."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from ...arrays import overlap
from ...backend import backend_of
from ..ops import CheckEnumOp
from .new_value import new_value

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_BETWEEN = "ckenum: between two values"
"""A value that no array holds while its constraint stands; it breaks circles
of renames."""


def statements(
    op: CheckEnumOp, table: sa.TableClause, column: sa.ColumnClause[Any]
) -> Iterator[sa.Update]:
    """The statements that change the rows: one UPDATE at most."""
    if not op.changes_rows:
        return
    changed = replaced(removed(column, op), op.rename)
    yield (
        sa.update(table)
        .where(overlap(column, [*op.rename, *op.delete]))
        .values({column: changed})
    )


def removed(
    array: sa.ColumnElement[Any], op: CheckEnumOp
) -> sa.ColumnElement[Any]:
    """``array`` without the items that ``op`` deletes."""
    for value in op.delete:
        array = sa.func.array_remove(array, value, type_=array.type)
    return array


def replaced(
    array: sa.ColumnElement[Any], rename: Mapping[str, str | None]
) -> sa.ColumnElement[Any]:
    """``array`` with each old string replaced by the new one."""
    for old, new in in_turn(rename):
        array = sa.func.array_replace(array, old, new, type_=array.type)
    return array


def in_turn(rename: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Renames that do one after another what ``rename`` does at once.

    They become nested calls of ``array_replace``, which keeps the order of
    the items and the array's dimensions.
    """
    pending = {
        old: new for old, new in rename.items() if new not in (None, old)
    }
    while pending:
        ends = [old for old, new in pending.items() if new not in pending]
        if not ends:
            old = _on_circle(pending)
            yield old, _between(rename)
            pending[_between(rename)] = pending.pop(old)
        for old in ends:
            yield old, pending.pop(old)


def _on_circle(rename: Mapping[str, str]) -> str:
    value = next(iter(rename))
    for _ in rename:
        value = rename[value]
    return value


def _between(rename: Mapping[str, str | None]) -> str:
    value = _BETWEEN
    while value in rename or value in rename.values():
        value += "."
    return value


def counting_not_one(
    op: CheckEnumOp,
    table: sa.TableClause,
    column: sa.ColumnElement[Any],
    limit: int,
) -> sa.Select[Any]:
    """Each array that does not have exactly one item after ``op`` deletes
    items, with the number of rows that hold it.
    """
    text: Any = sa.cast(column, sa.Text()).label("text")
    number: Any = sa.func.count().label("number")
    return (
        sa.select(text, number)
        .select_from(table)
        .where(sa.func.cardinality(removed(column, op)) != 1)
        .group_by(text)
        .order_by(number.desc(), text)
        .limit(limit)
    )


def reshaped(op: CheckEnumOp, dialect: Dialect) -> sa.ColumnElement[Any]:
    """The new value of a row if single values become arrays, or arrays become
    single values; old strings are replaced by new ones.

    An array that does not have exactly one item becomes a string that is not
    a value, so the constraint refuses it, or the column does for its length.
    """
    column = sa.column(op.column_name, op.about_rows.column_type())
    if op.array:
        return as_array(_renamed(column, op.rename, dialect))
    items = replaced(removed(column, op), op.rename)
    return only_item(items, _no_value(op.values))


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


def _renamed(
    column: sa.ColumnElement[Any],
    rename: Mapping[str, str | None],
    dialect: Dialect,
) -> sa.ColumnElement[Any]:
    if not rename:
        return column
    exact = backend_of(dialect).exact(column)
    return new_value(rename, exact.__eq__, column)


def _no_value(values: Collection[str | None]) -> str:
    text = "not one item"
    while text in values:
        text += "."
    return text


def counting_others(
    table: sa.TableClause,
    column: sa.ColumnElement[Any],
    accepted: Collection[str],
) -> sa.Select[Any]:
    """Each item that is not in ``accepted``, with the number of rows that
    hold it.
    """
    item = sa.func.unnest(column, type_=sa.String()).label("item")
    items = sa.select(item).distinct().correlate(table).lateral("items")
    return (
        sa.select(items.c.item, sa.func.count())
        .select_from(table.join(items, sa.true()))
        .where(items.c.item.is_(None) | items.c.item.not_in(accepted))
        .group_by(items.c.item)
        .order_by(items.c.item)
    )
