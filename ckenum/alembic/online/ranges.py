"""A table's rows in ranges, of which each is changed in one transaction.

Each range is a condition; the caller sends back how many rows it changed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from . import catalog

if TYPE_CHECKING:
    from .session import Session

Ranges = Generator[sa.ColumnElement[bool], int, None]

_FIRST_PAGES = 16
_MOST_PAGES = 4096


class _TypeNamed(UserDefinedType[Any]):
    """A type as PostgreSQL itself calls it (``format_type``)."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(_TypeNamed)
def _type_named(type_: _TypeNamed, compiler: Any, **kw: Any) -> str:
    sql_compiler = compiler.dialect.statement_compiler(compiler.dialect, None)
    return str(sql_compiler.escape_literal_column(type_.name))


@dataclass(frozen=True)
class Wanted:
    """Rows of one table, without those that inherit from it.

    :ivar source: what the statement names that changes them: the table, or
        the whole that it is a partition of.
    :ivar only: whether it is the table.
    """

    table: catalog.Table
    source: sa.FromClause
    condition: sa.ColumnElement[bool]
    only: bool

    def select(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        selected = sa.select(*columns).select_from(self.source)
        if self.only:
            selected = selected.with_hint(self.source, "ONLY", "postgresql")
        return selected.where(self.condition)


def ranges(session: Session, wanted: Wanted) -> Ranges:
    """Ranges that hold all rows that are wanted.

    By the primary key; by the rows' places where there is none.
    """
    if wanted.table.kind == "f":
        return _everything()  # its server may not know of places
    key = catalog.primary_key(session.connection, wanted.table)
    if key:
        return _ByKey(session, wanted, key).ranges()
    return _by_place(session, wanted.table)


def _everything() -> Ranges:
    yield sa.true()


@dataclass(frozen=True)
class _ByKey:
    """Each with as many wanted rows as a chunk has.

    Keys go to and fro as text, which PostgreSQL has for every type.
    """

    session: Session
    wanted: Wanted
    key: list[tuple[str, str]]

    def ranges(self) -> Ranges:
        after: sa.ColumnElement[bool] = sa.true()
        while True:
            last = self._last(after)
            if last is None:
                yield after
                return
            bounds = [
                sa.cast(sa.literal(text, sa.Text()), _TypeNamed(type_name))
                for text, (_, type_name) in zip(last, self.key)
            ]
            yield after & (self._tuple <= sa.tuple_(*bounds))
            after = self._tuple > sa.tuple_(*bounds)

    def _last(self, after: sa.ColumnElement[bool]) -> Any:
        """The key of the row that ends the range; ``None`` of the last."""
        texts = (sa.cast(column, sa.Text()) for column in self._columns)
        statement = (
            self.wanted.select(*texts)
            .where(after)
            .order_by(*self._columns)
            .offset(self.session.settings.rows_per_chunk - 1)
            .limit(1)
        )
        return self.session.read(statement).one_or_none()

    @property
    def _columns(self) -> list[sa.ColumnClause[Any]]:
        columns: list[sa.ColumnClause[Any]] = []
        for name, _ in self.key:
            columns.append(sa.column(name))
            # or ORDER BY would take the text of that name that is selected
            columns[-1].table = self.wanted.source
        return columns

    @property
    def _tuple(self) -> Any:
        return sa.tuple_(*self._columns)


def _by_place(session: Session, table: catalog.Table) -> Ranges:
    """Pages of the table, more or fewer by what the last ones held.

    Up to its end as it is now: rows that come later hold no old value, or
    a sweep finds them. ("TID Range Scan": PostgreSQL 14 and later.)
    """
    end = catalog.pages(session.connection, table)
    first, step = 0, _FIRST_PAGES
    while first < end:
        changed = yield (TID >= _place(first)) & (TID < _place(first + step))
        first += step
        wanted = session.settings.rows_per_chunk
        step = min(step * 2, step * wanted // max(changed, 1), _MOST_PAGES)
        step = max(step, 1)


TID: sa.ColumnClause[Any] = sa.column("ctid", _TypeNamed("tid"))
TABLE_OID: sa.ColumnClause[Any] = sa.column("tableoid", postgresql.OID())


def _place(page: int) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(f"({page},0)", sa.Text()), _TypeNamed("tid"))
