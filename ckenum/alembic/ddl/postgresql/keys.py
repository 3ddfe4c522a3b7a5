"""The foreign keys from and to columns, in PostgreSQL's catalog."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
import json
from typing import Any
from typing import Tuple
from typing import TYPE_CHECKING
from typing import Union

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection

Column = Tuple[Union[str, None], str, str]
"""Schema (``None`` for the default one), table and column."""

# An inherited column changes together with its parent's.
_KEYS = sa.text("""
    WITH RECURSIVE given (relid, attname) AS (
        SELECT c.oid, g.place OPERATOR(pg_catalog.->>) 2
        FROM pg_catalog.jsonb_array_elements(
            CAST(:columns AS pg_catalog.jsonb)
        ) AS g (place)
        JOIN pg_catalog.pg_namespace n
          ON n.nspname OPERATOR(pg_catalog.=)
             (g.place OPERATOR(pg_catalog.->>) 0)
        JOIN pg_catalog.pg_class c
          ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
         AND c.relname OPERATOR(pg_catalog.=)
             (g.place OPERATOR(pg_catalog.->>) 1)
      UNION
        SELECT i.inhrelid, g.attname
        FROM given g
        JOIN pg_catalog.pg_inherits i
          ON i.inhparent OPERATOR(pg_catalog.=) g.relid
    ), pairs AS (
        SELECT k.oid, s.place, a.attname, r.attname AS refname,
               EXISTS (
                   SELECT FROM given g
                   WHERE g.relid OPERATOR(pg_catalog.=) k.conrelid
                     AND g.attname OPERATOR(pg_catalog.=) a.attname
               ) AS moves,
               EXISTS (
                   SELECT FROM given g
                   WHERE g.relid OPERATOR(pg_catalog.=) k.confrelid
                     AND g.attname OPERATOR(pg_catalog.=) r.attname
               ) AS refmoves,
               pg_catalog.to_jsonb(k)
                   OPERATOR(pg_catalog.->) 'confdelsetcols'
                   OPERATOR(pg_catalog.@>) pg_catalog.to_jsonb(a.attnum)
                   AS deleted
        FROM pg_catalog.pg_constraint k
        CROSS JOIN LATERAL pg_catalog.generate_subscripts(k.conkey, 1)
            s (place)
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid
         AND a.attnum OPERATOR(pg_catalog.=) k.conkey[s.place]
        JOIN pg_catalog.pg_attribute r
          ON r.attrelid OPERATOR(pg_catalog.=) k.confrelid
         AND r.attnum OPERATOR(pg_catalog.=) k.confkey[s.place]
        WHERE k.contype OPERATOR(pg_catalog.=) 'f'
          AND k.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
    )
    SELECT k.conname, n.nspname, c.relname, rn.nspname, r.relname,
           p.columns, p.refcolumns, p.moves, p.refmoves, p.deleted,
           k.confupdtype::pg_catalog.text, k.confdeltype::pg_catalog.text,
           k.confmatchtype::pg_catalog.text, k.condeferrable, k.condeferred,
           k.convalidated,
           pg_catalog.obj_description(k.oid, 'pg_constraint'),
           coalesce(x.key OPERATOR(pg_catalog.->>) 'conenforced', 'true')
               OPERATOR(pg_catalog.=) 'true'
           AND coalesce(x.key OPERATOR(pg_catalog.->>) 'conperiod', 'false')
               OPERATOR(pg_catalog.=) 'false'
    FROM (
        SELECT p.oid,
               pg_catalog.array_agg(p.attname::pg_catalog.text
                                    ORDER BY p.place),
               pg_catalog.array_agg(p.refname::pg_catalog.text
                                    ORDER BY p.place),
               pg_catalog.array_agg(p.moves ORDER BY p.place),
               pg_catalog.array_agg(p.refmoves ORDER BY p.place),
               pg_catalog.array_agg(p.deleted ORDER BY p.place)
        FROM pairs p
        GROUP BY p.oid
        HAVING pg_catalog.bool_or(p.moves OR p.refmoves)
    ) p (oid, columns, refcolumns, moves, refmoves, deleted)
    JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) p.oid
    CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(k)) x (key)
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) k.confrelid
    JOIN pg_catalog.pg_namespace rn
      ON rn.oid OPERATOR(pg_catalog.=) r.relnamespace
    ORDER BY 2, 3, 1
    """)

_ACTIONS = {
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key; the columns of both sides are in the same order.

    :ivar options: arguments of Alembic's ``create_foreign_key()``.
    :ivar is_plain: whether that directive can create it.
    :ivar moves: for each referring column, whether it was asked about.
    :ivar referred_moves: the same for the referenced columns.
    """

    name: str
    schema: str | None
    table: str
    columns: tuple[str, ...]
    referred_schema: str | None
    referred_table: str
    referred_columns: tuple[str, ...]
    options: dict[str, Any]
    comment: str | None
    is_plain: bool
    moves: tuple[bool, ...]
    referred_moves: tuple[bool, ...]

    @property
    def drop_call(self) -> str:
        """The call that drops it, as the source of a migration."""
        schema = [f"schema={self.schema!r}"] if self.schema else []
        return _call(
            "drop_constraint",
            f"op.f({self.name!r})",
            repr(self.table),
            *schema,
            "type_='foreignkey'",
        )

    @property
    def create_call(self) -> str:
        """The call that creates it again."""
        options = {
            "source_schema": self.schema,
            "referent_schema": self.referred_schema,
            **self.options,
        }
        return _call(
            "create_foreign_key",
            f"op.f({self.name!r})",
            *map(repr, (self.table, self.referred_table)),
            *map(repr, ([*self.columns], [*self.referred_columns])),
            *(f"{key}={value!r}" for key, value in options.items() if value),
        )

    @property
    def pairs(self) -> Iterator[tuple[Column, Column]]:
        """Each referring column, with the one that it refers to."""
        for column, referred in zip(self.columns, self.referred_columns):
            yield (
                (self.schema, self.table, column),
                (self.referred_schema, self.referred_table, referred),
            )

    @property
    def columns_of_both(self) -> Iterator[Column]:
        for pair in self.pairs:
            yield from pair

    @property
    def apart(self) -> Iterator[tuple[Column, Column]]:
        """The pairs of which only one column was asked about; it is first."""
        for (column, referred), moves, referred_moves in zip(
            self.pairs, self.moves, self.referred_moves
        ):
            if moves and not referred_moves:
                yield column, referred
            elif referred_moves and not moves:
                yield referred, column


