"""What SQLite knows of a table, and what a copy of it would damage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING
import warnings

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlglot.errors import SqlglotError

from ....exc import SchemaEditError
from .table_text import fold_name
from .table_text import mentions
from .table_text import same_name
from .table_text import TableText

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


def master(schema: str | None) -> sa.TableClause:
    """The table of tables, by the name that every version of SQLite has."""
    return sa.table(
        "sqlite_temp_master" if schema == "temp" else "sqlite_master",
        *map(sa.column, ("type", "name", "tbl_name", "rootpage", "sql")),
        schema=schema,
    )


def is_table(master: sa.TableClause, name: str) -> sa.ColumnElement[bool]:
    """Whether a row of ``master`` is the table ``name``."""
    return sa.and_(
        master.c.type == "table",
        master.c.name.collate("NOCASE") == name,
    )


def definition(connection: Connection, op: CheckEnumOp) -> TableText:
    """The table's CREATE TABLE.

    Raises :class:`~sqlalchemy.exc.NoSuchTableError`, or
    :class:`~ckenum.exc.SchemaEditError` if it cannot be read.
    """
    objects = master(op.schema)
    text = connection.scalar(
        sa.select(objects.c.sql).where(is_table(objects, op.table_name))
    )
    if text is None:
        raise sa.exc.NoSuchTableError(op.table_name)
    try:
        return TableText(text)
    except (SqlglotError, LookupError, ValueError) as error:
        raise SchemaEditError(
            op.table_name,
            op.schema,
            ["its CREATE TABLE, which cannot be read"],
            str(error),
        ) from error


def shape(connection: Connection, op: CheckEnumOp) -> dict[str, list[Any]]:
    """What a change of a constraint must leave as it is."""
    where = op.table_name, op.schema or "main"
    objects = master(op.schema)
    columns = _pragma("table_xinfo", where, *_COLUMN)
    keys = _pragma("foreign_key_list", where, *_FOREIGN_KEY)
    queries = {
        "columns": sa.select(columns),
        "foreign keys": sa.select(keys),
        "indexes and triggers": sa.select(
            objects.c.type, objects.c.name, objects.c.sql
        ).where(
            objects.c.tbl_name.collate("NOCASE") == op.table_name,
            objects.c.type != "table",
        ),
    }
    return {
        what: [dict(row._mapping) for row in connection.execute(query)]
        for what, query in queries.items()
    }


_COLUMN = ("name", "type", "notnull", "dflt_value", "pk", "hidden")
_FOREIGN_KEY = (
    "id",
    "seq",
    "table",
    "from",
    "to",
    "on_update",
    "on_delete",
    "match",
)


def _pragma(
    name: str, arguments: tuple[Any, ...], *columns: str
) -> sa.TableValuedAlias:
    """A pragma as a table, so that its arguments can be bound."""
    function = getattr(sa.func, f"pragma_{name}")(*arguments)
    alias: sa.TableValuedAlias = function.table_valued(
        *columns, joins_implicitly=True
    )
    return alias


def columns(
    connection: Connection, schema: str | None, table: str
) -> list[str]:
    """The names of a table's columns; empty if there is no such table."""
    found = _pragma("table_xinfo", (table, schema or "main"), *_COLUMN)
    return list(connection.scalars(sa.select(found.c.name)))


def collation(connection: Connection, op: CheckEnumOp) -> str | None:
    """The collation that the column's definition names, if any."""
    objects = master(op.schema)
    text = connection.scalar(
        sa.select(objects.c.sql).where(is_table(objects, op.table_name))
    )
    if text is None or "COLLATE" not in text.upper():
        return None
    try:
        return TableText(text).collation(op.column_name)
    except (SqlglotError, LookupError, ValueError):
        return None


def is_nullable(connection: Connection, op: CheckEnumOp) -> bool:
    columns = _pragma(
        "table_xinfo", (op.table_name, op.schema or "main"), *_COLUMN
    )
    return not connection.scalar(
        sa.select(columns.c.notnull).where(
            columns.c.name.collate("NOCASE") == op.column_name
        )
    )


def damages(operations: Operations, op: CheckEnumOp) -> list[str]:
    """What Alembic's batch mode would lose or break by copying the table.

    Empty only if SQLAlchemy has read all of the table: in doubt, the table
    is not copied.
    """
    connection = operations.get_bind()
    found = [
        *_dependents(connection, op),
        *_children(connection, op),
        *_indexes(connection, op),
        *_own(connection, op),
    ]
    return found or list(_unread(operations, op))


