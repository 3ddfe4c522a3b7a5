"""The indexes of the column, and their copies on the second column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...marked import tokenize
from ...native_catalog import Dependent
from .pair import beside

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Dialect

    from .pair import Pair

_INDEXES = sa.text("""
    SELECT n.nspname, r.relname, pg_catalog.pg_get_indexdef(r.oid),
           s.spcname, pg_catalog.obj_description(r.oid, 'pg_class'),
           i.indisvalid, i.indisunique, i.indisclustered, i.indisreplident,
           k.conname, k.contype::pg_catalog.text, k.condeferrable,
           k.condeferred, pg_catalog.obj_description(k.oid, 'pg_constraint'),
           EXISTS (
               SELECT FROM pg_catalog.pg_constraint f
               WHERE f.contype OPERATOR(pg_catalog.=) 'f'
                 AND f.conindid OPERATOR(pg_catalog.=) r.oid
           )
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_index i
      ON i.indrelid OPERATOR(pg_catalog.=) a.attrelid
    JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) i.indexrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    LEFT JOIN pg_catalog.pg_tablespace s
      ON s.oid OPERATOR(pg_catalog.=) r.reltablespace
    LEFT JOIN pg_catalog.pg_constraint k
      ON k.conindid OPERATOR(pg_catalog.=) r.oid
     AND k.conrelid OPERATOR(pg_catalog.=) i.indrelid
     AND k.contype::pg_catalog.text OPERATOR(pg_catalog.=)
         ANY ('{p,u,x}'::pg_catalog.text[])
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND (
          a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey)
          OR EXISTS (
              SELECT FROM pg_catalog.pg_depend d
              WHERE d.classid OPERATOR(pg_catalog.=)
                    'pg_catalog.pg_class'::pg_catalog.regclass
                AND d.objid OPERATOR(pg_catalog.=) r.oid
                AND d.refclassid OPERATOR(pg_catalog.=)
                    'pg_catalog.pg_class'::pg_catalog.regclass
                AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid
                AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum
          )
      )
    ORDER BY 2
    """)


@dataclass(frozen=True)
class Index:
    """
    :ivar constraint: the name of the constraint that it enforces, if any.
    :ivar kind: that constraint's (``pg_constraint.contype``).
    :ivar is_referred_to: whether a foreign key needs it.
    """

    schema: str
    name: str
    definition: str
    tablespace: str | None
    comment: str | None
    is_valid: bool
    is_unique: bool
    is_clustered: bool
    is_identity: bool
    constraint: str | None
    kind: str | None
    deferrable: bool | None
    deferred: bool | None
    constraint_comment: str | None
    is_referred_to: bool

    @property
    def as_dependent(self) -> Dependent:
        what = f"index {self.name}"
        if self.constraint is not None:
            what = f"constraint {self.constraint}"
        return Dependent(
            "index", what, self.schema, self.name, self.definition, None, None
        )

    def sql_name(self, dialect: Dialect, name: str | None = None) -> str:
        quote = dialect.identifier_preparer.quote
        return f"{quote(self.schema)}.{quote(name or self.name)}"

    def build(self, dialect: Dialect, definition: str) -> str:
        """The statement that builds its copy beside it.

        :param definition: of the copy, but for its name.
        """
        tokens = tokenize(definition)
        words = [token.text.upper() for token in tokens]
        end = tokens[words.index("INDEX")].end + 1
        rest = tokens[words.index("ON", words.index("INDEX") + 2)].start
        quote = dialect.identifier_preparer.quote
        body, where = _parted(definition[rest:])
        if self.tablespace is not None:
            body += f" TABLESPACE {quote(self.tablespace)}"
        name = quote(beside(self.name))
        return f"{definition[:end]} CONCURRENTLY {name} {body}{where}"

    def takes_place(self, dialect: Dialect, table: str) -> Iterator[str]:
        """The statements after which the copy has its name."""
        quote = dialect.identifier_preparer.quote
        copy = beside(self.name)
        if self.constraint is None:
            yield (
                f"ALTER INDEX {self.sql_name(dialect, copy)} "
                f"RENAME TO {quote(self.name)}"
            )
        else:
            kind = "PRIMARY KEY" if self.kind == "p" else "UNIQUE"
            deferred = " DEFERRABLE" * bool(self.deferrable)
            deferred += " INITIALLY DEFERRED" * bool(self.deferred)
            yield (
                f"ALTER TABLE {table} ADD CONSTRAINT "
                f"{quote(self.constraint)} {kind} USING INDEX "
                f"{quote(copy)}{deferred}"
            )
        if self.is_clustered:
            yield f"ALTER TABLE {table} CLUSTER ON {quote(self.name)}"

    @property
    def replaced(self) -> str:
        """Its name from the swap on, until it is dropped."""
        return beside(beside(self.name))

    def gives_way(self, dialect: Dialect) -> str:
        """The statement after which the copy can have its name."""
        quote = dialect.identifier_preparer.quote
        index = self.sql_name(dialect)
        return f"ALTER INDEX {index} RENAME TO {quote(self.replaced)}"

    def goes(self, dialect: Dialect, table: str) -> str:
        """The statement that drops it at once.

        The lock then lasts until PostgreSQL has flushed its log to the disk
        (``RecordTransactionCommit`` in its source).
        """
        if self.constraint is None:
            return f"DROP INDEX {self.sql_name(dialect)}"
        quote = dialect.identifier_preparer.quote
        return f"ALTER TABLE {table} DROP CONSTRAINT {quote(self.constraint)}"


def _parted(definition: str) -> tuple[str, str]:
    """Before and from the predicate, which is the last part."""
    for token in tokenize(definition):
        if token.text.upper() == "WHERE":
            return (
                definition[: token.start].rstrip(),
                " " + definition[token.start :],
            )
    return definition, ""


def indexes(connection: Connection, pair: Pair, column: str) -> list[Index]:
    """Those that name ``column``."""
    given = {"table": pair.move.table_name, "column": column}
    return [Index(*row) for row in connection.execute(_INDEXES, given)]
