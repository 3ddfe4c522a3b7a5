"""The column that moves, and the one beside it that takes its place."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
import hashlib
import json
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ......backend.pg_catalog import qualified
from .....ops.move import TypeMoveOp
from ....constraint import constraint_of
from ...move import Move
from ...trigger_ddl import name_of

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint

_SUFFIX = "__ckenum"
_LONGEST = 63
"""Bytes of a name ("Identifiers and Key Words" in PostgreSQL's manual)."""


def beside(name: str) -> str:
    """The name of what stands beside something of that name.

    It ends in a digest of the name if it would be too long otherwise.
    """
    if len((name + _SUFFIX).encode()) <= _LONGEST:
        return name + _SUFFIX
    end = _SUFFIX + hashlib.sha256(name.encode()).hexdigest()[:8]
    start = name.encode()[: _LONGEST - len(end)].decode(errors="ignore")
    return start + end


@dataclass(frozen=True)
class Pair:
    """A column of one type and a column of the other, in one row."""

    move: Move

    @property
    def op(self) -> TypeMoveOp:
        return self.move.op

    @property
    def becomes_text(self) -> bool:
        return self.op.becomes_text

    @property
    def back(self) -> Pair:
        """The same two columns, on the way back."""
        return Pair(replace(self.move, op=self.op.reverse()))

    @cached_property
    def beside(self) -> str:
        """The name of the second column."""
        return beside(self.op.column_name)

    @property
    def op_beside(self) -> TypeMoveOp:
        """The operation, as if the second column had the first one's name."""
        there = copy.copy(self.op)
        there.column_name = self.beside
        return there

    @property
    def type(self) -> Any:
        """The second column's."""
        if self.becomes_text:
            return self.op.column_type(self.op.length)
        return self.move.column_type

    @property
    def check(self) -> CheckConstraint | None:
        """The constraint that the second column gets."""
        op = self.op_beside
        if not self.becomes_text:
            return None
        return constraint_of(self.move.operations, op, op.name, op.values)

    @property
    def old_check(self) -> CheckConstraint | None:
        """The constraint that goes with the first column."""
        op = self.op
        if self.becomes_text:
            return None
        return constraint_of(
            self.move.operations, op, op.name, op.existing_values
        )

    def value(
        self, column: sa.ColumnElement[Any] | None = None
    ) -> sa.ColumnElement[Any]:
        """What the second column has to hold, of its type.

        :param column: the first column, if it needs a prefix.
        """
        text = self.move.using(column)
        return text if self.becomes_text else self.move.typed(text)

    def in_step(self, row: str | None = None) -> sa.ColumnElement[bool]:
        """Whether the second column holds that; never NULL.

        :param row: the name of the row, such as ``new``.
        """
        first: sa.ColumnClause[Any] = sa.column(self.op.column_name)
        second: sa.ColumnClause[Any] = sa.column(self.beside)
        if row is not None:
            first.table = second.table = sa.table(row)
        text, is_now = self.move.using(first), self.move.as_text(second)
        return sa.or_(
            sa.and_(text.is_(None), is_now.is_(None)),
            (text == is_now).is_(sa.true()),
        )

    def guard(self, not_null: bool) -> CheckConstraint:
        """The constraint by which PostgreSQL proves that all rows are in
        step, and that none is NULL.
        """
        condition = self.in_step()
        if not_null:
            second: sa.ColumnClause[Any] = sa.column(self.beside)
            condition = sa.and_(condition, second.is_not(None))
        table = sa.Table(
            self.op.table_name, sa.MetaData(), schema=self.op.schema
        )
        constraint = sa.CheckConstraint(
            qualified(condition), name=self.guard_name
        )
        table.append_constraint(constraint)
        return constraint

    @property
    def guard_name(self) -> str:
        return beside(f"{self.op.column_name}_in_step")

    @property
    def trigger_name(self) -> str:
        """Of the trigger that keeps the columns in step, and its function."""
        return name_of(self.op_beside)

    @property
    def says(self) -> str:
        """What the trigger does, as the comment of its function has it."""
        return json.dumps(
            {
                "mirror": self.beside,
                "column": self.op.column_name,
                "type": self.move.type_name,
                "to": "text" if self.becomes_text else "type",
                "rename": self.op.rename,
            },
            ensure_ascii=False,
        )
