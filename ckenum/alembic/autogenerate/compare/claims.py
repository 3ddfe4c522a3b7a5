"""Take back what Alembic and other plugins queue for columns that our
operations change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops

from ...ops import CheckEnumOp
from ...ops.native_base import NativeEnumOp
from .declared import column_named
from .native_defaults import declared_default

if TYPE_CHECKING:
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Dialect
    from sqlalchemy import Table


def leave_types_to_others(upgrade_ops: alembic_ops.UpgradeOps) -> None:
    """Leave a type alone that another plugin drops or creates.

    alembic-postgresql-enum does so, and fails if the type is already gone.
    """
    theirs = {
        getattr(op, "name", None)
        for op in upgrade_ops.ops
        if type(op).__name__ in ("CreateEnumOp", "DropEnumOp")
    }
    for table in upgrade_ops.ops:
        for op in getattr(table, "ops", ()):
            if isinstance(op, NativeEnumOp) and op.enum_name in theirs:
                op.drop_type = False


def leave_to_us(
    modify_table_ops: ModifyTableOps,
    metadata_table: Table,
    dialect: Dialect,
    queued: Iterable[CheckEnumOp],
) -> None:
    """Remove the new types that Alembic queued for the columns, and take
    over the new defaults.
    """
    ours = {
        op.column_name: op
        for op in queued
        if isinstance(op, NativeEnumOp) or op.changes_shape
    }
    for theirs in modify_table_ops.ops[:]:
        if not isinstance(theirs, alembic_ops.AlterColumnOp):
            continue
        op = ours.get(theirs.column_name)
        if op is None:
            continue
        theirs.modify_type = None
        if theirs.modify_server_default is not False:
            _take_default(op, theirs, metadata_table, dialect)
        if not theirs.has_changes():
            modify_table_ops.ops.remove(theirs)


def _take_default(
    op: CheckEnumOp,
    theirs: alembic_ops.AlterColumnOp,
    metadata_table: Table,
    dialect: Dialect,
) -> None:
    column = column_named(metadata_table, op.column_name)
    assert column is not None
    declared = declared_default(column, dialect, op.array)
    if declared is None and column.server_default is not None:
        return  # Alembic writes expressions
    theirs.modify_server_default = False
    if op.existing_server_default is False:
        op.existing_server_default = None
    op.server_default = declared
