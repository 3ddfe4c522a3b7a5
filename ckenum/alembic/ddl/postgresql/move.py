"""A column on PostgreSQL, on its way from one type to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import guards
from . import native_catalog
from .. import rows
from ....constraint_names import final_name
from ...ops.move import TypeMoveOp
from ..checks import require_names
from ..constraint import constraint_of
from ..emit import as_text
from ..emit import emit_now
from ..emit import literal_dialect
from .keys import foreign_keys
from .native_catalog import Dependent
from .native_ddl import ChangeType
from .native_ddl import Default
from .native_dependents import Around

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy import Executable


@dataclass(frozen=True)
class Move:
    """A column on PostgreSQL, on its way from one type to another."""

    operations: Operations
    op: TypeMoveOp

    @property
    def offline(self) -> bool:
        return self.operations.migration_context.as_sql

    @property
    def connection(self) -> Connection:
        return self.operations.get_bind()

    @property
    def dialect(self) -> Dialect:
        """For names that are looked up, or that get into a statement by
        way of :class:`Verbatim`: a percent sign is not doubled.
        """
        return literal_dialect(self.operations.migration_context.dialect)

    @property
    def column_type(self) -> Any:
        """The column's, while it is no VARCHAR."""
        raise NotImplementedError

    @property
    def type_name(self) -> str:
        """That type's, in SQL."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """That type, as errors name it."""
        return self.type_name

    @property
    def spelled(self) -> str:
        """The type as definitions have it."""
        name = self.type_name
        return native_catalog.spelled(self.connection, name) or name

    @property
    def table(self) -> sa.TableClause:
        return sa.table(self.op.table_name, schema=self.op.schema)

    @property
    def table_name(self) -> str:
        """In SQL."""
        return self.dialect.identifier_preparer.format_table(self.table)

    def literal(self, text: str) -> str:
        """In SQL."""
        return as_text(sa.literal(text, sa.String()), self.dialect)

    def emit(self, statement: Any) -> None:
        emit_now(self.operations, statement)

    # -- what is run -----------------------------------------------------

    def look(self) -> None:
        """Raise for all that would stop it, before anything changes."""
        op = self.op
        if self.offline:
            return
        self.require_type()
        guards.require_no_views(self.connection, op)
        guards.require_all_rows(self.connection, op)
        accepted = [v for v in (*op.values, *op.rename) if v is not None]
        rows.require_none_left(
            self.connection, op, accepted, op.ways_out, self.column_as_text
        )

    def change(self, around: Around) -> ChangeType:
        """The change of the column; ``around`` gets what stands there.

        Raises :class:`BlockedByObjectsError`, :class:`EnumTypeDiffersError`.
        """
        op = self.op
        if op.becomes_text:
            self._look_around(around)
            new = constraint_of(self.operations, op, op.name, op.values)
            require_names(self.operations, op, new=new)
            return ChangeType(
                new.table,
                op.column_name,
                op.column_type(op.length),
                self.using(),
                new=new,
                **self.default(),
            )
        old = constraint_of(self.operations, op, op.name, op.existing_values)
        require_names(self.operations, op, old=old)
        self._look_around(around, old)
        return ChangeType(
            old.table,
            op.column_name,
            self.column_type,
            self.typed(self.using()),
            old=old,
            **self.default(),
        )

    def require_type(self) -> None:
        """Raise if a type is there that is not as the operation says."""

    def create_type(self) -> None:
        """Create the type that the column gets, unless it is there."""

    def drop_type(self) -> None:
        """Drop the type that the column had, where nothing else has it."""

    def creating_type(self) -> Iterator[Executable]:
        """The statement that does the first, if it is needed."""
        return iter(())

    def dropping_type(self, column: str | None = None) -> Iterator[Executable]:
        """The statement that drops the type where nothing else has it.

        :param column: the one that has it, and goes in the same transaction.
        """
        return iter(())

    # -- the parts of it -------------------------------------------------

    @property
    def column_as_text(self) -> sa.ColumnElement[Any]:
        return self.as_text(sa.column(self.op.column_name))

    def as_text(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """A column of either type as a string, or as an array of them."""
        type_: Any = self.op.column_type() if self.op.array else sa.Text()
        return sa.cast(column, type_)

    def using(
        self, column: sa.ColumnElement[Any] | None = None
    ) -> sa.ColumnElement[Any]:
        """The new value of a row, as text.

        :param column: what holds the old value; by default the column.
        """
        if column is None:
            column = sa.column(self.op.column_name)
        text = self.as_text(column)
        return self.op.shape.changed(text, self.op.rename, text.__eq__)

    def typed(self, text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """``text`` as a value of the other type."""
        return sa.cast(text, self.column_type)

    def default(self) -> dict[str, Any]:
        """The options of :class:`ChangeType` about the default."""
        op = self.op
        if op.changes_default:
            return {"default": op.server_default}
        if self.offline:
            return {"keeps_default": True}
        text = native_catalog.default(
            self.connection, self.table_name, op.column_name
        )
        return {"default": text and self._translated(text)}

    def _translated(self, text: str) -> Default:
        """The default that is there, for the new type."""
        raise NotImplementedError

    def _look_around(
        self, around: Around, old: CheckConstraint | None = None
    ) -> None:
        if self.offline:
            return
        found = self.dependents(old)
        column = (self.op.schema, self.op.table_name, self.op.column_name)
        has_keys = any(item.kind == "key" for item in found)
        around.add(
            self.op,
            found,
            self.spelled,
            foreign_keys(self.connection, [column]) if has_keys else (),
        )

    def dependents(self, old: CheckConstraint | None) -> list[Dependent]:
        """What depends on the column, but for the constraint ``old``."""
        found = native_catalog.dependents(
            self.connection, self.table_name, self.op.column_name
        )
        if old is None:
            return found
        name = final_name(old, self.dialect)
        return [
            item for item in found if (item.kind, item.name) != ("check", name)
        ]
