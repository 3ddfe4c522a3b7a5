"""The rows of a column whose values change: found, updated, deleted."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import items
from ..exc import RowsRemainError
from .ops import AlterCheckEnumOp
from .ops import CheckEnumOp

if TYPE_CHECKING:
    from sqlalchemy import Connection


def statements(op: AlterCheckEnumOp) -> Iterator[sa.Update | sa.Delete]:
    """What changes the rows: one UPDATE, one DELETE at the most."""
    table, column = _table_and_column(op)
    if op.array:
        yield from items.statements(op, table, column)
        return
    if op.rename:
        yield (
            sa.update(table)
            .where(column.in_(op.rename))
            .values({column: _renamed(op.rename, column)})
        )
    if op.delete:
        yield sa.delete(table).where(column.in_(op.delete))


def _renamed(
    rename: dict[str, str | None], column: sa.ColumnElement[Any]
) -> Any:
    if len(rename) == 1:
        return next(iter(rename.values()))
    return sa.case(
        *(
            (column == old, sa.null() if new is None else new)
            for old, new in rename.items()
        )
    )


def require_none_left(
    connection: Connection,
    op: CheckEnumOp,
    accepted: Collection[str],
    ways_out: str,
    text: sa.ColumnElement[Any] | None = None,
) -> None:
    """Raise :class:`~ckenum.exc.RowsRemainError` where a row of the column
    holds anything but the values ``accepted``, or NULL; of an array, where
    an item is anything but one of those values.

    :param text: the column as text, or as an array of strings, where it is
        of another type.
    """
    table, column = _table_and_column(op)
    tested = column if text is None else text
    if op.array:
        counting = items.counting_others(table, tested, accepted)
    else:
        counting = (
            sa.select(tested, sa.func.count())
            .select_from(table)
            .where(tested.not_in(accepted))
            .group_by(tested)
            .order_by(tested)
        )
    counts = {value: n for value, n in connection.execute(counting)}
    if counts:
        raise RowsRemainError(
            op.table_name, op.column_name, op.schema, counts, ways_out
        )


def _table_and_column(
    op: CheckEnumOp,
) -> tuple[sa.TableClause, sa.ColumnClause[Any]]:
    column: sa.ColumnClause[Any] = sa.column(op.column_name, op.column_type())
    return sa.table(op.table_name, column, schema=op.schema), column
