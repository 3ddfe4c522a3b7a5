"""Python's source text, broken into lines as black breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

WIDTH = 79


@dataclass(frozen=True)
class Group:
    """Items in brackets; on one line if they fit.

    :ivar separator: what separates the items: a comma, or nothing for a
        chain of calls.
    """

    opening: str
    items: Sequence[Expression]
    closing: str = ")"
    separator: str = ", "

    def __str__(self) -> str:
        inside = self.separator.join(map(str, self.items))
        return f"{self.opening}{inside}{self.closing}"


Expression = Union[str, Group]


def lines(expression: Expression, indent: int = 4, end: str = "") -> list[str]:
    """The lines of ``expression``, which is indented by ``indent`` columns."""
    flat = f"{expression}{end}"
    if isinstance(expression, str) or indent + len(flat) <= WIDTH:
        return [flat]
    return [
        expression.opening,
        *("    " + line for line in _inside(expression, indent + 4)),
        expression.closing + end,
    ]


def _inside(group: Group, indent: int) -> list[str]:
    flat = group.separator.join(map(str, group.items))
    comma = group.separator.strip()
    if comma and indent + len(flat) <= WIDTH:
        return [flat]
    end = comma if len(group.items) > 1 else ""
    return [line for item in group.items for line in lines(item, indent, end)]
