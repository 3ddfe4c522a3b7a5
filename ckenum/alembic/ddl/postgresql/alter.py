"""Backends that can alter constraints: PostgreSQL, above all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.ddl.base import ColumnDefault
from alembic.ddl.base import ColumnType
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DDLElement
from sqlalchemy.schema import DropConstraint

from . import guards
from .. import rows
from . import trigger
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ..emit import emit

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


class RenameConstraint(DDLElement):
    """``ALTER TABLE ... RENAME CONSTRAINT``: no row is looked at."""

    def __init__(self, old: CheckConstraint, new: CheckConstraint) -> None:
        self.old = old
        self.new = new


class ValidateConstraint(DDLElement):
    """``ALTER TABLE ... VALIDATE CONSTRAINT``.

    :ivar table: the constraint's, or one that has inherited it.
    """

    def __init__(self, constraint: CheckConstraint, table: Any = None) -> None:
        self.constraint = constraint
        self.table = constraint.table if table is None else table


@compiles(SwapConstraint, "postgresql")
def _swap_constraint(element: SwapConstraint, compiler: Any, **kw: Any) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s DROP CONSTRAINT %s, ADD %s" % (
        preparer.format_table(element.old.table),
        preparer.format_constraint(element.old),
        compiler.process(element.new, **kw),
    )


@compiles(RenameConstraint, "postgresql")
def _rename_constraint(
    element: RenameConstraint, compiler: Any, **kw: Any
) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s RENAME CONSTRAINT %s TO %s" % (
        preparer.format_table(element.old.table),
        preparer.format_constraint(element.old),
        preparer.format_constraint(element.new),
    )


@compiles(ValidateConstraint, "postgresql")
def _validate_constraint(
    element: ValidateConstraint, compiler: Any, **kw: Any
) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s VALIDATE CONSTRAINT %s" % (
        preparer.format_table(element.table),
        preparer.format_constraint(element.constraint),
    )


def create(
    operations: Operations, op: CreateCheckEnumOp, new: CheckConstraint
) -> None:
    settle(operations, op)
    _change_column(operations, op)
    emit(operations, AddConstraint(new))


def drop(
    operations: Operations, op: DropCheckEnumOp, old: CheckConstraint
) -> None:
    settle(operations, op)
    dropped, _ = _trigger(operations, op)
    for statement in dropped:
        emit(operations, statement)
    emit(operations, DropConstraint(old))
    _change_column(operations, op)


def drop_trigger(operations: Operations, op: CheckEnumOp) -> None:
    """Drop what an online rename has left."""
    if operations.migration_context.as_sql:
        dropped = list(trigger.unseen(op))
    else:
        dropped, _ = _trigger(operations, op)
    for statement in dropped:
        emit(operations, statement)


def validate(operations: Operations, constraint: CheckConstraint) -> None:
    emit(operations, ValidateConstraint(constraint))


def alter(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """Constraint, column and rows, in the order that each allows the next:
    a VARCHAR is widened before longer values go in, narrowed after they
    went out.
    """
    settle(operations, op)
    first, last = _trigger(operations, op)
    for statement in first:
        emit(operations, statement)
    _alter(operations, op, old, new)
    for statement in last:
        emit(operations, statement)


def _alter(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    changes_column = op.changes_length or op.changes_default
    if not op.changes_rows and not changes_column:
        _swap(operations, op, old, new)
        return
    emit(operations, DropConstraint(old))
    if op.widens:
        _change_column(operations, op)
    for statement in rows.statements(op, operations.migration_context.dialect):
        emit(operations, statement)
    if not op.widens:
        _change_column(operations, op)
    emit(operations, AddConstraint(new))


def _trigger(
    operations: Operations, op: CheckEnumOp
) -> tuple[list[DDLElement], list[DDLElement]]:
    """What an online rename may have left follows, where one can look."""
    context = operations.migration_context
    if context.as_sql or context.dialect.name != "postgresql":
        return [], []
    return trigger.follow(operations.get_bind(), op)


def settle(operations: Operations, op: CheckEnumOp) -> None:
    """Let no deferred trigger wait, also not for rows changed before."""
    context = operations.migration_context
    if context.dialect.name != "postgresql":
        return
    if not context.as_sql:
        statement = guards.immediate(operations.get_bind(), op)
        if statement is not None:
            emit(operations, statement)
    elif isinstance(op, AlterCheckEnumOp) and op.changes_rows:
        emit(operations, guards.SetImmediate())


def _swap(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    if operations.migration_context.dialect.name != "postgresql":
        emit(operations, DropConstraint(old))
        emit(operations, AddConstraint(new))
    elif op.only_renames_constraint:
        emit(operations, RenameConstraint(old, new))
    else:
        emit(operations, SwapConstraint(old, new))


def _change_column(operations: Operations, op: CheckEnumOp) -> None:
    for change in column_changes(op):
        emit(operations, change)


def column_changes(op: CheckEnumOp) -> Iterator[DDLElement]:
    """What gives the column its length and its default."""
    if op.changes_length:
        yield ColumnType(
            op.table_name,
            op.column_name,
            op.column_type(op.length),
            schema=op.schema,
            existing_type=op.column_type(op.existing_length),
        )
    if op.server_default is not False:
        yield ColumnDefault(
            op.table_name,
            op.column_name,
            op.server_default,
            schema=op.schema,
        )
