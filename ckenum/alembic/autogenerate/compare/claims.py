"""Take back what Alembic and other plugins queue for columns that our
operations change.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops

from . import defaults
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops.codes import RestoreCodesOp
from ...ops.move import TypeMoveOp
from ...ops.native_base import NativeEnumOp
from .declared import column_named

if TYPE_CHECKING:
    from alembic.operations.ops import AlterColumnOp
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Dialect
    from sqlalchemy import Table

    from .declared import Declared


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


def take_over(
    modify_table_ops: ModifyTableOps,
    metadata_table: Table,
    dialect: Dialect,
    declared: Iterable[Declared],
    dropped: Sequence[CheckEnumOp],
    queued: Sequence[CheckEnumOp],
) -> None:
    """Take all of it back for a table.

    :param declared: the columns of the model that are a CheckEnum.
    :param dropped: the operations on columns that are no longer one.
    :param queued: those on the other columns.
    """
    ours = [*dropped, *queued]
    claimed = {
        *(str(each.final) for each in declared),
        *(each.name for each in declared if each.name is not None),
        *(op.drop_name for op in ours),
    }
    remove(modify_table_ops, claimed)
    leave_to_us(modify_table_ops, metadata_table, dialect, ours)
    _leave_columns_to_us(modify_table_ops, queued)


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
        if isinstance(op, TypeMoveOp) or op.changes_shape
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
    if isinstance(op, RestoreCodesOp) and op.server_default:
        theirs.modify_server_default = False  # it has found the code
        return
    declared = defaults.values(column, dialect, op.array)
    is_possible = declared is not None and {*declared} <= {*op.values}
    if not is_possible and column.server_default is not None:
        return  # Alembic writes expressions, and what is no value
    theirs.modify_server_default = False
    if op.existing_server_default is False:
        op.existing_server_default = None
    op.server_default = (
        None if declared is None else op.shape.written(declared)
    )


def _leave_columns_to_us(
    modify_table_ops: ModifyTableOps, queued: Iterable[CheckEnumOp]
) -> None:
    """Remove the defaults and the types from Alembic's operations where ours
    change the default or the length.

    Ours change a length before or after the rows, as needed. A constraint
    that is added makes the column exact.
    """
    added = {
        op.column_name for op in queued if isinstance(op, CreateCheckEnumOp)
    }
    defaults = {op.column_name for op in queued if op.changes_default}
    lengths = {op.column_name for op in queued if op.changes_length}
    for theirs in modify_table_ops.ops[:]:
        if not isinstance(theirs, alembic_ops.AlterColumnOp):
            continue
        name = theirs.column_name
        if name in defaults:
            theirs.modify_server_default = False
        if name in lengths or name in added and _is_only_collated(theirs):
            theirs.modify_type = None
        if name in defaults | lengths | added and not theirs.has_changes():
            modify_table_ops.ops.remove(theirs)


def _is_only_collated(op: AlterColumnOp) -> bool:
    """Whether the type gets another collation, and nothing else."""
    return type(op.modify_type) is type(op.existing_type) and (
        getattr(op.modify_type, "length", None)
        == getattr(op.existing_type, "length", None)
    )


def remove(modify_table_ops: ModifyTableOps, claimed: Collection[str]) -> None:
    """Remove what other plugins queued for our constraints."""
    modify_table_ops.ops[:] = [
        op
        for op in modify_table_ops.ops
        if not (
            isinstance(
                op,
                (
                    alembic_ops.CreateCheckConstraintOp,
                    alembic_ops.DropConstraintOp,
                ),
            )
            and op.constraint_name in claimed
        )
    ]
