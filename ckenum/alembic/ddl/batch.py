"""The name of a column before a batch, and after it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import operator
from typing import Any

Item = tuple[str, Sequence[Any], dict[str, Any]]
"""One call that a batch gathers: a method, its arguments and its options."""

Same = Callable[["str | None", "str | None"], bool]
"""Whether a backend takes two names for one."""


def name_before(
    items: Sequence[Item], column: str, same: Same = operator.eq
) -> str:
    """The name before ``items`` of the column called ``column`` after them."""
    for new, old in reversed(list(_renames(items))):
        if same(new, column):
            column = old
    return column


def name_after(items: Iterable[Item], column: str, same: Same) -> str:
    """The name of ``column`` after ``items``; each item uses the name that
    the previous one gave.
    """
    for new, old in _renames(items):
        if same(old, column):
            column = new
    return column


def name_in_copy(items: Iterable[Item], column: str, same: Same) -> str:
    """The name of ``column`` in the copy that Alembic makes; all ``items``
    use the names from before the batch.
    """
    names = [new for new, old in _renames(items) if same(old, column)]
    return names[-1] if names else column


def after_adds_and_drops(
    items: Iterable[Item], columns: Iterable[str], same: Same
) -> list[str]:
    """A table's columns after ``items``, by their names from before."""
    left = [*columns]
    for method, arguments, _ in items:
        if method == "add_column":
            left.append(arguments[1].name)
        elif method == "drop_column":
            gone = arguments[1].name
            left = [name for name in left if not same(name, gone)]
    return left


def is_new_name(items: Sequence[Item], column: str, same: Same) -> bool:
    """Whether ``items`` make a column that is called ``column``, by adding
    it or by renaming one.
    """
    return not same(name_before(items, column, same), column) or any(
        method == "add_column" and same(arguments[1].name, column)
        for method, arguments, _ in items
    )


def _renames(items: Iterable[Item]) -> Iterable[tuple[str, str]]:
    """The new and the old name of each renamed column."""
    for method, arguments, options in items:
        if method == "alter_column" and options.get("name"):
            yield options["name"], arguments[1]


def collation_after(items: Sequence[Item], column: str) -> str | None:
    """The collation that ``column`` gets by ``items``, if it gets one."""
    for method, arguments, options in reversed(items):
        type_: Any = None
        if method == "add_column" and arguments[1].name == column:
            type_ = arguments[1].type
        elif method == "alter_column" and arguments[1] == column:
            type_ = options.get("type_")
        collation = getattr(type_, "collation", None)
        if collation is not None:
            return str(collation)
    return None
