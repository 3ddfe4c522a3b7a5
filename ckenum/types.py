"""The type of VARCHAR columns that hold the members of a Python enum."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import enum
from typing import Any
from typing import cast
from typing import Literal
from typing import overload
from typing import TYPE_CHECKING

from sqlalchemy import DefaultClause
from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import _NoArg

from . import constraint
from ._typing import T
from .backend import backend_of
from .constraint_names import KeptNames
from .declaration import check_length
from .declaration import check_persist
from .declaration import check_values
from .declaration import is_enum_class
from .declaration import members_of
from .declaration import refuse_other_kinds
from .declaration import refuse_wrong_arguments
from .declaration import strings_by
from .declaration import strings_of_literal
from .exc import DeclarationError
from .exc import UnknownValueError
from .foreign_keys import followed_text
from .members import Members
from .written import written

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Table
    from typing_extensions import TypeForm
    from typing_extensions import Unpack

    from ._typing import E
    from ._typing import EnumOptions
    from ._typing import Options
    from ._typing import S

DEFAULT_LENGTH = 255
"""Length of the VARCHAR, in characters, if none is given."""

_NO_ARG = _NoArg.NO_ARG


class CheckEnum(Members[T]):
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
        the convention; if there is none, ``ck_<table>_<column>``.
    :param length: of the VARCHAR, in characters; ``None`` for no limit.
        Default: 255, or the longest value if that is longer.
    :param unknown: what a read gives for a stored string that means no
        member: a member, or a callable that takes the string and returns
        what is read. Default: :class:`~ckenum.exc.UnknownValueError`.
    :param values_callable: takes the enum class and returns the strings to
        store, one for each member, instead of ``persist``. If they are the
        members' values, it is the same as ``persist="value"``.
    :param sort_key_function: as in :class:`sqlalchemy.Enum`.
    :param omit_aliases: as in :class:`sqlalchemy.Enum`.
    :param validate_strings: whether a string that is no member is refused
        (:class:`~ckenum.exc.UnknownValueError`) when it is stored or
        compared for equality. Default ``True``.

    If the table is reflected, as with ``autoload_with``, the constraint
    replaces the reflected one of the same name.

    On PostgreSQL an ``ARRAY(CheckEnum(...))`` is a ``VARCHAR[]``. Its
    constraint applies to each item: no item may be NULL. The array itself
    may be NULL, or empty. On other databases SQLAlchemy has no arrays;
    creating such a table raises :class:`~sqlalchemy.exc.CompileError`.

    A stored string that no longer belongs to a member is read as
    autogenerate recognises renames: as an alias (by its value, or by its
    name in any spelling), as what the class's ``_missing_`` returns for it,
    or as a member whose string differs only in case, ``-``, ``_`` and
    blanks.

    An enum class without members is a template for ``type_annotation_map``,
    for all classes that inherit from it.

    Raises :class:`~ckenum.exc.DeclarationError` (a
    :class:`sqlalchemy.exc.ArgumentError`) for no strings at all, a
    ``Flag``, values that are not strings or cannot be stored, two members
    with one string, a ``length`` that is too short, and for
    ``native_enum=True`` or ``create_constraint=False``.
    """

    cache_ok = True

    @overload
    def __init__(
        self: CheckEnum[E],
        enum_class: type[E],
        /,
        *,
        unknown: E | Callable[[str], E] | None = None,
        **options: Unpack[EnumOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: CheckEnum[str],
        value: str,
        /,
        *values: str,
        unknown: str | Callable[[str], str] | None = None,
        **options: Unpack[Options],
    ) -> None: ...

    @overload
    def __init__(
        self: CheckEnum[S],
        literal: TypeForm[S],
        /,
        *,
        unknown: S | Callable[[str], S] | None = None,
        **options: Unpack[Options],
    ) -> None: ...

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
            refuse_other_kinds(kw)
        check_persist(persist, values_callable)
        self.name = cast(Any, name)
        self.persist = persist
        self.unknown = unknown
        self.length_given = length
        source = kw.get("_adapted_from")
        self.kept_names = KeptNames(source and source.kept_names)
        kw.update(
            native_enum=False,
            create_constraint=kw.get("create_constraint", True),
            name=name,
            values_callable=values_callable,
            sort_key_function=sort_key_function,
            omit_aliases=omit_aliases,
            validate_strings=validate_strings,
        )
        self._enum_init(cast(Any, strings_of_literal(enums)), kw)
        if kw:
            raise TypeError(f"CheckEnum() takes no {', '.join(sorted(kw))}.")
        self.length = self._length(length)
        self._check_unknown()

    # -- what is stored --------------------------------------------------

    def _parse_into_values(
        self, enums: Any, kw: Any
    ) -> tuple[Sequence[str], Any]:
        enums = enums or kw.pop("_enums", ())
        if len(enums) == 1 and is_enum_class(enums[0]):
            self.enum_class = enums[0]
            # aliases are stored by name; they have no values of their own
            members = members_of(
                self.enum_class,
                aliases=not self._omit_aliases and self.persist == "name",
            )
            values = self._strings_of(members)
        else:
            refuse_wrong_arguments(enums)
            self.enum_class = None
            values = list(enums)
        if not self._is_template:
            check_values(self.enum_name, values)
        values = [str.__str__(value) for value in values]
        if self.enum_class is None:
            return values, values
        return values, list(members.values())

    @property
    def _is_template(self) -> bool:
        """Whether it is a template for ``type_annotation_map``: an enum class
        without members.
        """
        return self.enum_class is not None and not self.enum_class.__members__

    def _strings_of(self, members: dict[str, Any]) -> list[Any]:
        if self.values_callable is not None and members:
            assert self.enum_class is not None
            strings = strings_by(
                self.values_callable, self.enum_class, members
            )
            if strings != [member.value for member in members.values()]:
                return strings
            # the long way to say so
            self.persist, self.values_callable = "value", None
        if self.persist == "value":
            return [member.value for member in members.values()]
        return list(members)

    def _length(self, length: int | None | _NoArg) -> int | None:
        if isinstance(length, _NoArg):
            longest = max(map(len, self.enums), default=0)
            return 0 if self._is_template else max(DEFAULT_LENGTH, longest)
        if length is not None:
            check_length(self.enum_name, self.enums, length)
        return length

    def _check_unknown(self) -> None:
        if (
            self._is_template
            or self.unknown is None
            or callable(self.unknown)
            or self.is_member(self.unknown)
        ):
            return
        raise DeclarationError(
            f"unknown={self.unknown!r} is neither a member of "
            f"{self.enum_name} nor a callable that takes a string."
        )

    # -- the constraint --------------------------------------------------

    def _set_table(self, column: Column[Any], table: Table) -> None:
        # not SchemaType's method, which adds listeners for native enums
        if not self.create_constraint:
            return
        where = f"{table.fullname}.{column.name}"
        if self._is_template:
            raise DeclarationError(
                f"Column {where} needs an enum with members; "
                f"CheckEnum({self.enum_name}) is for type_annotation_map."
            )
        if not constraint.is_type_of(self, column):
            return
        if not constraint.in_array(self, column):
            self._store_default(column, where)
        constraint.attach(self, self.kept_names, column, table)

    def _store_default(self, column: Column[Any], where: str) -> None:
        """Turn a server default into what is stored, like any other value."""
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
            self._unknown_key,
            self.validate_strings,
        )

    @property
    def _unknown_key(self) -> Any:
        """A member by its name: with ``__eq__``, a member may have no hash."""
        is_member = isinstance(self.unknown, enum.Enum)
        return self.unknown._name_ if is_member else self.unknown

    def __repr__(self) -> str:
        return written(self)


@compiles(CheckEnum, "mysql", "mariadb")
def _string(type_: CheckEnum[Any], compiler: Any, **kw: Any) -> str:
    """The VARCHAR with a collation that considers no two strings equal, unless
    a foreign key needs the collation of another column.
    """
    dialect = compiler.dialect
    string = backend_of(dialect).string(dialect, type_.length)
    column = kw.get("type_expression")
    text = followed_text(column)
    if text is not None:
        string = String(type_.length, collation=text.collation)
    return str(compiler.process(string, **kw))
