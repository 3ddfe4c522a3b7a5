"""CHECKs and statistics of the column, and their copies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...definitions import on_column
from ...native_catalog import Dependent
from ...native_dependents import Around

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .pair import Pair

_STATISTICS = sa.text("""
    SELECT n.nspname, x.stxname,
           pg_catalog.pg_get_statisticsobjdef(x.oid),
           pg_catalog.obj_description(x.oid, 'pg_statistic_ext')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_statistic_ext x
      ON x.stxrelid OPERATOR(pg_catalog.=) a.attrelid
     AND a.attnum OPERATOR(pg_catalog.=) ANY (x.stxkeys)
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) x.stxnamespace
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    ORDER BY 2
    """)


@dataclass(frozen=True)
class Statistics:
    schema: str
    name: str
    definition: str
    comment: str | None


def statistics(
    connection: Connection, pair: Pair, column: str
) -> list[Statistics]:
    """Those of several columns, of which ``column`` is one."""
    given = {"table": pair.move.table_name, "column": column}
    return [Statistics(*row) for row in connection.execute(_STATISTICS, given)]


def checks(pair: Pair) -> list[Dependent]:
    """The column's CHECKs that get a copy."""
    return [item for item in dependents(pair) if item.kind == "check"]


def dependents(pair: Pair) -> list[Dependent]:
    """What depends on the column, but for what this move has made, and for
    the constraint that goes with the column.
    """
    trigger = f"trigger {pair.trigger_name} on "
    return [
        item
        for item in pair.move.dependents(pair.old_check)
        if (item.kind, item.name) != ("check", pair.guard_name)
        and not item.description.startswith(trigger)
    ]


def on_beside(pair: Pair, item: Dependent) -> str:
    """The definition of the copy, but for its name.

    Raises :class:`~...definitions.CannotRewriteError`.
    """
    around = Around(pair.move.dialect)
    text = around.rewritten(pair.op, item, pair.move.spelled)
    return renamed(pair, text)


def renamed(pair: Pair, definition: str) -> str:
    """``definition`` with the second column in the place of the first."""
    quote = pair.move.dialect.identifier_preparer.quote
    return on_column(definition, pair.op.column_name, quote(pair.beside))
