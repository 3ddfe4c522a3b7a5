"""What a column has beside its type: comment, privileges, settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .pair import Pair

_GRANTS = sa.text("""
    SELECT pg_catalog.format(
        'GRANT %s (%s) ON %s TO %s%s',
        x.privilege_type, CAST(:beside AS pg_catalog.text),
        CAST(:table AS pg_catalog.text),
        CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid
             THEN 'PUBLIC'
             ELSE pg_catalog.quote_ident(
                 pg_catalog.pg_get_userbyid(x.grantee)) END,
        CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
    FROM pg_catalog.pg_attribute a
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    ORDER BY 1
    """)

_SETTINGS = sa.text("""
    SELECT pg_catalog.format(
        'ALTER TABLE %s ALTER %s %s', CAST(:table AS pg_catalog.text),
        CAST(:beside AS pg_catalog.text), s.setting
    )
    FROM pg_catalog.pg_attribute a
    CROSS JOIN LATERAL (
        SELECT 'SET STATISTICS '
               OPERATOR(pg_catalog.||) a.attstattarget::pg_catalog.text
        WHERE a.attstattarget OPERATOR(pg_catalog.>=) 0
        UNION ALL
        SELECT 'SET (' OPERATOR(pg_catalog.||) o.option
               OPERATOR(pg_catalog.||) ')'
        FROM pg_catalog.unnest(a.attoptions) o (option)
        WHERE pg_catalog.starts_with(o.option, 'n_distinct')
    ) s (setting)
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)

_COMMENT = sa.text("""
    SELECT pg_catalog.format(
        'COMMENT ON COLUMN %s.%s IS %L', CAST(:table AS pg_catalog.text),
        CAST(:beside AS pg_catalog.text), d.description
    )
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_description d
      ON d.objoid OPERATOR(pg_catalog.=) a.attrelid
     AND d.objsubid OPERATOR(pg_catalog.=) a.attnum
     AND d.classoid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_class'::pg_catalog.regclass
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)


def statements(connection: Connection, pair: Pair) -> Iterator[str]:
    """Those that give the second column what the first one has."""
    quote = pair.move.dialect.identifier_preparer.quote
    given = {
        "table": pair.move.table_name,
        "column": pair.op.column_name,
        "beside": quote(pair.beside),
    }
    for query in (_GRANTS, _SETTINGS, _COMMENT):
        yield from connection.scalars(query, given)
