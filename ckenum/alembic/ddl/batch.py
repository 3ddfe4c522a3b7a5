"""What a column is called before a batch, and after it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import operator
from typing import Any

Item = tuple[str, Sequence[Any], dict[str, Any]]
"""What a batch gathers: a method, its arguments and its options."""

Same = Callable[["str | None", "str | None"], bool]
"""Whether a backend takes two names for one."""


def name_before(
    items: Sequence[Item], column: str, same: Same = operator.eq
) -> str:
    """The name in the table of what is called ``column`` after ``items``."""
    for new, old in reversed(list(_renames(items))):
        if same(new, column):
            column = old
    return column


def name_after(items: Iterable[Item], column: str, same: Same) -> str:
    """What ``column`` is called after ``items``, each of which uses the name
    that the one before has left.
    """
    for new, old in _renames(items):
        if same(old, column):
            column = new
    return column


def name_in_copy(items: Iterable[Item], column: str, same: Same) -> str:
    """What ``column`` is called in the copy that Alembic makes, for which
    all ``items`` use the names of before.
    """
    names = [new for new, old in _renames(items) if same(old, column)]
    return names[-1] if names else column


def after_adds_and_drops(
    items: Iterable[Item], columns: Iterable[str], same: Same
) -> list[str]:
    """What ``items`` leave of a table's columns, by the names of before."""
    left = [*columns]
    for method, arguments, _ in items:
        if method == "add_column":
            left.append(arguments[1].name)
        elif method == "drop_column":
            gone = arguments[1].name
            left = [name for name in left if not same(name, gone)]
    return left


def _renames(items: Iterable[Item]) -> Iterable[tuple[str, str]]:
    """New and old names of the columns that are renamed."""
    for method, arguments, options in items:
        if method == "alter_column" and options.get("name"):
            yield options["name"], arguments[1]
