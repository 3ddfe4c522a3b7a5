"""One change of one constraint, for all of SQLite's ways to make it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import literal
from sqlalchemy import String
from sqlalchemy import Update

from .. import rows
from ....exc import NoSuchConstraintError
from ...ops.base import CHANGE_THEM
from ..constraint import constraint_of
from ..emit import emit_now
from .table_text import PlacedCheck
from .table_text import same_name
from .table_text import TableText
from .transaction import defer_foreign_keys

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    from ...ops import CheckEnumOp


_KEPT = (
    "A trigger keeps them as they are, by RAISE(IGNORE) or by writing the old "
    "value again: drop it before this directive, and create it again after."
)


@dataclass(frozen=True, eq=False)
class Change:
    """What a directive asks for.

    :ivar old: the constraint to drop, if any; its name may be ``None``.
    :ivar new: the constraint to add, if any.
    """

    op: CheckEnumOp
    old: CheckConstraint | None = None
    new: CheckConstraint | None = None

    @property
    def rows_first(self) -> bool:
        """Whether the rows change before the table's definition is edited."""
        return False

    @property
    def type(self) -> TypeEngine[Any] | None:
        """The column's new type, if it gets another one."""
        return String(self.op.length) if self.op.changes_length else None

    @property
    def existing_type(self) -> TypeEngine[Any]:
        return String(self.op.existing_length)

    @property
    def server_default(self) -> Any:
        """As Alembic takes it."""
        return self.op.server_default

    @property
    def changes_column(self) -> bool:
        return self.type is not None or self.op.changes_default

    def rows(self, operations: Operations) -> None:
        if self.op.changes_rows:
            defer_foreign_keys(operations)
            dialect = operations.migration_context.dialect
            for statement in rows.statements(self.op, dialect):
                if isinstance(statement, Update):
                    # else a UNIQUE ON CONFLICT REPLACE deletes other rows
                    statement = statement.prefix_with("OR ABORT")
                emit_now(operations, statement)

    def of_column(self, operations: Operations, name: str) -> Change:
        """The same change of a column called ``name``."""
        if name == self.op.column_name:
            return self
        op = copy.copy(self.op)
        op.column_name = name
        moved = [
            constraint
            and constraint_of(
                operations,
                op,
                constraint.name or "",  # type: ignore[arg-type]
                values,
            )
            for constraint, values in (
                (self.old, op.existing_values),
                (self.new, op.values),
            )
        ]
        return type(self)(op, *moved)

    def require_none_left(self, connection: Connection) -> None:
        if not self.op.values or None in self.op.values:
            return  # a NULL in the list rejects nothing
        accepted = [value for value in self.op.values if value is not None]
        accepted += [*self.op.rename, *self.op.delete]
        rows.require_none_left(connection, self.op, accepted, CHANGE_THEM)

    def require_rows_changed(self, connection: Connection) -> None:
        """Raise if a row has not changed although there is a rule for it."""
        if self.op.changes_rows:
            values = [value for value in self.op.values if value is not None]
            if len(values) == len(self.op.values):
                rows.require_none_left(connection, self.op, values, _KEPT)

    def targets(self, text: TableText) -> list[PlacedCheck]:
        """The constraints that ``old`` may be, the likeliest first.

        A constraint is found by its name; without a name, by being a list
        of values of this column. Raises
        :class:`~ckenum.exc.NoSuchConstraintError` if there is none.
        """
        assert self.old is not None
        name = str(self.old.name) if self.old.name else None
        checks = text.checks()
        found = [
            check
            for check in checks
            if same_name(check.name, name)
            and (name or check.is_about(self.op.column_name))
        ]
        if not found:
            raise NoSuchConstraintError(
                self.op.table_name, name or "", [c.name for c in checks]
            )
        return sorted(found, key=self._unlikely)

    def _unlikely(self, check: PlacedCheck) -> tuple[bool, bool]:
        existing = self.op.existing_values
        values = check.values
        return (
            not check.is_about(self.op.column_name),
            values is None or set(values.values) != set(existing),
        )

    def rewrite(self, text: TableText, dialect: Dialect) -> TableText:
        """``text`` with the change made, and nothing else touched."""
        if self.old is None:
            assert self.new is not None
            text = text.adding(_as_text(self.new, dialect))
        elif self.new is None:
            text = text.without(self.targets(text)[0])
        else:
            text = text.replacing(
                self.targets(text)[0], _as_text(self.new, dialect)
            )
        column = self.op.column_name
        if self.type is not None:
            type_ = self.type.compile(dialect=dialect)
            text = text.retyping(column, str(type_))
        if self.op.changes_default:
            default = _literal(self.server_default, dialect)
            text = text.redefaulting(column, default)
        return text


def _as_text(constraint: CheckConstraint, dialect: Dialect) -> str:
    compiler: Any = dialect.ddl_compiler
    return str(compiler(dialect, None).process(constraint))


def _literal(value: Any, dialect: Dialect) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = literal(value, String())
    return str(
        value.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    )
