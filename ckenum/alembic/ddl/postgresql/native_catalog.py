"""What PostgreSQL's catalog tells of a native ENUM and of its column."""

from __future__ import annotations

from typing import NamedTuple
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Dependent(NamedTuple):
    """An object that depends on the column.

    :ivar kind: ``index`` or ``check`` for what can be made again, ``fixed``
        for an index that cannot, ``key`` for a foreign key, and ``other``
        for what else stands against another type whatever it says.
    :ivar description: as PostgreSQL describes it.
    :ivar schema: an index's.
    :ivar definition: in SQL; a CHECK's without its name.
    """

    kind: str
    description: str
    schema: str | None
    name: str | None
    definition: str
    comment: str | None
    tablespace: str | None


_DEPENDENTS = sa.text("""
    SELECT DISTINCT
        CASE
            WHEN i.indexrelid IS NOT NULL THEN
                CASE WHEN r.relkind OPERATOR(pg_catalog.=) 'I' OR EXISTS (
                    SELECT FROM pg_catalog.pg_constraint k
                    WHERE k.conindid OPERATOR(pg_catalog.=) r.oid
                      AND k.contype::pg_catalog.text OPERATOR(pg_catalog.=)
                          ANY ('{p,u,x}'::pg_catalog.text[])
                ) THEN 'fixed' ELSE 'index' END
            WHEN c.contype OPERATOR(pg_catalog.=) 'c' THEN 'check'
            WHEN c.contype OPERATOR(pg_catalog.=) 'f' THEN 'key'
            ELSE 'other'
        END,
        pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid),
        n.nspname,
        coalesce(c.conname, r.relname),
        coalesce(
            pg_catalog.pg_get_indexdef(i.indexrelid),
            pg_catalog.pg_get_constraintdef(c.oid),
            ''
        ),
        pg_catalog.obj_description(
            d.objid, d.classid::pg_catalog.regclass::pg_catalog.name
        ),
        s.spcname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_depend d
      ON d.refclassid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid
     AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum
    LEFT JOIN pg_catalog.pg_class r
      ON d.classid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_class'::pg_catalog.regclass
     AND r.oid OPERATOR(pg_catalog.=) d.objid
    LEFT JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    LEFT JOIN pg_catalog.pg_tablespace s
      ON s.oid OPERATOR(pg_catalog.=) r.reltablespace
    LEFT JOIN pg_catalog.pg_index i
      ON i.indexrelid OPERATOR(pg_catalog.=) r.oid
    LEFT JOIN pg_catalog.pg_constraint c
      ON d.classid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_constraint'::pg_catalog.regclass
     AND c.oid OPERATOR(pg_catalog.=) d.objid
    LEFT JOIN pg_catalog.pg_attrdef e
      ON d.classid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_attrdef'::pg_catalog.regclass
     AND e.oid OPERATOR(pg_catalog.=) d.objid
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND (c.contype IS NULL OR c.contype OPERATOR(pg_catalog.=) 'c'
           OR c.contype OPERATOR(pg_catalog.=) 'f')
      AND (c.conislocal IS NULL OR c.conislocal
           OR NOT CAST(:only_own AS pg_catalog.bool))
      AND (r.relkind IS NULL OR r.relkind OPERATOR(pg_catalog.<>) 'S')
      AND (d.classid OPERATOR(pg_catalog.<>)
           'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
           OR EXISTS (
             SELECT FROM pg_catalog.pg_statistic_ext x
             WHERE x.oid OPERATOR(pg_catalog.=) d.objid
               AND pg_catalog.to_jsonb(x) OPERATOR(pg_catalog.->>)
                   'stxexprs' IS NOT NULL
           ))
      AND d.classid OPERATOR(pg_catalog.<>)
          'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND NOT (e.adnum IS NOT NULL
               AND e.adnum OPERATOR(pg_catalog.=) a.attnum
               AND e.adrelid OPERATOR(pg_catalog.=) a.attrelid
               AND a.attgenerated OPERATOR(pg_catalog.=) '')
    UNION ALL
    SELECT
        'other',
        pg_catalog.format(
            'inherited column %I of table %I', a.attname, p.relname
        ),
        NULL, NULL, '', NULL, NULL
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) a.attrelid
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND a.attinhcount OPERATOR(pg_catalog.>) 0
      AND NOT CAST(:only_own AS pg_catalog.bool)
    ORDER BY 1, 2
    """)

_DEFAULT = sa.text("""
    SELECT pg_catalog.pg_get_expr(e.adbin, e.adrelid)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_attrdef e
      ON e.adrelid OPERATOR(pg_catalog.=) a.attrelid
     AND e.adnum OPERATOR(pg_catalog.=) a.attnum
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND a.attgenerated OPERATOR(pg_catalog.=) ''
    """)

