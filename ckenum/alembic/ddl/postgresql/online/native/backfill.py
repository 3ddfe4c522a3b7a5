"""Give the rows their second value, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .. import chunks
from ... import catalog
from ......backend.pg_catalog import qualified
from ...sqlstate import sqlstate
from ..ranges import at_each
from ..ranges import between
from ..ranges import pages
from ..ranges import Pages
from ..ranges import TID
from ..session import LOCKED
from .users_triggers import parameters

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from ..session import Session
    from .pair import Pair


_SOME = 5
"""Rows to try."""


@dataclass(frozen=True)
class Fill(chunks.Change):
    """An UPDATE that finds the rows by their pages, in one statement.

    The trigger is there, so rows that others write meanwhile are in step,
    wherever they are. The planner reads nothing but these pages, whatever
    its statistics say ("TID Range Scan"), so nothing is set for it that
    would reach a trigger.
    """

    def parts(self) -> Pages:
        return pages(self.session, self.table)

    @cached_property
    def _of_pages(self) -> sa.Update | sa.Delete:
        """Built once: to build it takes as long as some hundred rows."""
        ends = between(sa.bindparam("first"), sa.bindparam("end"))
        return qualified(self.statement.where(ends))

    def _chunk(self, part: Any) -> tuple[int, bool]:
        session, (first, end) = self.session, part
        timeout = session.settings.lock_timeout
        try:
            with session.transaction(timeout, {**self.parameters}):
                given = {"first": first, "end": end}
                result = session.connection.execute(self._of_pages, given)
                return result.rowcount, False
        except DBAPIError as error:
            if sqlstate(error) not in LOCKED:
                raise
        return super()._chunk(between(sa.literal(first), sa.literal(end)))


def backfill(session: Session, pair: Pair) -> None:
    fill = _fill(session, pair, sa.not_(pair.in_step()))
    chunks.change_all(session, [fill], f"Fill {pair.op.where}")


def of_some(session: Session, pair: Pair) -> list[Executable]:
    """The statements that fill a few rows, unless there are none."""
    fill = _fill(session, pair, sa.true())
    found = fill.wanted.select(sa.cast(TID, sa.Text())).limit(_SOME)
    rows = session.execute(found).scalars().all()
    if not rows:
        return []
    set_config = sa.func.pg_catalog.set_config
    return [
        *(
            sa.select(set_config(name, value, sa.true()))
            for name, value in fill.parameters.items()
        ),
        fill.statement.where(at_each(rows)),
    ]


def _fill(session: Session, pair: Pair, where: sa.ColumnElement[bool]) -> Fill:
    (table,) = catalog.tree(session.connection, pair.op)
    second: sa.ColumnClause[Any] = sa.column(pair.beside)
    second.key = "value"  # it names a parameter
    statement = (
        sa.update(sa.table(table.name, second, schema=table.schema))
        .where(where)
        .values({second: pair.value()})
        .with_hint("ONLY", dialect_name="postgresql")
    )
    return Fill(
        session,
        table,
        statement,
        only=True,
        parameters=parameters(session, pair),
    )


_COMMON = sa.text("""
    SELECT CAST(
        CAST(s.most_common_vals AS pg_catalog.text) AS pg_catalog.text[]
    )
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_stats s
      ON s.schemaname OPERATOR(pg_catalog.=) n.nspname
     AND s.tablename OPERATOR(pg_catalog.=) c.relname
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND s.attname OPERATOR(pg_catalog.=) :column
      AND NOT s.inherited
      AND s.null_frac OPERATOR(pg_catalog.<) s.most_common_freqs[1]
    """)


def most_common(session: Session, pair: Pair) -> str | None:
    """The value that most rows get, as text; ``None`` if that is NULL, or if
    there is no row.

    PostgreSQL's statistics know it without a look at the rows, if there are
    any. It need not be right.
    """
    for old in _in_statistics(session, pair)[:1]:
        new = pair.op.rename.get(old, old)
        if new in pair.op.values:
            return new
    value: Any = sa.cast(pair.move.using(), sa.Text()).label("value")
    table = sa.table(pair.op.table_name, schema=pair.op.schema)
    # not grouped by the expression itself: some drivers number its
    # parameters twice
    values = sa.select(value).select_from(table).subquery()
    query = (
        sa.select(values.c.value)
        .group_by(values.c.value)
        .order_by(sa.func.count().desc(), values.c.value)
        .limit(1)
    )
    for (found,) in session.read(query):
        return None if found is None else str(found)
    return None


def _in_statistics(session: Session, pair: Pair) -> list[str]:
    """What rows hold, the most common first."""
    if pair.op.array:
        return []
    given = {"table": pair.move.table_name, "column": pair.op.column_name}
    found = session.connection.scalar(_COMMON, given)
    return [*(found or ())]
