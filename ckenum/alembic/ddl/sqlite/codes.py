"""A column of codes to a check enum and back, by a change of its type.

The rows change while the column has the affinity of its codes, or while it is
text on the way to a copy, so that no value is taken for a number ("Type
Affinity", section 3 of "Datatypes In SQLite").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from . import strategy
from .. import rows
from ....exc import BlockedByObjectsError
from ....reflection import read_values
from ....shapes import new_value
from ...ops.codes_base import CodesOp
from ..constraint import constraint_of
from ..emit import emit_now
from ..naming import between
from .change import Change
from .table import master
from .table import pragma
from .table import SQLiteTable
from .table_text import mentions
from .table_text import same_name
from .transaction import defer_foreign_keys

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine


def move(operations: Operations, op: CodesOp) -> None:
    old = new = None
    if op.becomes_text:
        new = constraint_of(operations, op, op.name, op.values)
    else:
        old = constraint_of(operations, op, op.name, op.existing_values)
    if not operations.migration_context.as_sql:
        _require_possible(operations, op)
    strategy.run(operations, CodesChange(op, old=old, new=new))


@dataclass(frozen=True, eq=False)
class CodesChange(Change):
    """One that gives the column another type."""

    op: CodesOp

    @property
    def rows_first(self) -> bool:
        """The codes' type takes any string; a VARCHAR keeps no number."""
        return self.op.becomes_text

    @property
    def type(self) -> TypeEngine[Any]:
        return self._text if self.op.becomes_text else self.op.codes.type

    @property
    def existing_type(self) -> TypeEngine[Any]:
        return self.op.codes.type if self.op.becomes_text else self._text

    @property
    def _text(self) -> TypeEngine[Any]:
        return sa.String(self.op.length)

    @property
    def server_default(self) -> Any:
        op = self.op
        default = op.server_default
        if op.becomes_text or not isinstance(default, str):
            return default
        return sa.text(default) if op.codes.is_integer else default

    def rows(self, operations: Operations) -> None:
        """Raise for what ``rename`` lacks, then change all rows."""
        op = self.op
        if not operations.migration_context.as_sql:
            _require_known(operations.get_bind(), op)
        defer_foreign_keys(operations)
        column: sa.ColumnClause[Any] = sa.column(op.column_name)
        column.key = "value"  # it names a parameter
        text = _code(op, column)
        value: Any = text if _is_char(op) else column
        if op.rename:
            value = new_value(op.rename, text.__eq__, value)
        table = sa.table(op.table_name, column, schema=op.schema)
        statement = (
            sa.update(table)
            .where(column.is_not(None))
            .values({column: value})
            .prefix_with("OR ABORT")
        )
        emit_now(operations, statement)

    def require_none_left(self, connection: Connection) -> None:
        """The rows were counted before they changed."""

    def require_rows_changed(self, connection: Connection) -> None:
        values = [value for value in self.op.values if value is not None]
        rows.require_none_left(
            connection,
            self.op,
            values,
            "A trigger keeps them as they are: drop it before this "
            "directive, and create it again after.",
        )


def _require_known(connection: Connection, op: CodesOp) -> None:
    known = [v for v in (*op.values, *op.rename) if v is not None]
    text = None
    if _is_char(op):
        text = _code(op, sa.column(op.column_name))
    rows.require_none_left(connection, op, known, op.ways_out, text)


def _is_char(op: CodesOp) -> bool:
    """Whether codes may have blanks at the end, which do not count."""
    return op.becomes_text and not op.codes.is_integer


def _code(op: CodesOp, column: sa.ColumnClause[Any]) -> Any:
    """A row's code, or value, as ``rename`` names it."""
    if _is_char(op):
        return sa.func.rtrim(column, " ", type_=sa.Text())
    return sa.cast(column, sa.Text())


