"""The CHECK constraint of a column, and its name."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import type_coerce
from sqlalchemy.sql.elements import conv

from .exc import DeclarationError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Dialect

    from .types import CheckEnum


def membership(
    column: ColumnElement[Any], values: Sequence[str | None]
) -> ColumnElement[bool]:
    """The condition that ``column`` holds one of ``values``."""
    return type_coerce(column, String()).in_(values)


def ck_convention(metadata: MetaData) -> str | None:
    """The naming convention of ``metadata`` for CHECK constraints."""
    conventions: Any = metadata.naming_convention
    return conventions.get("ck") or conventions.get(CheckConstraint)


def default_name(table: Table, column_name: str) -> str | None:
    """What a constraint is called when its type has no name.

    The column's name, which the metadata's ``ck`` convention completes;
    ``None`` where that convention has no place for it, so that SQLAlchemy
    makes the whole name; ``ck_<table>_<column>`` where there is none.
    """
    convention = ck_convention(table.metadata)
    if convention is None:
        return conv(f"ck_{table.name}_{column_name}")
    return column_name if "constraint_name" in convention else None


class CheckEnumConstraint(CheckConstraint):
    """The CHECK that holds one column to the values of its CheckEnum.

    It belongs to the type, as those of :class:`sqlalchemy.Enum` do: copying
    a table makes it anew.

    :ivar checked: the column.
    :ivar enum_type: the :class:`~ckenum.CheckEnum` that made it.
    """

    inherit_cache = True

    def __init__(
        self,
        enum_type: CheckEnum,
        column: Column[Any],
        table: Table,
        create_rule: Callable[[Any], bool],
    ) -> None:
        self.enum_type = enum_type
        self.checked = column
        super().__init__(
            membership(column, enum_type.enums),
            name=enum_type.name or default_name(table, column.name),
            _create_rule=create_rule,
            _type_bound=True,
        )

    @property
    def values(self) -> tuple[str, ...]:
        """The strings that the column may hold."""
        return tuple(self.enum_type.enums)


def attach(
    enum_type: CheckEnum,
    column: Column[Any],
    table: Table,
    create_rule: Callable[[Any], bool],
) -> None:
    """Give ``table`` the one constraint of ``column``.

    Raises :class:`~ckenum.exc.DeclarationError` where the table has another
    CHECK of that name.
    """
    for old in check_enums(table):
        if old.checked.name == column.name:
            table.constraints.discard(old)
    new = CheckEnumConstraint(enum_type, column, table, create_rule)
    for other in table.constraints:
        if (
            other is not new
            and isinstance(other, CheckConstraint)
            and isinstance(other.name, str)
            and other.name == new.name
        ):
            raise DeclarationError(
                f"Table {table.fullname!r} would have two CHECK constraints "
                f"named {new.name!r}, one of them for column "
                f"{column.name!r}: give its CheckEnum a name of its own "
                f"(name=...), or a naming convention that tells columns "
                f"apart."
            )


def check_enums(table: Table) -> list[CheckEnumConstraint]:
    """The CheckEnum constraints of ``table``, in the columns' order."""
    found = {
        constraint.checked.name: constraint
        for constraint in table.constraints
        if isinstance(constraint, CheckEnumConstraint)
    }
    return [found[c.name] for c in table.columns if c.name in found]


def final_name(constraint: CheckConstraint, dialect: Dialect) -> str:
    """The name that the database has for ``constraint``.

    SQLAlchemy shortens the names that it made itself; PostgreSQL cuts any
    other to 63 bytes ("Identifiers and Key Words", section 4.1.1 of its
    manual).
    """
    name = dialect.identifier_preparer.format_constraint(
        constraint, _alembic_quote=False
    )
    assert name is not None
    if dialect.name == "postgresql":
        name = name.encode()[:63].decode(errors="ignore")
    return str(name)
