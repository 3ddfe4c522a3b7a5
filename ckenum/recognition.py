"""How a database spells the constraints that ckenum makes.

Parsing a constraint takes longer than Alembic takes for the whole table. A
constraint with an expected spelling is not parsed; a miss costs the parse and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from .backend import backend_of
from .reflection import Check
from .reflection import ValueList

if TYPE_CHECKING:
    from sqlalchemy import Dialect


def spellings(
    dialect: Dialect,
    column_name: str,
    values: Sequence[str],
    is_array: bool = False,
    exact: bool = False,
) -> Iterator[str]:
    """The condition for a VARCHAR column or an array of VARCHAR, in the
    spellings that the database may give back, the likeliest first.

    Empty if they are not known.

    :param exact: whether the condition itself compares exactly, because the
        column does not.
    """
    column = dialect.identifier_preparer.quote(column_name)
    return backend_of(dialect).spellings(column, values, is_array, exact)


def beginnings(dialect: Dialect, column_name: str) -> Iterator[str]:
    """How the likeliest spellings begin, whatever the values are."""
    for values, is_array in (
        (["?", "!"], False),
        (["?"], False),
        (["?"], True),
    ):
        for exact in (False, True):
            found = spellings(dialect, column_name, values, is_array, exact)
            for text in islice(found, 1):
                yield text.partition("?")[0]


class Expected:
    """The constraints that the model declares for a table, as the database
    would spell them.

    :ivar readings: what each constraint says, by its name.

    :param columns: for each CheckEnum column its constraint's name in the
        database, its name, its values, and whether it holds arrays of them.
    """

    def __init__(
        self,
        dialect: Dialect,
        columns: Sequence[tuple[str, str, Sequence[str], bool]],
    ) -> None:
        self.dialect = dialect
        self._likeliest: dict[str, str | None] = {}
        self.readings = {
            name: ValueList(column, (*values,), is_array=is_array)
            for name, column, values, is_array in columns
        }

    def spellings(self, reading: ValueList) -> Iterator[str]:
        return spellings(
            self.dialect, reading.column, reading.values, reading.is_array
        )

    def likeliest(self, name: str) -> str | None:
        """The likely spellings of the constraint ``name``."""
        if name not in self._likeliest:
            found = self.spellings(self.readings[name])
            self._likeliest[name] = next(found, None)
        return self._likeliest[name]

    def reading(self, check: Check) -> ValueList | None:
        """What ``check`` says, if its spelling is an expected one."""
        name = check.name or ""
        reading = self.readings.get(name)
        if reading and (
            check.text == self.likeliest(name)
            or check.text in self.spellings(reading)
        ):
            return reading
        return None
