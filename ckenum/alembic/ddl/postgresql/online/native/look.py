"""Look for anything that would stop an online move, before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import bridge
from . import users_triggers
from ... import catalog
from ... import guards
from ... import names
from .... import rows
from ......exc import OnlineBlockedError
from ...keys import foreign_keys
from ...native_dependents import Around
from ..session import log
from .copies import dependents
from .indexes import indexes
from .state import Stage

if TYPE_CHECKING:
    from ..session import Session
    from .pair import Pair
    from .state import State

_TABLE = sa.text("""
    SELECT c.relkind::pg_catalog.text, c.relispartition,
           c.relreplident::pg_catalog.text,
           pg_catalog.pg_has_role(c.relowner, 'USAGE'),
           pg_catalog.pg_get_userbyid(c.relowner)
    FROM pg_catalog.pg_class c
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
    """)

# The column is in the list, or in the condition.
_PUBLICATIONS = sa.text("""
    SELECT DISTINCT p.pubname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_depend d
      ON d.refclassid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid
     AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum
     AND d.classid OPERATOR(pg_catalog.=)
         'pg_catalog.pg_publication_rel'::pg_catalog.regclass
    JOIN pg_catalog.pg_publication_rel r
      ON r.oid OPERATOR(pg_catalog.=) d.objid
    JOIN pg_catalog.pg_publication p
      ON p.oid OPERATOR(pg_catalog.=) r.prpubid
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    ORDER BY 1
    """)

_WHOLE = sa.text("""
    SELECT t.pubname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_publication_tables t
      ON t.schemaname OPERATOR(pg_catalog.=) n.nspname
     AND t.tablename OPERATOR(pg_catalog.=) c.relname
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_publication p
          JOIN pg_catalog.pg_publication_rel r
            ON r.prpubid OPERATOR(pg_catalog.=) p.oid
          WHERE p.pubname OPERATOR(pg_catalog.=) t.pubname
            AND r.prrelid OPERATOR(pg_catalog.=) c.oid
            AND r.prattrs IS NOT NULL
      )
    ORDER BY 1
    """)

_IS_INHERITED = sa.text("""
    SELECT a.attinhcount OPERATOR(pg_catalog.>) 0
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)

_RULES = sa.text("""
    SELECT r.rulename
    FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND r.ev_type OPERATOR(pg_catalog.=) '2'
      AND r.ev_enabled OPERATOR(pg_catalog.<>) 'D'
    ORDER BY 1
    """)


def look(session: Session, pair: Pair, state: State) -> None:
    """Raise if something would: it reads the catalog and the rows, and holds
    up nobody.

    Raises :class:`~ckenum.exc.OnlineBlockedError`, and the errors of the
    transactional way for what stands in its way as well.
    """
    op = pair.op
    with session.waiting():
        found = [*_misfits(session, pair, state)] or [
            *_table(session, pair),
            *_indexes(session, pair),
            *users_triggers.in_the_way(session, pair),
            *bridge.in_the_way(session.connection, pair),
        ]
    if found:
        raise OnlineBlockedError(
            op.table_name, op.column_name, op.schema, found
        )
    with session.waiting():
        _as_transactional(session, pair, state)


def tell_subscribers(session: Session, pair: Pair) -> None:
    """Log which publications hand on the second column."""
    given = {"table": pair.move.table_name}
    for name in session.connection.scalars(_WHOLE, given):
        log.warning(
            "The publication %r has all columns of %s: its subscribers wait "
            "until their table has a column %r as well, which takes strings",
            name,
            pair.move.table_name,
            pair.beside,
        )


def _as_transactional(session: Session, pair: Pair, state: State) -> None:
    op, connection = pair.op, session.connection
    guards.require_no_views(connection, op)
    guards.require_all_rows(connection, op)
    pair.move.require_type()
    guards.require_nullable(connection, op)
    names.require(pair.move.operations, op, pair.old_check, pair.check)
    _require_rewritable(session, pair)
    pair.move.default()
    accepted = [v for v in (*op.values, *op.rename) if v is not None]
    text = pair.move.column_as_text
    rows.require_none_left(connection, op, accepted, op.ways_out, text)


