"""Find the triggers that renames have left, by what the catalog links.

The catalog links a trigger to its table, its function and the column's
number. None of these changes if the table or the column is renamed, or if
the table moves to another schema.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
import json
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from ..kept_renames import Renames

if TYPE_CHECKING:
    from sqlalchemy import Connection


PREFIX = "zz_ckenum_"
"""The prefix of triggers' and functions' names. Triggers fire in the order of
their names; these must fire last, because another trigger may write the old
value."""


@dataclass(frozen=True)
class Kept:
    """A trigger whose name, or whose function's name, has the prefix.

    :ivar column: the present name of the only column that it depends on;
        ``None`` if it is not one of ours.
    :ivar renames: what it renames; ``None`` if neither the trigger nor the
        function's comment says so.
    :ivar has_arguments: whether its own argument says what it renames. The
        first release's triggers have none.
    :ivar callers: the triggers that call its function.
    """

    oid: int
    table_oid: int
    schema: str
    table: str
    name: str
    function_schema: str
    function: str
    column: str | None
    renames: Renames | None
    has_arguments: bool
    callers: frozenset[int]

    @property
    def on(self) -> sa.TableClause:
        return sa.table(self.table, schema=self.schema)


_OIDS = sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger))

# Of partitions' triggers, only the topmost depends on the column.
_KEPT = sa.text("""
    WITH RECURSIVE made (oid, parent) AS (
        SELECT t.oid, t.tgparentid FROM pg_catalog.pg_trigger t
        WHERE :everywhere OR t.tgrelid OPERATOR(pg_catalog.=) ANY (:oids)
        UNION
        SELECT t.oid, t.tgparentid FROM made
        JOIN pg_catalog.pg_trigger t
          ON t.oid OPERATOR(pg_catalog.=) made.parent
    )
    SELECT t.oid, c.oid, n.nspname, c.relname, t.tgname, f.nspname, p.proname,
           CASE WHEN t.tgtype OPERATOR(pg_catalog.=) 23 THEN seen.column END,
           CASE WHEN t.tgnargs OPERATOR(pg_catalog.=) 1 THEN
               pg_catalog.convert_from(
                   pg_catalog.substr(
                       t.tgargs, 1,
                       pg_catalog.length(t.tgargs) OPERATOR(pg_catalog.-) 1
                   ),
                   pg_catalog.getdatabaseencoding()
               )
           END,
           pg_catalog.obj_description(p.oid, 'pg_proc'),
           ARRAY(
               SELECT o.oid::pg_catalog.int8 FROM pg_catalog.pg_trigger o
               WHERE o.tgfoid OPERATOR(pg_catalog.=) p.oid
                 AND o.tgparentid OPERATOR(pg_catalog.=) 0
           )
    FROM made
    JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) made.oid
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
    JOIN pg_catalog.pg_namespace f
      ON f.oid OPERATOR(pg_catalog.=) p.pronamespace
    LEFT JOIN LATERAL (
        SELECT pg_catalog.min(a.attname::pg_catalog.text) AS column
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) d.refobjid
          AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_trigger'::pg_catalog.regclass
          AND d.objid OPERATOR(pg_catalog.=) t.oid
          AND d.refclassid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.refobjid OPERATOR(pg_catalog.=) t.tgrelid
          AND d.refobjsubid OPERATOR(pg_catalog.>) 0
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 1
    ) seen ON true
    WHERE t.tgparentid OPERATOR(pg_catalog.=) 0 AND NOT t.tgisinternal
      AND (
          pg_catalog.starts_with(t.tgname::pg_catalog.text, :prefix)
          OR pg_catalog.starts_with(p.proname::pg_catalog.text, :prefix)
      )
    ORDER BY n.nspname, c.relname, t.tgname
    """).bindparams(_OIDS, sa.bindparam("everywhere", type_=sa.Boolean))

_WITHOUT = sa.text("""
    WITH RECURSIVE tree (oid) AS (
        SELECT CAST(:table_oid AS pg_catalog.oid)
        UNION
        SELECT i.inhrelid FROM tree
        JOIN pg_catalog.pg_inherits i
          ON i.inhparent OPERATOR(pg_catalog.=) tree.oid
    )
    SELECT n.nspname, c.relname
    FROM tree
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE NOT c.relispartition
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_trigger t
          JOIN pg_catalog.pg_trigger made
            ON made.tgfoid OPERATOR(pg_catalog.=) t.tgfoid
          WHERE made.oid OPERATOR(pg_catalog.=)
                CAST(:oid AS pg_catalog.oid)
            AND t.tgrelid OPERATOR(pg_catalog.=) c.oid
      )
    ORDER BY 1, 2
    """)

_HAS_COLUMN = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) ANY (:oids)
          AND a.attname OPERATOR(pg_catalog.=) :column
    )
    """).bindparams(_OIDS)

