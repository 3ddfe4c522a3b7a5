"""Which names of a table's constraints become free in a revision."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ....reflection import Unreadable

if TYPE_CHECKING:
    from ....reflection import Check
    from ....reflection import ValueList
    from .declared import Declared
    from .reflected import TableSide

_KINDS = {False: "single strings", True: "arrays"}


@dataclass(frozen=True)
class Names:
    """The names of one table's CHECK constraints, in this revision.

    :ivar declared: the columns of enums.
    :ivar goes: whether the constraint of any other column is dropped.
    """

    side: TableSide
    declared: Sequence[Declared]
    fold: Callable[[str], str]
    goes: Callable[[Check, ValueList], bool]

    @cached_property
    def wanted(self) -> dict[str, str | None]:
        """The name that the constraint of each column of an enum is to have,
        by the column's folded name; ``None`` for the one that it has.
        """
        return {
            self.fold(each.column.name): each.name for each in self.declared
        }

    def taken(self, column_name: str, name: str, is_array: bool) -> str | None:
        """Why ``name`` is not free: another constraint has it and keeps it."""
        for check in self.side.checks:
            if check.name != name:
                continue
            reading = self.side.reading(check)
            if isinstance(reading, Unreadable):
                return reading.reason
            if self.fold(reading.column) != self.fold(column_name):
                if self._leaves(check, reading, frozenset({name})):
                    continue
                return f"it is about column {reading.column!r}"
            if reading.is_array != is_array:
                return f"it is about {_KINDS[reading.is_array]}"
        return None

    def _leaves(
        self, check: Check, reading: ValueList, asked: frozenset[str]
    ) -> bool:
        """Whether the constraint is renamed or dropped."""
        column = self.fold(reading.column)
        if column not in self.wanted:
            return self.goes(check, reading)
        wanted = self.wanted[column]
        if wanted is None or wanted == check.name:
            return False
        return wanted in asked or all(
            not isinstance(there := self.side.reading(other), Unreadable)
            and self._leaves(other, there, asked | {wanted})
            for other in self.side.checks
            if other.name == wanted
        )
