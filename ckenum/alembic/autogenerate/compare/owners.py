"""Who owns a CHECK of the database: an enum column, or the model itself.

A constraint that the model declares besides those of its CheckEnums is never
dropped, adopted or renamed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Container
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from typing import Any
from typing import Dict
from typing import Optional
from typing import Tuple
from typing import TYPE_CHECKING
from typing import Union

import sqlalchemy as sa

from ....backend import backend_of
from ....constraint import CheckEnumConstraint
from ....constraint_names import ck_convention
from ....constraint_names import final_name
from ....recognition import Expected
from ....reflected import is_reflected
from ....reflected import reflected_name
from ....reflection import Check
from ....reflection import read_check
from ....reflection import Unreadable
from ....reflection import ValueList

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy import Table
    from sqlalchemy.sql.compiler import SQLCompiler

    from .declared import Declared

Reading = Union[ValueList, Unreadable]
Meaning = Tuple[str, "frozenset[str]", bool, bool]


@dataclass(frozen=True)
class OwnChecks:
    """The CHECKs that a model declares for a table itself.

    :ivar enums: the constraints of its enums, which do not count.
    :ivar ours: the names of those in the database.
    :ivar fold: returns the same for all spellings of one column's name.
    """

    table: Table
    dialect: Dialect
    enums: frozenset[sa.CheckConstraint]
    ours: frozenset[str]
    fold: Callable[[str], str]
    _texts: Dict[sa.CheckConstraint, str] = field(default_factory=dict)
    _readings: Dict[str, Reading] = field(default_factory=dict)

    def without(
        self,
        found: Sequence[Tuple[Check, ValueList]],
        names: Container[str | None],
    ) -> list[Tuple[Check, ValueList]]:
        """The constraints in ``found`` that the model does not declare.

        A CHECK of the model that has no name, or a name that is not in the
        database, is compared by what it says.

        :param found: the constraints that hold one column to values.
        :param names: the names of all constraints of the table.
        """
        left = [*found]
        if not left:
            return left
        for meaning in self._meanings(self.fold(left[0][1].column), names):
            for item in left:
                check, reading = item
                if check.name not in self.ours and meaning == self._meaning(
                    reading
                ):
                    left.remove(item)
                    break
        return left

    def has(self, name: str | None) -> bool:
        """Whether one of them has that name in the database."""
        return name in self._given_names or name in self.names

    @cached_property
    def _given_names(self) -> frozenset[Any]:
        """The names in the model: most of them are those in the database."""
        return frozenset(
            [
                check.name
                for check in self._declared()
                if isinstance(check.name, str) and not is_reflected(check)
            ]
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in the database of those that have one."""
        return frozenset(name for _, name in self._named if name is not None)

    @cached_property
    def _named(self) -> list[tuple[sa.CheckConstraint, Optional[str]]]:
        return [(check, self._name(check)) for check in self._declared()]

    def _declared(self) -> Iterator[sa.CheckConstraint]:
        """The table's, and its columns', which SQLAlchemy keeps apart."""
        constraints = [
            *self.table.constraints,
            *[c for column in self.table.columns for c in column.constraints],
        ]
        for constraint in constraints:
            if (
                not isinstance(constraint, sa.CheckConstraint)
                or isinstance(constraint, CheckEnumConstraint)
                or constraint in self.enums
            ):
                continue
            rule: Any = constraint._create_rule
            if rule is None or rule(self._compiler):
                yield constraint

    @cached_property
    def _compiler(self) -> SQLCompiler:
        return self.dialect.statement_compiler(self.dialect, None)

    def _name(self, check: sa.CheckConstraint) -> str | None:
        if is_reflected(check):
            return reflected_name(check)
        if check.name is None:
            return None
        if not isinstance(check.name, str):  # a convention may name it
            convention = ck_convention(self.table.metadata)
            if convention is None or "constraint_name" in convention:
                return None
        return final_name(check, self.dialect)

    def _meanings(
        self, column: str, names: Container[str | None]
    ) -> Iterator[Meaning]:
        for check, name in self._named:
            if name is None or name not in names:
                meaning = self._declared_meaning(check, column)
                if meaning is not None and meaning[0] == column:
                    yield meaning

    def _declared_meaning(
        self, check: sa.CheckConstraint, column: str
    ) -> Meaning | None:
        """What ``check`` says, if it can be about the column."""
        if check not in self._texts:
            self._texts[check] = self._text(check)
        text = self._texts[check]
        if column not in folded_text(text, self.fold):
            return None
        if text not in self._readings:
            self._readings[text] = read_check(self.dialect.name, text)
        reading = self._readings[text]
        return (
            None if isinstance(reading, Unreadable) else self._meaning(reading)
        )

    def _text(self, check: sa.CheckConstraint) -> str:
        try:
            text = check.sqltext.compile(
                dialect=self.dialect,
                compile_kwargs={"literal_binds": True, "include_table": False},
            )
        except sa.exc.CompileError:
            return ""  # nothing that can be read
        return str(text).replace("%%", "%")

    def _meaning(self, reading: ValueList) -> Meaning:
        return (
            self.fold(reading.column),
            frozenset(reading.values),
            reading.has_null,
            reading.is_array,
        )


def folded_text(text: str, fold: Callable[[str], str]) -> str:
    """``text`` in a form that contains each folded name in it, however the
    name is quoted.
    """
    text = fold(text)
    for mark in '"`':
        if mark * 2 in text:
            text += text.replace(mark * 2, mark)
    return text


def expected_on(declared: list[Declared], dialect: Dialect) -> Expected:
    return Expected(
        dialect,
        [
            (each.name, each.column.name, each.values, each.is_array)
            for each in declared
            if each.name is not None
        ],
    )


def own_checks(
    table: Table,
    declared: list[Declared],
    dialect: Dialect,
) -> OwnChecks:
    """The CHECKs that the model declares besides those of its enums."""
    return OwnChecks(
        table,
        dialect,
        frozenset([each.constraint for each in declared]),
        frozenset([each.name for each in declared if each.name is not None]),
        backend_of(dialect).fold_name,
    )
