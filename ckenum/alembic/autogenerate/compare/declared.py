"""The columns that a model holds to values, and their CHECKs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import Optional
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv
from sqlalchemy.sql.naming import _constraint_name_for_table

from ....arrays import undecorated
from ....constraint import check_enums
from ....constraint import ck_convention
from ....constraint import default_name
from ....constraint import final_name
from ....constraint import name_on
from ....constraint import too_long
from ....declaration import is_storable
from ....exc import DeclarationError
from ....meanings import Meanings
from ....meanings import meanings_of
from ....types import CheckEnum

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from ....constraint import CheckEnumConstraint

OPTION = "ckenum_enums"
"""The option of ``context.configure()``: whether SQLAlchemy's own Enums are
compared as well.
"""


@dataclass(frozen=True)
class Declared:
    """A column that a model holds to values on the dialect at hand.

    :ivar constraint: the CHECK that does so.
    :ivar column: the model's.
    :ivar type: a CheckEnum, or an Enum that has a constraint.
    :ivar is_array: whether the column holds arrays of the values.
    :ivar name: the constraint's name in the database; ``None`` where the
        model leaves that to the database.
    :ivar final: the name that a migration creates it by, which no convention
        changes any more.
    """

    constraint: sa.CheckConstraint
    column: sa.Column[Any]
    type: sa.Enum
    is_array: bool
    name: Optional[str]
    final: conv

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The strings that the column may hold, each once."""
        return tuple(dict.fromkeys(map(str.__str__, self.type.enums)))

    @property
    def model_name(self) -> str | None:
        """The constraint's name in the model, which filters are given."""
        name = self.constraint.name
        return name if isinstance(name, str) else self.name

    @property
    def meanings(self) -> Meanings:
        """What the enum makes of strings that are no longer stored."""
        if isinstance(self.type, CheckEnum):
            return self.type.meanings
        return meanings_of(self.type)

    def meaning(self, string: str) -> str | None:
        """The string stored today for what was once stored as ``string``."""
        if isinstance(self.type, CheckEnum):
            return self.type.meaning(string)
        return self.meanings.meaning(string, self.values)

    @property
    def is_stock(self) -> bool:
        """Whether it is SQLAlchemy's own Enum."""
        return not isinstance(self.type, CheckEnum)


def declared_on(
    table: sa.Table, dialect: Dialect, enums: bool = False
) -> list[Declared]:
    """What ``table`` declares on this dialect, in the columns' order.

    :param enums: whether SQLAlchemy's own Enums count.
    """
    made = check_enums(table)
    if not made and not enums:
        return []
    found = list(_check_enums(made, dialect))
    if enums:
        found += _stock_enums(table, dialect)
        order = {column: place for place, column in enumerate(table.columns)}
        found.sort(key=lambda declared: order[declared.column])
    return found


def declared_of(
    column: sa.Column[Any], dialect: Dialect, enums: bool = False
) -> Declared | None:
    """What the column's table declares of it."""
    return next(
        (
            declared
            for declared in declared_on(column.table, dialect, enums)
            if declared.column is column
        ),
        None,
    )


def _check_enums(
    made: list[CheckEnumConstraint], dialect: Dialect
) -> Iterator[Declared]:
    for constraint in made:
        if constraint.is_on(dialect):
            assert isinstance(constraint.name, str)
            _require_short(constraint, dialect)
            yield Declared(
                constraint,
                constraint.checked,
                constraint.enum_type,
                constraint.is_array,
                final_name(constraint, dialect),
                conv(constraint.name),
            )


def _require_short(constraint: CheckEnumConstraint, dialect: Dialect) -> None:
    """Raise :class:`~ckenum.exc.DeclarationError` for a name that no
    migration could give.
    """
    reason = too_long(constraint, dialect)
    if reason:
        raise DeclarationError(f"CheckEnum of {constraint.checked}: {reason}.")


def _stock_enums(table: sa.Table, dialect: Dialect) -> Iterator[Declared]:
    compiler = dialect.statement_compiler(dialect, None)
    columns = set(table.columns)
    # a copy: finding a default name adds a constraint and removes it again
    for constraint in [*table.constraints]:
        if not isinstance(constraint, sa.CheckConstraint):
            continue
        if not constraint._type_bound or len(constraint.columns) != 1:
            continue
        (column,) = constraint.columns
        type_ = type_on(column, dialect)
        enum: Any = undecorated(type_)
        rule: Any = constraint._create_rule
        if (
            column in columns  # another column may have replaced it
            and makes_check(enum)  # SQLAlchemy makes none for an ARRAY
            and rule(compiler)
        ):
            name = _database_name(constraint, table, dialect)
            yield Declared(
                constraint,
                column,
                enum,
                False,
                name,
                _final(constraint, name, column, dialect),
            )


def _database_name(
    constraint: sa.CheckConstraint, table: sa.Table, dialect: Dialect
) -> str | None:
    if not isinstance(constraint.name, str):  # a convention may name it
        convention = ck_convention(table.metadata)
        if convention is None or "constraint_name" in convention:
            return None
    return final_name(constraint, dialect)


def _final(
    constraint: sa.CheckConstraint,
    name: str | None,
    column: sa.Column[Any],
    dialect: Dialect,
) -> conv:
    if isinstance(constraint.name, str):
        return conv(constraint.name)
    return conv(name or default_final_name(column.table, column.name, dialect))


def makes_check(type_: Any) -> bool:
    """Whether SQLAlchemy makes a CHECK for a type on every backend, of a list
    that a directive accepts. A CheckEnum does not count.
    """
    type_ = undecorated(type_)
    return (
        isinstance(type_, sa.Enum)
        and not isinstance(type_, CheckEnum)
        and bool(type_.create_constraint)
        and not type_.native_enum
        and bool(type_.enums)
        and all(map(is_storable, type_.enums))
    )


def type_on(column: sa.Column[Any], dialect: Dialect) -> Any:
    """The type that the column has on this dialect."""
    return column.type._variant_mapping.get(dialect.name, column.type)


def is_array_on(column: sa.Column[Any], dialect: Dialect) -> bool:
    """Whether the column holds arrays on this dialect."""
    return isinstance(type_on(column, dialect), sa.ARRAY)


def column_named(table: sa.Table, name: str) -> sa.Column[Any] | None:
    """The column with that name; ``table.c`` finds columns by key."""
    return next((c for c in table.columns if c.name == name), None)


def default_final_name(
    table: sa.Table, column_name: str, dialect: Dialect
) -> str:
    """The name in the database of a column's constraint, if the type gives
    no name.
    """
    name = default_name(table, column_name)
    if isinstance(name, conv):
        return name_on(name, dialect)
    return named_on(table, column_name, name, dialect)


def named_on(
    table: sa.Table, column_name: str, name: str | None, dialect: Dialect
) -> str:
    """The name that a CHECK of a column would have in the database."""
    column: Any = sa.column(column_name)
    constraint = sa.CheckConstraint(column, name=name, _autoattach=False)
    # without firing the application's event listeners
    constraint._set_parent(table)
    table.constraints.discard(constraint)
    found = _constraint_name_for_table(  # type: ignore[no-untyped-call]
        constraint, table
    )
    if found is not None:
        constraint.name = found
    return final_name(constraint, dialect)
