"""Check that the directive names a table with a column of strings."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from ..catalog import Table
    from .session import Session

_COLUMN = sa.text("""
    SELECT pg_catalog.format_type(a.atttypid, a.atttypmod), t.typcategory
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
    WHERE a.attrelid OPERATOR(pg_catalog.=) :oid
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND NOT a.attisdropped
    """)

_TABLES = {"r", "p", "f"}
_NO_STRINGS = set("ABDEGINTV")
"""Categories of types that cannot be compared with strings: arrays, numbers,
dates, enums and others ("pg_type" in PostgreSQL's manual)."""


def misfits(session: Session, tables: Sequence[Table]) -> Iterator[str]:
    """What is wrong with the table or column that the directive names."""
    op = session.op
    if not tables:
        yield f"There is no table {op.table_name!r}"
        return
    table = tables[0]
    if table.kind not in _TABLES:
        yield f"{table.name!r} is a view: name the table that it selects from"
        return
    where = {"oid": table.oid, "column": op.column_name}
    found = session.connection.execute(_COLUMN, where).one_or_none()
    if found is None:
        yield f"The table {table.name!r} has no column {op.column_name!r}"
        return
    type_name, category = found
    if op.array and category != "A":
        yield f"The column is of type {type_name}: leave out array=True"
    elif not op.array and category in _NO_STRINGS:
        yield f"The column is of type {type_name}, which holds no strings"
