"""PostgreSQL: objects that depend on a column, or on one with its values.

Every operator is qualified, since other roles may have added theirs to the
search path.
"""

from __future__ import annotations

from typing import NamedTuple
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..emit import sql_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

# The column, and the columns that hold its values: in tables that inherit it,
# in foreign keys that follow it, and in views that select it. ``own`` says
# that it belongs to the table or to one that inherits from it.
_HOLDING = """
    WITH RECURSIVE holding (relid, attnum, own) AS (
        SELECT a.attrelid, a.attnum, true
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
          AND a.attname OPERATOR(pg_catalog.=) :column
      UNION
        SELECT n.relid, n.attnum, h.own AND n.inherits
        FROM holding h
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) h.relid
         AND a.attnum OPERATOR(pg_catalog.=) h.attnum
        CROSS JOIN LATERAL (
            SELECT c.attrelid, c.attnum, true
            FROM pg_catalog.pg_inherits i
            JOIN pg_catalog.pg_attribute c
              ON c.attrelid OPERATOR(pg_catalog.=) i.inhrelid
             AND c.attname OPERATOR(pg_catalog.=) a.attname
            WHERE i.inhparent OPERATOR(pg_catalog.=) h.relid
          UNION ALL
            SELECT k.conrelid, k.conkey[s.i], false
            FROM pg_catalog.pg_constraint k
            CROSS JOIN LATERAL
                pg_catalog.generate_subscripts(k.confkey, 1) s (i)
            WHERE k.confrelid OPERATOR(pg_catalog.=) h.relid
              AND k.contype OPERATOR(pg_catalog.=) 'f'
              AND k.confupdtype OPERATOR(pg_catalog.=) 'c'
              AND k.confkey[s.i] OPERATOR(pg_catalog.=) h.attnum
          UNION ALL
            SELECT c.attrelid, c.attnum, false
            FROM pg_catalog.pg_depend d
            JOIN pg_catalog.pg_rewrite r
              ON r.oid OPERATOR(pg_catalog.=) d.objid
             AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'
            JOIN pg_catalog.pg_attribute c
              ON c.attrelid OPERATOR(pg_catalog.=) r.ev_class
             AND c.attname OPERATOR(pg_catalog.=) a.attname
            WHERE d.classid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_rewrite'::pg_catalog.regclass
              AND d.refclassid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.refobjid OPERATOR(pg_catalog.=) h.relid
              AND d.refobjsubid OPERATOR(pg_catalog.=) h.attnum
        ) n (relid, attnum, inherits)
    ), depending AS (
        SELECT h.relid, h.attnum, h.own, a.attname, c.relname, a.atttypid,
               d.classid, d.objid
        FROM holding h
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) h.relid
         AND a.attnum OPERATOR(pg_catalog.=) h.attnum
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) h.relid
        LEFT JOIN pg_catalog.pg_depend d
          ON d.refclassid OPERATOR(pg_catalog.=)
             'pg_catalog.pg_class'::pg_catalog.regclass
         AND d.refobjid OPERATOR(pg_catalog.=) h.relid
         AND d.refobjsubid OPERATOR(pg_catalog.=) h.attnum
    )
    """

