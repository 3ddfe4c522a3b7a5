"""All that PostgreSQL's catalog says of a database's own objects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_QUERIES = {
    "columns": """
        SELECT n.nspname, c.relname, a.attnum, a.attname,
               format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity,
               a.attgenerated, a.attstorage, a.attstattarget, a.attacl,
               a.attcollation::regcollation::text,
               col_description(c.oid, a.attnum)
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d
          ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'v', 'm', 'p') AND NOT a.attisdropped
          AND n.nspname !~ '^(pg_|information_schema)'
        """,
    "types": """
        SELECT n.nspname, t.typname, t.typtype, t.typowner::regrole::text,
               (SELECT array_agg(enumlabel ORDER BY enumsortorder)
                FROM pg_enum WHERE enumtypid = t.oid)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname !~ '^(pg_|information_schema)'
        """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid),
               convalidated, conislocal, connoinherit,
               obj_description(oid, 'pg_constraint')
        FROM pg_constraint
        WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)'
        """,
    "indexes": """
        SELECT pg_get_indexdef(i.indexrelid), i.indisunique, i.indisvalid,
               i.indisclustered, c.reltablespace,
               obj_description(i.indexrelid, 'pg_class')
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace::regnamespace::text
            !~ '^(pg_|information_schema)'
        """,
    "functions": """
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
        """,
}


def catalog(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Columns, types, constraints, indexes and functions, each in order."""
    with engine.connect() as connection:
        connection.execute(sa.text("SET search_path = pg_catalog"))
        return {
            what: sorted(
                (tuple(row) for row in connection.execute(sa.text(query))),
                key=repr,
            )
            for what, query in _QUERIES.items()
        }
