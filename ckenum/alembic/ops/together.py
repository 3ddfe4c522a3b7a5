"""Operations on one table that run as one."""

from __future__ import annotations

from typing import Any

from alembic.operations.ops import ModifyTableOps


class TogetherOps(ModifyTableOps):
    """Operations that are rendered in a batch, whatever ``env.py`` says of
    ``render_as_batch``: there PostgreSQL rewrites the table once for all.
    """

    def reverse(self) -> TogetherOps:
        back: Any = [op.reverse() for op in reversed(self.ops)]
        return TogetherOps(self.table_name, back, schema=self.schema)
