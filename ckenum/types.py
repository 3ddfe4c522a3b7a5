"""Python's enums as VARCHAR columns that are held to their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
import enum
from typing import Any
from typing import cast
from typing import get_args
from typing import get_origin
from typing import Literal
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import DefaultClause
from sqlalchemy import String
from sqlalchemy.sql import operators
from sqlalchemy.sql.base import _NoArg

from . import constraint
from .exc import DeclarationError
from .exc import UnknownValueError

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Table
    from sqlalchemy.sql.operators import OperatorType
    from sqlalchemy.types import TypeEngine

DEFAULT_LENGTH = 255
"""Length of the VARCHAR, in characters, where none is given."""

_NO_ARG = _NoArg.NO_ARG

# Compared by these, a string stands for a member; by any other it is text.
_MEMBER_OPERATORS = {
    operators.eq,
    operators.ne,
    operators.in_op,
    operators.not_in_op,
    operators.is_distinct_from,
    operators.is_not_distinct_from,
}


class _Members(dict[Any, Any]):
    """Stored string -> member; what is not in it is asked for."""

    def __init__(
        self, known: dict[Any, Any], missing: Callable[[str], Any]
    ) -> None:
        super().__init__(known)
        self.missing = missing

    def __missing__(self, stored: str) -> Any:
        return self.missing(stored)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self), self.missing)


class CheckEnum(sqlalchemy.Enum):
    """A ``VARCHAR`` with a named CHECK constraint, for an enum's members.

    It is a :class:`sqlalchemy.Enum` that is never native and always has its
    constraint, on every backend; with ckenum's plugin, Alembic's
    autogenerate sees when the constraint in the database differs.

    :param \\*enums: one :class:`enum.Enum` class, or strings, or one
        ``Literal[...]`` of strings (also behind a :pep:`695` alias).
    :param persist: what is stored of an enum class: ``"name"`` (as
        :class:`sqlalchemy.Enum` does) or ``"value"``, the members' values,
        which must be strings.
    :param name: the constraint's name. It goes through the metadata's
        ``ck`` naming convention unless wrapped in
        :class:`sqlalchemy.schema.conv`. Default: the column's name, through
        the convention; where there is none, ``ck_<table>_<column>``.
    :param length: of the VARCHAR, in characters; ``None`` for no limit.
        Default: 255, or the longest value if that is longer.
    :param unknown: what a read gives for a stored string that means no
        member: a member, or a callable that takes the string and returns
        what is read. Default: :class:`~ckenum.exc.UnknownValueError`.
    :param values_callable: takes the enum class and returns the strings to
        store, one for each member, instead of ``persist``.
    :param sort_key_function: as in :class:`sqlalchemy.Enum`.
    :param omit_aliases: as in :class:`sqlalchemy.Enum`.
    :param validate_strings: whether a string that is no member is refused
        (:class:`~ckenum.exc.UnknownValueError`) when it is stored or
        compared for equality. Default ``True``.

    On PostgreSQL an ``ARRAY(CheckEnum(...))`` is a ``VARCHAR[]``, of which
    the constraint holds each item to the values: none may be NULL. The
    array itself may be NULL, or empty.

    A stored string that is not canonical is looked up as Python would: with
    names as an alias of the enum, with values by calling the class.

    Raises :class:`~ckenum.exc.DeclarationError` (a
    :class:`sqlalchemy.exc.ArgumentError`) for an enum without members, a
    ``Flag``, values that are not strings or cannot be stored, two members
    with one string, a ``length`` that is too short, and for
    ``native_enum=True`` or ``create_constraint=False``.
    """

    cache_ok = True

    def __init__(
        self,
        *enums: Any,
        persist: Literal["name", "value"] = "name",
        name: str | None = None,
        length: int | None | _NoArg = _NO_ARG,
        unknown: Any = None,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        sort_key_function: Any = _NO_ARG,
        omit_aliases: bool = True,
        validate_strings: bool = True,
        **kw: Any,
    ) -> None:
        if "_adapted_from" not in kw:
            _refuse_other_kinds(kw)
        if persist not in ("name", "value"):
            raise DeclarationError(
                f"persist is 'name' or 'value', not {persist!r}."
            )
        if values_callable is not None and persist == "value":
            raise DeclarationError(
                "persist='value' and values_callable both say what is "
                "stored: give one of them."
            )
        self.name = cast(Any, name)
        self.persist = persist
        self.unknown = unknown
        self.length_given = length
        # so that a batch, which copies the table, keeps the constraint's name
        adapted_from = kw.get("_adapted_from")
        self.batch_names: dict[tuple[str | None, str, str], Any] = (
            {} if adapted_from is None else adapted_from.batch_names
        )
        kw.update(
            native_enum=False,
            create_constraint=kw.get("create_constraint", True),
            name=name,
            values_callable=values_callable,
            sort_key_function=sort_key_function,
            omit_aliases=omit_aliases,
            validate_strings=validate_strings,
        )
        self._enum_init(cast(Any, _strings_of_literal(enums)), kw)
        if kw:
            raise TypeError(f"CheckEnum() takes no {', '.join(sorted(kw))}.")
        self.length = self._check_length(length)
        self._check_unknown()

    # -- what is stored --------------------------------------------------

    def _parse_into_values(
        self, enums: Any, kw: Any
    ) -> tuple[Sequence[str], Any]:
        enums = enums or kw.pop("_enums", ())
        if len(enums) == 1 and _is_enum_class(enums[0]):
            self.enum_class = enums[0]
            members = self._members_to_store()
            values = self._strings_of(members)
        else:
            self.enum_class = None
            values = members = list(enums)
        if not self._is_template:
            self._check_values(values)
        values = [str.__str__(value) for value in values]
        if self.enum_class is None:
            members = values
        return values, members

    @property
    def _is_template(self) -> bool:
        """For ``type_annotation_map``: stands for enums to come."""
        return cast(Any, self.enum_class) is enum.Enum

    @property
    def enum_name(self) -> str:
        """What errors call the enum."""
        if self.enum_class is not None:
            return self.enum_class.__name__
        return self.name or "the enum"

    def _members_to_store(self) -> list[Any]:
        assert self.enum_class is not None
        if issubclass(self.enum_class, enum.Flag):
            raise DeclarationError(
                f"{self.enum_name} is a Flag: its members combine, and a "
                f"combination is no single value. Store it as an Integer."
            )
        return [
            member
            for name, member in self.enum_class.__members__.items()
            if member.name == name or self._stores_aliases
        ]

    @property
    def _stores_aliases(self) -> bool:
        """By their names; they have no values of their own."""
        return not self._omit_aliases and self.persist == "name"

    def _strings_of(self, members: list[Any]) -> list[Any]:
        assert self.enum_class is not None
        if self.values_callable is not None:
            values = list(self.values_callable(self.enum_class))
            if len(values) != len(members):
                raise DeclarationError(
                    f"values_callable gives {len(values)} values for the "
                    f"{len(members)} members of {self.enum_name}."
                )
            return values
        if self.persist == "value":
            return [member.value for member in members]
        if self._omit_aliases:
            return [member.name for member in members]
        return list(self.enum_class.__members__)

    def _check_values(self, values: Sequence[Any]) -> None:
        if not values:
            raise DeclarationError(
                f"{self.enum_name} has no members: a column that is held to "
                f"them could store nothing."
            )
        wrong = [value for value in values if not isinstance(value, str)]
        if wrong:
            raise DeclarationError(
                f"The values of {self.enum_name} must be strings to be "
                f"stored, unlike {', '.join(map(repr, wrong))}."
            )
        for value in values:
            if not is_storable(value):
                raise DeclarationError(
                    f"{value!r} of {self.enum_name} cannot be stored: it has "
                    f"a NUL or a lone surrogate in it."
                )
        twice = [value for value, n in Counter(values).items() if n > 1]
        if twice:
            raise DeclarationError(
                f"{self.enum_name} has more than one member that is stored "
                f"as {', '.join(map(repr, twice))}."
            )

    def _check_length(self, length: int | None | _NoArg) -> int | None:
        longest = max(map(len, self.enums), default=0)
        if isinstance(length, _NoArg):
            return 0 if self._is_template else max(DEFAULT_LENGTH, longest)
        if length is not None and length < longest:
            value = max(self.enums, key=len)
            raise DeclarationError(
                f"length={length} is too short for {value!r} of "
                f"{self.enum_name}, which has {longest} characters."
            )
        return length

    def _is_member(self, candidate: object) -> bool:
        if self.enum_class is None:
            return candidate in self.enums
        return isinstance(candidate, self.enum_class)

    def _check_unknown(self) -> None:
        if (
            self._is_template
            or self.unknown is None
            or callable(self.unknown)
            or self._is_member(self.unknown)
        ):
            return
        raise DeclarationError(
            f"unknown={self.unknown!r} is neither a member of "
            f"{self.enum_name} nor a callable that takes a string."
        )

    # -- values on their way in and out ----------------------------------

    def _setup_for_values(
        self, values: Sequence[str], objects: Any, kw: Any
    ) -> None:
        self.enums = list(values)
        self._valid_lookup = dict(zip(reversed(objects), reversed(values)))
        self._object_lookup = _Members(
            dict(zip(values, objects)), self._read_unknown
        )

    def canonical(self, string: str) -> str | None:
        """The stored string of the member that ``string`` means.

        ``string`` itself where it is stored so; else what Python makes of
        it: an alias in ``__members__`` where names are persisted, what the
        class returns for it (hence ``_missing_`` and aliases) where values
        are. ``None`` where it means no member.
        """
        member = self._member_for(string)
        return None if member is None else self._valid_lookup[member]

    def _member_for(self, string: str) -> Any:
        if dict.__contains__(self._object_lookup, string):
            return self._object_lookup[string]
        if self.enum_class is None or self.values_callable is not None:
            return None
        if self.persist == "name":
            return self.enum_class.__members__.get(string)
        try:
            return self.enum_class(string)
        except (ValueError, LookupError, TypeError):
            return None  # what a _missing_ that finds nothing may raise

    def _read_unknown(self, stored: str) -> Any:
        member = self._member_for(stored)
        if member is not None:
            return member
        if self.unknown is None:
            raise UnknownValueError(stored, self.enum_name, self.enums)
        if self._is_member(self.unknown):
            return self.unknown
        return self.unknown(stored)

    def _db_value_for_elem(self, elem: Any) -> str | None:
        if elem is None:
            return None
        if self.enum_class is not None and self._is_member(elem):
            return self._valid_lookup[elem]
        if isinstance(elem, str):
            stored = self.canonical(elem)
            if stored is not None:
                return stored
            if not self.validate_strings:
                return elem
        raise UnknownValueError(elem, self.enum_name, self.enums)

    def coerce_compared_value(
        self, op: OperatorType | None, value: Any
    ) -> TypeEngine[Any]:
        if (
            isinstance(value, str)
            and not isinstance(value, enum.Enum)
            and op not in _MEMBER_OPERATORS
        ):
            return String()
        return super().coerce_compared_value(op, value)

    # -- the constraint --------------------------------------------------

    def _set_table(self, column: Column[Any], table: Table) -> None:
        # not of SchemaType: it listens for what native enums need
        if not self.create_constraint:
            return
        where = f"{table.fullname}.{column.name}"
        if self._is_template:
            raise DeclarationError(
                f"Column {where} needs an enum with members; "
                f"CheckEnum(enum.Enum) is for type_annotation_map."
            )
        if not constraint.is_type_of(self, column):
            return
        if not constraint.in_array(self, column):
            self._store_default(column, where)
        constraint.attach(self, column, table)

    def _store_default(self, column: Column[Any], where: str) -> None:
        """Make a server default what is stored, as of any other value."""
        default = column.server_default
        if isinstance(default, DefaultClause) and isinstance(default.arg, str):
            try:
                default.arg = cast(str, self._db_value_for_elem(default.arg))
            except UnknownValueError as error:
                raise DeclarationError(
                    f"The server default of column {where}: {error}"
                ) from None

    # -- copies, and how the type shows ----------------------------------

    def copy(self, **kw: Any) -> Any:
        copied = super().copy(**kw)  # type: ignore[no-untyped-call]
        copied._variant_mapping = self._variant_mapping
        return copied

    def _make_enum_kw(self, kw: dict[str, Any]) -> dict[str, Any]:
        kw.setdefault("length", self.length_given)
        kw.setdefault("persist", self.persist)
        kw.setdefault("unknown", self.unknown)
        super()._make_enum_kw(kw)  # type: ignore[no-untyped-call]
        return kw

    def _resolve_for_python_type(
        self,
        python_type: Any,
        matched_on: Any,
        matched_on_flattened: Any,
    ) -> Any:
        # a plain sqlalchemy.Enum, or an error
        resolved: Any = super()._resolve_for_python_type(
            python_type, matched_on, matched_on_flattened
        )
        return self.adapt_to_emulated(  # type: ignore[no-untyped-call]
            type(self),
            _enums=resolved._enums_argument,
            _adapted_from=self,
            _create_events=True,
        )

    @property
    def _static_cache_key(self) -> Any:
        return (
            type(self),
            self.enum_class,
            tuple(self.enums),
            self.persist,
            self.values_callable is None,
            self.length,
            self.unknown,
            self.validate_strings,
        )

    def __repr__(self) -> str:
        parts = [repr(value) for value in self.enums]
        if self.name:
            parts.append(f"name={str(self.name)!r}")
        if not isinstance(self.length_given, _NoArg):
            parts.append(f"length={self.length_given!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


def is_storable(value: str) -> bool:
    """Whether databases store a text: NUL ends an SQL statement, and a lone
    surrogate is no character.
    """
    return "\0" not in value and not any(
        "\ud800" <= character <= "\udfff" for character in value
    )


def _is_enum_class(candidate: object) -> bool:
    return isinstance(candidate, enum.EnumMeta)


def _strings_of_literal(enums: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(enums) != 1:
        return enums
    only = getattr(enums[0], "__value__", enums[0])
    return get_args(only) if get_origin(only) is Literal else enums


def _refuse_other_kinds(kw: dict[str, Any]) -> None:
    if kw.get("native_enum"):
        raise DeclarationError(
            "A CheckEnum is never native: use sqlalchemy.Enum for that."
        )
    if not kw.get("create_constraint", True):
        raise DeclarationError(
            "A CheckEnum always has its constraint: use "
            "sqlalchemy.Enum(native_enum=False) for one without."
        )
