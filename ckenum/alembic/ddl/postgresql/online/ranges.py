"""Split a table's rows into ranges; each is changed in one transaction.

Each range is a condition; the caller sends back how many rows it changed.
"""

from __future__ import annotations

from collections.abc import Generator
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from .. import catalog

if TYPE_CHECKING:
    from .session import Session

Ranges = Generator[sa.ColumnElement[bool], int, None]
Pages = Generator[tuple[str, str], int, None]

_ROWS_IN_A_PAGE = 291
"""The maximum: MaxHeapTuplesPerPage in PostgreSQL's source."""
_MOST_PAGES = 4096


class _TypeNamed(UserDefinedType[Any]):
    """A type by PostgreSQL's own name for it (``format_type``)."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(_TypeNamed)
def _type_named(type_: _TypeNamed, compiler: Any, **kw: Any) -> str:
    sql_compiler = compiler.dialect.statement_compiler(compiler.dialect, None)
    return str(sql_compiler.escape_literal_column(type_.name))


@dataclass(frozen=True)
class Wanted:
    """The rows to change of one table, without those of tables that inherit.

    :ivar source: the table that the changing statement names: this table,
        or the partitioned table that it belongs to.
    :ivar only: whether that is this table.
    """

    table: catalog.Table
    source: sa.FromClause
    condition: sa.ColumnElement[bool]
    only: bool

    def select(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        selected = sa.select(*columns).select_from(self.source)
        if self.only:
            selected = selected.with_hint(self.source, "ONLY")
        return selected.where(self.condition)


def ranges(session: Session, wanted: Wanted) -> Ranges:
    """Ranges that hold all wanted rows.

    They follow the primary key, or the rows' ctids if there is none.
    """
    if wanted.table.kind == "f":
        return _everything()  # its rows may have no ctid
    parts = catalog.primary_key(session.connection, wanted.table)
    if parts:
        key = _Key(wanted.source, parts)
        return _by_key(key, _ends(session, wanted, key))
    return _by_place(session, wanted.table)


def _everything() -> Ranges:
    yield sa.true()


@dataclass(frozen=True)
class _Key:
    """The columns of a primary key, with their types in SQL.

    Values are read and sent as text, which every type can be written as.
    """

    source: sa.FromClause
    parts: list[tuple[str, str]]

    @property
    def columns(self) -> list[sa.ColumnClause[Any]]:
        columns: list[sa.ColumnClause[Any]] = []
        for name, _ in self.parts:
            columns.append(sa.column(name))
            columns[-1].table = self.source
        return columns

    def at(self, texts: Any) -> Any:
        return sa.tuple_(
            *(
                sa.cast(sa.literal(text, sa.String()), _TypeNamed(type_name))
                for text, (_, type_name) in zip(texts, self.parts)
            )
        )


def _by_key(key: _Key, ends: list[Any]) -> Ranges:
    """Ranges from one end to the next, and one after the last end."""
    here = sa.tuple_(*key.columns)
    after: sa.ColumnElement[bool] = sa.true()
    for end in ends:
        yield after & (here <= key.at(end))
        after = here > key.at(end)
    yield after


def _ends(session: Session, wanted: Wanted, key: _Key) -> list[Any]:
    """The keys of the rows that end a range: one for each chunk of rows."""
    columns = key.columns
    place = sa.func.row_number().over(order_by=columns).label("place")
    rows = wanted.select(
        place, *(column.label(f"key{i}") for i, column in enumerate(columns))
    ).subquery()
    ends = (
        sa.select(
            *(
                sa.cast(rows.c[f"key{i}"], sa.Text())
                for i in range(len(columns))
            )
        )
        .where(sa.func.mod(rows.c.place, session.settings.rows_per_chunk) == 0)
        .order_by(rows.c.place)
    )
    return list(session.read(ends))


def _by_place(session: Session, table: catalog.Table) -> Ranges:
    """Ranges of the table's pages, as conditions."""
    parts = pages(session, table)
    changed = 0
    with suppress(StopIteration):
        part = next(parts)
        while True:
            changed = yield between(*map(sa.literal, part))
            part = parts.send(changed)


def pages(session: Session, table: catalog.Table) -> Pages:
    """Ranges of the table's pages, as the places at their ends; their size
    follows from what the last range held.

    They end at the table's present end: rows that come later hold no old
    value, or the next sweep finds them. ("TID Range Scan": PostgreSQL 14
    and later.)
    """
    end = catalog.pages(session.connection, table)
    first = 0
    step = max(1, session.settings.rows_per_chunk // _ROWS_IN_A_PAGE)
    while first < end:
        changed = yield f"({first},0)", f"({first + step},0)"
        first += step
        wanted = session.settings.rows_per_chunk
        step = min(step * 2, step * wanted // max(changed, 1), _MOST_PAGES)
        step = max(step, 1)


TID: sa.ColumnClause[Any] = sa.column("ctid", _TypeNamed("pg_catalog.tid"))
TABLE_OID: sa.ColumnClause[Any] = sa.column("tableoid", postgresql.OID())


def places(rows: sa.Select[Any], *more: sa.TextClause) -> sa.Select[Any]:
    """Select the number of ``rows``, their ctids as one text, and ``more``."""
    places = rows.subquery().c.ctid
    columns: list[Any] = [
        sa.func.count(places),
        sa.cast(sa.func.pg_catalog.array_agg(places), sa.Text()),
        *more,
    ]
    return sa.select(*columns)


def at(places: str) -> sa.ColumnElement[bool]:
    """Rows at these ctids. Whatever its parameters are, the planner then
    scans by ctid.
    """
    array = sa.cast(
        sa.literal(places, sa.String()), _TypeNamed("pg_catalog.tid[]")
    )
    return TID == sa.any_(array)


def at_each(places: Sequence[str]) -> sa.ColumnElement[bool]:
    """Rows at these ctids, such as ``(0,1)``."""
    return at("{%s}" % ",".join(f'"{place}"' for place in places))


def between(
    first: sa.ColumnElement[Any], end: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Rows from one place on, and before another."""
    tid = TID.type
    return (TID >= sa.cast(first, tid)) & (TID < sa.cast(end, tid))
