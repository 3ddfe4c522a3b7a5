"""The rows of a column whose values change: found, updated, deleted."""

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
from ..ops import AlterCheckEnumOp
from ..ops import CheckEnumOp

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Dialect


def statements(
    op: AlterCheckEnumOp, dialect: Dialect
) -> Iterator[sa.Update | sa.Delete]:
    """What changes the rows: one UPDATE, one DELETE at the most."""
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
        yield sa.delete(table).where(*_holding(column, exact, op.delete))


def _are_distinct(op: CheckEnumOp) -> bool:
    """Whether the values are, of which a column holds some."""
    values = {*getattr(op, "values", ()), *getattr(op, "existing_values", ())}
    return are_distinct([value for value in values if value is not None])


def _holding(
    column: sa.ColumnElement[Any],
    exact: sa.ColumnElement[Any] | None,
    values: Collection[str],
) -> Iterator[sa.ColumnElement[bool]]:
    """Where the column is one of ``values``, and no other that it takes for
    equal; an index of the column serves for the first condition.
    """
    yield column.in_(_literals(values))
    if exact is not None:
        yield exact.in_(_literals(values))


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


CHANGE_THEM = "Change those rows first, or add the values."


def ways_out(op: AlterCheckEnumOp) -> str:
    """What to do about rows that hold a value which has no rule."""
    values = [value for value in op.leaving if value is not None]
    if not values:
        return CHANGE_THEM
    rename = {value: op.values[0] for value in values}
    if op.array:
        return (
            f"Say in the migration's alter_check_enum() what becomes of "
            f"them:\n"
            f"    rename={rename},  # replace them in the arrays\n"
            f"    delete={values},  # take them out of the arrays"
        )
    return (
        f"Say in the migration's alter_check_enum() what becomes of them:\n"
        f"    rename={rename},  # update them; None stores NULL\n"
        f"    delete={values},  # delete them"
    )


def require_none_left(
    connection: Connection,
    op: CheckEnumOp,
    accepted: Collection[str],
    advice: str,
    text: sa.ColumnElement[Any] | None = None,
    taken_back: bool = False,
) -> None:
    """Raise :class:`~ckenum.exc.RowsRemainError` where a row of the column
    holds anything but the values ``accepted``, or NULL; of an array, where
    an item is anything but one of those values.

    :param text: the column as text, or as an array of strings, where it is
        of another type.
    :param taken_back: whether an online change had begun.
    """
    backend = backend_of(connection.dialect)
    table, column = _table_and_column(op)
    tested = column if text is None else text
    if op.array:
        counting = array_rows.counting_others(table, tested, accepted)
    else:
        # what the constraint takes for equal, the type cannot read
        tested = backend.exact(sa.cast(tested, sa.Text()))
        others = tested.not_in(_literals(accepted))
        counting = (
            sa.select(tested, sa.func.count())
            .select_from(table)
            .where(others)
            .group_by(tested)
            .order_by(tested)
        )
    found = connection.execute(backend.qualified(counting))
    counts = {value: n for value, n in found}
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
    """Parameters of their own.

    SQLAlchemy finds the place of a list by its mark in the statement,
    which a name may have as well.
    """
    return [sa.literal(value, sa.String()) for value in values]


def _table_and_column(
    op: CheckEnumOp,
) -> tuple[sa.TableClause, sa.ColumnClause[Any]]:
    column: sa.ColumnClause[Any] = sa.column(op.column_name, op.column_type())
    # parameters are called by it; not every name of a column can be one
    column.key = "value"
    return sa.table(op.table_name, column, schema=op.schema), column
