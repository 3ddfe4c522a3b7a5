"""The interface of a backend's SQL, and the registry of backends."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import ClassVar
from typing import TYPE_CHECKING
from typing import TypeVar

from sqlalchemy import Dialect
from sqlalchemy import String
from sqlalchemy import type_coerce

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Connection
    from sqlalchemy import URL

Clause = TypeVar("Clause")


class Backend:
    """A backend of which nothing special is known; subclasses know more.

    :cvar sqlglot: sqlglot's name for its dialect, if it differs from
        SQLAlchemy's.
    :cvar has_arrays: whether a column can hold arrays.
    :cvar has_enum_types: whether there are native ENUM types.
    :cvar moves_enum_types: whether a column of a native type, which may be a
        VARCHAR here, can become a CheckEnum, and back.
    :cvar names_enum_types: whether a native ENUM type has a name, instead of
        being part of a column's definition.
    :cvar longest_name: how many characters the name of a constraint may have,
        where the database refuses one that has more.
    :cvar enforces_length: whether a VARCHAR refuses longer strings.
    """

    sqlglot: ClassVar[str | None] = None
    has_arrays: ClassVar[bool] = False
    has_enum_types: ClassVar[bool] = False
    moves_enum_types: ClassVar[bool] = False
    names_enum_types: ClassVar[bool] = True
    longest_name: ClassVar[int | None] = None
    enforces_length: ClassVar[bool] = True

    def fold_name(self, name: str) -> str:
        """A column's name in a form that is the same for all its spellings."""
        return name

    def same_name(self, one: str | None, other: str | None) -> bool:
        """Whether the two spell one column's name."""
        return one == other or (
            one is not None
            and other is not None
            and self.fold_name(one) == self.fold_name(other)
        )

    def stored_name(self, name: str) -> str:
        """A constraint's name as the database keeps it, which may be cut."""
        return name

    def exact(self, text: ColumnElement[Any]) -> Any:
        """``text`` as an expression in which only equal strings are equal."""
        return text

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """``column``, which may be of a native ENUM, as text.

        Where there are none it is text already; a cast may make it a type
        that cannot be compared (CLOB).
        """
        return type_coerce(column, String())

    def is_exact(self, collation: str) -> bool:
        """Whether ``collation`` considers no two different strings equal."""
        return False

    def is_plain_cast(self, type_: str, collated: bool) -> bool:
        """Whether a cast to ``type_`` keeps different strings different.

        :param type_: as sqlglot writes it.
        :param collated: whether an exact collation is applied to it.
        """
        return False

    def string(self, dialect: Dialect, length: int | None) -> String:
        """The type of a CheckEnum's column."""
        return String(length)

    def label(self, reflected: str) -> str:
        """The label of a native ENUM that SQLAlchemy has reflected."""
        return reflected

    def spellings(
        self,
        column: str,
        values: Sequence[str],
        is_array: bool,
        exact: bool = False,
    ) -> Iterator[str]:
        """The spellings of a CheckEnum's condition that the database may give
        back, the likeliest first; none if they are not known.

        :param column: its name, quoted if necessary.
        :param exact: whether the condition itself compares exactly, because
            the column does not.
        """
        return iter(())

    def qualified(self, clause: Clause) -> Clause:
        """``clause`` with functions, operators and types that only the
        database itself can have defined.
        """
        return clause

    def prepare_literals(self, literal: Dialect, dialect: Dialect) -> None:
        """Make ``literal``, a new dialect without a connection, write strings
        as ``dialect`` does.
        """
        if hasattr(literal, "_backslash_escapes"):
            literal._backslash_escapes = False

    def only_read(self, connection: Connection) -> None:
        """Make ``connection`` refuse to write."""
        connection.execution_options(postgresql_readonly=True)

    def missing_file(self, url: URL) -> str | None:
        """The file that connecting to ``url`` would create."""
        return None


_GENERIC = Backend()
_BACKENDS: dict[str, Backend] = {}


def register(name: str, backend: Backend) -> None:
    """Register ``backend`` for a dialect.

    :param name: SQLAlchemy's name of the dialect (``dialect.name``).
    """
    _BACKENDS[name] = backend


def backend_of(dialect: Dialect | str) -> Backend:
    """The backend registered for a dialect, or for SQLAlchemy's name of it;
    otherwise one that knows nothing special.
    """
    name = dialect if isinstance(dialect, str) else dialect.name
    return _BACKENDS.get(name, _GENERIC)
