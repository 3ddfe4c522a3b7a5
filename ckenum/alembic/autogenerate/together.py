"""Native types of several columns of a table change together."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from alembic.operations import ops as alembic_ops

from ..ops.move import TypeMoveOp
from ..ops.together import TogetherOps


def together(ops: Iterable[Any]) -> Iterator[Any]:
    """``ops``, with consecutive directives that change types of one table in
    one batch.
    """
    for table in ops:
        if not isinstance(table, alembic_ops.ModifyTableOps):
            yield table
            continue
        for moves, group in groupby(table.ops, _moves):
            part = [*group]
            joins = moves and len(part) > 1
            kind = TogetherOps if joins else alembic_ops.ModifyTableOps
            yield kind(table.table_name, part, schema=table.schema)


def _moves(op: Any) -> bool:
    return isinstance(op, TypeMoveOp) and not op.online
