"""A column on PostgreSQL, on its way between a native ENUM and a VARCHAR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import CreateEnumType
from sqlalchemy.dialects.postgresql import DropEnumType
from sqlalchemy.dialects.postgresql import ENUM

from . import native_catalog
from ....exc import EnumTypeDiffersError
from ....reflection import read_values
from ...ops.native_base import NativeEnumOp
from .literals import literal_values
from .literals import strings
from .move import Move
from .native_ddl import CreateTypeIfMissing
from .native_ddl import Default
from .native_ddl import Verbatim

if TYPE_CHECKING:
    from sqlalchemy import Executable


@dataclass(frozen=True)
class NativeMove(Move):
    """One that has a native ENUM on the other side."""

    op: NativeEnumOp

    @property
    def type(self) -> ENUM:
        labels = [label for label in self.op.labels if label is not None]
        return ENUM(
            *labels,
            name=self.op.enum_name,
            schema=self.op.enum_schema,
            create_type=False,
        )

    @property
    def column_type(self) -> Any:
        """The column's, while it is native."""
        return self.op.shape.type_of(self.type)

    @property
    def type_name(self) -> str:
        """In SQL."""
        return str(self.type.compile(dialect=self.dialect))

    @property
    def described(self) -> str:
        return f"the ENUM {self.type_name}"

    def create_type(self) -> None:
        if self.offline:
            self.emit(CreateTypeIfMissing(self.type))
            return
        for statement in self.creating_type():
            self.emit(statement)

    def creating_type(self) -> Iterator[Executable]:
        if not self.has_type():
            yield CreateEnumType(self.type)

    def require_type(self) -> None:
        if not self.op.becomes_text:
            self.has_type()

    def has_type(self) -> bool:
        """Raises :class:`EnumTypeDiffersError`."""
        name = self.type_name
        if native_catalog.spelled(self.connection, name) is None:
            return False
        found = native_catalog.labels(self.connection, name)
        if tuple(found) != self.op.labels:
            raise EnumTypeDiffersError(name, self.type.enums, found)
        return True

    def drop_type(self) -> None:
        if self.op.drop_type and self.offline:
            self._say_that_the_type_stays()
        elif self.op.drop_type:
            for statement in self.dropping_type():
                self.emit(statement)

    def dropping_type(self, column: str | None = None) -> Iterator[Executable]:
        name = self.type_name
        if column is None:
            goes = native_catalog.is_droppable(self.connection, name)
        else:
            place = (self.table_name, column)
            goes = not native_catalog.is_used_beside(
                self.connection, name, [place]
            )
        if goes:
            yield DropEnumType(self.type)

    def _say_that_the_type_stays(self) -> None:
        name = " ".join(self.type_name.split())
        impl = self.operations.migration_context.impl
        impl.static_output(
            f"-- The type {name} stays: a script cannot see what else uses "
            f"it.\n-- Where nothing does: DROP TYPE {name}"
        )

    def _translated(self, text: str) -> Default:
        """The default that is there, for the new type."""
        op = self.op
        found = literal_values(text, op.array)
        if found is None:
            found = read_values("postgresql", text, op.array)
        if found is not None:
            new = [self._new_default(value) for value in found]
            return op.shape.written(new)  # type: ignore[arg-type]
        for value in strings(text):
            if value in op.rename:
                raise op.error(
                    f"its default {text} names {value!r}, which is renamed: "
                    f"say in the migration what it is now, with "
                    f"server_default="
                )
        if op.becomes_text:
            return Verbatim(text)
        name = f"{self.type_name}[]" if op.array else self.type_name
        return Verbatim(f"({text})::{name}")

    def _new_default(self, string: str | None) -> str | None:
        """The default, or an item of it, with its new name."""
        op = self.op
        new = string if string is None else op.rename.get(string, string)
        if new not in op.values and (op.array or new is not None):
            raise op.error(
                f"its default {string!r} is not in values: say in the "
                f"migration what it is now, with server_default="
            )
        return new
