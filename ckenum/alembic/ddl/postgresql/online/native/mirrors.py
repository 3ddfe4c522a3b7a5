"""Find the triggers that keep a second column in step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...trigger_catalog import mirror_of
from ...trigger_catalog import PREFIX

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MIRRORS = sa.text("""
    SELECT n.nspname, c.relname,
           pg_catalog.obj_description(t.tgfoid, 'pg_proc')
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE pg_catalog.starts_with(t.tgname::pg_catalog.text, :prefix)
    ORDER BY 1, 2
    """)


@dataclass(frozen=True)
class Mirror:
    """A trigger that keeps a second column in step.

    :ivar column: the column that it follows.
    :ivar beside: the second column.
    :ivar type_name: the native type of one of the two, in SQL.
    """

    schema: str
    table: str
    column: str
    beside: str
    type_name: str


def mirrors(connection: Connection) -> list[Mirror]:
    """Those of the database, which online moves of a native ENUM made."""
    rows = connection.execute(_MIRRORS, {"prefix": PREFIX})
    return [
        Mirror(schema, table, says["column"], says["mirror"], says["type"])
        for schema, table, comment in rows
        if (says := mirror_of(comment)) is not None
    ]
