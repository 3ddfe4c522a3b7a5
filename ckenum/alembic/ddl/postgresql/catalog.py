"""What PostgreSQL's catalog says about a table that is changed online.

The catalog holds all state of a change, so a stopped change can go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....exc import LockHolder
from ....reflection import read_check
from ....reflection import ValueList
from ..emit import sql_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


@dataclass(frozen=True)
class Table:
    """A table, a table that inherits from it, or a partition.

    :ivar kind: ``r`` for an ordinary table, ``p`` for a partitioned one,
        ``f`` for a foreign one (``pg_class.relkind``).
    """

    oid: int
    schema: str | None
    name: str
    kind: str
    is_partition: bool

    @property
    def clause(self) -> sa.TableClause:
        return sa.table(self.name, schema=self.schema)


@dataclass(frozen=True)
class Held:
    """A constraint as it is now.

    :ivar values: what it allows; ``None`` if that cannot be read, or if the
        constraint is ``NOT ENFORCED``.
    :ivar validated: whether all rows are known to satisfy it, including
        those of tables that inherit.
    """

    values: frozenset[str | None] | None
    validated: bool

    def holds(self, values: Sequence[str | None]) -> bool:
        return self.values == frozenset(values)

    def allows_only(self, values: Sequence[str | None]) -> bool:
        """Whether no row can hold anything else; NULL is always allowed."""
        return self.values is not None and self.values <= frozenset(values)


_OIDS = sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger))

_COLUMNS = sa.text("""
    SELECT a.attname
    FROM pg_catalog.pg_class t
    LEFT JOIN pg_catalog.pg_attribute a
      ON a.attrelid OPERATOR(pg_catalog.=) t.oid
     AND a.attnum OPERATOR(pg_catalog.>) 0
     AND NOT a.attisdropped
    WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
    """)

_TREE = sa.text("""
    WITH RECURSIVE tree (oid, depth) AS (
        SELECT pg_catalog.to_regclass(:name)::pg_catalog.oid, 0
        UNION
        SELECT i.inhrelid, t.depth OPERATOR(pg_catalog.+) 1
        FROM pg_catalog.pg_inherits i
        JOIN tree t ON i.inhparent OPERATOR(pg_catalog.=) t.oid
    )
    SELECT c.oid, n.nspname, c.relname, c.relkind::pg_catalog.text,
           c.relispartition
    FROM (
        SELECT oid, pg_catalog.max(depth) AS depth FROM tree GROUP BY oid
    ) t
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.oid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    ORDER BY t.depth, c.oid
    """)

# Servers before PostgreSQL 18 have no column "conenforced".
_HELD = sa.text("""
    SELECT pg_catalog.pg_get_expr(c.conbin, c.conrelid),
           c.convalidated AND NOT c.connoinherit,
           coalesce(
               CAST(
                   pg_catalog.jsonb_extract_path_text(
                       pg_catalog.to_jsonb(c), 'conenforced'
                   ) AS BOOLEAN
               ),
               true
           )
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND c.conname OPERATOR(pg_catalog.=) :constraint
      AND c.contype OPERATOR(pg_catalog.=) 'c'
    """)

_NOT_VALIDATED = sa.text("""
    SELECT c.conrelid FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND c.conname OPERATOR(pg_catalog.=) :constraint
      AND c.contype OPERATOR(pg_catalog.=) 'c' AND NOT c.convalidated
    """).bindparams(_OIDS)

# No key if a column's type compares by operators of its own: citext's, for
# example, are in whichever schema it was created in.
_PRIMARY_KEY = sa.text("""
    SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
    FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL
        pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute a
      ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
     AND a.attnum OPERATOR(pg_catalog.=) k.attnum
    WHERE i.indrelid OPERATOR(pg_catalog.=) :oid AND i.indisprimary
      AND k.place OPERATOR(pg_catalog.<=) i.indnkeyatts
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_opclass o
          WHERE o.oid OPERATOR(pg_catalog.=) ANY (i.indclass)
            AND o.opcnamespace OPERATOR(pg_catalog.<>)
                'pg_catalog'::pg_catalog.regnamespace
      )
    ORDER BY k.place
    """)

_PAGES = sa.text("""
    SELECT pg_catalog.pg_relation_size(CAST(:oid AS pg_catalog.regclass))
        OPERATOR(pg_catalog./)
        CAST(pg_catalog.current_setting('block_size') AS BIGINT)
    """)

_MAY_HAVE_TRIGGER = sa.text("""
    SELECT pg_catalog.bool_and(
        pg_catalog.has_table_privilege(c.oid, 'TRIGGER')
        AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE')
    ) AND EXISTS (
        SELECT FROM pg_catalog.pg_language l
        WHERE l.lanname OPERATOR(pg_catalog.=) 'plpgsql'
          AND pg_catalog.has_language_privilege(l.oid, 'USAGE')
    )
    FROM pg_catalog.pg_class c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (:oids)
    """).bindparams(_OIDS)

_DECIDES_ON_PARTITION = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_partitioned_table p
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) p.partrelid
        WHERE p.partrelid OPERATOR(pg_catalog.=) ANY (:oids)
          AND a.attname OPERATOR(pg_catalog.=) :column
          AND (a.attnum OPERATOR(pg_catalog.=) ANY (p.partattrs)
               OR 0 OPERATOR(pg_catalog.=) ANY (p.partattrs))
    )
    """).bindparams(_OIDS)