def _call(directive: str, *arguments: str) -> str:
    return f"op.{directive}({', '.join(arguments)})"


def foreign_keys(
    connection: Connection, columns: Collection[Column]
) -> list[ForeignKey]:
    """The keys from and to ``columns``, and to columns that inherit these."""
    default = connection.dialect.default_schema_name
    given = [(schema or default, *rest) for schema, *rest in columns]
    rows = connection.execute(_KEYS, {"columns": json.dumps(given)})
    return [_key(connection.dialect, *row) for row in rows]


def _key(
    dialect: sa.Dialect,
    name: str,
    schema: str,
    table: str,
    referred_schema: str,
    referred_table: str,
    columns: list[str],
    referred_columns: list[str],
    moves: list[bool],
    referred_moves: list[bool],
    deleted: list[bool],
    on_update: str,
    on_delete: str,
    match: str,
    deferrable: bool,
    deferred: bool,
    validated: bool,
    comment: str | None,
    is_plain: bool,
) -> ForeignKey:
    default = dialect.default_schema_name
    options: dict[str, Any] = {}
    if on_update in _ACTIONS:
        options["onupdate"] = _ACTIONS[on_update]
    if on_delete in _ACTIONS:
        set_columns = [c for c, is_set in zip(columns, deleted) if is_set]
        options["ondelete"] = _ACTIONS[on_delete] + _listed(
            dialect, set_columns
        )
    if deferred:
        options["initially"] = "DEFERRED"
    if deferrable:
        options["deferrable"] = True
    if match == "f":
        options["match"] = "FULL"
    if not validated:
        options["postgresql_not_valid"] = True
    return ForeignKey(
        name,
        None if schema == default else schema,
        table,
        tuple(columns),
        None if referred_schema == default else referred_schema,
        referred_table,
        tuple(referred_columns),
        options,
        comment,
        is_plain,
        tuple(moves),
        tuple(referred_moves),
    )


def _listed(dialect: sa.Dialect, columns: list[str]) -> str:
    quote = dialect.identifier_preparer.quote
    return f" ({', '.join(map(quote, columns))})" if columns else ""
