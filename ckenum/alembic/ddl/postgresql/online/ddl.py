"""The statements of online changes that SQLAlchemy does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint


class LockTable(DDLElement):
    """``LOCK TABLE``, with those that inherit from it unless ``only``."""

    def __init__(
        self, table: sa.TableClause, mode: str, only: bool = False
    ) -> None:
        self.table = table
        self.mode = mode
        self.only = only


class SwapNotValid(DDLElement):
    """One ``ALTER TABLE`` that drops constraints and adds one, NOT VALID.

    No row is looked at ("ALTER TABLE" in PostgreSQL's manual, Notes).

    :ivar if_exists: for scripts, which cannot look what there is to drop.
    """

    def __init__(
        self,
        new: CheckConstraint,
        drops: Sequence[CheckConstraint] = (),
        if_exists: bool = False,
    ) -> None:
        self.new = new
        self.drops = drops
        self.if_exists = if_exists


@compiles(LockTable, "postgresql")
def _lock_table(element: LockTable, compiler: Any, **kw: Any) -> str:
    return "LOCK TABLE %s%s IN %s MODE" % (
        "ONLY " if element.only else "",
        compiler.preparer.format_table(element.table),
        element.mode,
    )


@compiles(SwapNotValid, "postgresql")
def _swap(element: SwapNotValid, compiler: Any, **kw: Any) -> str:
    preparer = compiler.preparer
    drop = (
        "DROP CONSTRAINT IF EXISTS "
        if element.if_exists
        else ("DROP CONSTRAINT ")
    )
    actions = [
        *(drop + preparer.format_constraint(old) for old in element.drops),
        f"ADD {compiler.process(element.new, **kw)} NOT VALID",
    ]
    return "ALTER TABLE %s %s" % (
        preparer.format_table(element.new.table),
        ", ".join(actions),
    )
