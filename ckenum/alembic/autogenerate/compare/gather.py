"""Both sides of a comparison: what the model declares, what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ....backend import backend_of
from ....constraint import check_enums
from ....reflection import Check
from ....reflection import read_check
from ....reflection import read_string
from ....reflection import Unreadable
from ....reflection import ValueList
from ....recognition import Expected
from ....recognition import spellings
from .declared import Declared
from .declared import default_final_name
from .declared import OPTION
from .owners import OwnChecks
from ...ddl.impl import DefaultImpl
from ...ddl.impl import impl_of
from ...ops import DropCheckEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect
    from sqlalchemy import Table
    from typing_extensions import TypeGuard


@dataclass(frozen=True)
class Existing:
    """A constraint of the database that holds one column to values.

    :ivar name: empty where it has none.
    :ivar strings: the values.
    :ivar has_null: whether its list has a NULL in it.
    :ivar is_array: whether the column holds arrays of the values.
    """

    name: str
    strings: tuple[str, ...]
    has_null: bool
    not_valid: bool
    text: str
    is_array: bool = False

    @property
    def values(self) -> tuple[str | None, ...]:
        """The list as directives have it."""
        return (*self.strings, None) if self.has_null else self.strings

    def reading(self, column_name: str) -> ValueList:
        """What its text says of the column."""
        return ValueList(
            column_name, self.strings, self.has_null, self.is_array
        )

    def as_constraint(self) -> sa.CheckConstraint:
        """For the filters of ``env.py``."""
        return sa.CheckConstraint(
            sa.literal_column(self.text),
            name=conv(self.name) if self.name else None,
        )


@dataclass
class TableSide:
    """The CHECK constraints that the database has on a table."""

    context: AutogenContext
    schema: str | None
    table_name: str
    expected: Expected | None = None
    own: OwnChecks | None = None

    def where(self, column_name: str) -> str:
        parts = (self.schema, self.table_name, column_name)
        return ".".join(part for part in parts if part)

    @cached_property
    def unfiltered(self) -> list[tuple[Check, ValueList | Unreadable]]:
        """The constraints that are not the model's own, as Alembic reflected
        them.
        """
        checks = self._reflected()
        if self.own is None:
            return [(check, self._read(check)) for check in checks]
        return self.own.without(checks, self._read)

    @cached_property
    def readings(self) -> list[tuple[Check, ValueList | Unreadable]]:
        """Those, after ``include_name``."""
        return [item for item in self.unfiltered if self._includes(item[0])]

    def _includes(self, check: Check) -> bool:
        return self.context.run_name_filters(
            check.name,
            "check_constraint",
            {"table_name": self.table_name, "schema_name": self.schema},
        )

    def _reflected(self) -> list[Check]:
        return self._impl.checks(
            self.context.inspector, self.schema, self.table_name, self.expected
        )

    @property
    def _impl(self) -> DefaultImpl:
        return impl_of(self.context.dialect)

    def readable(self, column_name: str) -> Iterator[Existing]:
        """The constraints that hold the column to a list of values."""
        for check, reading in self.readings:
            if self._holds(reading, column_name):
                yield _existing(check, reading)

    def left(self, column_name: str) -> Iterator[Existing]:
        """Those, of a column that goes, which a CheckEnum may have made;
        the others are none of a filter's business.
        """
        for check, reading in self.unfiltered:
            if self._holds(reading, column_name):
                existing = _existing(check, reading)
                if may_be_ours(self, column_name, existing) and (
                    self._includes(check)
                ):
                    yield existing

    def _holds(
        self, reading: ValueList | Unreadable, column_name: str
    ) -> TypeGuard[ValueList]:
        return not isinstance(reading, Unreadable) and same_name(
            reading.column, column_name, self.context.dialect
        )

    def _read(self, check: Check) -> ValueList | Unreadable:
        expected = self.expected and self.expected.reading(check)
        return expected or read_check(self.context.dialect.name, check.text)

    def inherits(self, existing: Existing) -> bool:
        """Whether it belongs to a parent of the table."""
        schema = self.schema or self.context.dialect.default_schema_name
        inherited = self._impl.inherited_checks(self.context.inspector)
        return (schema, self.table_name, existing.name) in inherited

    def is_phantom(self, constraint: sa.CheckConstraint) -> bool:
        """Whether SQLAlchemy has read it out of a literal."""
        return self._impl.reflects_phantoms and not any(
            check.text.strip() == str(constraint.sqltext).strip()
            for check in self._reflected()
        )

    def includes_dropped(self, existing: Existing) -> bool:
        return self.context.run_object_filters(
            existing.as_constraint(),
            existing.name or None,
            "check_constraint",
            True,
            None,
        )

    def drop_op(self, column_name: str, existing: Existing) -> DropCheckEnumOp:
        return DropCheckEnumOp(
            self.table_name,
            column_name,
            existing.values,
            name=conv(existing.name),
            schema=self.schema,
            array=existing.is_array,
        )


def _existing(check: Check, reading: ValueList) -> Existing:
    return Existing(
        check.name or "",
        reading.values,
        reading.has_null,
        check.not_valid,
        check.text,
        reading.is_array,
    )


def spelled(reading: ValueList, dialect: Dialect) -> str | None:
    """How the database spells the constraint that ckenum makes of it."""
    if reading.has_null:
        return None
    return next(
        spellings(dialect, reading.column, reading.values, reading.is_array),
        None,
    )


def expected_on(declared: list[Declared], dialect: Dialect) -> Expected:
    return Expected(
        dialect,
        [
            (each.name, each.column.name, each.values, each.is_array)
            for each in declared
            if each.name is not None
        ],
    )


def own_checks(
    table: Table,
    declared: list[Declared],
    dialect: Dialect,
) -> OwnChecks:
    """The CHECKs that the model declares beside those of its enums."""
    return OwnChecks(
        table,
        dialect,
        frozenset(each.constraint for each in declared),
        frozenset(each.name for each in declared if each.name is not None),
        lambda name: folded(name, dialect),
    )


def declares_any(context: AutogenContext) -> bool:
    """Whether the models have a CheckEnum at all."""
    cache: dict[Any, Any] = context.inspector.info_cache
    key = ("ckenum_declares_any",)
    if key not in cache:
        tables = context.table_key_to_table.values()
        cache[key] = any(map(check_enums, tables))
    return bool(cache[key])


def any_may_be_ours(context: AutogenContext) -> bool:
    """Whether the models have CheckEnums, or all Enums are compared."""
    return bool(context.opts.get(OPTION)) or declares_any(context)


def may_be_ours(side: TableSide, column_name: str, existing: Existing) -> bool:
    """Whether an enum that the models no longer have may have made it: in
    models without any, only what a CheckEnum's would be called tells.
    """
    context = side.context
    if any_may_be_ours(context):
        return True
    return any(
        existing.name
        == default_final_name(
            sa.Table(
                side.table_name,
                sa.MetaData(naming_convention=metadata.naming_convention),
                schema=side.schema,
            ),
            column_name,
            context.dialect,
        )
        for metadata in sa.util.to_list(context.metadata)
    )


def default_string(column: sa.Column[Any], dialect: Dialect) -> str | None:
    """The stored string that is the column's server default, if it is one."""
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if isinstance(default.arg, str):
        return str.__str__(default.arg)
    return read_string(dialect.name, default_text(default, dialect))


def default_text(default: sa.DefaultClause, dialect: Dialect) -> str:
    """The expression that a server default is."""
    text = default.arg.compile(  # type: ignore[union-attr]
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    return str(text).replace("%%", "%")


def folded(name: str, dialect: Dialect) -> str:
    """What is the same for all spellings of one column's name."""
    return backend_of(dialect).fold_name(name)


def same_name(one: str, other: str, dialect: Dialect) -> bool:
    return folded(one, dialect) == folded(other, dialect)
