"""The members of an enum, and the strings that they are stored as."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import enum
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import ClauseElement
from sqlalchemy import String
from sqlalchemy.sql import operators

from ._typing import EnumOf
from ._typing import T
from .exc import UnknownValueError
from .meanings import called
from .meanings import Meanings
from .meanings import Spellings
from .ordinal import Comparator

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.sql.operators import OperatorType
    from sqlalchemy.types import TypeEngine

# These operators compare with a member; any other takes a string as text.
_MEMBER_OPERATORS = {
    operators.eq,
    operators.ne,
    operators.in_op,
    operators.not_in_op,
    operators.is_distinct_from,
    operators.is_not_distinct_from,
}


class _Lookup(dict[Any, Any]):
    """A dict that asks a function for missing keys."""

    def __init__(
        self, known: dict[Any, Any], missing: Callable[[Any], Any]
    ) -> None:
        super().__init__(known)
        self.missing = missing

    def __missing__(self, key: Any) -> Any:
        return self.missing(key)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self), self.missing)


class Members(EnumOf[T]):
    """Stores strings and reads members.

    Reading a row costs one dict look-up without a Python call; writing a
    value costs one call.
    """

    comparator_factory = Comparator

    persist: str
    unknown: Any

    @property
    def enum_name(self) -> str:
        """The enum's name in errors."""
        if self.enum_class is not None:
            return self.enum_class.__name__
        return self.name or "the enum"

    def refused(self, value: Any) -> UnknownValueError:
        """The error that ``value`` is no member; it lists the members."""
        hint = self._spelled_otherwise(value)
        return UnknownValueError(value, self.enum_name, self.enums, hint)

    def _spelled_otherwise(self, value: object) -> str | None:
        """What to write instead, if ``value`` is a member's name but values
        are stored, or a member's value but names are stored.
        """
        members = getattr(self.enum_class, "__members__", {})
        for name, member in members.items():
            of_member = {"name": name, "value": getattr(member, "value", None)}
            for persist, spelled in of_member.items():
                if isinstance(spelled, str) and spelled == value:
                    called = f"{self.enum_name}.{name}"
                    return (
                        f"It is the {persist} of {called}: write {called}, or "
                        f"store {persist}s, by persist={persist!r}"
                    )
        return None

    def is_member(self, candidate: object) -> bool:
        """Whether it is a value of Python code: a member, or one of the
        strings that the type was made from.
        """
        if self.enum_class is None:
            return candidate in self.enums
        return isinstance(candidate, self.enum_class)

    def _setup_for_values(
        self, values: Sequence[str], objects: Any, kw: Any
    ) -> None:
        self.enums = list(values)
        self._object_lookup = _Lookup(
            dict(zip(values, objects)), self._read_unknown
        )
        # by names: hashing a member costs a Python call
        self._stored_by_name: dict[str, str] = {}
        if self.enum_class is not None:
            for member, value in zip(objects, values):
                self._stored_by_name.setdefault(self._name_of(member), value)
        self._valid_lookup = _Lookup(
            {value: value for value in values}, self._store_other
        )

    def _name_of(self, member: Any) -> str:
        """The member's name in the class; its own ``name`` may differ."""
        try:
            return str(member._name_)
        except AttributeError:
            assert self.enum_class is not None
            members = self.enum_class.__members__.items()
            return next((name for name, m in members if m is member), "")

    # -- from the database -----------------------------------------------

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """A dict look-up of the member, without a Python call."""
        read = self._object_lookup.__getitem__
        text = super(sqlalchemy.Enum, self).result_processor(dialect, coltype)
        return read if text is None else lambda stored: read(text(stored))

    def _read_unknown(self, stored: str) -> Any:
        means = self.meaning(stored)
        if means is not None:
            return self._object_lookup[means]
        member = self.member_for(stored)
        if member is not None:
            return member  # made up by the class
        if self.unknown is None:
            raise self.refused(stored)
        if self.is_member(self.unknown):
            return self.unknown
        return self.unknown(stored)

    @cached_property
    def meanings(self) -> Meanings:
        """The meanings of strings that are no longer stored."""
        known = self.enum_class if self.values_callable is None else None
        return Meanings(known, self._stored_by_name, self.persist == "value")

    @cached_property
    def _spelled(self) -> Spellings:
        return Spellings((each, each) for each in self.enums)

    def meaning(self, stored: str) -> str | None:
        """The string that is stored now for an old ``stored`` one.

        By the rules that recognise renames: itself, or what it is an alias
        of, or what ``_missing_`` gives for it, or what is spelled like it;
        last, what a catch-all ``_missing_`` gives for any string.
        """
        if dict.__contains__(self._object_lookup, stored):
            return stored
        known = self.meanings
        for find in known.alias, known.derived, self._spelled:
            found = find(stored)
            if found is not None:
                return found
        return self.canonical(stored)

    def canonical(self, string: str) -> str | None:
        """The stored string of the member that ``string`` means.

        ``string`` itself if it is stored. Otherwise, if names are persisted,
        the member whose alias it is in ``__members__``; if values are, the
        member that the class returns for it (by ``_missing_`` or an alias).
        ``None`` if it means no member.
        """
        member = self.member_for(string)
        if member is None or self.enum_class is None:
            return member  # type: ignore[no-any-return]
        return self._stored_by_name.get(self._name_of(member))

    def member_for(self, string: str) -> Any:
        """The member that ``string`` means when it is read, or ``None``."""
        if dict.__contains__(self._object_lookup, string):
            return self._object_lookup[string]
        if self.enum_class is None or self.values_callable is not None:
            return None
        if self.persist == "name":
            return self.enum_class.__members__.get(string)
        return self.by_value(string)

    def by_value(self, value: object) -> Any:
        """What the class returns for ``value``, or ``None``."""
        return called(self.enum_class, value)

    # -- to the database -------------------------------------------------

    def bind_processor(self, dialect: Dialect) -> Any:
        """The string to store for a member, or for a string that means one."""
        store = self._db_value_for_elem
        text = super(sqlalchemy.Enum, self).bind_processor(dialect)
        if text is None:
            return store
        return lambda value: text(store(value))

    def _db_value_for_elem(self, elem: Any) -> Any:
        try:
            if type(elem) is self.enum_class:
                return self._stored_by_name[elem._name_]
            return self._valid_lookup[elem]
        except (KeyError, TypeError):  # no member, or a list
            raise self.refused(elem) from None
        except AttributeError:  # its class is no enum.Enum
            return self._stored_by_name[self._name_of(elem)]

    def _store_other(self, elem: Any) -> str:
        if isinstance(elem, str):
            stored = self.canonical(elem)
            if stored is not None:
                return stored
            if not self.validate_strings:
                return elem
        raise self.refused(elem)

    def coerce_compared_value(
        self, op: OperatorType | None, value: Any
    ) -> TypeEngine[Any]:
        if op in _MEMBER_OPERATORS or isinstance(value, enum.Enum):
            return self
        if isinstance(value, str):
            return String()
        return super().coerce_compared_value(op, value)

    # -- to a mapped attribute -------------------------------------------

    def coercion_listener(
        self, target: Any, value: Any, oldvalue: Any, initiator: Any
    ) -> Any:
        """The member that ``value`` means when an attribute is set to it.

        ``force_auto_coercion()`` of sqlalchemy-utils finds this method and
        calls it for the attribute's ``set`` event. A string means the member
        that is stored as it; if there is none, the member with this name,
        then the one with this value. Members, ``None`` and SQL expressions
        stay as they are. A :class:`~sqlalchemy.types.TypeDecorator` whose
        values differ from its CheckEnum's needs a ``coercion_listener`` of
        its own.

        Raises :class:`~ckenum.exc.UnknownValueError` for anything else; with
        ``validate_strings=False`` strings stay as they are.
        """
        return _coerced(self, value)


def _coerced(enum_type: Members[Any], value: Any) -> Any:
    """The member that ``value`` means; ``None`` and SQL stay as they are.

    Raises :class:`~ckenum.exc.UnknownValueError` if it means no member.
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
            return None  # of another class, whose value may be equal
        return enum_type.by_value(value)
    member = enum_type.member_for(value)
    if member is None and enum_class is not None:
        member = enum_class.__members__.get(value)
        return enum_type.by_value(value) if member is None else member
    return member
