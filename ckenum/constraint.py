"""The CHECK constraint of a column."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import event
from sqlalchemy import Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import conv

from .arrays import items_of
from .arrays import undecorated
from .backend import backend_of
from .constraint_names import default_name
from .constraint_names import final_name
from .constraint_names import KeptNames
from .constraint_names import too_long
from .exc import DeclarationError
from .foreign_keys import followed_text
from .foreign_keys import why_no_check
from .predicate import membership
from .reflected import is_reflected
from .reflected import reflected_dialect
from .reflected import reflected_name

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy import Enum
    from sqlalchemy.types import TypeEngine


class CheckEnumConstraint(CheckConstraint):
    """The CHECK that holds one column to the values of its CheckEnum.

    It belongs to the type, as a CHECK of :class:`sqlalchemy.Enum` does: a
    copied table gets a new one.

    :ivar checked: the column.
    :ivar enum_type: the :class:`~ckenum.CheckEnum` that made it.
    :ivar is_array: whether the column holds arrays of its values.
    """

    inherit_cache = True

    def __init__(
        self, enum_type: Enum, column: Column[Any], name: Any
    ) -> None:
        self.enum_type = enum_type
        self.checked = column
        self.is_array = in_array(enum_type, column)
        super().__init__(
            membership(column, enum_type.enums, self.is_array),
            name=name,
            _create_rule=self._is_wanted,
            _type_bound=True,
        )

    @property
    def values(self) -> tuple[str, ...]:
        """The strings that the column may hold."""
        return tuple(self.enum_type.enums)

    @property
    def is_stale(self) -> bool:
        """Whether the table now has another column of this name."""
        return not self.checked.table.columns.contains_column(self.checked)

    def _is_wanted(self, compiler: Any) -> bool:
        return self.is_on(compiler.dialect)

    def is_on(self, dialect: Dialect) -> bool:
        """Whether the column's type is a CheckEnum on this dialect."""
        type_: TypeEngine[Any] = self.checked.type
        type_ = type_._variant_mapping.get(dialect.name, type_)
        return not self.is_stale and items_of(type_) is self.enum_type


@compiles(CheckEnumConstraint)
def _check(constraint: CheckEnumConstraint, compiler: Any, **kw: Any) -> str:
    if not constraint.is_array:
        text = compiler.visit_table_or_column_check_constraint(constraint)
        return str(text)
    # SQLAlchemy refuses the CHECK of its own Enum, which compares with IN
    plain = CheckConstraint(
        constraint.sqltext, name=constraint.name, _autoattach=False
    )
    return str(compiler.visit_check_constraint(plain))


@compiles(CheckEnumConstraint, "mysql", "mariadb")
def _exact(constraint: CheckEnumConstraint, compiler: Any, **kw: Any) -> str:
    _require_no_actions(constraint.checked)
    if followed_text(constraint.checked) is None:
        text = compiler.visit_table_or_column_check_constraint(constraint)
        return str(text)
    condition = membership(
        constraint.checked,
        constraint.values,
        exact=backend_of(compiler.dialect).exact,
    )
    plain = CheckConstraint(condition, name=constraint.name, _autoattach=False)
    return str(compiler.visit_check_constraint(plain))


def _require_no_actions(column: Column[Any]) -> None:
    """Raise :class:`~ckenum.exc.DeclarationError` if the servers would refuse
    the CHECK with an error that does not say why.
    """
    reason = why_no_check(column)
    if reason is not None:
        raise DeclarationError(reason)


def attach(
    enum_type: Enum, names: KeptNames, column: Column[Any], table: Table
) -> None:
    """Give ``table`` the one constraint of ``column``.

    It replaces a reflected constraint of the same name. Raises
    :class:`~ckenum.exc.DeclarationError` if the table has another CHECK of
    that name.
    """
    for old in list(table.constraints):
        if isinstance(old, CheckEnumConstraint) and (
            old.is_stale
            or (old.enum_type is enum_type and old.checked is column)
        ):
            table.constraints.discard(old)
    name = names.of(column, table) or enum_type.name
    name = name or default_name(table, column.name)
    new = CheckEnumConstraint(enum_type, column, name)
    names.keep(new.name, column, table)
    for other in list(table.constraints):
        if (
            isinstance(other, CheckConstraint)
            and getattr(other, "checked", None) is not column
        ):
            _tell_apart(new, other, table)


@event.listens_for(CheckConstraint, "after_parent_attach")
def _join(other: CheckConstraint, parent: Any) -> None:
    """A CHECK joins a table that may already have one of ours by that name."""
    if isinstance(parent, Table) and not isinstance(
        other, CheckEnumConstraint
    ):
        for ours in check_enums(parent):
            _tell_apart(ours, other, parent)


def _tell_apart(
    ours: CheckEnumConstraint, other: CheckConstraint, table: Table
) -> None:
    """Remove ``other`` if it is ``ours``, as reflected from the database."""
    if is_reflected(other):
        if _is_called(ours, other):
            table.constraints.discard(other)
    elif isinstance(other.name, str) and other.name == ours.name:
        raise DeclarationError(
            f"Table {table.fullname!r} would have two CHECK constraints "
            f"named {other.name!r}, one of them for column "
            f"{ours.checked.name!r}: give its CheckEnum a name of its own "
            f"(name=...), or a naming convention that tells columns "
            f"apart."
        )


def _is_called(ours: CheckEnumConstraint, reflected: CheckConstraint) -> bool:
    """Whether the database has one name for ``ours`` and ``reflected``."""
    name = reflected_name(reflected)
    if name == ours.name or not isinstance(ours.name, conv):
        return name == ours.name
    dialect = reflected_dialect(reflected)
    return dialect is not None and final_name(ours, dialect) == name


def in_array(enum_type: Enum, column: Column[Any]) -> bool:
    """Whether ``enum_type`` is the type of the items of the column's ARRAY."""
    return any(
        isinstance(undecorated(type_), ARRAY)
        for type_ in _types_with(enum_type, column)
    )


def is_type_of(enum_type: Enum, column: Column[Any]) -> bool:
    """Whether the column's type, on any dialect, is ``enum_type`` or an
    ARRAY of it. A copied column may have been given another type since.
    """
    return bool(_types_with(enum_type, column))


def _types_with(enum_type: Enum, column: Column[Any]) -> list[TypeEngine[Any]]:
    types = (column.type, *column.type._variant_mapping.values())
    return [type_ for type_ in types if items_of(type_) is enum_type]


def check_enums(table: Table) -> list[CheckEnumConstraint]:
    """The CheckEnum constraints of ``table``, in the columns' order.

    A column has one on each dialect; a type with variants may have several.
    """
    found = [
        c for c in table.constraints if isinstance(c, CheckEnumConstraint)
    ]
    if not found:
        return found
    order = {column: place for place, column in enumerate(table.columns)}
    # another column may have taken the place of one
    found = [c for c in found if c.checked in order]
    return sorted(found, key=lambda c: order[c.checked])


def check_enums_on(
    table: Table, dialect: Dialect
) -> list[CheckEnumConstraint]:
    """Those of ``table`` that hold on this dialect.

    Raises :class:`~ckenum.exc.DeclarationError` for a name that no migration
    could give.
    """
    found = [each for each in check_enums(table) if each.is_on(dialect)]
    for each in found:
        reason = too_long(each, dialect)
        if reason:
            raise DeclarationError(f"CheckEnum of {each.checked}: {reason}.")
    return found