_LABELS = sa.text("""
    SELECT e.enumlabel FROM pg_catalog.pg_enum e
    WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:name)
    ORDER BY e.enumsortorder
    """)

_SPELLED = sa.text("""
    SELECT pg_catalog.format_type(pg_catalog.to_regtype(:name), NULL)
    """)

_DROPPABLE = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_type t
        WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:name)
          AND t.typtype OPERATOR(pg_catalog.=) 'e'
          AND pg_catalog.pg_has_role(t.typowner, 'USAGE')
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.refclassid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_type'::pg_catalog.regclass
              AND d.refobjid OPERATOR(pg_catalog.=)
                  ANY (ARRAY[t.oid, t.typarray])
              AND NOT (
                d.classid OPERATOR(pg_catalog.=)
                'pg_catalog.pg_type'::pg_catalog.regclass
                AND d.objid OPERATOR(pg_catalog.=) t.typarray
              )
          )
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_type'::pg_catalog.regclass
              AND d.objid OPERATOR(pg_catalog.=) t.oid
              AND d.deptype OPERATOR(pg_catalog.=) 'e'
          )
    )
    """)


_USED_BESIDE = sa.text("""
    WITH moved AS (
        SELECT a.attrelid, a.attnum
        FROM ROWS FROM (
            pg_catalog.unnest(CAST(:tables AS pg_catalog.text[])),
            pg_catalog.unnest(CAST(:columns AS pg_catalog.text[]))
        ) AS m (table_name, column_name)
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=)
             pg_catalog.to_regclass(m.table_name)
         AND a.attname OPERATOR(pg_catalog.=) m.column_name
    )
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_depend d
          ON d.refclassid OPERATOR(pg_catalog.=)
             'pg_catalog.pg_type'::pg_catalog.regclass
         AND d.refobjid OPERATOR(pg_catalog.=) ANY (ARRAY[t.oid, t.typarray])
        WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:name)
          AND NOT (
            d.classid OPERATOR(pg_catalog.=)
            'pg_catalog.pg_type'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) t.typarray
          )
          AND NOT EXISTS (
            SELECT FROM moved
            WHERE d.classid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.objid OPERATOR(pg_catalog.=) moved.attrelid
              AND d.objsubid OPERATOR(pg_catalog.=) moved.attnum
          )
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend o
            JOIN moved
              ON o.refobjid OPERATOR(pg_catalog.=) moved.attrelid
             AND o.refobjsubid OPERATOR(pg_catalog.=) moved.attnum
            WHERE o.refclassid OPERATOR(pg_catalog.=)
                  'pg_catalog.pg_class'::pg_catalog.regclass
              AND o.classid OPERATOR(pg_catalog.=) d.classid
              AND o.objid OPERATOR(pg_catalog.=) d.objid
          )
    )
    """)


def dependents(
    connection: Connection, table: str, column: str, only_own: bool = False
) -> list[Dependent]:
    """What depends on a column, but for views and what takes any type.

    :param table: its name in SQL.
    :param only_own: whether to leave out what a table inherits.
    """
    given = {"name": table, "column": column, "only_own": only_own}
    found = connection.execute(_DEPENDENTS, given)
    return [Dependent(*row) for row in found]


def default(connection: Connection, table: str, column: str) -> str | None:
    """The column's default, in SQL."""
    text: str | None = connection.scalar(
        _DEFAULT, {"name": table, "column": column}
    )
    return text


def labels(connection: Connection, type_name: str) -> list[str]:
    """Of an ENUM, in their order; none where there is no such type.

    :param type_name: its name in SQL.
    """
    return list(connection.scalars(_LABELS, {"name": type_name}))


def spelled(connection: Connection, type_name: str) -> str | None:
    """A type as definitions have it; ``None`` where there is none."""
    text: str | None = connection.scalar(_SPELLED, {"name": type_name})
    return text


def is_droppable(connection: Connection, type_name: str) -> bool:
    """Whether nothing depends on an ENUM: no column, array, function, view,
    domain or default, as the catalog has it; and no extension has brought
    it, and the role owns it.
    """
    return bool(connection.scalar(_DROPPABLE, {"name": type_name}))


def is_used_beside(
    connection: Connection, type_name: str, columns: list[tuple[str, str]]
) -> bool:
    """Whether anything depends on an ENUM but these columns, and what
    depends on them.

    :param columns: each with its table's name in SQL.
    """
    return bool(
        connection.scalar(
            _USED_BESIDE,
            {
                "name": type_name,
                "tables": [table for table, _ in columns],
                "columns": [column for _, column in columns],
            },
        )
    )