def _dependents(connection: Connection, op: CheckEnumOp) -> Iterator[str]:
    """Objects that depend on the table.

    Its triggers and statistics go with the old table. Views and the rest
    break the rename of the new one.
    """
    objects = [
        item
        for schema in (op.schema, "temp")
        for item in connection.execute(sa.select(master(schema)))
    ]
    for item in objects:
        of_interest = item.type in ("trigger", "view") or not item.rootpage
        if item.type == "trigger" and same_name(item.tbl_name, op.table_name):
            yield f"its trigger {item.name!r}"
        elif of_interest and _mentions(item.sql, op.table_name):
            yield f"the {item.type} {item.name!r}, which uses it"
    if any(item.name == "sqlite_stat1" for item in objects):
        statistics = sa.table(
            "sqlite_stat1", sa.column("tbl"), schema=op.schema
        )
        if connection.scalar(
            sa.select(
                sa.exists().where(
                    statistics.c.tbl.collate("NOCASE") == op.table_name
                )
            )
        ):
            yield "its statistics for the query planner"


def _mentions(text: str, name: str) -> bool:
    try:
        return mentions(text, name)
    except SqlglotError:
        return True


def _children(connection: Connection, op: CheckEnumOp) -> Iterator[str]:
    """Rows that reference the table: ``DROP TABLE`` first deletes all its
    rows, and foreign keys act on that.
    """
    if not connection.scalar(sa.text("PRAGMA foreign_keys")):
        return
    objects = master(op.schema)
    keys = _pragma(
        "foreign_key_list", (objects.c.name, op.schema or "main"), "table"
    )
    children = connection.scalars(
        sa.select(objects.c.name)
        .distinct()
        .select_from(objects, keys)
        .where(
            objects.c.type == "table",
            objects.c.rootpage > 0,
            keys.c.table.collate("NOCASE") == op.table_name,
        )
    )
    for child in children:
        yield f"rows of {child!r}, which reference it"


def require_no_lost_rows(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if a copy of the table would
    delete or change rows that refer to it.
    """
    if not connection.scalar(sa.text("PRAGMA foreign_keys")):
        return
    objects = master(op.schema)
    keys = _pragma(
        "foreign_key_list",
        (objects.c.name, op.schema or "main"),
        *_FOREIGN_KEY,
    )
    acting = sa.select(objects.c.name, keys.c["from"], keys.c.on_delete).where(
        objects.c.type == "table",
        objects.c.rootpage > 0,
        keys.c.table.collate("NOCASE") == op.table_name,
        keys.c.on_delete.in_(["CASCADE", "SET NULL", "SET DEFAULT"]),
    )
    for child, column_name, action in connection.execute(acting).all():
        column: sa.ColumnClause[Any] = sa.column(column_name)
        refers = sa.select(sa.literal(1)).where(column.is_not(None)).limit(1)
        table = sa.table(child, column, schema=op.schema)
        if connection.scalar(refers.select_from(table)):
            raise op.error(
                f"this batch copies the table and drops the old one, and "
                f"rows of {child!r} would be lost: they refer to it ON "
                f"DELETE {action}, and PRAGMA foreign_keys is ON. Turn it "
                f"off for migrations, before the transaction begins"
            )


def _indexes(connection: Connection, op: CheckEnumOp) -> Iterator[str]:
    schema = op.schema or "main"
    indexes = _pragma("index_list", (op.table_name, schema), "name", "partial")
    parts = _pragma(
        "index_xinfo", (indexes.c.name, schema), "cid", "desc", "coll", "key"
    )
    special = connection.scalars(
        sa.select(indexes.c.name)
        .distinct()
        .select_from(indexes, parts)
        .where(
            parts.c.key == 1,
            sa.or_(
                indexes.c.partial == 1,
                parts.c.cid < 0,
                parts.c.desc == 1,
                parts.c.coll != "BINARY",
            ),
        )
    )
    for name in special:
        yield f"its index {name!r}"


def _own(connection: Connection, op: CheckEnumOp) -> Iterator[str]:
    columns = _pragma(
        "table_xinfo", (op.table_name, op.schema or "main"), *_COLUMN
    )
    for name in connection.scalars(
        sa.select(columns.c.name).where(columns.c.hidden != 0)
    ):
        yield f"its generated column {name!r}"
    text = definition(connection, op)
    if text.has_comments():
        yield "the comments in its CREATE TABLE"
    names = [check.name and fold_name(check.name) for check in text.checks()]
    if None in names:
        yield "its CHECK constraints without a name"
    elif len(names) > len(set(names)):
        yield "its CHECK constraints that share a name"


def _unread(operations: Operations, op: CheckEnumOp) -> Iterator[str]:
    """What SQLAlchemy cannot read, or would write in other words: batch mode
    would then create another table.
    """
    connection = operations.get_bind()
    listener = operations.migration_context.impl.autogen_column_reflect
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = sa.Table(
                op.table_name,
                sa.MetaData(),
                schema=op.schema,
                autoload_with=connection,
                listeners=[("column_reflect", listener)],
            )
            text = str(CreateTable(table).compile(dialect=connection.dialect))
        rewritten = TableText(text)
    except (sa.exc.SQLAlchemyError, sa.exc.SAWarning, SqlglotError) as error:
        yield f"parts of it that SQLAlchemy cannot read ({error})"
        return
    if rewritten.words() != definition(connection, op).words():
        yield "parts of its CREATE TABLE that SQLAlchemy writes differently"
