"""The rows of each value of a column, counted by the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..backend import Backend
from ..backend import backend_of

MOST = 50
"""How many values are counted one by one, besides those that are known."""


@dataclass(frozen=True)
class Counts:
    """How many rows hold which value.

    :ivar rows: by the value; ``None`` is a NULL among the items of an array.
    :ivar nulls: how many rows hold NULL.
    :ivar more: how many other different values there are.
    :ivar more_rows: how many rows hold those; for arrays, a row counts once
        for each of them that it holds.
    """

    rows: dict[str | None, int]
    nulls: int
    more: int
    more_rows: int


def counted(
    connection: sa.Connection,
    schema: str | None,
    table_name: str,
    column_name: str,
    is_array: bool,
    known: Collection[str],
) -> Counts:
    """Count the rows of each value, and those of NULL, with one query.

    For arrays, count the rows that hold each item, which may be NULL. A
    column without a constraint may hold any number of values, so the database
    sends only those that are ``known`` and the most frequent others.
    """
    column: sa.ColumnClause[Any] = sa.column(column_name)
    table = sa.table(table_name, column, schema=schema)
    counting = _of_items if is_array else _of_strings
    backend = backend_of(connection.dialect)
    query = _most_frequent(counting(table, column, backend), known, backend)
    found = connection.execute(backend.qualified(query)).all()
    kinds, total = found[0][-2:] if found else (0, 0)
    return Counts(
        {row.value: row.n for row in found if row.is_value},
        sum(row.n for row in found if row.is_null and not row.is_value),
        kinds - len(found),
        int(total) - sum(row.n for row in found),
    )


def _most_frequent(
    counting: sa.Select[Any], known: Collection[str], backend: Backend
) -> sa.Select[Any]:
    """The rows of ``counting`` for known values and NULL, and some others."""
    counted = counting.subquery("counted")
    literals = [sa.literal(value, sa.String()) for value in known]
    others = sa.and_(
        counted.c.value.is_not(None),
        backend.exact(counted.c.value).not_in(literals),
    )
    return (
        sa.select(
            *counted.c,
            sa.func.count().over().label("kinds"),
            sa.func.sum(counted.c.n).over().label("total"),
        )
        .order_by(
            sa.case((others, 1), else_=0),
            counted.c.n.desc(),
            counted.c.value,
        )
        .limit(len(known) + 2 + MOST)
    )


def _of_strings(
    table: sa.TableClause, column: sa.ColumnClause[Any], backend: Backend
) -> sa.Select[Any]:
    text = backend.exact(backend.as_text(column)).label("value")
    value = sa.select(text).select_from(table).subquery("held").c.value
    return sa.select(
        value,
        value.is_not(None).label("is_value"),
        value.is_(None).label("is_null"),
        sa.func.count().label("n"),
    ).group_by(value)


def _of_items(
    table: sa.TableClause, column: sa.ColumnClause[Any], backend: Backend
) -> sa.Select[Any]:
    """An item counts once a row, however often the array holds it."""
    array = sa.cast(column, sa.ARRAY(sa.Text()))
    item = backend.exact(sa.func.unnest(array, type_=sa.Text()))
    items = (
        sa.select(item.label("item"), sa.true().label("held"))
        .distinct()
        .correlate(table)
        .lateral("items")
    )
    found = (items.c.item, items.c.held, column.is_(None))
    names = ("value", "is_value", "is_null")
    labelled = [each.label(name) for each, name in zip(found, names)]
    return (
        sa.select(*labelled, sa.func.count().label("n"))
        .select_from(table.outerjoin(items, sa.true()))
        .group_by(*found)
    )
