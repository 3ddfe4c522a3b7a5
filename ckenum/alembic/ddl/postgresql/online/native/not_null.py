"""NOT NULL, without reading a row, and under the name that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.ddl.base import ColumnNullable
import sqlalchemy as sa

from ...native_ddl import Verbatim
from .pair import beside

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from .pair import Pair

# PostgreSQL has constraints for it since 18.
_NOT_NULL = sa.text("""
    SELECT a.attnotnull, c.conname, c.connoinherit,
           pg_catalog.obj_description(c.oid, 'pg_constraint')
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_constraint c
      ON c.conrelid OPERATOR(pg_catalog.=) a.attrelid
     AND c.contype OPERATOR(pg_catalog.=) 'n'
     AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)


def not_null(
    connection: Connection, pair: Pair
) -> tuple[list[Executable], list[Executable]]:
    """The statements before the columns change places, and after that.

    The guard proves that no row is NULL, so PostgreSQL reads none ("SET NOT
    NULL", in "ALTER TABLE" of its manual).
    """
    op, table = pair.op, pair.move.table_name
    given = {"table": table, "column": op.column_name}
    row = connection.execute(_NOT_NULL, given).one_or_none()
    if row is None or not row[0]:
        return [], []
    _, name, _, comment = row
    if name is None:
        set_it = ColumnNullable(
            op.table_name, pair.beside, False, schema=op.schema
        )
        return [set_it], []
    quote = pair.move.dialect.identifier_preparer.quote
    copy = quote(beside(name))
    after = [f"ALTER TABLE {table} RENAME CONSTRAINT {copy} TO {quote(name)}"]
    if comment is not None:
        after.append(
            f"COMMENT ON CONSTRAINT {quote(name)} ON {table} IS "
            f"{pair.move.literal(comment)}"
        )
    return [
        Verbatim(
            f"ALTER TABLE {table} ADD CONSTRAINT {copy} "
            f"NOT NULL {quote(pair.beside)}"
        )
    ], [Verbatim(text) for text in after]
