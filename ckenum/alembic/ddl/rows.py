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
from .new_value import new_value

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Dialect


def statements(
    op: CheckEnumOp, dialect: Dialect
) -> Iterator[sa.Update | sa.Delete]:
    """The statements that change the rows: at most one UPDATE, one DELETE."""
    table, column = _table_and_column(op)
    if op.array:
        yield from array_rows.statements(op, table, column)
        return
    exact = None if _are_distinct(op) else backend_of(dialect).exact(column)
    if op.rename:
        tested = column if exact is None else exact
        yield (
            sa.update(table)
            .where(*_holding(column, exact, op.rename))
            .values({column: _renamed(op.rename, tested)})
        )
    if op.delete:
        yield deletion(op, dialect)


def deletion(op: CheckEnumOp, dialect: Dialect) -> sa.Delete:
    """The statement that deletes rows, for single values."""
    table, column = _table_and_column(op)
    exact = None if _are_distinct(op) else backend_of(dialect).exact(column)
    return sa.delete(table).where(*_holding(column, exact, op.delete))


def _are_distinct(op: CheckEnumOp) -> bool:
    """Whether no collation is likely to take two of the values for equal."""
    values = {*op.values, *op.existing_values}
    return are_distinct([value for value in values if value is not None])


def _holding(
    column: sa.ColumnElement[Any],
    exact: sa.ColumnElement[Any] | None,
    values: Collection[str],
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that the column is one of ``values``.

    The first can use an index of the column; the second leaves out other
    strings that the column takes for equal.
    """
    yield column.in_(_literals(values))
    if exact is not None:
        yield exact.in_(_literals(values))


def _renamed(
    rename: dict[str, str | None], column: sa.ColumnElement[Any]
) -> Any:
    if len(rename) == 1:
        return next(iter(rename.values()))
    return new_value(rename, column.__eq__)


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
    if op.array:
        counting = array_rows.counting_others(table, tested, accepted)
    else:
        # the type cannot read a string that the constraint takes for equal
        tested = backend.exact(backend.as_text(tested))
        others = tested.not_in(_literals(accepted))
        counting = (
            sa.select(tested, sa.func.count())
            .select_from(table)
            .where(others)
            .group_by(tested)
            .order_by(tested)
        )
    _require_none(connection, op, counting, advice, taken_back)


_ARRAYS_TOLD = 10
"""How many different arrays an error shows."""


def require_one_item(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.RowsRemainError` if arrays, without the items
    that ``op`` deletes, do not have exactly one.
    """
    table, column = _table_and_column(op.about_rows)
    counting = array_rows.counting_not_one(op, table, column, _ARRAYS_TOLD)
    advice = (
        "Only an array of one item becomes a single value: change the others "
        "by an UPDATE before this directive."
    )
    _require_none(connection, op, counting, advice)


def _require_none(
    connection: Connection,
    op: CheckEnumOp,
    counting: sa.Select[Any],
    advice: str,
    taken_back: bool = False,
) -> None:
    """Raise with the values and their numbers that ``counting`` finds."""
    qualified = backend_of(connection.dialect).qualified(counting)
    found = connection.execute(qualified)
    counts = {op.shown(value): n for value, n in found}
    if counts:
        raise RowsRemainError(
            op.table_name,
            op.column_name,
            op.schema,
            counts,
            advice,
            taken_back,
        )


def _literals(values: Collection[str]) -> list[sa.BindParameter[str]]:
    """Make each value a parameter of its own.

    SQLAlchemy finds where to put a list by a mark in the statement, and a
    name may contain the same mark.
    """
    return [sa.literal(value, sa.String()) for value in values]


def _table_and_column(
    op: CheckEnumOp,
) -> tuple[sa.TableClause, sa.ColumnClause[Any]]:
    column: sa.ColumnClause[Any] = sa.column(op.column_name, op.column_type())
    # the key names the parameter, and not every column name can be one
    column.key = "value"
    return sa.table(op.table_name, column, schema=op.schema), column
