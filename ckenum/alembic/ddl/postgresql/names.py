"""PostgreSQL: check the names of a table's constraints before using one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from ....constraint import final_name
from ..owner import name_conflict
from ..owner import Named
from ..owner import require_own
from ..owner import tell_of_others
from .guards import quoted

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...ops import CheckEnumOp

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


def require(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``old`` is not the
    column's, or if the name of ``new`` is taken.

    An online change that runs again would find its own new constraint, so it
    checks for itself. A batch may be about to free the name, so PostgreSQL
    decides there.
    """
    dialect = operations.migration_context.dialect
    drops = old is not None and final_name(old, dialect)
    adds = new is not None and final_name(new, dialect)
    names = [name for name in (drops, adds) if name]
    connection = operations.get_bind()
    given = {"table": quoted(connection, op), "names": names}
    found = {row[0]: Named(*row) for row in connection.execute(_NAMED, given)}
    if drops and drops in found:
        require_own(op, found[drops])
        tell_of_others(op, found[drops], "postgresql")
    in_batch = isinstance(operations.impl, BatchOperationsImpl)
    if adds and adds != drops and adds in found:
        if not op.online and not in_batch:
            raise name_conflict(op, found[adds])
