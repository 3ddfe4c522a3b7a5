"""A column on PostgreSQL, on its way between codes and a VARCHAR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...ops.codes_base import CodesOp
from .literals import literal
from .move import Move
from .native_ddl import Default
from .native_ddl import Verbatim

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
