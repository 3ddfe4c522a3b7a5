"""Checks against PostgreSQL's catalog before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....exc import BlockedByObjectsError
from ....exc import BlockedByViewsError
from ....exc import RowSecurityError
from ...ops import AlterCheckEnumOp
from ..emit import emit
from ..emit import literal_dialect
from ..emit import sql_name
from .ddl import SetImmediate

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


_TAKES_FOR_EQUAL = sa.text("""
    SELECT NOT c.collisdeterministic
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_collation c
      ON c.oid OPERATOR(pg_catalog.=) a.attcollation
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)

_IS_NONDETERMINISTIC = sa.text("""
    SELECT NOT c.collisdeterministic
    FROM pg_catalog.pg_collation c
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regcollation(:name)
    """)

_DEFERRABLE = sa.text("""
    SELECT n.nspname, c.conname
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.connamespace
    WHERE c.condeferrable
      AND pg_catalog.to_regclass(:name) OPERATOR(pg_catalog.=) ANY (
          ARRAY[c.conrelid, c.confrelid]
      )
    ORDER BY 1, 2
    """)

_VIEWS = sa.text("""
    SELECT DISTINCT
        r.rulename OPERATOR(pg_catalog.=) '_RETURN',
        CASE WHEN r.rulename OPERATOR(pg_catalog.=) '_RETURN'
             THEN r.ev_class::pg_catalog.regclass::pg_catalog.text
             ELSE pg_catalog.pg_describe_object(d.classid, r.oid, 0) END
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid
    JOIN pg_catalog.pg_attribute a
      ON a.attrelid OPERATOR(pg_catalog.=) d.refobjid
     AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
    WHERE d.classid OPERATOR(pg_catalog.=)
          'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND d.refclassid OPERATOR(pg_catalog.=)
          'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
    ORDER BY 2
    """)

_ROW_SECURITY = sa.text("""
    SELECT pg_catalog.row_security_active(
        pg_catalog.to_regclass(:name)::pg_catalog.oid
    )
    """)

_NOT_NULL = sa.text("""
    SELECT a.attnotnull FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
    """)


def fire_deferred_triggers(operations: Operations, op: CheckEnumOp) -> None:
    """Fire pending deferred triggers now; ALTER TABLE refuses to run while
    any are pending.
    """
    if not operations.migration_context.as_sql:
        statement = immediate(operations.get_bind(), op)
        if statement is not None:
            emit(operations, statement)
    elif isinstance(op, AlterCheckEnumOp) and op.changes_rows:
        emit(operations, SetImmediate())


def immediate(connection: Connection, op: CheckEnumOp) -> SetImmediate | None:
    """The statement that fires deferred triggers before an ``ALTER TABLE``.

    If a row is updated while a foreign key waits for the end of the
    transaction, "pending trigger events" are left, and ALTER TABLE refuses
    to run ("SET CONSTRAINTS" in PostgreSQL's manual). ``None`` if the table
    has no deferrable constraint.
    """
    names = [
        (schema, name)
        for schema, name in connection.execute(
            _DEFERRABLE, {"name": sql_name(connection, op)}
        )
    ]
    return SetImmediate(names) if names else None


def disable_parallel_query(connection: Connection) -> None:
    """Make this transaction's queries use one CPU; the others are left to
    the application.
    """
    alone = ("max_parallel_workers_per_gather", "0", sa.true())
    connection.execute(sa.select(sa.func.pg_catalog.set_config(*alone)))


def require_no_views(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.BlockedByViewsError` if views select the
    column, :class:`~ckenum.exc.BlockedByObjectsError` if rules name it:
    PostgreSQL then cannot alter its type or length.
    """
    found = connection.execute(
        _VIEWS, {"name": sql_name(connection, op), "column": op.column_name}
    ).all()
    views = [name for is_view, name in found if is_view]
    rules = [name for is_view, name in found if not is_view]
    if rules:
        raise BlockedByObjectsError(
            op.table_name, op.column_name, op.schema, [*views, *rules]
        )
    if views:
        raise BlockedByViewsError(
            op.table_name, op.column_name, op.schema, views
        )


def require_nullable(connection: Connection, op: AlterCheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``rename`` stores NULL in
    a NOT NULL column.
    """
    nulls = [old for old, new in op.rename.items() if new is None]
    name = {"name": sql_name(connection, op), "column": op.column_name}
    if nulls and connection.scalar(_NOT_NULL, name):
        raise op.error(
            f"rename turns {nulls} into NULL, but the column is NOT NULL: "
            f"give another value, or alter the column before this directive"
        )


def require_all_rows(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.RowSecurityError` if policies may hide rows
    from the role: the constraint applies to all of them.
    """
    name = {"name": sql_name(connection, op)}
    if connection.scalar(_ROW_SECURITY, name):
        raise RowSecurityError(op.table_name, op.schema)


def takes_for_equal(connection: Connection, op: CheckEnumOp) -> bool:
    """Whether the column's collation takes different strings for equal."""
    names = {"name": sql_name(connection, op), "column": op.column_name}
    return bool(connection.scalar(_TAKES_FOR_EQUAL, names))


def is_nondeterministic(connection: Connection, collation: str) -> bool:
    """Whether the collation of that name does."""
    name = literal_dialect(connection.dialect).identifier_preparer.quote(
        collation
    )
    return bool(connection.scalar(_IS_NONDETERMINISTIC, {"name": name}))
