"""Triggers that online renames have left, as autogenerate finds them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.util import PriorityDispatchResult
import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

log = logging.getLogger("alembic.autogenerate.ckenum")

_KEPT = sa.text("""
    SELECT t.tgrelid::regclass::text, d.description::json ->> 'column'
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_description d
      ON d.objoid = t.tgfoid
      AND d.classoid = 'pg_catalog.pg_proc'::regclass
    WHERE t.tgname LIKE 'zz\\_ckenum\\_%' AND t.tgparentid = 0
    ORDER BY 1, 2
    """)


def tell(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Say of which columns; they are no difference to the models."""
    if context.dialect.name == "postgresql":
        assert context.connection is not None
        for table, column in context.connection.execute(_KEPT):
            log.info(
                "A rename has left its trigger on %s, column %r; when no "
                "process writes the old values any more, "
                "op.drop_check_enum_trigger() removes it",
                table,
                column,
            )
    return PriorityDispatchResult.CONTINUE
