"""Backends that can alter constraints: PostgreSQL, above all."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.ddl.base import ColumnType
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DDLElement
from sqlalchemy.schema import DropConstraint

from . import rows
from .ops import AlterCheckEnumOp
from .ops import CheckEnumOp
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp
from .script import emit

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint


class SwapConstraint(DDLElement):
    """One ``ALTER TABLE`` that drops a constraint and adds another.

    PostgreSQL takes both in one statement, under one lock, also where the
    two have the same name ("ALTER TABLE" in its manual).
    """

    def __init__(self, old: CheckConstraint, new: CheckConstraint) -> None:
        self.old = old
        self.new = new


@compiles(SwapConstraint, "postgresql")
def _swap_constraint(element: SwapConstraint, compiler: Any, **kw: Any) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s DROP CONSTRAINT %s, ADD %s" % (
        preparer.format_table(element.old.table),
        preparer.format_constraint(element.old),
        compiler.process(element.new, **kw),
    )


def create(
    operations: Operations, op: CreateCheckEnumOp, new: CheckConstraint
) -> None:
    if op.changes_length:
        emit(operations, _new_length(op))
    emit(operations, AddConstraint(new))


def drop(
    operations: Operations, op: DropCheckEnumOp, old: CheckConstraint
) -> None:
    emit(operations, DropConstraint(old))
    if op.changes_length:
        emit(operations, _new_length(op))


def alter(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """Constraint, length and rows, in the order that each allows the next:
    a VARCHAR is widened before longer values go in, narrowed after they
    went out.
    """
    if not op.changes_rows and not op.changes_length:
        swap(operations, old, new)
        return
    emit(operations, DropConstraint(old))
    if op.widens:
        emit(operations, _new_length(op))
    for statement in rows.statements(op):
        emit(operations, statement)
    if op.changes_length and not op.widens:
        emit(operations, _new_length(op))
    emit(operations, AddConstraint(new))


def swap(
    operations: Operations, old: CheckConstraint, new: CheckConstraint
) -> None:
    if operations.migration_context.dialect.name == "postgresql":
        emit(operations, SwapConstraint(old, new))
    else:
        emit(operations, DropConstraint(old))
        emit(operations, AddConstraint(new))


def _new_length(op: CheckEnumOp) -> ColumnType:
    return ColumnType(
        op.table_name,
        op.column_name,
        sa.String(op.length),
        schema=op.schema,
        existing_type=sa.String(op.existing_length),
    )
