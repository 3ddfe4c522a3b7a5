"""What differs between a column of the model and the database's, if both hold
it to values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy.sql.base import _NoArg

from . import defaults
from . import reflected
from . import shape
from ....arrays import items_of
from ....diff import ColumnDiff
from ....diff import compare_values
from ....shapes import shape_of
from ....value_check import ValueCheck
from .declared import Declared
from .declared import type_on
from .hints import hints_of
from .shape import is_text
from .shape import length_given

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Dialect


@dataclass(frozen=True)
class BothSides:
    """A column as the model declares it and as the database has it.

    :ivar retyped: whether Alembic has found another type.
    :ivar redefaulted: whether it has found another server default.
    """

    side: reflected.TableSide
    declared: Declared
    conn_col: Column[Any]
    retyped: bool
    redefaulted: bool

    @property
    def _dialect(self) -> Dialect:
        return self.side.context.dialect

    @property
    def _is_text(self) -> bool:
        """Whether the column already holds text."""
        return is_text(
            self.conn_col.type, type_on(self.declared.column, self._dialect)
        )

    @property
    def is_as_declared(self) -> bool:
        """Whether nothing differs, given that the constraint does not."""
        return self._is_text and not self._length_of_text()

    def diff(self, existing: ValueCheck, name: str | None) -> ColumnDiff:
        """What differs, the constraint ``existing`` included.

        :param name: the name that it must have; ``None`` for any.
        """
        values = compare_values(
            existing.strings,
            self.declared.values,
            self.declared.meanings,
            hints_of(self.side.context).renames(
                self.side.where(self.declared.column.name),
                existing.strings,
                self.declared.values,
            ),
        )
        types = shape.types(
            self.declared, self.conn_col, existing, self._dialect
        )
        default: tuple[str | None, str | None] | None = None
        if types or values:
            default = defaults.changed(
                self.conn_col,
                self.declared,
                values.renamed,
                self._dialect,
                bool(types),
            )
        if values and not types:
            default = default or self._new_default(existing)
        return ColumnDiff(
            values,
            (
                (existing.name, name)
                if name not in (None, existing.name)
                else None
            ),
            self.length(),
            default,
            existing.has_null,
            existing.not_valid,
            types,
        )

    def length(self) -> tuple[int, int | None] | None:
        """The database's length and the model's, if they differ."""
        return self._length_of_text() if self._is_text else None

    def _length_of_text(self) -> tuple[int, int | None] | None:
        """The same, of a column that already holds text."""
        conn_length = getattr(items_of(self.conn_col.type), "length", None)
        length = self.declared.type.length
        if not self.side.compares_types or conn_length is None:
            return None
        if self.declared.is_stock:
            differs = self.retyped and length not in (None, conn_length)
        elif isinstance(length_given(self.declared.type), _NoArg):
            differs = conn_length < max(map(len, self.declared.values))
        else:
            differs = length is not None and length != conn_length
        return (conn_length, length) if differs else None

    def _new_default(
        self, existing: ValueCheck
    ) -> tuple[str | None, str | None] | None:
        """The existing default and the declared one, if that is a value which
        the constraint does not allow yet.

        The constraint's way back needs the existing default first.
        """
        is_array = self.declared.is_array
        written = shape_of(is_array).written
        new = defaults.values(self.declared.column, self._dialect, is_array)
        old = defaults.values(self.conn_col, self._dialect, is_array)
        is_unknown = old is None and self.conn_col.server_default is not None
        if (
            not self.redefaulted
            or is_unknown
            or new is None
            or set(new) <= set(existing.strings)
            or not set(new) <= set(self.declared.values)
        ):
            return None
        return None if old is None else written(old), written(new)
