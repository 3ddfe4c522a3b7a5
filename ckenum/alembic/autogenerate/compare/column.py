"""Compare a column that both sides hold to values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import logging
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy.sql.elements import conv

from . import codes
from . import defaults
from . import native_replaced
from . import reflected
from . import shape
from ....diff import ColumnDiff
from ....value_check import ValueCheck
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import ValidateCheckEnumOp
from .declared import Declared
from .difference import BothSides
from .names import Names
from .native_types import native_type

if TYPE_CHECKING:
    from sqlalchemy import Column

# a child of "alembic", the logger that the stock alembic.ini shows
log = logging.getLogger("alembic.autogenerate.ckenum")

SKIPPED = "_ckenum_skipped"
"""An option: a list that collects the columns that could not be compared,
each with the reason.
"""


@dataclass(frozen=True)
class ComparedColumn:
    """One column that both sides have and the model holds to values.

    :ivar retyped: whether Alembic has found another type.
    :ivar redefaulted: whether it has found another server default.
    """

    side: reflected.TableSide
    declared: Declared
    names: Names
    retyped: bool
    redefaulted: bool

    @property
    def name(self) -> str:
        """The constraint's name in the database."""
        return self.declared.name or str(self.declared.final)

    @property
    def column_name(self) -> str:
        return str(self.declared.column.name)

    @property
    def where(self) -> str:
        return self.side.where(self.column_name)

    def both(self, conn_col: Column[Any]) -> BothSides:
        return BothSides(
            self.side,
            self.declared,
            conn_col,
            self.retyped,
            self.redefaulted,
        )

    def compare(self, conn_col: Column[Any]) -> Iterator[CheckEnumOp]:
        if self.side.is_unseen:
            name = self.side.context.dialect.name
            self._skip(f"the dialect {name!r} reflects no CHECK constraints")
            return
        is_array = self.declared.is_array
        native = native_type(conn_col, self.side.context.dialect, is_array)
        if shape.differs(self.side, self.declared, conn_col):
            is_array = not is_array
        taken = self.names.taken(self.column_name, self.name, is_array)
        if native is not None:
            if taken:
                self._skip(taken)
                return
            yield from native_replaced.replaced(
                self.side, self.declared, conn_col, native
            )
            return
        held = codes.code_type(
            self.side.context, conn_col, self.declared.values
        )
        if held is not None and not self.declared.is_array:
            if taken:
                self._skip(taken)
                return
            yield from codes.replaced(self.side, self.declared, conn_col, held)
            return
        found = sorted(
            (
                existing
                for existing in self.side.readable(self.column_name)
                if existing.is_array == is_array
            ),
            key=self._unlikely,
        )
        if taken and not found:
            self._skip(taken)
            return
        if not found:
            yield from self._added(conn_col)
            return
        for second in found[1:]:
            if self.side.inherits(second) or not self.side.includes_dropped(
                second
            ):
                continue
            log.info(
                "Detected second check enum %r on '%s'",
                second.name,
                self.where,
            )
            yield self.side.drop_op(self.column_name, second)
        yield from self._changed(conn_col, found[0], taken)

    def as_it_is(self) -> Iterator[CheckEnumOp]:
        """The constraint anew."""
        for existing in self.side.readable(self.column_name):
            yield AlterCheckEnumOp(
                self.side.table_name,
                self.column_name,
                existing.values,
                existing_values=existing.values,
                name=conv(existing.name),
                schema=self.side.schema,
            )

    def _unlikely(self, existing: ValueCheck) -> bool:
        """Whether it is not the model's constraint, if there are several.

        If the database chose the name, the values tell.
        """
        if self.declared.name is None:
            return {*existing.strings} != {*self.declared.values}
        return existing.name != self.declared.name

    def _needs_name(self, existing: ValueCheck) -> bool:
        """Whether the constraint has no name although any would do, and the
        directives that change it need one.
        """
        portable = self.side.context.opts.get("ckenum_render") == "alembic"
        return portable and self.declared.name is None and not existing.name

    def _skip(self, reason: str) -> None:
        log.warning(
            "Cannot compare check enum %r on '%s', because %s. Nothing is "
            "written for it",
            self.name,
            self.where,
            reason,
        )
        skipped = self.side.context.opts.get(SKIPPED, [])
        skipped.append((self.where, reason))

    def _added(self, conn_col: Column[Any]) -> Iterator[CheckEnumOp]:
        if not self.side.includes_check(self.declared, None):
            return
        log.info("Detected added check enum on '%s'", self.where)
        dialect = self.side.context.dialect
        yield CreateCheckEnumOp(
            self.side.table_name,
            self.column_name,
            self.declared.values,
            name=self.declared.final,
            schema=self.side.schema,
            array=self.declared.is_array,
            **_options(
                self.both(conn_col).length(),
                defaults.changed(conn_col, self.declared, {}, dialect),
            ),
        )

    def _changed(
        self,
        conn_col: Column[Any],
        existing: ValueCheck,
        taken: str | None,
    ) -> Iterator[CheckEnumOp]:
        if taken and self.declared.name is not None:
            log.info(
                "The constraint %r on '%s' keeps its name, for there is "
                "another one named %r: %s",
                existing.name,
                self.where,
                self.name,
                taken,
            )
        keeps_name = bool(taken) or self.declared.name is None
        diff = self.both(conn_col).diff(
            existing, None if keeps_name else self.name
        )
        if not diff:
            return
        if self.side.inherits(existing):
            self._skip("it is inherited: change it on the table's parent")
            return
        there = reflected.as_constraint(existing)
        if not self.side.includes_check(self.declared, there):
            return
        log.info("Detected changed check enum on '%s': %s", self.where, diff)
        yield from self._operations(conn_col, existing, diff, keeps_name)

    def _operations(
        self,
        conn_col: Column[Any],
        existing: ValueCheck,
        diff: ColumnDiff,
        keeps_name: bool,
    ) -> Iterator[CheckEnumOp]:
        renames = bool(diff.name) or self._needs_name(existing)
        final = self.declared.final
        name = final if renames or not keeps_name else conv(existing.name)
        if diff.alters:
            op = AlterCheckEnumOp(
                self.side.table_name,
                self.column_name,
                self.declared.values,
                existing_values=existing.values,
                name=name,
                existing_name=conv(existing.name) if renames else None,
                rename=diff.values.renamed,
                schema=self.side.schema,
                array=self.declared.is_array,
                **_options(diff.length, diff.default),
                **shape.options(self.declared, conn_col, existing),
            )
            op.warns_of_leaving = True
            op.diff = diff
            yield op
            if not op.only_renames_constraint:
                return
        if diff.not_valid:
            yield ValidateCheckEnumOp(
                self.side.table_name,
                self.column_name,
                existing.values,
                name=name,
                schema=self.side.schema,
                array=existing.is_array,
            )


def _options(
    length: tuple[int, int | None] | None,
    default: tuple[str | None, str | None] | None,
) -> dict[str, Any]:
    """The column's changes, as arguments of an operation."""
    options: dict[str, Any] = {}
    if length:
        options["existing_length"], options["length"] = length
    if default:
        existing, new = default
        options["server_default"] = new
        options["existing_server_default"] = existing
    return options
