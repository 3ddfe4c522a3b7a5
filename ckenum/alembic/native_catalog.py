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
        for an index that cannot, ``other`` for what stands against another
        type whatever it says.
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
                CASE WHEN r.relkind = 'I' OR EXISTS (
                    SELECT FROM pg_catalog.pg_constraint
                    WHERE conindid = r.oid AND contype IN ('p', 'u', 'x')
                ) THEN 'fixed' ELSE 'index' END
            WHEN c.contype = 'c' THEN 'check'
            ELSE 'other'
        END,
        pg_describe_object(d.classid, d.objid, d.objsubid),
        n.nspname,
        coalesce(c.conname, r.relname),
        coalesce(
            pg_get_indexdef(i.indexrelid), pg_get_constraintdef(c.oid), ''
        ),
        obj_description(d.objid, d.classid::regclass::name),
        s.spcname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_class'::regclass
     AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
    LEFT JOIN pg_catalog.pg_class r
      ON d.classid = 'pg_catalog.pg_class'::regclass AND r.oid = d.objid
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
    LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = r.reltablespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
    LEFT JOIN pg_catalog.pg_constraint c
      ON d.classid = 'pg_catalog.pg_constraint'::regclass AND c.oid = d.objid
    LEFT JOIN pg_catalog.pg_attrdef e
      ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND e.oid = d.objid
    WHERE a.attrelid = to_regclass(:name) AND a.attname = :column
      AND coalesce(c.contype, 'c') IN ('c', 'f')
      AND coalesce(r.relkind, 'i') <> 'S'
      AND d.classid <> 'pg_catalog.pg_statistic_ext'::regclass
      AND d.classid <> 'pg_catalog.pg_rewrite'::regclass
      AND NOT (e.adnum IS NOT NULL AND e.adnum = a.attnum
               AND e.adrelid = a.attrelid AND a.attgenerated = '')
    UNION ALL
    SELECT
        'other', format('inherited column %I of table %I', attname, p.relname),
        NULL, NULL, '', NULL, NULL
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class p ON p.oid = a.attrelid
    WHERE a.attrelid = to_regclass(:name) AND a.attname = :column
      AND a.attinhcount > 0
    ORDER BY 1, 2
    """)

_DEFAULT = sa.text("""
    SELECT pg_get_expr(e.adbin, e.adrelid)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_attrdef e
      ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    WHERE a.attrelid = to_regclass(:name) AND a.attname = :column
      AND a.attgenerated = ''
    """)

_LABELS = sa.text("""
    SELECT enumlabel FROM pg_catalog.pg_enum
    WHERE enumtypid = to_regtype(:name)
    ORDER BY enumsortorder
    """)

_SPELLED = sa.text("SELECT format_type(to_regtype(:name), NULL)")

_DROPPABLE = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_type t
        WHERE t.oid = to_regtype(:name) AND t.typtype = 'e'
          AND pg_has_role(t.typowner, 'USAGE')
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_type'::regclass
              AND d.refobjid IN (t.oid, t.typarray)
              AND NOT (d.classid = 'pg_catalog.pg_type'::regclass
                       AND d.objid = t.typarray)
          )
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_type'::regclass
              AND d.objid = t.oid AND d.deptype = 'e'
          )
    )
    """)


def dependents(
    connection: Connection, table: str, column: str
) -> list[Dependent]:
    """What depends on a column, but for views and what takes any type.

    :param table: its name in SQL.
    """
    found = connection.execute(_DEPENDENTS, {"name": table, "column": column})
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
