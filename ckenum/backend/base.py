"""What is asked of a backend's SQL, and where the answers are found."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import ClassVar
from typing import TYPE_CHECKING
from typing import TypeVar

from sqlalchemy import cast
from sqlalchemy import Dialect
from sqlalchemy import String
from sqlalchemy import Text

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Connection
    from sqlalchemy import URL

Clause = TypeVar("Clause")


class Backend:
    """A backend of which nothing special is known; subclasses know more.

    :cvar sqlglot: what sqlglot calls its dialect, where that is not
        SQLAlchemy's name.
    :cvar has_arrays: whether a column can hold arrays.
    :cvar has_enum_types: whether there are native ENUM types.
    :cvar moves_enum_types: whether a column of a native type, which may be a
        VARCHAR here, can become a CheckEnum, and back.
    :cvar names_enum_types: whether a native ENUM type has a name, and is no
        part of a column's definition.
    :cvar enforces_length: whether a VARCHAR refuses what is too long.
    """

    sqlglot: ClassVar[str | None] = None
    has_arrays: ClassVar[bool] = False
    has_enum_types: ClassVar[bool] = False
    moves_enum_types: ClassVar[bool] = False
    names_enum_types: ClassVar[bool] = True
    enforces_length: ClassVar[bool] = True

    def fold_name(self, name: str) -> str:
        """What is the same for all spellings of one name of a column."""
        return name

    def same_name(self, one: str | None, other: str | None) -> bool:
        """Whether the two are one name."""
        return one == other or (
            one is not None
            and other is not None
            and self.fold_name(one) == self.fold_name(other)
        )

    def stored_name(self, name: str) -> str:
        """What the database keeps of the name of a constraint."""
        return name

    def exact(self, text: ColumnElement[Any]) -> Any:
        """``text``, to be compared so that no two strings are equal."""
        return text

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """``column``, which may be of a native ENUM, as text."""
        return cast(column, Text())

    def is_exact(self, collation: str) -> bool:
        """Whether strings are equal by ``collation`` only if they are the
        same.
        """
        return False

    def is_plain_cast(self, type_: str, collated: bool) -> bool:
        """Whether a cast to ``type_`` leaves strings that are equal only if
        they are the same.

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
        """How the database may give back the condition of a CheckEnum: what
        is likely comes first; nothing where it is not known.

        :param column: its name, quoted where it has to be.
        :param exact: whether it says that it compares exactly, as the column
            does not.
        """
        return iter(())

    def qualified(self, clause: Clause) -> Clause:
        """``clause`` with functions, operators and types that nobody but
        the database itself has defined.
        """
        return clause

    def prepare_literals(self, literal: Dialect, dialect: Dialect) -> None:
        """Have ``literal``, a new dialect that has not been connected, write
        strings as ``dialect`` does.
        """
        if hasattr(literal, "_backslash_escapes"):
            literal._backslash_escapes = False

    def only_read(self, connection: Connection) -> None:
        """Have ``connection`` refuse to write."""
        connection.execution_options(postgresql_readonly=True)

    def missing_file(self, url: URL) -> str | None:
        """The file that connecting to ``url`` would create."""
        return None


_GENERIC = Backend()
_BACKENDS: dict[str, Backend] = {}


def register(name: str, backend: Backend) -> None:
    """Have ``backend`` answer for a dialect.

    :param name: SQLAlchemy's of the dialect (``dialect.name``).
    """
    _BACKENDS[name] = backend


def backend_of(dialect: Dialect | str) -> Backend:
    """The backend of a dialect, or of SQLAlchemy's name for it; one that
    knows nothing special where none is registered.
    """
    name = dialect if isinstance(dialect, str) else dialect.name
    return _BACKENDS.get(name, _GENERIC)
