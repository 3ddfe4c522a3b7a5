"""A CHECK that limits one column to a list of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional
from typing import Tuple


@dataclass(frozen=True)
class ValueCheck:
    """A CHECK that limits one column to a list of values, on either side: the
    database's or the models'.

    :ivar name: empty if it has none.
    :ivar column: the column's name, as the condition spells it.
    :ivar values: as in directives; ``None`` is a NULL in the list.
    :ivar is_array: whether the column holds arrays of the values.
    :ivar not_valid: whether PostgreSQL has not checked older rows by it.
    :ivar text: the condition, as the database gives it; empty if the models
        or a directive declare it.
    """

    name: str
    column: str
    values: Tuple[Optional[str], ...]
    is_array: bool = False
    not_valid: bool = False
    text: str = ""

    @property
    def strings(self) -> tuple[str, ...]:
        """The values without the NULL."""
        return tuple(value for value in self.values if value is not None)

    @property
    def has_null(self) -> bool:
        """Whether it rejects nothing, because its list has a NULL."""
        return None in self.values
