"""A column of another type to a check enum and back: what is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from . import guards
from ...ops.codes_base import CodesOp
from ...ops.native_base import NativeEnumOp
from .batch import Flush
from .codes_move import CodesMove
from .ddl import SetImmediate
from .directive import whole_at_once
from .move import Move
from .native_ddl import ChangeType
from .native_ddl import ChangeTypes
from .native_ddl import Verbatim
from .native_dependents import Around
from .native_move import NativeMove

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops.move import TypeMoveOp


def move_of(operations: Operations, op: TypeMoveOp) -> Move:
    """The way of the column of ``op``."""
    if isinstance(op, CodesOp):
        return CodesMove(operations, op)
    assert isinstance(op, NativeEnumOp)
    return NativeMove(operations, op)


def move(operations: Operations, op: TypeMoveOp) -> None:
    """Give the column of ``op`` its other type: at once, or in a batch with
    the others of its table, which PostgreSQL rewrites once then.
    """
    batch = operations.impl
    if isinstance(batch, BatchOperationsImpl) and batch.recreate != "always":
        Flush.of(batch).join(move_of(operations, op), _together)
    else:
        _together([move_of(operations, op)])


def _together(moves: Sequence[Move]) -> None:
    def look() -> None:
        for each in moves:
            each.look()

    with whole_at_once(moves[0].operations, look, look):
        along = frozenset(each.op.column_name for each in moves)
        around = Around(moves[0].dialect, along=along)
        changes = [each.change(around) for each in moves]
        _settle(moves)
        for each in moves:
            if not each.op.becomes_text:
                each.create_type()
        _change(moves[0], around, changes)
        for each in moves:
            if each.op.becomes_text:
                each.drop_type()


def _settle(moves: Sequence[Move]) -> None:
    """Like :func:`guards.fire_deferred_triggers`, but at once: it does not
    wait for its turn in a batch.
    """
    first = moves[0]
    if not first.offline:
        statement = guards.immediate(first.connection, first.op)
        if statement is not None:
            first.emit(statement)
    elif any(each.op.changes_rows for each in moves):
        first.emit(SetImmediate())


def _change(move: Move, around: Around, changes: Sequence[ChangeType]) -> None:
    for text in around.before():
        move.emit(Verbatim(text))
    changes[0].drops = around.drops
    changes[0].adds = around.adds
    move.emit(ChangeTypes(changes))
    for text in around.after(move.table_name):
        move.emit(Verbatim(text))