def _require_rewritable(session: Session, pair: Pair) -> None:
    op = pair.op
    found = dependents(pair)
    has_keys = any(item.kind == "key" for item in found)
    column = (op.schema, op.table_name, op.column_name)
    known = {item.name for item in found if item.kind != "check"}
    found += [
        index.as_dependent
        for index in indexes(session.connection, pair, op.column_name)
        if index.name not in known
    ]
    Around(pair.move.dialect).add(
        op,
        found,
        pair.move.spelled,
        foreign_keys(session.connection, [column]) if has_keys else (),
    )


def _misfits(session: Session, pair: Pair, state: State) -> Iterator[str]:
    tables = catalog.tree(session.connection, pair.op)
    table = pair.op.table_name
    if not tables:
        yield f"There is no table {table!r}"
    elif state.column is None:
        yield f"The table {table!r} has no column {pair.op.column_name!r}"
    elif state.beside is not None and state.stage is Stage.OTHER:
        yield (
            f"The table {table!r} has a column {pair.beside!r}, which no "
            f"online move has made: give it another name"
        )
    elif state.stage is Stage.OTHER:
        expected = "strings"
        if pair.becomes_text:
            expected = pair.move.described
        arrays = "arrays of " * pair.op.array
        yield (
            f"The column is of type {state.column.type_name}, not of "
            f"{arrays}{expected}"
        )


def _table(session: Session, pair: Pair) -> Iterator[str]:
    connection = session.connection
    given = {"table": pair.move.table_name, "column": pair.op.column_name}
    kind, is_partition, identity, is_owner, owner = connection.execute(
        _TABLE, given
    ).one()
    if not is_owner:
        yield (
            f"The table belongs to {owner!r}, and only its owner may give "
            f"it another column: migrate as that role"
        )
    if kind == "p" or is_partition:
        yield (
            "The table is partitioned, or a partition, and PostgreSQL builds "
            "no index of a partitioned table concurrently: leave out "
            "online=True"
        )
    elif kind != "r" or len(catalog.tree(connection, pair.op)) > 1:
        yield (
            "Other tables inherit from it, or it is no ordinary table: leave "
            "out online=True"
        )
    if session.place.in_chunks:
        yield (
            "It is a hypertable, of which TimescaleDB builds no index "
            "concurrently: leave out online=True"
        )
    if connection.scalar(_IS_INHERITED, given):
        yield (
            "The table has the column from another table that it inherits "
            "from: leave out online=True, and change that one"
        )
    if identity == "f":
        yield (
            "Its REPLICA IDENTITY is FULL, so the old column identifies "
            "rows for a subscriber: change it with ALTER TABLE ... REPLICA "
            "IDENTITY during the change"
        )
    for name in connection.scalars(_PUBLICATIONS, given):
        yield (
            f"The publication {name!r} names the column, and would go on to "
            f"name the old one: give it another list of columns, or another "
            f"condition, during the change"
        )
    for name in connection.scalars(_RULES, given):
        yield (
            f"The rule {name!r} does something else when a row is updated: "
            f"disable it during the change"
        )


def _indexes(session: Session, pair: Pair) -> Iterator[str]:
    for index in indexes(session.connection, pair, pair.op.column_name):
        what = f"The index {index.name!r}"
        if index.is_referred_to:
            yield (
                f"{what} has the column, and a foreign key of another table "
                f"refers to it: drop that foreign key during the change"
            )
        elif index.kind == "x":
            yield (
                f"{what} is of an exclusion constraint, which cannot be "
                f"built beside it: drop it during the change"
            )
        if index.is_identity:
            yield (
                f"{what} is the table's REPLICA IDENTITY: choose another "
                f"one during the change"
            )
