"""The order of a table's operations: each name is free before it is used.

Drops come first, then whatever frees a name, then the rest. The way down is
the mirror image.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import copy
from typing import Any

from sqlalchemy.sql.elements import conv

from ...ops import AlterCheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops.move import TypeMoveOp


def ordered(ops: Iterable[Any]) -> list[Any]:
    """``ops`` of one table, each after those that free the name it takes.

    In a ring of names, one constraint gets a temporary name.
    """
    pending = _drops_first(ops)
    done: list[Any] = []
    while pending:
        ready = next((op for op in pending if not _waits(op, pending)), None)
        if ready is None:
            ready = _detour(pending)
        else:
            pending.remove(ready)
        done.append(ready)
    return done


def _drops_first(ops: Iterable[Any]) -> list[Any]:
    """Drops, except on columns that an earlier operation moves."""
    moved: set[str] = set()
    first: list[Any] = []
    rest: list[Any] = []
    for op in ops:
        if isinstance(op, TypeMoveOp):
            moved.add(op.column_name)
        is_drop = isinstance(op, DropCheckEnumOp)
        drops = is_drop and op.column_name not in moved
        (first if drops else rest).append(op)
    return [*first, *rest]


def _waits(op: Any, pending: Sequence[Any]) -> bool:
    name = _takes(op)
    return name is not None and any(
        other is not op and _frees(other) == name for other in pending
    )


def _takes(op: Any) -> str | None:
    if isinstance(op, CreateCheckEnumOp):
        return str(op.name)
    if isinstance(op, AlterCheckEnumOp) and op.name != op.drop_name:
        return str(op.name)
    return None


def _frees(op: Any) -> str | None:
    if isinstance(op, DropCheckEnumOp):
        return str(op.name)
    if isinstance(op, AlterCheckEnumOp) and op.name != op.drop_name:
        return str(op.drop_name)
    return None


def _detour(pending: list[Any]) -> AlterCheckEnumOp:
    """Give the first constraint of a ring a temporary name; its operation
    then starts from there.
    """
    index, op = next(
        (index, op)
        for index, op in enumerate(pending)
        if isinstance(op, AlterCheckEnumOp) and _frees(op) is not None
    )
    names = {name for each in pending for name in (_takes(each), _frees(each))}
    between = conv(_unused(f"{op.drop_name}_", names))
    first = AlterCheckEnumOp(
        op.table_name,
        op.column_name,
        op.existing_values,
        existing_values=op.existing_values,
        name=between,
        existing_name=op.drop_name,
        schema=op.schema,
        array=op.existing_array,
        online=op.online,
    )
    rest = copy.copy(op)
    rest.existing_name = between
    pending[index] = rest
    return first


def _unused(name: str, names: set[str | None]) -> str:
    """A name like ``name`` that is not in ``names``, within PostgreSQL's limit
    of 63 bytes.
    """
    cut = name.encode()[:60].decode(errors="ignore")
    candidates = (f"{cut}{number}" for number in range(len(names) + 1))
    return next(each for each in candidates if each not in names)
