"""SQLite: what a copy of a table would damage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING
import warnings

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlglot.errors import SqlglotError

from .table import FOREIGN_KEY
from .table import master
from .table import pragma
from .table import SQLiteTable
from .table_text import fold_name
from .table_text import mentions
from .table_text import same_name
from .table_text import TableText

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops import CheckEnumOp


def damages(operations: Operations, table: SQLiteTable) -> list[str]:
    """What Alembic's batch mode would lose or break by copying the table.

    Empty only if SQLAlchemy has read all of the table: in doubt, the table
    is not copied.
    """
    found = [
        *_dependents(table),
        *_children(table),
        *_indexes(table),
        *_own(table),
    ]
    return found or list(_unread(operations, table))


def _dependents(table: SQLiteTable) -> Iterator[str]:
    """Objects that depend on the table.

    Its triggers and statistics go with the old table. Views and the rest
    break the rename of the new one.
    """
    objects = [
        item
        for schema in (table.schema, "temp")
        for item in table.connection.execute(sa.select(master(schema)))
    ]
    for item in objects:
        of_interest = item.type in ("trigger", "view") or not item.rootpage
        if item.type == "trigger" and same_name(item.tbl_name, table.name):
            yield f"its trigger {item.name!r}"
        elif of_interest and _mentions(item.sql, table.name):
            yield f"the {item.type} {item.name!r}, which uses it"
    if any(item.name == "sqlite_stat1" for item in objects):
        statistics = sa.table(
            "sqlite_stat1", sa.column("tbl"), schema=table.schema
        )
        if table.connection.scalar(
            sa.select(
                sa.exists().where(
                    statistics.c.tbl.collate("NOCASE") == table.name
                )
            )
        ):
            yield "its statistics for the query planner"


def _mentions(text: str, name: str) -> bool:
    try:
        return mentions(text, name)
    except SqlglotError:
        return True


def _children(table: SQLiteTable) -> Iterator[str]:
    """Rows that reference the table: ``DROP TABLE`` first deletes all its
    rows, and foreign keys act on that.
    """
    if _enforces_keys(table):
        objects, keys, referring = _referring(table)
        children = sa.select(objects.c.name).distinct()
        for child in table.connection.scalars(
            children.select_from(objects, keys).where(referring)
        ):
            yield f"rows of {child!r}, which reference it"


def _enforces_keys(table: SQLiteTable) -> bool:
    return bool(table.connection.scalar(sa.text("PRAGMA foreign_keys")))


def _referring(
    table: SQLiteTable,
) -> tuple[sa.TableClause, sa.TableValuedAlias, sa.ColumnElement[bool]]:
    """All tables, their foreign keys, and whether those refer to ``table``."""
    objects = table.master
    keys = pragma(
        "foreign_key_list",
        objects.c.name,
        table.schema or "main",
        columns=FOREIGN_KEY,
    )
    return (
        objects,
        keys,
        sa.and_(
            objects.c.type == "table",
            objects.c.rootpage > 0,
            keys.c.table.collate("NOCASE") == table.name,
        ),
    )


def require_no_lost_rows(table: SQLiteTable, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if a copy of the table would
    delete or change rows that refer to it.
    """
    if not _enforces_keys(table):
        return
    objects, keys, referring = _referring(table)
    acting = sa.select(objects.c.name, keys.c["from"], keys.c.on_delete).where(
        referring, keys.c.on_delete.in_(["CASCADE", "SET NULL", "SET DEFAULT"])
    )
    for child, column_name, action in table.connection.execute(acting).all():
        column: sa.ColumnClause[Any] = sa.column(column_name)
        refers = sa.select(sa.literal(1)).where(column.is_not(None)).limit(1)
        rows = sa.table(child, column, schema=table.schema)
        if table.connection.scalar(refers.select_from(rows)):
            raise op.error(
                f"this batch copies the table and drops the old one, and "
                f"rows of {child!r} would be lost: they refer to it ON "
                f"DELETE {action}, and PRAGMA foreign_keys is ON. Turn it "
                f"off for migrations, before the transaction begins"
            )


def _indexes(table: SQLiteTable) -> Iterator[str]:
    indexes = table.pragma("index_list", "name", "partial")
    parts = pragma(
        "index_xinfo",
        indexes.c.name,
        table.schema or "main",
        columns=("cid", "desc", "coll", "key"),
    )
    special = table.connection.scalars(
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


def _own(table: SQLiteTable) -> Iterator[str]:
    for column in table.columns:
        if column["hidden"]:
            yield f"its generated column {column['name']!r}"
    text = table.text
    if text.has_comments():
        yield "the comments in its CREATE TABLE"
    names = [check.name and fold_name(check.name) for check in text.checks()]
    if None in names:
        yield "its CHECK constraints without a name"
    elif len(names) > len(set(names)):
        yield "its CHECK constraints that share a name"


def _unread(operations: Operations, table: SQLiteTable) -> Iterator[str]:
    """What SQLAlchemy cannot read, or would write in other words: batch mode
    would then create another table.
    """
    connection = table.connection
    listener = operations.migration_context.impl.autogen_column_reflect
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            copy = sa.Table(
                table.name,
                sa.MetaData(),
                schema=table.schema,
                autoload_with=connection,
                listeners=[("column_reflect", listener)],
            )
            text = str(CreateTable(copy).compile(dialect=connection.dialect))
        rewritten = TableText(text)
    except (sa.exc.SQLAlchemyError, sa.exc.SAWarning, SqlglotError) as error:
        yield f"parts of it that SQLAlchemy cannot read ({error})"
        return
    if rewritten.words() != table.text.words():
        yield "parts of its CREATE TABLE that SQLAlchemy writes differently"
