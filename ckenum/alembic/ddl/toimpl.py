"""Run an operation: first the checks, then the backend's implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.base import Operations
from alembic.operations.batch import BatchOperationsImpl

from . import mentions
from . import rows
from ..ops import AlterCheckEnumOp
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from ..ops import DropCheckEnumTriggerOp
from ..ops import ValidateCheckEnumOp
from ..ops.native import ReplaceNativeEnumOp
from ..ops.native import RestoreNativeEnumOp
from .checks import existing
from .checks import require_arrays
from .checks import require_names
from .checks import require_native
from .checks import require_one_item
from .checks import require_only
from .checks import require_possible
from .constraint import constraint_of
from .mysql.impl import MySQLImpl
from .postgresql.impl import PostgreSQLImpl
from .registry import impl_of
from .registry import register
from .repeat import require_repeatable
from .sqlite.impl import SQLiteImpl
from .table import before_batch
from .table import on_one_table

if TYPE_CHECKING:
    from .impl import DefaultImpl

register("mariadb", MySQLImpl())
register("mysql", MySQLImpl())
register("postgresql", PostgreSQLImpl())
register("sqlite", SQLiteImpl())


@Operations.implementation_for(CreateCheckEnumOp)
@on_one_table
def _create(operations: Operations, op: CreateCheckEnumOp) -> None:
    def count() -> None:
        if not isinstance(operations.impl, BatchOperationsImpl):
            # a batch may still add the column, or alter its type
            require_only(operations, op, op.values, rows.CHANGE_THEM)

    def check() -> None:
        require_possible(operations, before_batch(operations, op))
        count()

    impl = _impl(operations)
    with impl.whole(operations, op, check, count):
        new = constraint_of(operations, op, op.name, op.values)
        require_names(operations, before_batch(operations, op), new=new)
        impl.create(operations, op, new)


@Operations.implementation_for(DropCheckEnumOp)
@on_one_table
def _drop(operations: Operations, op: DropCheckEnumOp) -> None:
    def check() -> None:
        require_possible(operations, before_batch(operations, op))

    impl = _impl(operations)
    with impl.whole(operations, op, check, _no_rows):
        old = existing(operations, op, op.name, op.existing_values)
        require_names(operations, before_batch(operations, op), old=old)
        impl.drop(operations, op, old)


@Operations.implementation_for(AlterCheckEnumOp)
@on_one_table
def _alter(operations: Operations, op: AlterCheckEnumOp) -> None:
    require_repeatable(operations, op)
    now = before_batch(operations, op)
    rows_now = now.about_rows

    def count() -> None:
        accepted = [*op.values, *op.rename, *op.delete]
        advice = rows.ways_out(rows_now)
        require_only(operations, rows_now, accepted, advice)
        require_one_item(operations, now)

    def check() -> None:
        require_possible(operations, now)
        if op.leaving or op.changes_shape:
            count()

    impl = _impl(operations)
    with impl.whole(operations, op, check, count):
        old = existing(operations, op, op.drop_name, op.existing_values)
        new = constraint_of(operations, op, op.name, op.values)
        require_names(operations, now, old=old, new=new)
        mentions.look(operations, rows_now, old, new)
        impl.alter(operations, op, old, new)


@Operations.implementation_for(ValidateCheckEnumOp)
@on_one_table
def _validate(operations: Operations, op: ValidateCheckEnumOp) -> None:
    require_arrays(operations, op)
    found = existing(operations, op, op.name, op.existing_values)
    _impl(operations).validate(operations, op, found)


@Operations.implementation_for(DropCheckEnumTriggerOp)
@on_one_table
def _drop_trigger(operations: Operations, op: DropCheckEnumTriggerOp) -> None:
    _impl(operations).drop_trigger(operations, op)


@Operations.implementation_for(ReplaceNativeEnumOp)
@on_one_table
def _replace(operations: Operations, op: ReplaceNativeEnumOp) -> None:
    require_native(operations, op)
    _impl(operations).replace_native(operations, op)


@Operations.implementation_for(RestoreNativeEnumOp)
@on_one_table
def _restore(operations: Operations, op: RestoreNativeEnumOp) -> None:
    require_native(operations, op)
    _impl(operations).restore_native(operations, op)


def _impl(operations: Operations) -> DefaultImpl:
    return impl_of(operations.migration_context.dialect)


def _no_rows() -> None:
    """Count nothing: no row violates a constraint that is dropped."""
