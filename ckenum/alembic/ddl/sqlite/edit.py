"""Edit a table's definition where SQLite keeps it, in ``sqlite_master``.

SQLite's manual describes this as the simpler and faster procedure for changes
that do not affect the stored content ("ALTER TABLE", section 7). No row
moves, so nothing that depends on the table is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlglot.errors import SqlglotError

from ....exc import SchemaEditError
from ..emit import emit_now
from .table import is_table
from .table import master
from .table import SQLiteTable
from .table_text import same_name
from .transaction import between
from .transaction import no_checks

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops import CheckEnumOp
    from .change import Change


class SchemaVersion(DDLElement):
    """``PRAGMA schema_version``, to be read or set."""

    def __init__(self, schema: str | None, new: int | None = None) -> None:
        self.schema = schema
        self.new = new


@compiles(SchemaVersion, "sqlite")
def _schema_version(element: SchemaVersion, compiler: Any, **kw: Any) -> str:
    schema = compiler.preparer.quote(element.schema or "main")
    text = f"PRAGMA {schema}.schema_version"
    return text if element.new is None else f"{text} = {element.new:d}"


def run(operations: Operations, change: Change, why: Sequence[str]) -> None:
    """Edit the definition, then change the rows under the new constraint.

    :param why: the reasons against a copy of the table.
    """
    connection = operations.get_bind()
    op = change.op
    if op.changes_default:
        _store_defaults(operations, op)
    if change.rows_first:
        with no_checks(operations):
            change.rows(operations)
    table = SQLiteTable.of(connection, op)
    before = table.shape
    try:
        text = change.rewrite(table.text, connection.dialect)
    except (SqlglotError, LookupError) as error:
        raise _failed(op, why, f"its CREATE TABLE is unclear: {error}")
    try:
        _write(operations, op, text.text)
        after = SQLiteTable.of(connection, op).shape
    except sa.exc.DatabaseError as error:
        raise _failed(op, why, f"SQLite says: {error.orig}") from error
    if _else(after, change) != _else(before, change):
        raise _failed(op, why, "more than the constraint would change")
    if not change.rows_first:
        change.rows(operations)
    change.require_none_left(connection)
    change.require_rows_changed(connection)


def _write(operations: Operations, op: CheckEnumOp, text: str) -> None:
    """Write the new definition, then set ``schema_version``.

    The manual sets ``schema_version`` before it reads the schema again. In
    that order, a connection does not notice a rollback: it goes on with a
    schema that was never committed. If another connection then changes the
    schema once, it does not notice that either.
    """
    connection = operations.get_bind()
    objects = master(op.schema)
    version = connection.exec_driver_sql(
        str(SchemaVersion(op.schema).compile(dialect=connection.dialect))
    ).scalar_one()
    with between(
        operations,
        "PRAGMA writable_schema = ON",
        "PRAGMA writable_schema = RESET",
    ):
        emit_now(
            operations,
            sa.update(objects)
            .where(is_table(objects, op.table_name))
            .values(sql=text),
        )
    emit_now(operations, SchemaVersion(op.schema, version + 1))


def _store_defaults(operations: Operations, op: CheckEnumOp) -> None:
    """Store the default in rows older than ``ALTER TABLE ... ADD COLUMN``.

    SQLite does not write these rows when it adds the column: they read the
    column's default, and would then read the new one.
    """
    column: sa.ColumnClause[Any] = sa.column(op.column_name, sa.String())
    table = sa.table(op.table_name, column, schema=op.schema)
    update = sa.update(table).values({column: column})
    existing = op.existing_server_default
    if existing is not False:
        update = update.where(column.is_not_distinct_from(existing))
    with no_checks(operations):
        emit_now(operations, update)


def _else(shape: dict[str, list[Any]], change: Change) -> dict[str, list[Any]]:
    """``shape`` without what ``change`` changes."""
    for column in shape["columns"]:
        if same_name(column["name"], change.op.column_name):
            if change.type is not None:
                column["type"] = None
            if change.op.changes_default:
                column["dflt_value"] = None
    return shape


def _failed(
    op: CheckEnumOp, why: Sequence[str], cause: str
) -> SchemaEditError:
    return SchemaEditError(op.table_name, op.schema, why, cause)