# The locks of a prepared transaction have no pid: it has no process.
_HOLDERS = sa.text("""
    SELECT DISTINCT l.pid, a.state, a.query_start, coalesce(a.query, x.gid)
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_stat_activity a
      ON a.pid OPERATOR(pg_catalog.=) l.pid
    LEFT JOIN pg_catalog.pg_prepared_xacts x
      ON l.virtualtransaction OPERATOR(pg_catalog.=)
         pg_catalog.concat('-1/', x.transaction)
    WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.granted
      AND l.relation OPERATOR(pg_catalog.=) ANY (:oids)
      AND l.database OPERATOR(pg_catalog.=) (
          SELECT d.oid FROM pg_catalog.pg_database d
          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
      )
      AND (l.pid IS NULL
           OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
    ORDER BY a.query_start, l.pid
    """).bindparams(_OIDS)


def tree(connection: Connection, op: CheckEnumOp) -> list[Table]:
    """The table of ``op``, then those that inherit from it, including
    partitions; parents before children.
    """
    rows = connection.execute(_TREE, {"name": sql_name(connection, op)})
    return [Table(*row) for row in rows]


def oid_of(connection: Connection, op: CheckEnumOp) -> int | None:
    """The table's oid; ``None`` if there is no such table."""
    tables = tree(connection, op)
    return tables[0].oid if tables else None


def columns(connection: Connection, op: CheckEnumOp) -> list[str] | None:
    """The names of the table's columns; ``None`` if there is no such table."""
    found = connection.scalars(_COLUMNS, {"name": sql_name(connection, op)})
    names = found.all()
    return [name for name in names if name is not None] if names else None


def held(connection: Connection, op: CheckEnumOp, name: str) -> Held | None:
    """The constraint of that name; ``None`` if there is none."""
    parameters = {"name": sql_name(connection, op), "constraint": name}
    row = connection.execute(_HELD, parameters).one_or_none()
    if row is None:
        return None
    text, validated, enforced = row
    found = read_check("postgresql", text)
    if (
        not enforced
        or not isinstance(found, ValueList)
        or found.is_array != op.array
    ):
        return Held(None, validated)
    null = {None} if found.has_null else set()
    return Held(frozenset({*found.values, *null}), validated)


def not_validated(
    connection: Connection, tables: Sequence[Table], name: str
) -> list[Table]:
    """Those of ``tables`` whose constraint is ``NOT VALID``."""
    oids = set(
        connection.scalars(
            _NOT_VALIDATED, {**_oids(tables), "constraint": name}
        )
    )
    return [table for table in tables if table.oid in oids]


def primary_key(connection: Connection, table: Table) -> list[tuple[str, str]]:
    """Its columns, each with its type in SQL; empty if there is no key."""
    rows = connection.execute(_PRIMARY_KEY, {"oid": table.oid})
    return [(name, type_name) for name, type_name in rows]


def pages(connection: Connection, table: Table) -> int:
    """How many pages the table has now."""
    return int(connection.scalar(_PAGES, {"oid": table.oid}) or 0)


def may_have_trigger(
    connection: Connection, tables: Sequence[Table], column_name: str
) -> bool:
    """Whether a trigger may change the column of ``tables``.

    The role needs the privileges. A trigger cannot move a row to another
    partition ("Partitioning", section 5.12.2.3 of PostgreSQL's manual).
    """
    return not decides_on_partition(connection, tables, column_name) and bool(
        connection.scalar(_MAY_HAVE_TRIGGER, _oids(tables))
    )


def decides_on_partition(
    connection: Connection, tables: Sequence[Table], column_name: str
) -> bool:
    """Whether the column is, or may be, part of a partition key of
    ``tables``; an expression in the key may use any column.
    """
    parameters = {**_oids(tables), "column": column_name}
    return bool(connection.scalar(_DECIDES_ON_PARTITION, parameters))


def holders(
    connection: Connection, tables: Sequence[Table]
) -> list[LockHolder]:
    """Who else holds locks on ``tables``."""
    rows = connection.execute(_HOLDERS, _oids(tables))
    return [LockHolder(*row) for row in rows]


def _oids(tables: Sequence[Table]) -> dict[str, Any]:
    return {"oids": [table.oid for table in tables]}
