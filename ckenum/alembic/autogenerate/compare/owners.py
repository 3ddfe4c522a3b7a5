"""Whose a CHECK of the database is: a column's, or the model's own.

A constraint that the model declares besides those of its CheckEnums is never
dropped, adopted or renamed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import Optional
from typing import Tuple
from typing import TYPE_CHECKING
from typing import Union

import sqlalchemy as sa

from ....constraint import CheckEnumConstraint
from ....constraint import ck_convention
from ....constraint import final_name
from ....reflected import is_reflected
from ....reflected import reflected_name
from ....reflection import Check
from ....reflection import read_check
from ....reflection import Unreadable
from ....reflection import ValueList

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy import Table

Reading = Union[ValueList, Unreadable]
Read = Callable[[Check], Reading]
Meaning = Tuple[str, "frozenset[str]", bool, bool]


@dataclass(frozen=True)
class OwnChecks:
    """The CHECKs that a model declares for a table by itself.

    :ivar enums: the constraints of its enums, which are not its own.
    :ivar ours: their names in the database.
    :ivar fold: makes equal what the database takes for one column's name.
    """

    table: Table
    dialect: Dialect
    enums: frozenset[sa.CheckConstraint]
    ours: frozenset[str]
    fold: Callable[[str], str]

    def without(
        self, checks: Sequence[Check], read: Read
    ) -> list[tuple[Check, Reading]]:
        """Those of ``checks`` that the model does not stand for, read.

        It stands for a constraint by its name; where the database has none
        of that name, or the model gives none, by what it says.
        """
        by_name = self.names - self.ours
        left = [check for check in checks if check.name not in by_name]
        if not left:
            return []
        found = {check.name for check in checks}
        readings = [(check, read(check)) for check in left]
        for meaning in self._meanings(found):
            for item in readings:
                check, reading = item
                if check.name not in self.ours and meaning == self._meaning(
                    reading
                ):
                    readings.remove(item)
                    break
        return readings

    @cached_property
    def names(self) -> frozenset[str]:
        """Their names in the database, of those that have one."""
        return frozenset(name for _, name in self._named if name is not None)

    @cached_property
    def _named(self) -> list[tuple[sa.CheckConstraint, Optional[str]]]:
        return [(check, self._name(check)) for check in self._declared()]

    def _declared(self) -> Iterator[sa.CheckConstraint]:
        """Of the table, and of its columns, which keep theirs apart."""
        compiler = self.dialect.statement_compiler(self.dialect, None)
        constraints = [
            *self.table.constraints,
            *(c for column in self.table.columns for c in column.constraints),
        ]
        for constraint in constraints:
            if (
                not isinstance(constraint, sa.CheckConstraint)
                or isinstance(constraint, CheckEnumConstraint)
                or constraint in self.enums
            ):
                continue
            rule: Any = constraint._create_rule
            if rule is None or rule(compiler):
                yield constraint

    def _name(self, check: sa.CheckConstraint) -> str | None:
        if is_reflected(check):
            return reflected_name(check)
        if check.name is None:
            return None
        if not isinstance(check.name, str):  # a convention's, if it has one
            convention = ck_convention(self.table.metadata)
            if convention is None or "constraint_name" in convention:
                return None
        return final_name(check, self.dialect)

    def _meanings(self, found: set[str | None]) -> Iterator[Meaning]:
        for check, name in self._named:
            if name is None or name not in found:
                meaning = self._meaning(self._read(check))
                if meaning is not None:
                    yield meaning

    def _read(self, check: sa.CheckConstraint) -> Reading:
        try:
            text = check.sqltext.compile(
                dialect=self.dialect,
                compile_kwargs={"literal_binds": True, "include_table": False},
            )
        except sa.exc.CompileError as error:
            return Unreadable(str(error))
        return read_check(self.dialect.name, str(text).replace("%%", "%"))

    def _meaning(self, reading: Reading) -> Meaning | None:
        if isinstance(reading, Unreadable):
            return None
        return (
            self.fold(reading.column),
            frozenset(reading.values),
            reading.has_null,
            reading.is_array,
        )
