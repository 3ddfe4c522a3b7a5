"""Source text that drops foreign keys and creates them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import render_op
from alembic.autogenerate.render import renderers
from alembic.operations import ops as alembic_ops

from ...ops.keys import ForeignKeysOp
from ...ops.keys import RefusedOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@renderers.dispatch_for(ForeignKeysOp)
def _keys(context: AutogenContext, op: ForeignKeysOp) -> list[str]:
    return [
        *_comment(op),
        *(line for each in op.ops for line in render_op(context, each)),
        *_comments_on_keys(context, op),
    ]


def _comment(op: ForeignKeysOp) -> Iterator[str]:
    if op.creates:
        yield "# Each of these foreign keys is checked for all rows of the"
        yield "# table that has it. Nobody can write to either of its tables"
        yield "# meanwhile: the locks are SHARE ROW EXCLUSIVE."
    else:
        yield "# Foreign keys tie columns that change one after the other:"
        yield "# they are dropped first and created again at the end. That"
        yield "# takes ACCESS EXCLUSIVE locks on both tables of each."


def _comments_on_keys(
    context: AutogenContext, op: ForeignKeysOp
) -> Iterator[str]:
    if op.creates:
        for statement in op.comments:
            # a colon would begin a bind parameter
            text = statement.replace(":", "\\:")
            yield from render_op(context, alembic_ops.ExecuteSQLOp(text))


@renderers.dispatch_for(RefusedOp)
def _refused(context: AutogenContext, op: RefusedOp) -> list[str]:
    op.refuse()
    return []
