"""Find, replace and take out the items of arrays whose values change."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ...arrays import overlap
from ..ops import AlterCheckEnumOp

_BETWEEN = "ckenum: between two values"
"""A value that no array holds while its constraint stands; it breaks circles
of renames."""


def statements(
    op: AlterCheckEnumOp, table: sa.TableClause, column: sa.ColumnClause[Any]
) -> Iterator[sa.Update]:
    """The statements that change the rows: one UPDATE at most."""
    if not op.changes_rows:
        return
    changed: sa.ColumnElement[Any] = column
    for value in op.delete:
        changed = sa.func.array_remove(changed, value, type_=column.type)
    changed = replaced(changed, op.rename)
    yield (
        sa.update(table)
        .where(overlap(column, [*op.rename, *op.delete]))
        .values({column: changed})
    )


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
