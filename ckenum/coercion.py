"""What may be assigned to an attribute instead of a member."""

from __future__ import annotations

import enum
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import ClauseElement

if TYPE_CHECKING:
    from .members import Members


def coerced(enum_type: Members[Any], value: Any) -> Any:
    """The member that ``value`` means; what needs none as it is.

    Raises :class:`~ckenum.exc.UnknownValueError` where it means none.
    """
    if value is None or _is_sql(value):
        return value
    if enum_type.enum_class is not None and enum_type.is_member(value):
        return value
    member = _any_spelling(enum_type, value)
    if member is not None:
        return member
    if isinstance(value, str) and not enum_type.validate_strings:
        return value
    raise enum_type.refused(value)


def _is_sql(value: object) -> bool:
    return isinstance(value, ClauseElement) or hasattr(
        value, "__clause_element__"
    )


def _any_spelling(enum_type: Members[Any], value: Any) -> Any:
    enum_class = enum_type.enum_class
    if not isinstance(value, str):
        if enum_class is None or isinstance(value, enum.Enum):
            return None  # of another class, which may have equal values
        return enum_type.by_value(value)
    member = enum_type.member_for(value)
    if member is None and enum_class is not None:
        member = enum_class.__members__.get(value)
        return enum_type.by_value(value) if member is None else member
    return member
