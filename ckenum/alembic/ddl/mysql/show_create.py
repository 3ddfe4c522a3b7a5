"""What SHOW CREATE TABLE says, and which characters it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.expression import Executable

from . import table_text
from .charset import doubt
from .definition import Definition

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


def text(connection: Connection, schema: str | None, table: str) -> str:
    """The text of SHOW CREATE TABLE."""
    row = connection.execute(_ShowCreateTable(table, schema)).one()
    return str(row[1])


class _ShowCreateTable(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, table: str, schema: str | None) -> None:
        self.table = sa.table(table, schema=schema)


@compiles(_ShowCreateTable, "mysql", "mariadb")
def _show_create_table(
    element: _ShowCreateTable, compiler: Any, **kw: Any
) -> str:
    return f"SHOW CREATE TABLE {compiler.preparer.format_table(element.table)}"


def definition(connection: Connection, op: CheckEnumOp) -> Definition:
    """The full definition of the column of ``op``."""
    shown = text(connection, op.schema, op.table_name)
    found = table_text.column(shown, op.column_name)
    if found is None:
        raise op.no_column()
    why = doubt(connection, "".join(token.text for token in found))
    if why:
        raise op.error(f"its definition cannot be repeated, for {why}")
    return _as_meant(op, Definition.of(found))


def _as_meant(op: CheckEnumOp, shown: Definition) -> Definition:
    """``shown`` with the real characters of the default.

    MariaDB shows a question mark for each character of four bytes, so the
    default is the value that would be shown like this. MySQL shows such a
    default in hexadecimal, but shows four question marks for such a character
    in an expression.
    """
    if any("????" in token.value for token in shown.expression_strings):
        raise op.error(
            "MySQL shows question marks for a character of four bytes, so "
            "the column's expression cannot be repeated: change its length "
            "or collation with op.execute(), and leave it out here"
        )
    default = shown.default
    if op.changes_default or default is None or "?" not in default:
        return shown
    values = {*op.values, *op.existing_values}
    meant = shown_as(default, values)
    if len(meant) != 1:
        raise op.error(
            f"the server shows the column's default as {default!r}, with a "
            f"question mark for each character of four bytes, and "
            f"{len(meant)} values look so: give server_default="
        )
    return shown.with_default(meant[0])


def shown_as(default: str, values: Iterable[str | None]) -> list[str]:
    """The ``values`` that MariaDB would show as ``default``."""
    return [value for value in values if value and as_shown(value) == default]


def as_shown(value: str) -> str:
    """``value`` as MariaDB shows it in a column's definition, and MySQL in
    the labels of an ENUM.
    """
    return "".join("?" if char > "\uffff" else char for char in value)