def _require_possible(operations: Operations, op: CodesOp) -> None:
    """Raise for what stands in the way; set the new default in ``op``."""
    connection = operations.get_bind()
    table = SQLiteTable.of(connection, op)
    if op.codes.is_integer:
        _require_no_numbers(op)
    if table.sql is None:
        return
    found = [*_in_the_way(table, op)]
    if found:
        raise BlockedByObjectsError(
            op.table_name, op.column_name, op.schema, found
        )
    for column in table.columns:
        if same_name(column["name"], op.column_name):
            _take_default(op, column["dflt_value"])
    if not isinstance(operations.impl, BatchOperationsImpl):
        _require_known(connection, op)  # a batch may still add the column


def _require_no_numbers(op: CodesOp) -> None:
    for value in op.checked_values:
        try:
            float(value or "")
        except ValueError:
            continue
        raise op.error(
            f"SQLite takes {value!r} for a number while the column holds "
            f"codes: give the member another stored string, or move the "
            f"column by hand"
        )


def _take_default(op: CodesOp, text: str | None) -> None:
    if op.changes_default or text is None:
        return
    if text.strip("()").upper() == "NULL":
        return  # as good as no default
    (string,) = read_values("sqlite", text) or (None,)
    if string is None:
        string = text.strip("()").strip('"')
    if _is_char(op):
        string = string.rstrip(" ")
    if string not in op.rename and string not in op.values:
        raise op.error(
            f"its default {text} is not in rename: say in the migration what "
            f"it is now, with server_default="
        )
    op.existing_server_default = string
    op.server_default = op.rename.get(string, string)


# -- what stands in the way ---------------------------------------------------


def _in_the_way(table: SQLiteTable, op: CodesOp) -> Iterator[str]:
    """What may compare the column with codes, or keep them."""
    yield from _of_table(table, op)
    yield from _indexes(table, op)
    yield from _keys(table, op)
    objects = [
        item
        for schema in dict.fromkeys([op.schema, "temp"])
        for item in table.connection.execute(sa.select(master(schema)))
    ]
    for item in objects:
        if (
            item.type in ("view", "trigger")
            and mentions(item.sql, op.table_name)
            and mentions(item.sql, op.column_name)
        ):
            yield f"{item.type} {item.name}"


def _of_table(table: SQLiteTable, op: CodesOp) -> Iterator[str]:
    text = table.text
    for check in text.checks():
        is_own = not op.becomes_text and same_name(check.name, op.name)
        if not is_own and mentions(check.text, op.column_name):
            yield f"constraint {check.name or check.text}"
    for name, expression in text.generated():
        if mentions(expression, op.column_name):
            yield f"generated column {name}"
    for column in table.columns:
        if same_name(column["name"], op.column_name) and column["pk"]:
            yield "the primary key"
    if text.is_strict():
        yield "STRICT in its CREATE TABLE, which knows no VARCHAR"


def _indexes(table: SQLiteTable, op: CodesOp) -> Iterator[str]:
    listed = table.pragma("index_list", "name", "partial")
    parts = pragma(
        "index_xinfo",
        listed.c.name,
        table.schema or "main",
        columns=("cid", "key"),
    )
    expressions = table.connection.scalars(
        sa.select(listed.c.name)
        .select_from(listed, parts)
        .where(parts.c.key == 1, parts.c.cid == -2)
    ).all()
    objects = table.master
    query = sa.select(objects.c.name, objects.c.sql).where(
        objects.c.type == "index",
        objects.c.tbl_name.collate("NOCASE") == table.name,
        objects.c.sql.is_not(None),
    )
    for name, sql in table.connection.execute(query):
        where = between("sqlite", sql, "WHERE")
        text = sql if name in expressions else where
        if mentions(text, op.column_name):
            yield f"index {name}"


def _keys(table: SQLiteTable, op: CodesOp) -> Iterator[str]:
    for key in table.shape["foreign keys"]:
        if same_name(key["from"], op.column_name):
            yield f"the foreign key to {key['table']}"
    for child in table.children_of(op.column_name):
        yield f"the foreign key of {child}"
