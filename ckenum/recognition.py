"""How a database spells the constraint that ckenum makes.

To parse a constraint takes longer than Alembic takes for the whole table.
One that is spelled as expected need not be: a miss only costs the parse.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import array_literal
from .reflection import Check
from .reflection import ValueList

if TYPE_CHECKING:
    from sqlalchemy import Dialect


def spellings(
    dialect: Dialect,
    column_name: str,
    values: Sequence[str],
    is_array: bool = False,
) -> Iterator[str]:
    """The condition for a VARCHAR column, or for an array of them, as the
    database may give it back: what is likely comes first.

    None where that is not known.
    """
    column = dialect.identifier_preparer.quote(column_name)
    if dialect.name == "sqlite":
        yield f"{column} IN ({', '.join(map(_literal, values))})"
    elif dialect.name == "postgresql":
        if not any("\\" in value for value in values):
            yield from _postgresql(column, values, is_array)


def _postgresql(
    column: str, values: Sequence[str], is_array: bool
) -> Iterator[str]:
    def array(cast: str) -> str:
        return f"ARRAY[{', '.join(_literal(v) + cast for v in values)}]"

    constant = _literal(array_literal.stored(values))
    if is_array:
        yield f"{column} <@ {constant}::character varying[]"
        yield f"{column} <@ {array('::character varying')}"
    elif len(values) == 1:
        yield f"{column}::text = {_literal(values[0])}::text"
    else:
        yield f"{column}::text = ANY ({constant}::text[])"
        yield f"{column}::text = ANY ({array('::character varying')}::text[])"
        # restored from a dump
        yield f"{column}::text = ANY ({array('::character varying::text')})"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class Expected:
    """What the model declares for a table, as the database would spell it.

    :param columns: of each CheckEnum column its constraint's name in the
        database, its name, its values, and whether it holds arrays of them.
    """

    def __init__(
        self,
        dialect: Dialect,
        columns: Sequence[tuple[str, str, Sequence[str], bool]],
    ) -> None:
        self._dialect = dialect
        self._readings = {
            name: ValueList(column, (*values,), is_array=is_array)
            for name, column, values, is_array in columns
        }

    def _spellings(self, reading: ValueList) -> Iterator[str]:
        return spellings(
            self._dialect, reading.column, reading.values, reading.is_array
        )

    def reading(self, check: Check) -> ValueList | None:
        """What ``check`` says, if it says it as expected."""
        reading = self._readings.get(check.name or "")
        if reading and check.text in self._spellings(reading):
            return reading
        return None

    def sqlite_checks(self, create_table: str) -> list[Check] | None:
        """The constraints in the text that SQLite keeps of a table, if they
        are just those expected, and it has nothing that could look like one.
        """
        checks = []
        if (
            create_table.upper().count("CHECK") != len(self._readings)
            or "--" in create_table
            or "/*" in create_table
        ):
            return None
        quote = self._dialect.identifier_preparer.quote
        for name, reading in self._readings.items():
            (text,) = self._spellings(reading)
            clause = f"CONSTRAINT {quote(name)} CHECK ({text})"
            before, found, _ = create_table.partition(clause)
            if not found or any(before.count(mark) % 2 for mark in "'\"`"):
                return None
            if before.count("[") != before.count("]"):
                return None
            checks.append(Check(name, text))
        return checks
