"""The Python source of a CheckEnum."""

from __future__ import annotations

from collections.abc import Iterator
import enum
from typing import Any

from sqlalchemy.sql.base import _NoArg
from sqlalchemy.sql.elements import conv


def written(type_: Any) -> str:
    """The call that makes an equal type.

    It can be evaluated if the names of the type, the enum class and functions
    are known; a lambda has no name. A name that goes through no convention is
    written as in a migration.
    """
    arguments = [_value(each) for each in type_._enums_argument]
    options = [f"{name}={_value(value)}" for name, value in _options(type_)]
    return f"{type(type_).__name__}({', '.join(arguments + options)})"


def _options(type_: Any) -> Iterator[tuple[str, Any]]:
    """The arguments that differ from their defaults."""
    if type_.persist != "name":
        yield "persist", type_.persist
    if type_.name:
        yield "name", type_.name
    if not isinstance(type_.length_given, _NoArg):
        yield "length", type_.length_given
    if type_.unknown is not None:
        yield "unknown", type_.unknown
    if type_.values_callable is not None:
        yield "values_callable", type_.values_callable
    if not isinstance(type_._sort_key_function, _NoArg):
        yield "sort_key_function", type_._sort_key_function
    if not type_._omit_aliases:
        yield "omit_aliases", False
    if not type_.validate_strings:
        yield "validate_strings", False


def _value(value: object) -> str:
    if isinstance(value, conv):
        return f"op.f({str(value)!r})"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value._name_}"
    if isinstance(value, type):
        return value.__name__
    return getattr(value, "__qualname__", None) or repr(value)
