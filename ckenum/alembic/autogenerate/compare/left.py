"""Columns that hold no enum, and constraints that one may have left there."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from typing import NamedTuple
from typing import Tuple
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import codes
from . import native_restored
from . import ours
from . import reflected
from ....arrays import undecorated
from ....constraint import check_enums
from ....constraint_names import default_final_name
from ....constraint_names import named_on
from ....recognition import beginnings
from ....recognition import spellings
from ....value_check import ValueCheck
from ...ops import CheckEnumOp
from .column import log
from .declared import column_named
from .declared import OPTION
from .declared import type_on
from .native_types import native_enum
from .owners import folded_text

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column
    from sqlalchemy import Dialect
    from sqlalchemy import Table

    from ....reflection import Check
    from ....reflection import ValueList
    from .owners import OwnChecks


_Reflected = Tuple[Any, str]
"""Name and text of a CHECK."""


class _Listed(NamedTuple):
    """A CHECK that may hold a column to strings.

    :ivar folded: the text with folded names, to look for a column's.
    """

    name: str | None
    text: str
    folded: str


@dataclass(frozen=True)
class LeftColumns:
    """The columns of a table that are not, or no longer, a CheckEnum."""

    context: AutogenContext
    conn_table: Table
    metadata_table: Table
    own: OwnChecks
    declared: set[str]

    def may_have_some(
        self, side: reflected.TableSide, strings: Sequence[_Reflected]
    ) -> bool:
        """Whether a CheckEnum may have left any of the constraints.

        This neither asks a filter of ``env.py`` nor parses a text.

        :param strings: the reflected CHECKs that name a string.
        """
        listed = [
            self._listed(name, text)
            for name, text in strings
            if not self.own.has(name)
        ]
        for column, named in self._columns(listed):
            native = self._native(column)
            if self._may_be_left(column.name, named) or (
                native
                and (
                    ours.any_may_be_ours(self.context)
                    or native_restored.may_be_restorable(
                        side, column, self.conn_table.c[column.name], native
                    )
                )
            ):
                return True
        return False

    def _listed(self, name: str | None, text: str) -> _Listed:
        return _Listed(name, text, folded_text(text, self.own.fold))

    def _columns(
        self, listed: Sequence[_Listed]
    ) -> Iterator[tuple[Column[Any], list[_Listed]]]:
        """The columns of both sides that a CHECK names, with those CHECKs."""
        if not listed:
            return
        texts = "\n".join([check.folded for check in listed])
        checked = {each.checked for each in check_enums(self.metadata_table)}
        for column in self.metadata_table.columns:
            name = self.own.fold(column.name)
            if (
                name in texts
                and column.name in self.conn_table.c
                and column.name not in self.declared
                and column not in checked
            ):
                named = [check for check in listed if name in check.folded]
                if named:
                    yield column, named

    def _native(self, column: Column[Any]) -> sa.Enum | None:
        """The native ENUM that the column becomes."""
        return native_enum(column, self.context.dialect)

    def _may_be_left(self, column: str, named: Sequence[_Listed]) -> bool:
        """Whether a CHECK has the name that a CheckEnum's would have.

        If the models have CheckEnums, a text that begins like theirs counts
        as well. If all Enums are compared, any CHECK may be an enum's. On
        SQLite, SQLAlchemy may have reflected several CHECKs as one.
        """
        if self.context.opts.get(OPTION):
            return True
        signs = [self._default_name(column)]
        if ours.declares_any(self.context):
            signs += beginnings(self.context.dialect, column)
        return any(
            sign == check.name or sign in check.text
            for check in named
            for sign in signs
        )

    def goes(self, check: Check, reading: ValueList) -> bool:
        """Whether the constraint is dropped; its column is no CheckEnum."""
        if column_named(self.metadata_table, reading.column) is None:
            return True
        return self._is_left(reflected.value_check(check, reading))

    def ops(self, side: reflected.TableSide) -> Iterator[CheckEnumOp]:
        """The operations that drop them, also on columns that become a native
        ENUM.
        """
        listed = [
            self._listed(check.name, check.text)
            for check in side.unfiltered
            if "'" in check.text and not side.is_expected(check)
        ]
        for column, named in self._columns(listed):
            native = self._native(column)
            if native:
                conn_col = self.conn_table.c[column.name]
                found = native_restored.restorable(
                    side, column, conn_col, native
                )
                if found:
                    yield from native_restored.restored(
                        side, column, conn_col, found, native
                    )
                    continue
            if not self._may_be_left(column.name, named):
                continue
            for existing in side.readable(column.name):
                where = side.where(column.name)
                if not self._is_left(existing):
                    self._tell(existing, where)
                elif side.includes_dropped(existing):
                    yield self._dropped(side, column, existing)

    def _dropped(
        self,
        side: reflected.TableSide,
        column: Column[Any],
        existing: ValueCheck,
    ) -> CheckEnumOp:
        conn_col = self.conn_table.c[column.name]
        moved = codes.restored(side, column, conn_col, existing)
        if moved is not None:
            return moved
        where = side.where(column.name)
        log.info("Detected removed check enum on '%s'", where)
        return side.drop_op(column.name, existing)

    def _tell(self, existing: ValueCheck, where: str) -> None:
        """Log that a constraint stays which may or may not be an Enum's."""
        if self.context.opts.get(OPTION):
            log.info(
                "The constraint %r on '%s' stays, for the models have no "
                "enum there, and its name does not tell that one has made "
                "it: if so, op.drop_check_enum() drops it",
                existing.name,
                where,
            )

    def _is_left(self, existing: ValueCheck) -> bool:
        """Whether an enum has left the constraint.

        Its name tells; if the models have CheckEnums, its spelling does too.
        """
        name, column = existing.name, existing.column
        if not name:
            return False
        if name in (self._default_name(column), self._stock_name(column)):
            return True
        return ours.declares_any(self.context) and (
            existing.text in _spelled(existing, self.context.dialect)
        )

    def _default_name(self, column: str) -> str:
        return default_final_name(
            self.metadata_table, column, self.context.dialect
        )

    def _stock_name(self, column: str) -> str | None:
        """The name that SQLAlchemy would give the constraint of an Enum that
        no longer has one.
        """
        declared = column_named(self.metadata_table, column)
        if declared is None or not self.context.opts.get(OPTION):
            return None
        dialect = self.context.dialect
        type_ = undecorated(type_on(declared, dialect))
        if not isinstance(type_, sa.Enum) or type_.native_enum:
            return None
        if not type_.name:
            return None
        return named_on(self.metadata_table, column, type_.name, dialect)


def checks_of_strings(table: Table) -> list[_Reflected]:
    """The CHECKs of a reflected table that name a string."""
    return [
        (check.name, text)
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
        and "'" in (text := _reflected_text(check))
    ]


def _reflected_text(check: sa.CheckConstraint) -> str:
    """The condition; text is not compiled."""
    if isinstance(check.sqltext, sa.TextClause):
        return check.sqltext.text
    return str(check.sqltext)


def _spelled(check: ValueCheck, dialect: Dialect) -> set[str]:
    """How the database spells the constraints that ckenum makes for these
    values.
    """
    if check.has_null:
        return set()
    listed = (check.column, check.strings, check.is_array)
    return {
        *islice(spellings(dialect, *listed), 1),
        *islice(spellings(dialect, *listed, exact=True), 2),
    }
