"""Keep online directives out of batches, even with ``render_as_batch``.

A batch is one transaction, and nothing can be online in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from alembic.operations import ops as alembic_ops

from ..ops import CheckEnumOp


def unbatch(ops: Iterable[Any]) -> Iterator[Any]:
    """``ops``, with the online ones moved out of their tables' batches."""
    for op in ops:
        if not isinstance(op, alembic_ops.ModifyTableOps):
            yield op
            continue
        for online, group in groupby(op.ops, _is_online):
            if online:
                yield from group
            else:
                yield alembic_ops.ModifyTableOps(
                    op.table_name, [*group], schema=op.schema
                )


def _is_online(op: Any) -> bool:
    return isinstance(op, CheckEnumOp) and op.online
