"""The rows of each value of a column, counted by the database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..backend import Backend
from ..backend import backend_of


def counted(
    connection: sa.Connection,
    schema: str | None,
    table_name: str,
    column_name: str,
    is_array: bool,
) -> tuple[dict[str | None, int], int]:
    """How many rows hold each value, and how many NULL: with one query.

    Of arrays, how many hold each item, of which NULL may be one.
    """
    column: sa.ColumnClause[Any] = sa.column(column_name)
    table = sa.table(table_name, column, schema=schema)
    counting = _of_items if is_array else _of_strings
    backend = backend_of(connection.dialect)
    query = counting(table, column, backend)
    rows = connection.execute(backend.qualified(query))
    counts: dict[str | None, int] = {}
    nulls = 0
    for value, is_value, is_null, n in rows:
        if is_value:
            counts[value] = n
        elif is_null:
            nulls = n
    return counts, nulls


def _of_strings(
    table: sa.TableClause, column: sa.ColumnClause[Any], backend: Backend
) -> sa.Select[Any]:
    text = backend.exact(backend.as_text(column)).label("value")
    value = sa.select(text).select_from(table).subquery("held").c.value
    return sa.select(
        value, value.is_not(None), value.is_(None), sa.func.count()
    ).group_by(value)


def _of_items(
    table: sa.TableClause, column: sa.ColumnClause[Any], backend: Backend
) -> sa.Select[Any]:
    """An item counts once in a row, however often the array has it."""
    array = sa.cast(column, sa.ARRAY(sa.Text()))
    item = backend.exact(sa.func.unnest(array, type_=sa.Text()))
    items = (
        sa.select(item.label("item"), sa.true().label("held"))
        .distinct()
        .correlate(table)
        .lateral("items")
    )
    found = (items.c.item, items.c.held, column.is_(None))
    return (
        sa.select(*found, sa.func.count())
        .select_from(table.outerjoin(items, sa.true()))
        .group_by(*found)
    )
