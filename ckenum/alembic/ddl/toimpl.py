"""Run an operation: first the checks, then the backend's implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.base import Operations
from alembic.operations.batch import BatchOperationsImpl

from . import mentions
from ..ops import AlterCheckEnumOp
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from ..ops import DropCheckEnumTriggerOp
from ..ops import ValidateCheckEnumOp
from ..ops.codes import ReplaceCodesOp
from ..ops.codes import RestoreCodesOp
from ..ops.codes_base import CodesOp
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
    from ..ops import CheckEnumOp
    from ..ops.native_base import NativeEnumOp
    from .impl import DefaultImpl

register("mariadb", MySQLImpl())
register("mysql", MySQLImpl())
register("postgresql", PostgreSQLImpl())
register("sqlite", SQLiteImpl())


@Operations.implementation_for(CreateCheckEnumOp)
@Operations.implementation_for(DropCheckEnumOp)
@Operations.implementation_for(AlterCheckEnumOp)
@on_one_table
def _change(operations: Operations, op: CheckEnumOp) -> None:
    require_repeatable(operations, op)
    now = before_batch(operations, op)
    alters = isinstance(op, AlterCheckEnumOp)
    old = new = None

    def count() -> None:
        if alters or not isinstance(operations.impl, BatchOperationsImpl):
            # a batch may still add the column, or alter its type
            _count(operations, now)

    def check() -> None:
        require_possible(operations, now)
        if not alters or op.leaving or op.changes_shape:
            count()

    impl = _impl(operations)
    with impl.whole(operations, op, check, count):
        if not isinstance(op, CreateCheckEnumOp):
            old = existing(operations, op, op.drop_name, op.existing_values)
        if not isinstance(op, DropCheckEnumOp):
            new = constraint_of(operations, op, op.name, op.values)
        require_names(operations, now, old=old, new=new)
        if old is not None and new is not None:
            mentions.look(operations, now.about_rows, old, new)
        impl.change(operations, op, old, new)


def _count(operations: Operations, op: CheckEnumOp) -> None:
    """Raise if a row would violate the new constraint; none violates a
    constraint that is dropped.
    """
    if not isinstance(op, DropCheckEnumOp):
        rows_now = op.about_rows
        accepted = [*op.values, *op.rename, *op.delete]
        if not operations.migration_context.as_sql:
            accepted += _impl(operations).interim(operations.get_bind(), op)
        require_only(operations, rows_now, accepted, rows_now.ways_out)
        require_one_item(operations, op)


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
@Operations.implementation_for(RestoreNativeEnumOp)
@on_one_table
def _move_native(operations: Operations, op: NativeEnumOp) -> None:
    require_native(operations, op)
    _impl(operations).move_native(operations, op)


@Operations.implementation_for(ReplaceCodesOp)
@Operations.implementation_for(RestoreCodesOp)
@on_one_table
def _move_codes(operations: Operations, op: CodesOp) -> None:
    _impl(operations).move_codes(operations, op)


def _impl(operations: Operations) -> DefaultImpl:
    return impl_of(operations.migration_context.dialect)
