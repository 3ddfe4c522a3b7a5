"""PostgreSQL: check the names of a table's constraints before using one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from ....constraint_names import final_name
from ....exc import NoSuchConstraintError
from ..emit import sql_name
from ..owner import name_conflict
from ..owner import Named
from ..owner import require_own
from ..owner import tell_of_others
from .batch import TOGETHER

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

_OF_COLUMNS = {"add_column", "alter_column", "drop_column", TOGETHER}
"""What a batch gathers for these names no constraint."""

_NAMED = sa.text("""
    SELECT c.conname, pg_catalog.pg_get_constraintdef(c.oid),
           ARRAY(SELECT a.attname::pg_catalog.text
                 FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid
                   AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
                   AND c.contype OPERATOR(pg_catalog.=) 'c'),
           coalesce(pg_catalog.pg_get_expr(c.conbin, c.conrelid), '')
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND c.conname OPERATOR(pg_catalog.=) ANY (:names)
    """).bindparams(sa.bindparam("names", type_=sa.ARRAY(sa.String)))

_CHECKS = sa.text("""
    SELECT c.conname,
           c.conname OPERATOR(pg_catalog.=) CAST(:name AS pg_catalog.name)
    FROM pg_catalog.pg_class t
    LEFT JOIN pg_catalog.pg_constraint c
      ON c.conrelid OPERATOR(pg_catalog.=) t.oid
     AND c.contype OPERATOR(pg_catalog.=) 'c'
    WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND t.relkind OPERATOR(pg_catalog.<>) 'v'
    ORDER BY 1
    """)


def require(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``old`` is not the
    column's, or if the name of ``new`` is taken, and
    :class:`~ckenum.exc.NoSuchConstraintError` if ``old`` is not there.

    An online change that runs again finds its own new constraint, or none
    where it has dropped one. A batch may be about to free or to add the name,
    so PostgreSQL decides there.
    """
    dialect = operations.migration_context.dialect
    drops = old is not None and final_name(old, dialect)
    adds = new is not None and final_name(new, dialect)
    names = [name for name in (drops, adds) if name]
    connection = operations.get_bind()
    given = {"table": sql_name(connection, op), "names": names}
    found = {row[0]: Named(*row) for row in connection.execute(_NAMED, given)}
    if drops and drops in found:
        require_own(op, found[drops])
        tell_of_others(op, found[drops], "postgresql")
    if _in_batch(operations):
        return
    is_done = op.online and (new is None or adds in found)
    if drops and drops not in found and not is_done:
        _require_named(connection, op, drops)
    if not op.online and adds and adds != drops and adds in found:
        raise name_conflict(op, found[adds])


def require_there(
    operations: Operations, op: CheckEnumOp, constraint: CheckConstraint
) -> None:
    """Raise :class:`~ckenum.exc.NoSuchConstraintError` if the table does not
    have ``constraint``, and no batch may be about to add it.
    """
    connection = operations.get_bind()
    name = final_name(constraint, connection.dialect)
    if name and not _in_batch(operations):
        _require_named(connection, op, name)


def _in_batch(operations: Operations) -> bool:
    """Whether a batch has gathered what may be about constraints."""
    batch = operations.impl
    return isinstance(batch, BatchOperationsImpl) and any(
        method not in _OF_COLUMNS for method, *_ in batch.batch
    )


def _require_named(connection: Connection, op: CheckEnumOp, name: str) -> None:
    """Raise if the table has no such CHECK.

    The cast cuts a name as PostgreSQL cuts it, at 63 bytes.
    """
    given = {"table": sql_name(connection, op), "name": name}
    checks = connection.execute(_CHECKS, given).all()
    if checks and not any(is_it for _, is_it in checks):
        found = tuple(check for check, _ in checks if check is not None)
        raise NoSuchConstraintError(op.table_name, name, found)