# An inherited index, constraint or trigger appears only on the table that it
# comes from.
_FOUND = sa.text(_HOLDING + """
    SELECT DISTINCT f.kind, f.name, f.owner, f.sql,
           d.own, d.relname, d.attname
    FROM depending d CROSS JOIN LATERAL (
        SELECT 'index', c.relname, NULL::pg_catalog.name, e.sql
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c
          ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
        CROSS JOIN LATERAL (
            SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid)
          UNION ALL
            SELECT pg_catalog.concat(
                '(', pg_catalog.pg_get_expr(i.indexprs, i.indrelid), ')'
            )
        ) e (sql)
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_class'::pg_catalog.regclass
          AND i.indexrelid OPERATOR(pg_catalog.=) d.objid
          AND NOT c.relispartition
      UNION ALL
        SELECT 'CHECK', k.conname, r.relname,
               pg_catalog.pg_get_expr(k.conbin, k.conrelid)
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class r
          ON r.oid OPERATOR(pg_catalog.=) k.conrelid
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_constraint'::pg_catalog.regclass
          AND k.oid OPERATOR(pg_catalog.=) d.objid
          AND k.contype OPERATOR(pg_catalog.=) 'c'
          AND k.coninhcount OPERATOR(pg_catalog.=) 0
      UNION ALL
        SELECT 'domain', k.conname, t.typname,
               pg_catalog.pg_get_expr(k.conbin, 0)
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_constraint k
          ON k.contypid OPERATOR(pg_catalog.=) t.oid
        WHERE t.oid OPERATOR(pg_catalog.=) d.atttypid
          AND k.contype OPERATOR(pg_catalog.=) 'c'
      UNION ALL
        SELECT 'policy', p.polname, r.relname, e.sql
        FROM pg_catalog.pg_policy p
        JOIN pg_catalog.pg_class r
          ON r.oid OPERATOR(pg_catalog.=) p.polrelid
        CROSS JOIN LATERAL (
            SELECT pg_catalog.pg_get_expr(p.polqual, p.polrelid)
          UNION ALL
            SELECT pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        ) e (sql)
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_policy'::pg_catalog.regclass
          AND p.oid OPERATOR(pg_catalog.=) d.objid
      UNION ALL
        SELECT 'view', c.relname, NULL,
               pg_catalog.pg_get_viewdef(c.oid)
        FROM pg_catalog.pg_rewrite w
        JOIN pg_catalog.pg_class c
          ON c.oid OPERATOR(pg_catalog.=) w.ev_class
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_rewrite'::pg_catalog.regclass
          AND w.oid OPERATOR(pg_catalog.=) d.objid
          AND w.rulename OPERATOR(pg_catalog.=) '_RETURN'
      UNION ALL
        SELECT 'rule', w.rulename, c.relname,
               pg_catalog.pg_get_ruledef(w.oid)
        FROM pg_catalog.pg_rewrite w
        JOIN pg_catalog.pg_class c
          ON c.oid OPERATOR(pg_catalog.=) w.ev_class
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_rewrite'::pg_catalog.regclass
          AND w.oid OPERATOR(pg_catalog.=) d.objid
          AND w.rulename OPERATOR(pg_catalog.<>) '_RETURN'
      UNION ALL
        SELECT 'trigger', t.tgname, r.relname,
               pg_catalog.pg_get_triggerdef(t.oid)
        FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class r
          ON r.oid OPERATOR(pg_catalog.=) t.tgrelid
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_trigger'::pg_catalog.regclass
          AND t.oid OPERATOR(pg_catalog.=) d.objid
          AND t.tgparentid OPERATOR(pg_catalog.=) 0
          AND NOT pg_catalog.starts_with(t.tgname::pg_catalog.text,
                                         'zz_ckenum_')
      UNION ALL
        SELECT 'function', p.proname, NULL,
               pg_catalog.pg_get_functiondef(p.oid)
        FROM pg_catalog.pg_proc p
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_proc'::pg_catalog.regclass
          AND p.oid OPERATOR(pg_catalog.=) d.objid
      UNION ALL
        SELECT CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) ''
                    THEN 'default' ELSE 'generated column' END,
               a.attname, r.relname,
               pg_catalog.pg_get_expr(e.adbin, e.adrelid)
        FROM pg_catalog.pg_attrdef e
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) e.adrelid
         AND a.attnum OPERATOR(pg_catalog.=) e.adnum
        JOIN pg_catalog.pg_class r
          ON r.oid OPERATOR(pg_catalog.=) e.adrelid
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_attrdef'::pg_catalog.regclass
          AND e.oid OPERATOR(pg_catalog.=) d.objid
          AND (a.attgenerated OPERATOR(pg_catalog.=) ''
               OR a.attinhcount OPERATOR(pg_catalog.=) 0)
      UNION ALL
        SELECT 'default', d.attname, d.relname, t.typdefault
        FROM pg_catalog.pg_type t
        WHERE t.oid OPERATOR(pg_catalog.=) d.atttypid
          AND t.typtype OPERATOR(pg_catalog.=) 'd'
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_attrdef e
            WHERE e.adrelid OPERATOR(pg_catalog.=) d.relid
              AND e.adnum OPERATOR(pg_catalog.=) d.attnum
          )
      UNION ALL
        SELECT 'partition', c.relname, NULL,
               pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        FROM pg_catalog.pg_partitioned_table p
        JOIN pg_catalog.pg_inherits i
          ON i.inhparent OPERATOR(pg_catalog.=) p.partrelid
        JOIN pg_catalog.pg_class c
          ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
        WHERE p.partrelid OPERATOR(pg_catalog.=) d.relid
          AND p.partstrat OPERATOR(pg_catalog.=) 'l'
          AND d.attnum OPERATOR(pg_catalog.=) ANY (p.partattrs)
    ) f (kind, name, owner, sql)
    ORDER BY 1, 2, 3, 4
    """)

_FILTERS = sa.text(_HOLDING + """
    SELECT DISTINCT 'row filter of publication', p.pubname, d.relname,
           pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS sql,
           d.own, d.relname, d.attname
    FROM depending d
    JOIN pg_catalog.pg_publication_rel r
      ON d.classid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_publication_rel'::pg_catalog.regclass
     AND r.oid OPERATOR(pg_catalog.=) d.objid
    JOIN pg_catalog.pg_publication p
      ON p.oid OPERATOR(pg_catalog.=) r.prpubid
    ORDER BY 2, 3
    """)

ROW_FILTERS = (15,)
"""The first version of PostgreSQL whose publications have row filters."""


class Dependent(NamedTuple):
    """An object that depends on the column, or on one with its values.

    :ivar own: whether that column belongs to the table, or to one that
        inherits from it.
    :ivar relation: the table or view of that column.
    :ivar column: that column's name.
    """

    kind: str
    name: str
    owner: str | None
    sql: str
    own: bool
    relation: str
    column: str


def dependents(connection: Connection, op: CheckEnumOp) -> list[Dependent]:
    """What depends on the column of ``op``; this reads only catalogs."""
    queries = [_FOUND]
    if (connection.dialect.server_version_info or ()) >= ROW_FILTERS:
        queries.append(_FILTERS)
    name = {"name": sql_name(connection, op), "column": op.column_name}
    return [
        Dependent(*row)
        for query in queries
        for row in connection.execute(query, name)
        if row.sql is not None
    ]
