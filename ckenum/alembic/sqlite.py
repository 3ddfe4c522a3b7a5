"""SQLite, where a change of a constraint is a copy of the table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
from alembic.util import CommandError
import sqlalchemy as sa

from . import rows
from ..exc import NoSuchConstraintError
from ..reflection import sqlite_checks
from .ops import AlterCheckEnumOp
from .ops import CheckEnumOp
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp
from .script import emit_now

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection


def create(
    operations: Operations, op: CreateCheckEnumOp, new: CheckConstraint
) -> None:
    with _batch(operations, op) as batch:
        _change_length(batch, op)
        batch.add_constraint(new)


def drop(
    operations: Operations, op: DropCheckEnumOp, old: CheckConstraint
) -> None:
    _require(operations, old)
    with _batch(operations, op) as batch:
        batch.drop_constraint(old)
        _change_length(batch, op)


def alter(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """Rows first, while no CHECK is enforced; then one copy, which has the
    new constraint.
    """
    _require(operations, old)
    with _batch(operations, op) as batch:
        with _no_checks(operations):
            for statement in rows.statements(op):
                emit_now(operations, statement)
        batch.drop_constraint(old)
        _change_length(batch, op)
        batch.add_constraint(new)


def _change_length(batch: BatchOperationsImpl, op: CheckEnumOp) -> None:
    if op.changes_length:
        batch.alter_column(
            op.table_name,
            op.column_name,
            type_=sa.String(op.length),
            existing_type=sa.String(op.existing_length),
            schema=op.schema,
        )


@contextmanager
def _batch(
    operations: Operations, op: CheckEnumOp
) -> Iterator[BatchOperationsImpl]:
    """The batch that the user has open, or one copy, all or nothing."""
    offline = operations.migration_context.as_sql
    if isinstance(operations.impl, BatchOperationsImpl):
        if not offline:
            _begin(operations.get_bind())
        yield operations.impl
    elif offline:
        raise CommandError(
            f"A script for SQLite cannot change the constraint {op.name!r} "
            f"of table {op.table_name!r}: that takes a copy of the table, "
            f"and the table has to be read for it. Run the migration "
            f"without --sql, or call the directive in "
            f"op.batch_alter_table(..., copy_from=<the whole Table>)."
        )
    else:
        connection = operations.get_bind()
        _begin(connection)
        with connection.begin_nested():
            with operations.batch_alter_table(
                op.table_name, schema=op.schema, recreate="always"
            ) as batch_op:
                yield batch_op.impl


def _begin(connection: Connection) -> None:
    """Begin a transaction where the driver has not.

    In its default mode it waits for the first INSERT, UPDATE or DELETE, and
    what a failing migration did before that would stay ("Transaction
    control" in the manual of Python's sqlite3).
    """
    driver: sa.PoolProxiedConnection = connection.connection
    if not driver.driver_connection.in_transaction:  # type: ignore
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _no_checks(operations: Operations) -> Iterator[None]:
    """While the rows are between the old values and the new ones."""
    emit_now(operations, sa.text("PRAGMA ignore_check_constraints = ON"))
    try:
        yield
    finally:
        emit_now(operations, sa.text("PRAGMA ignore_check_constraints = OFF"))


def _require(operations: Operations, old: CheckConstraint) -> None:
    """Raise :class:`~ckenum.exc.NoSuchConstraintError` where the table has
    no CHECK with the name of ``old``.
    """
    if operations.migration_context.as_sql:
        return
    master = sa.table(
        "sqlite_master",
        sa.column("name"),
        sa.column("type"),
        sa.column("sql"),
        schema=old.table.schema,
    )
    text = operations.get_bind().scalar(
        sa.select(master.c.sql).where(
            master.c.type == "table",
            sa.func.lower(master.c.name) == old.table.name.lower(),
        )
    )
    names = [check.name for check in sqlite_checks(text or "")]
    if old.name not in names:
        raise NoSuchConstraintError(old.table.name, str(old.name), names)
