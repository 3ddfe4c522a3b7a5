"""Objects that name a value which is about to be renamed or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

_AGAIN = "drop it and create it again"

_REMEDIES = {
    "index": _AGAIN,
    "CHECK": _AGAIN,
    "policy": "ALTER POLICY",
    "row filter of publication": "ALTER PUBLICATION ... SET TABLE ... WHERE",
    "view": "replace it, or drop it and create it again",
    "rule": "CREATE OR REPLACE RULE",
    "trigger": "replace it, or drop it and create it again",
    "function": "CREATE OR REPLACE FUNCTION",
    "generated column": "alter its expression, or drop it and add it again",
    "default": "give it another one",
    "partition": "give its rows another partition",
}


@dataclass(frozen=True)
class Mention:
    """An object of the database that names a value.

    :ivar kind: what it is: ``index``, ``CHECK``, ``view`` and so on.
    :ivar name: its name.
    :ivar owner: the table or domain that it belongs to; ``None`` if its
        name is enough to find it.
    :ivar text: the SQL that names the value.
    :ivar values: the values that it names.
    """

    kind: str
    name: str
    owner: str | None
    text: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        where = f" of {self.owner!r}" if self.owner else ""
        return (
            f"{self.kind} {self.name!r}{where}: {self._excerpt()} "
            f"({_REMEDIES[self.kind]})"
        )

    def _excerpt(self) -> str:
        """One printable line of the text, around the value."""
        line = " ".join(self.text.split())
        start = max(line.find(self.values[0]) - _AROUND, 0)
        end = start + 2 * _AROUND
        shown = "".join(
            char if char.isprintable() else repr(char)[1:-1]
            for char in line[start:end]
        )
        return ("..." if start else "") + shown + ("..." if line[end:] else "")


class Mentions(Protocol):
    """What a backend has found about values of a column."""

    def defaults(self) -> list[Mention]:
        """The column's defaults that name a value."""

    def others(self) -> list[Mention]:
        """Everything else that names one, except the column's constraint."""


_AROUND = 120
"""How many characters of a long text to show on each side of the value."""
