"""Tells type checkers which Python type a CheckEnum has.

``CheckEnum(Status)`` is a ``TypeEngine[Status]``, where every
:class:`sqlalchemy.Enum` is a ``TypeEngine[str]``, being a ``String``.
"""

from __future__ import annotations

from typing import Any
from typing import Generic
from typing import TYPE_CHECKING

import sqlalchemy

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    import enum
    from typing import Literal

    from sqlalchemy.sql.base import _NoArg
    from sqlalchemy.types import TypeEngine
    from typing_extensions import TypedDict
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any)
    E = TypeVar("E", bound=enum.Enum)
    S = TypeVar("S", bound=str)

    class _TypeOf(TypeEngine[T]):
        """Comes before String on the way to TypeEngine: ``T`` decides."""

    class EnumOf(_TypeOf[T], sqlalchemy.Enum):
        """A :class:`sqlalchemy.Enum` whose Python values are ``T``."""

    class Options(TypedDict, total=False):
        """The options for strings, which an enum class takes too."""

        name: str | None
        length: int | None | _NoArg
        sort_key_function: Callable[[Any], Any] | None
        validate_strings: bool
        native_enum: Literal[False]
        create_constraint: Literal[True]

    class EnumOptions(Options, total=False):
        """The options for an enum class."""

        persist: Literal["name", "value"]
        values_callable: Callable[[Any], Sequence[str]] | None
        omit_aliases: bool

else:
    from typing import TypeVar

    T = TypeVar("T")

    class EnumOf(sqlalchemy.Enum, Generic[T]):
        """A :class:`sqlalchemy.Enum` that can be written with brackets."""
