"""What a string means that an older version of the enum has stored.

The same rules recognise renames and read rows, so rows can be read before and
after a migration renames them.
"""

from __future__ import annotations

from collections.abc import Iterable
import re
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Enum

_NONSENSE = "\N{REPLACEMENT CHARACTER} no value of any enum"


class Spellings:
    """Finds strings that differ only in case and in what separates their
    words.
    """

    def __init__(self, found: Iterable[tuple[str, str]]) -> None:
        """:param found: strings, each with its meaning."""
        self._found: dict[str, set[str]] = {}
        for string, meaning in found:
            self._found.setdefault(_spelling(string), set()).add(meaning)

    def __call__(self, string: str) -> str | None:
        """The meaning of the strings that are spelled like ``string``, if they
        have one meaning only.
        """
        found = self._found.get(_spelling(string), set())
        return next(iter(found)) if len(found) == 1 else None


class Meanings:
    """Finds the string that one enum stores now for an old string.

    :param enum_class: ``None`` if the stored strings have nothing to do with
        its names and values.
    :param stored: each member's name, with the string that it is stored as.
    :param by_value: whether the members' values are what is stored.
    """

    def __init__(
        self, enum_class: Any, stored: dict[str, str], by_value: bool
    ) -> None:
        self._class = enum_class
        self._stored = stored
        self._by_value = by_value
        members = getattr(enum_class, "__members__", {})
        by_member = {id(members[n]): s for n, s in stored.items() if members}
        self._names = {
            name: by_member[id(member)]
            for name, member in members.items()
            if id(member) in by_member
        }
        self._aliases = Spellings(
            (name, string)
            for name, string in self._names.items()
            if name not in stored
        )

    def alias(self, old: str) -> str | None:
        """The string that ``old`` is an explicit alias of: by the alias's
        value, or by its name in any spelling.
        """
        if self._by_value:
            known = getattr(self._class, "_value2member_map_", {})
            found = self._string_of(known.get(old))
        else:
            found = self._names.get(old)
        return self._aliases(old) if found is None else found

    def derived(self, old: str) -> str | None:
        """The string that ``_missing_`` of the class gives for ``old``.

        ``None`` if it gives a member for any string: a catch-all does not say
        what became of this one.
        """
        if not self._by_value or self._class is None:
            return None
        found = self._string_of(called(self._class, old))
        is_certain = found and called(self._class, _NONSENSE) is None
        return found if is_certain else None

    def meaning(self, old: str, declared: Iterable[str]) -> str | None:
        """The meaning of ``old`` by any of these rules, or by its spelling.

        :param declared: the strings that are stored now.
        """
        spelled = Spellings((each, each) for each in declared)
        for find in self.alias, self.derived, spelled:
            found = find(old)
            if found is not None:
                return found
        return None

    def _string_of(self, member: Any) -> str | None:
        return self._stored.get(getattr(member, "_name_", ""))


def meanings_of(type_: Enum) -> Meanings:
    """Those of SQLAlchemy's own Enum."""
    members = getattr(type_.enum_class, "__members__", {})
    if type_.values_callable is None:
        stored = {name: name for name in type_.enums if name in members}
        return Meanings(type_.enum_class, stored, False)
    names = [
        name
        for name, m in members.items()
        if getattr(m, "_name_", None) == name
    ]
    values = [members[name].value for name in names]
    if type_.enums != values:
        return Meanings(None, {}, False)
    return Meanings(type_.enum_class, dict(zip(names, values)), True)


def called(enum_class: Any, value: object) -> Any:
    """What the class returns for ``value``, or ``None``."""
    try:
        return enum_class(value)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None  # a _missing_ that finds nothing


def _spelling(value: str) -> str:
    return re.sub(r"[-_\s]+", "_", value).casefold()
