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

from ....arrays import undecorated
from ....constraint import check_enums_on
from ....constraint_names import database_name
from ....constraint_names import default_final_name
from ....constraint_names import final_name
from ....declaration import is_storable
from ....meanings import Meanings
from ....meanings import meanings_of
from ....types import CheckEnum

if TYPE_CHECKING:
    from sqlalchemy import Dialect

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
    found = []
    for constraint in check_enums_on(table, dialect):
        assert isinstance(constraint.name, str)
        found.append(
            Declared(
                constraint,
                constraint.checked,
                constraint.enum_type,
                constraint.is_array,
                final_name(constraint, dialect),
                conv(constraint.name),
            )
        )
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
            name = database_name(constraint, table, dialect)
            yield Declared(
                constraint,
                column,
                enum,
                False,
                name,
                _final(constraint, name, column, dialect),
            )


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
