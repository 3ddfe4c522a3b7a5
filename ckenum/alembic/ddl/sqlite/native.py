"""SQLite has no native ENUM but a VARCHAR, so only the constraint changes."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from . import strategy
from .. import mentions
from ...ops import AlterCheckEnumOp
from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from ...ops.native_base import NativeEnumOp
from ..checks import require_only
from ..constraint import constraint_of
from .change import Change

if TYPE_CHECKING:
    from alembic.operations.base import Operations


def move(operations: Operations, op: NativeEnumOp) -> None:
    text_op = _text_op(op)
    _require_known(operations, op, text_op)
    is_new = isinstance(op, ReplaceNativeEnumOp)
    values = op.values if is_new else op.existing_values
    own = constraint_of(operations, op, op.name, values)
    mentions.look(operations, text_op, own, renames_default=True)
    change = Change(text_op, new=own) if is_new else Change(text_op, old=own)
    strategy.run(operations, change)


def _text_op(op: NativeEnumOp) -> AlterCheckEnumOp:
    """The operation to run if the native type is a VARCHAR too.

    :class:`sqlalchemy.Enum` makes it as long as its longest label.
    """
    native = max(len(label or "") for label in op.labels)
    lengths: dict[str, Any] = {}
    if isinstance(op, RestoreNativeEnumOp):
        lengths = {"length": native, "existing_length": op.length}
    elif op.length is not None:
        lengths = {"length": op.length, "existing_length": native}
    text_op = op.of_text(**lengths)
    text_op.is_inexact = op.is_inexact
    if op.server_default != op.existing_server_default:
        text_op.server_default = op.server_default
        text_op.existing_server_default = op.existing_server_default
    return text_op


def _require_known(
    operations: Operations, op: NativeEnumOp, text_op: AlterCheckEnumOp
) -> None:
    if isinstance(operations.impl, BatchOperationsImpl):
        return  # the batch may still add the column
    require_only(operations, text_op, [*op.values, *op.rename], op.ways_out)
