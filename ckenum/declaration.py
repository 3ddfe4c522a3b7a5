"""Which enums and strings a column may be declared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
import enum
from typing import Any
from typing import get_args
from typing import get_origin
from typing import Literal

from .exc import DeclarationError


def is_enum_class(candidate: object) -> bool:
    """Whether it is an enum class to :class:`sqlalchemy.Enum`: it has
    ``__members__``. Enums of older libraries are no :class:`enum.Enum`.
    """
    return isinstance(candidate, type) and hasattr(candidate, "__members__")


def strings_of_literal(enums: tuple[Any, ...]) -> tuple[Any, ...]:
    """``enums``, or the strings of the one ``Literal`` that they are."""
    if len(enums) != 1:
        return enums
    only = getattr(enums[0], "__value__", enums[0])
    return get_args(only) if get_origin(only) is Literal else enums


def refuse_wrong_arguments(enums: Sequence[Any]) -> None:
    """Raise for arguments that are neither one enum class nor strings, and
    say what was probably meant.
    """
    if not enums:
        raise DeclarationError(
            "CheckEnum needs an enum class or strings: CheckEnum(Status), or "
            'CheckEnum("new", "paid").'
        )
    first = enums[0]
    if isinstance(first, (list, tuple, set, frozenset)) and len(enums) == 1:
        shown = ", ".join(
            item.__name__ if is_enum_class(item) else repr(item)
            for item in [*first][:3]
        )
        more = ", ..." if len(first) > 3 else ""
        raise DeclarationError(
            f"CheckEnum takes strings one by one, not a "
            f"{type(first).__name__}: write CheckEnum({shown}{more})."
        )
    if isinstance(first, enum.Enum) and not isinstance(first, str):
        name = type(first).__name__
        raise DeclarationError(
            f"CheckEnum takes the enum class, not its members: write "
            f"CheckEnum({name})."
        )
    if len(enums) > 1 and any(map(is_enum_class, enums)):
        raise DeclarationError(
            "CheckEnum takes one enum class, or strings, not both or several."
        )


def is_storable(value: str) -> bool:
    """Whether databases can store a text: NUL ends an SQL statement, and a
    lone surrogate is no character.
    """
    return "\0" not in value and not any(
        "\ud800" <= character <= "\udfff" for character in value
    )


def refuse_other_kinds(kw: dict[str, Any]) -> None:
    """Raise for options that contradict what a CheckEnum is."""
    if kw.get("native_enum"):
        raise DeclarationError(
            "A CheckEnum is never native: use sqlalchemy.Enum for that."
        )
    if not kw.get("create_constraint", True):
        raise DeclarationError(
            "A CheckEnum always has its constraint: use "
            "sqlalchemy.Enum(native_enum=False) for one without."
        )


def check_persist(persist: str, values_callable: object) -> None:
    """Raise if ``persist`` is wrong, or ``values_callable`` is given too."""
    if persist not in ("name", "value"):
        raise DeclarationError(
            f"persist is 'name' or 'value', not {persist!r}."
        )
    if values_callable is not None and persist == "value":
        raise DeclarationError(
            "persist='value' and values_callable both say what is "
            "stored: give one of them."
        )


def members_of(
    enum_class: type[enum.Enum], aliases: bool
) -> dict[str, enum.Enum]:
    """Name -> member, in the order of the declaration.

    A name whose member has come before is an alias.
    """
    if issubclass(enum_class, enum.Flag):
        raise DeclarationError(
            f"{enum_class.__name__} is a Flag: its members combine, and a "
            f"combination is no single value. Store it as an Integer."
        )
    seen: set[int] = set()
    found = {}
    for name, member in enum_class.__members__.items():
        if aliases or id(member) not in seen:
            found[name] = member
        seen.add(id(member))
    return found


def strings_by(
    values_callable: Callable[[Any], Sequence[str]],
    enum_class: type[enum.Enum],
    members: Collection[str],
) -> list[str]:
    """The strings that ``values_callable`` gives for the ``members``."""
    values = list(values_callable(enum_class))
    if len(values) != len(members):
        raise DeclarationError(
            f"values_callable gives {len(values)} values for the "
            f"{len(members)} members of {enum_class.__name__}."
        )
    return values


def check_values(enum_name: str, values: Sequence[Any]) -> None:
    """Raise unless all ``values`` can be stored and differ from each other."""
    if not values:
        raise DeclarationError(
            f"{enum_name} has no members: a column that is held to "
            f"them could store nothing."
        )
    wrong = [value for value in values if not isinstance(value, str)]
    if wrong:
        raise DeclarationError(
            f"The values of {enum_name} must be strings to be "
            f"stored, unlike {', '.join(map(repr, wrong))}."
        )
    for value in values:
        if not is_storable(value):
            raise DeclarationError(
                f"{value!r} of {enum_name} cannot be stored: it has "
                f"a NUL or a lone surrogate in it."
            )
    twice = [value for value, n in Counter(values).items() if n > 1]
    if twice:
        raise DeclarationError(
            f"{enum_name} has more than one member that is stored "
            f"as {', '.join(map(repr, twice))}."
        )


def check_length(enum_name: str, values: Sequence[str], length: int) -> None:
    """Raise if ``length`` is no number of characters, or too small."""
    if type(length) is not int or length < 1:
        raise DeclarationError(
            f"length={length!r} of {enum_name} must be a whole number of "
            f"characters, at least 1, or None for no limit."
        )
    longest = max(values, key=len, default="")
    if length < len(longest):
        raise DeclarationError(
            f"length={length} is too short for {longest!r} of "
            f"{enum_name}, which has {len(longest)} characters."
        )
