"""PostgreSQL's statements that SQLAlchemy does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.schema import DropConstraint

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

    def one_by_one(self) -> list[DDLElement]:
        """The same in a statement for each, for engines that want that."""
        dropped = [
            DropConstraint(old, if_exists=self.if_exists) for old in self.drops
        ]
        return [*dropped, SwapNotValid(self.new)]


class SwapConstraint(DDLElement):
    """One ``ALTER TABLE`` that drops a constraint and adds another.

    PostgreSQL takes both in one statement, under one lock, also where the
    two have the same name ("ALTER TABLE" in its manual).
    """

    def __init__(self, old: CheckConstraint, new: CheckConstraint) -> None:
        self.old = old
        self.new = new


class RenameConstraint(DDLElement):
    """``ALTER TABLE ... RENAME CONSTRAINT``: no row is looked at."""

    def __init__(self, old: CheckConstraint, new: CheckConstraint) -> None:
        self.old = old
        self.new = new


class ValidateConstraint(DDLElement):
    """``ALTER TABLE ... VALIDATE CONSTRAINT``.

    :ivar table: the constraint's, or one that has inherited it.
    """

    def __init__(self, constraint: CheckConstraint, table: Any = None) -> None:
        self.constraint = constraint
        self.table = constraint.table if table is None else table


class SetImmediate(DDLElement):
    """``SET CONSTRAINTS ... IMMEDIATE``, of all where none are named."""

    def __init__(self, names: list[tuple[str, str]] | None = None) -> None:
        self.names = names


@compiles(LockTable)
def _lock_table(element: LockTable, compiler: Any, **kw: Any) -> str:
    return "LOCK TABLE %s%s IN %s MODE" % (
        "ONLY " if element.only else "",
        compiler.preparer.format_table(element.table),
        element.mode,
    )


@compiles(SwapNotValid)
def _swap_not_valid(element: SwapNotValid, compiler: Any, **kw: Any) -> str:
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


@compiles(SwapConstraint)
def _swap_constraint(element: SwapConstraint, compiler: Any, **kw: Any) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s DROP CONSTRAINT %s, ADD %s" % (
        preparer.format_table(element.old.table),
        preparer.format_constraint(element.old),
        compiler.process(element.new, **kw),
    )


@compiles(RenameConstraint)
def _rename_constraint(
    element: RenameConstraint, compiler: Any, **kw: Any
) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s RENAME CONSTRAINT %s TO %s" % (
        preparer.format_table(element.old.table),
        preparer.format_constraint(element.old),
        preparer.format_constraint(element.new),
    )


@compiles(ValidateConstraint)
def _validate_constraint(
    element: ValidateConstraint, compiler: Any, **kw: Any
) -> str:
    preparer = compiler.preparer
    return "ALTER TABLE %s VALIDATE CONSTRAINT %s" % (
        preparer.format_table(element.table),
        preparer.format_constraint(element.constraint),
    )


@compiles(SetImmediate)
def _set_immediate(element: SetImmediate, compiler: Any, **kw: Any) -> str:
    quote = compiler.preparer.quote
    names = ", ".join(
        f"{quote(schema)}.{quote(name)}"
        for schema, name in element.names or ()
    )
    return f"SET CONSTRAINTS {names or 'ALL'} IMMEDIATE"