_ANY = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_proc p
        WHERE pg_catalog.starts_with(p.proname::pg_catalog.text, :prefix)
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_trigger t
        WHERE pg_catalog.starts_with(t.tgname::pg_catalog.text, :prefix)
    )
    """)

_TAKEN = sa.text("""
    SELECT t.tgname FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND t.oid OPERATOR(pg_catalog.<>) ALL (:but)
    UNION
    SELECT p.proname FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
    JOIN pg_catalog.pg_trigger t ON t.tgfoid OPERATOR(pg_catalog.=) p.oid
    WHERE n.nspname OPERATOR(pg_catalog.=) :schema
      AND t.tgparentid OPERATOR(pg_catalog.=) 0
      AND t.oid OPERATOR(pg_catalog.<>) ALL (:but)
    """).bindparams(_OIDS, sa.bindparam("but", type_=sa.ARRAY(sa.BigInteger)))


def has_any(connection: Connection) -> bool:
    """Whether anything in the database has a name of ours: much sooner asked
    than what that is.
    """
    return bool(connection.scalar(_ANY, {"prefix": PREFIX}))


def kept(
    connection: Connection, tables: Sequence[catalog.Table] | None = None
) -> list[Kept]:
    """The triggers on ``tables``, and on partitioned tables that these are
    partitions of; by default those of the whole database.
    """
    rows = connection.execute(
        _KEPT,
        {
            "everywhere": tables is None,
            "oids": [table.oid for table in tables or ()],
            "prefix": PREFIX,
        },
    )
    return [_read(*row) for row in rows if mirror_of(row[-2]) is None]


def mirror_of(comment: str | None) -> dict[str, Any] | None:
    """What the comment of a function says if it keeps a second column in
    step, as an online move of a native ENUM does; else ``None``.
    """
    try:
        says = json.loads(comment or "")
    except ValueError:
        return None
    return says if isinstance(says, dict) and "mirror" in says else None


def _read(*row: Any) -> Kept:
    *where, column, argument, comment, callers = row
    oid, table_oid, schema, table, name, function_schema, function = where
    said = _renames(argument)
    renames = _renames(comment) if said is None else said
    if renames is None and not function.startswith(PREFIX):
        column = None
    return Kept(
        oid,
        table_oid,
        schema,
        table,
        name,
        function_schema,
        function,
        column,
        renames,
        said is not None,
        frozenset(callers),
    )


def _renames(text: str | None) -> Renames | None:
    """What a JSON text says; ``None`` if it is damaged or somebody else's."""
    try:
        renames = json.loads(text or "")["rename"]
        texts = [new for new in renames.values() if new is not None]
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    return renames if all(isinstance(new, str) for new in texts) else None


def has_column(
    connection: Connection, tables: Sequence[catalog.Table], name: str
) -> bool:
    """Whether the first of ``tables`` has the column."""
    oids = [table.oid for table in tables[:1]]
    parameters = {"oids": oids, "column": name}
    return bool(connection.scalar(_HAS_COLUMN, parameters))


def without(connection: Connection, trigger: Kept) -> list[tuple[str, str]]:
    """Schemas and names of the tables that inherit from the table of
    ``trigger`` but have no trigger: they began to inherit later.
    """
    parameters = {"oid": trigger.oid, "table_oid": trigger.table_oid}
    rows = connection.execute(_WITHOUT, parameters)
    return [(schema, name) for schema, name in rows]


def taken(
    connection: Connection,
    tables: Sequence[catalog.Table],
    but: Collection[Kept],
) -> set[str]:
    """The names of triggers of ``tables``, and of triggers' functions in
    their schema, without those of ``but``.
    """
    names = connection.scalars(
        _TAKEN,
        {
            "oids": [table.oid for table in tables],
            "but": [trigger.oid for trigger in but],
            "schema": tables[0].schema,
        },
    )
    return set(names)
