"""Find, update and delete the rows of a column whose values change."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import array_rows
from ...backend import backend_of
from ...exact import are_distinct
from ...exc import RowsRemainError
from ..ops import CheckEnumOp

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Dialect


def statements(
    op: CheckEnumOp, dialect: Dialect
) -> Iterator[sa.Update | sa.Delete]:
    """The statements that change the rows: at most one UPDATE, one DELETE."""
    table, column = _table_and_column(op)
    exact = None if _are_distinct(op) else backend_of(dialect).exact(column)
    yield from op.shape.statements(table, column, op.rename, op.delete, exact)


def _are_distinct(op: CheckEnumOp) -> bool:
    """Whether no collation is likely to take two of the values for equal."""
    values = {*op.values, *op.existing_values}
    return are_distinct([value for value in values if value is not None])


def require_none_left(
    connection: Connection,
    op: CheckEnumOp,
    accepted: Collection[str],
    advice: str,
    text: sa.ColumnElement[Any] | None = None,
    taken_back: bool = False,
) -> None:
    """Raise :class:`~ckenum.exc.RowsRemainError` if a row holds anything but
    NULL and the values ``accepted``; in an array, if an item is anything but
    one of those values.

    :param text: the column as text, or as an array of strings, if it is of
        another type.
    :param taken_back: whether an online change had begun.
    """
    backend = backend_of(connection.dialect)
    table, column = _table_and_column(op)
    tested = column if text is None else text
    counting = op.shape.others(table, tested, accepted, backend)
    _require_none(connection, op, counting, advice, taken_back)


def require_one_item(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.RowsRemainError` if arrays, without the items
    that ``op`` deletes, do not have exactly one.
    """
    table, column = _table_and_column(op.about_rows)
    counting = array_rows.counting_not_one(op, table, column)
    advice = (
        "Only an array of one item becomes a single value: change the others "
        "by an UPDATE before this directive."
    )
    _require_none(connection, op, counting, advice)


_TOLD = 20
"""How many different values an error shows."""


def _require_none(
    connection: Connection,
    op: CheckEnumOp,
    counting: sa.Select[Any],
    advice: str,
    taken_back: bool = False,
) -> None:
    """Raise with the values and their numbers that ``counting`` finds.

    There may be as many as rows, so the database sends the first of them, and
    counts the rest.
    """
    qualified = backend_of(connection.dialect).qualified
    found = connection.execute(qualified(counting.limit(_TOLD + 1))).all()
    counts = {op.shown(value): n for value, n in found[:_TOLD]}
    more = more_rows = 0
    if len(found) > _TOLD:
        each = counting.order_by(None).subquery("each")
        number = [*each.c][-1]
        rest = sa.select(sa.func.count(), sa.func.sum(number))
        kinds, total = connection.execute(
            qualified(rest.select_from(each))
        ).one()
        more = kinds - len(counts)
        more_rows = int(total) - sum(counts.values())
    if counts:
        raise RowsRemainError(
            op.table_name,
            op.column_name,
            op.schema,
            counts,
            advice,
            taken_back,
            more,
            more_rows,
        )


def _table_and_column(
    op: CheckEnumOp,
) -> tuple[sa.TableClause, sa.ColumnClause[Any]]:
    column: sa.ColumnClause[Any] = sa.column(op.column_name, op.column_type())
    # the key names the parameter, and not every column name can be one
    column.key = "value"
    return sa.table(op.table_name, column, schema=op.schema), column
