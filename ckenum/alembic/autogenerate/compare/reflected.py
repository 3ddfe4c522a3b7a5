"""A table's CHECKs as the database has them, without the model's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ....backend import backend_of
from ....recognition import Expected
from ....reflection import Check
from ....reflection import read_check
from ....reflection import Unreadable
from ....reflection import ValueList
from ....value_check import ValueCheck
from ...ddl import toimpl  # noqa: F401  registers what each backend runs
from ...ddl.impl import DefaultImpl
from ...ddl.registry import impl_of
from ...ops import DropCheckEnumOp
from .declared import Declared
from .owners import folded_text
from .owners import OwnChecks

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column
    from sqlalchemy import Dialect


@dataclass
class TableSide:
    """The CHECK constraints that the database has on a table."""

    context: AutogenContext
    schema: str | None
    table_name: str
    expected: Expected | None = None
    own: OwnChecks | None = None
    _read: dict[Check, ValueList | Unreadable] = field(default_factory=dict)
    _folded: dict[Check, str] = field(default_factory=dict)

    def where(self, column_name: str) -> str:
        parts = (self.schema, self.table_name, column_name)
        return ".".join(part for part in parts if part)

    @cached_property
    def unfiltered(self) -> list[Check]:
        """The constraints that Alembic reflected and the model does not
        declare by name.
        """
        checks = self._reflected
        if self.own is None:
            return checks
        by_name = self.own.names - self.own.ours
        return [check for check in checks if check.name not in by_name]

    @cached_property
    def checks(self) -> list[Check]:
        """:attr:`unfiltered`, after ``include_name``."""
        return [
            check for check in self.unfiltered if self.includes_name(check)
        ]

    def includes_name(self, check: Check) -> bool:
        return self.context.run_name_filters(
            check.name,
            "check_constraint",
            {"table_name": self.table_name, "schema_name": self.schema},
        )

    @property
    def _reflected(self) -> list[Check]:
        return self._seen or []

    @property
    def is_unseen(self) -> bool:
        """Whether the dialect does not reflect CHECK constraints."""
        return self._seen is None

    @cached_property
    def _seen(self) -> list[Check] | None:
        given = (self.schema, self.table_name, self.expected)
        try:
            return self._impl.checks(self.context.inspector, *given)
        except NotImplementedError:
            return None

    @property
    def _impl(self) -> DefaultImpl:
        return impl_of(self.context.dialect)

    def readable(self, column_name: str) -> Iterator[ValueCheck]:
        """The constraints that hold the column to a list of values."""
        for check, reading in self.about(column_name):
            if check in self.checks:
                yield value_check(check, reading)

    def about(self, column_name: str) -> list[tuple[Check, ValueList]]:
        """The constraints that hold the column to a list of values, before
        ``include_name`` and without the model's own.
        """
        name = folded(column_name, self.context.dialect)
        found = [
            (check, reading)
            for check in self.unfiltered
            if self._may_name(check, name)
            and isinstance(reading := self.reading(check), ValueList)
            and folded(reading.column, self.context.dialect) == name
        ]
        if self.own is None:
            return found
        return self.own.without(found, self._names)

    @cached_property
    def _names(self) -> set[str | None]:
        return {check.name for check in self._reflected}

    def _may_name(self, check: Check, name: str) -> bool:
        """Whether the text contains the column's name; this is much faster
        than parsing the text.
        """
        if check not in self._folded:
            self._folded[check] = folded_text(
                check.text, lambda text: folded(text, self.context.dialect)
            )
        return name in self._folded[check]

    def reading(self, check: Check) -> ValueList | Unreadable:
        """What ``check`` says; it is parsed once, on the first call."""
        if check not in self._read:
            self._read[check] = self._parsed(check)
        return self._read[check]

    def _parsed(self, check: Check) -> ValueList | Unreadable:
        if check.doubt:
            return Unreadable(check.doubt)
        return self._as_expected(check) or read_check(
            self.context.dialect.name, check.text
        )

    def _as_expected(self, check: Check) -> ValueList | None:
        if self.expected is None or check.doubt:
            return None
        return self.expected.reading(check)

    def is_expected(self, check: Check) -> bool:
        """Whether it is a CheckEnum's constraint as the model declares it."""
        return self._as_expected(check) is not None

    @property
    def is_as_expected(self) -> bool:
        """Whether the constraints are those that the model declares: no other
        is there, all are valid, and ``include_name`` excludes none.
        """
        found = self.unfiltered
        return (
            self.expected is not None
            and self.expected.readings.keys()
            == {check.name for check in found}
            and len(found) == len(self.expected.readings) == len(self.checks)
            and all(map(self.is_expected, found))
            and not any(check.not_valid for check in found)
        )

    def inherits(self, existing: ValueCheck) -> bool:
        """Whether the table inherits it from its parent."""
        schema = self.schema or self.context.dialect.default_schema_name
        inherited = self._impl.inherited_checks(self.context.inspector)
        return (schema, self.table_name, existing.name) in inherited

    def is_phantom(self, constraint: sa.CheckConstraint) -> bool:
        """Whether SQLAlchemy has mistaken part of a literal for it."""
        return self._impl.reflects_phantoms and not any(
            check.text.strip() == str(constraint.sqltext).strip()
            for check in self._reflected
        )

    def name_of(self, constraint: sa.CheckConstraint) -> Any:
        """The name in the database.

        On SQLite, SQLAlchemy reflects a quotation mark in a name as two, as
        the text of the table has it.
        """
        if self._impl.reflects_phantoms:
            for check in self._reflected:
                doubled = (check.name or "").replace('"', '""')
                if doubled == constraint.name != check.name and (
                    check.text.strip() == str(constraint.sqltext).strip()
                ):
                    return conv(check.name or "")
        return constraint.name

    @property
    def compares_types(self) -> bool:
        return self.context.opts.get("compare_type", True) is not False

    def includes(self, declared: Declared, conn_col: Column[Any]) -> bool:
        """Whether ``env.py`` includes the column and its new constraint."""
        return self.includes_column(declared.column, conn_col) and (
            self.includes_check(declared, None)
        )

    def includes_column(
        self, column: Column[Any], conn_col: Column[Any]
    ) -> bool:
        return self.context.run_object_filters(
            column, column.name, "column", False, conn_col
        )

    def includes_check(
        self, declared: Declared, compare_to: sa.CheckConstraint | None
    ) -> bool:
        return self.context.run_object_filters(
            declared.constraint,
            declared.model_name,
            "check_constraint",
            False,
            compare_to,
        )

    def includes_dropped(self, existing: ValueCheck) -> bool:
        return self.context.run_object_filters(
            as_constraint(existing),
            existing.name or None,
            "check_constraint",
            True,
            None,
        )

    def drop_op(
        self, column_name: str, existing: ValueCheck
    ) -> DropCheckEnumOp:
        return DropCheckEnumOp(
            self.table_name,
            column_name,
            existing.values,
            name=conv(existing.name),
            schema=self.schema,
            array=existing.is_array,
        )


def value_check(check: Check, reading: ValueList) -> ValueCheck:
    """``check``, which says ``reading``."""
    return ValueCheck(
        check.name or "",
        reading.column,
        (*reading.values, None) if reading.has_null else reading.values,
        reading.is_array,
        check.not_valid,
        check.text,
    )


def as_constraint(check: ValueCheck) -> sa.CheckConstraint:
    """``check`` for the filters of ``env.py``."""
    return sa.CheckConstraint(
        sa.literal_column(check.text),
        name=conv(check.name) if check.name else None,
    )


def folded(name: str, dialect: Dialect) -> str:
    """``name`` in a form that is equal for all spellings of one name."""
    return backend_of(dialect).fold_name(name)
