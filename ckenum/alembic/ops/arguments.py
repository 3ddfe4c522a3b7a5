"""Checks of the directives' arguments, made when they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from ...declaration import is_storable
from ...exc import DirectiveError

Error = Callable[[str], DirectiveError]
"""Makes an error that names the column."""


def value_list(
    error: Error, argument: str, values: Any
) -> tuple[str | None, ...]:
    """Return ``values`` if they are a list of distinct strings.

    ``None`` may be among them: a constraint may be found with a NULL in its
    list.
    """
    if not _is_list(values) or not all(
        value is None or isinstance(value, str) for value in values
    ):
        raise error(f"{argument} must be a list of strings, not {values!r}")
    if not values:
        raise error(f"{argument} is empty")
    for value, times in Counter(values).items():
        if times > 1:
            raise error(f"{argument} has {value!r} more than once")
        if value is not None and not is_storable(value):
            raise error(
                f"{argument} has {value!r}, which cannot be stored: it "
                f"contains a NUL or a lone surrogate"
            )
    return tuple(values)


def renames(error: Error, rename: Any) -> dict[str, str | None]:
    """Return ``rename`` if it maps strings to strings or ``None``."""
    if rename is None:
        return {}
    if not isinstance(rename, Mapping) or not all(
        isinstance(old, str) and (new is None or isinstance(new, str))
        for old, new in rename.items()
    ):
        raise error(
            f"rename must map strings to strings or None, not {rename!r}"
        )
    return dict(rename)


def deletes(error: Error, delete: Any) -> tuple[str, ...]:
    """Return ``delete`` if it is a list of strings."""
    if not _is_list(delete) or not all(isinstance(v, str) for v in delete):
        raise error(f"delete must be a list of strings, not {delete!r}")
    return tuple(delete)


def lengths(
    error: Error,
    length: Any,
    existing_length: Any,
    values: Iterable[str | None],
) -> None:
    """Raise unless they are numbers of characters that fit ``values``."""
    for argument, number in [
        ("length", length),
        ("existing_length", existing_length),
    ]:
        if number is not None and (type(number) is not int or number < 1):
            raise error(f"{argument}={number!r} is not a number of characters")
    if length is None:
        if existing_length is not None:
            raise error(
                f"existing_length={existing_length} needs length beside it; "
                f"give both only if the length changes"
            )
        return
    longest = max((value or "" for value in values), key=len)
    if length < len(longest):
        raise error(
            f"length={length} is too short for {longest!r}, which has "
            f"{len(longest)} characters"
        )


def default(
    error: Error, argument: str, value: Any, values: Collection[str | None]
) -> None:
    """Raise unless ``value`` is one of ``values``, ``None`` or ``False``."""
    if value is False or value is None:
        return
    if not isinstance(value, str):
        raise error(f"{argument}={value!r} is not a string")
    if values and value not in values:
        raise error(
            f"{argument}={value!r} is not one of the values: {[*values]}"
        )


def name(error: Error, argument: str, value: Any) -> None:
    """Raise unless ``value`` is a constraint's name; it may be empty."""
    if not isinstance(value, str):
        raise error(f"{argument}={value!r} is not a name for a constraint")


def _is_list(values: Any) -> bool:
    return isinstance(values, Collection) and not isinstance(
        values, (str, bytes, Mapping)
    )
