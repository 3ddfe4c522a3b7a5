"""A column on PostgreSQL, on its way between codes and a VARCHAR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import native_catalog
from ....exc import BlockedByObjectsError
from ...ops.codes_base import CodesOp
from .code_definitions import rewritten
from .definitions import CannotRewriteError
from .definitions import require_plain_key
from .literals import literal
from .move import Move
from .native_catalog import Dependent
from .native_ddl import Default
from .native_ddl import Verbatim
from .native_dependents import Around

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint

_COLUMN = sa.text("""
    SELECT pg_catalog.format_type(a.atttypid, a.atttypmod),
           a.atttypid OPERATOR(pg_catalog.=)
               pg_catalog.to_regtype(:type)::pg_catalog.oid,
           a.attidentity OPERATOR(pg_catalog.<>) ''
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND NOT a.attisdropped
    """)


@dataclass(frozen=True)
class CodesMove(Move):
    """One that has codes on the other side.

    A code is compared as text: PostgreSQL gives that without the blanks
    that a CHAR is filled up with ("Character Types", section 8.3 of its
    manual).
    """

    op: CodesOp

    @property
    def column_type(self) -> Any:
        return self.op.codes.type

    @property
    def type_name(self) -> str:
        return str(self.column_type.compile(dialect=self.dialect))

    def require_type(self) -> None:
        """Raise :class:`~ckenum.exc.DirectiveError` if the column is not of
        the type that the operation says.
        """
        op = self.op
        if not op.becomes_text:
            return
        given = {
            "name": self.table_name,
            "column": op.column_name,
            "type": self.type_name,
        }
        row = self.connection.execute(_COLUMN, given).one_or_none()
        if row is None:
            raise op.error("there is no such column")
        found, is_same, is_identity = row
        if is_identity:
            raise op.error("it is an identity column, whose codes are numbers")
        if not is_same:
            raise op.error(
                f"it is of type {found}, not of existing_type={op.codes}"
            )

    def _look_around(
        self, around: Around, old: CheckConstraint | None = None
    ) -> None:
        super()._look_around(around, old)
        if self.offline:
            return
        op = self.op
        found = [
            description
            for table in catalog.tree(self.connection, op)[1:]
            for description in self._of_child(table)
        ]
        if found:
            raise BlockedByObjectsError(
                op.table_name, op.column_name, op.schema, found
            )

    def _of_child(self, table: catalog.Table) -> Iterator[str]:
        """What a partition, or a table that inherits, has of its own and
        PostgreSQL would not carry over.
        """
        column = self.op.column_name
        name = self.dialect.identifier_preparer.format_table(table.clause)
        for item in native_catalog.dependents(
            self.connection, name, column, only_own=True
        ):
            if not self._stays(item):
                yield item.description
        default = native_catalog.default(self.connection, name, column)
        inherited = native_catalog.default(
            self.connection, self.table_name, column
        )
        if default is not None and default != inherited:
            yield f"default {default} of table {name}"

    def _stays(self, item: Dependent) -> bool:
        """Whether it says the same about values as about codes."""
        if item.kind in ("key", "other"):
            return False
        try:
            require_plain_key(item.definition, self.op.column_name)
            new = rewritten(item.definition, self.op, self.literal)
        except CannotRewriteError:
            return False
        return new == item.definition

    def typed(self, text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """A cast to a CHAR would cut off what is too long."""
        return super().typed(text) if self.op.codes.is_integer else text

    def default(self) -> dict[str, Any]:
        """A code is written as a number, as it is in a model."""
        options = super().default()
        default = options.get("default")
        if (
            isinstance(default, str)
            and self.op.codes.is_integer
            and not self.op.becomes_text
        ):
            options["default"] = Verbatim(default)
        return options

    def _translated(self, text: str) -> Default:
        op = self.op
        string = literal(text)
        if string is None:
            string = text.strip("()")
        if op.becomes_text and not op.codes.is_integer:
            string = string.rstrip(" ")
        known = op.rename.get(string, string)
        if string not in op.rename and string not in op.values:
            raise op.error(
                f"its default {text} is not in rename: say in the migration "
                f"what it is now, with server_default="
            )
        return known
