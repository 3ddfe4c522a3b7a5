"""Operations on one table that run as one."""

from __future__ import annotations

from typing import Any

from alembic.operations.ops import ModifyTableOps


class TogetherOps(ModifyTableOps):
    """Operations that are always rendered in a batch, whether or not
    ``env.py`` sets ``render_as_batch``: in a batch PostgreSQL rewrites the
    table once for all of them.
    """

    def reverse(self) -> TogetherOps:
        back: Any = [op.reverse() for op in reversed(self.ops)]
        return TogetherOps(self.table_name, back, schema=self.schema)
