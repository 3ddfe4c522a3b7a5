"""Queries of ``information_schema``: a table's CHECKs, columns and keys."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import show_create
from . import table_text
from .charset import doubt
from .texts import condition
from .texts import from_catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


@dataclass(frozen=True)
class StoredCheck:
    """A CHECK constraint.

    :ivar table: its table.
    :ivar name: its name; the column's, if it is part of its definition.
    :ivar text: the condition, in the one spelling of ``texts.condition``.
    :ivar is_enforced: whether the server enforces it.
    :ivar in_column: whether it is part of a column's definition, so that
        ``DROP CONSTRAINT`` does not find it (MariaDB).
    :ivar doubt: why the text may differ from the server's, if it may.
    """

    table: str
    name: str
    text: str
    is_enforced: bool = True
    in_column: bool = False
    doubt: str | None = None


_MYSQL = sa.text("""
    SELECT t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE,
           t.ENFORCED = 'YES', FALSE
    FROM information_schema.TABLE_CONSTRAINTS t
    JOIN information_schema.CHECK_CONSTRAINTS c
      ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA
     AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME
    WHERE t.TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND t.CONSTRAINT_TYPE = 'CHECK'
    ORDER BY t.TABLE_NAME, t.CONSTRAINT_NAME
    """)

_MARIADB = sa.text("""
    SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, TRUE, LEVEL = 'Column'
    FROM information_schema.CHECK_CONSTRAINTS
    WHERE CONSTRAINT_SCHEMA = coalesce(:schema, DATABASE())
    ORDER BY TABLE_NAME, CONSTRAINT_NAME
    """)

_FOREIGN_KEYS = sa.text("""
    SELECT u.TABLE_SCHEMA, u.TABLE_NAME, u.CONSTRAINT_NAME,
           r.UPDATE_RULE, r.DELETE_RULE,
           u.TABLE_SCHEMA = coalesce(:schema, DATABASE())
             AND u.TABLE_NAME = :table AND u.COLUMN_NAME = :column
    FROM information_schema.KEY_COLUMN_USAGE u
    JOIN information_schema.REFERENTIAL_CONSTRAINTS r
      ON r.CONSTRAINT_SCHEMA = u.CONSTRAINT_SCHEMA
     AND r.CONSTRAINT_NAME = u.CONSTRAINT_NAME
     AND r.TABLE_NAME = u.TABLE_NAME
    WHERE (u.TABLE_SCHEMA = coalesce(:schema, DATABASE())
           AND u.TABLE_NAME = :table AND u.COLUMN_NAME = :column)
       OR (u.REFERENCED_TABLE_SCHEMA = coalesce(:schema, DATABASE())
           AND u.REFERENCED_TABLE_NAME = :table
           AND u.REFERENCED_COLUMN_NAME = :column)
    """)

_COLUMN = sa.text("""
    SELECT COLUMN_NAME, CHARACTER_MAXIMUM_LENGTH, COLLATION_NAME,
           IS_NULLABLE = 'YES'
    FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND TABLE_NAME = :table AND COLUMN_NAME = :column
    """)


_COLUMNS = sa.text("""
    SELECT COLUMN_NAME FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND TABLE_NAME = :table
    """)

_PRIMARY_KEY = sa.text("""
    SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND TABLE_NAME = :table AND CONSTRAINT_NAME = 'PRIMARY'
    ORDER BY ORDINAL_POSITION
    """)

_TABLE_COLLATION = sa.text("""
    SELECT TABLE_COLLATION FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND TABLE_NAME = :table
    """)


def checks(
    connection: Connection, schema: str | None, table: str | None = None
) -> list[StoredCheck]:
    """The CHECKs of a schema, or of one of its tables.

    ``information_schema`` of MariaDB has a question mark for each byte of a
    character of four bytes; SHOW CREATE TABLE has it right. With MySQL it is
    the other way round.
    """
    is_mariadb = connection.dialect.is_mariadb  # type: ignore[attr-defined]
    query = _MARIADB if is_mariadb else _MYSQL
    found = []
    for of, name, text, is_enforced, in_column in connection.execute(
        query, {"schema": schema}
    ):
        if table is None or of == table:
            read = condition(text if is_mariadb else from_catalog(text))
            found.append(
                StoredCheck(of, name, read, bool(is_enforced), bool(in_column))
            )
    if is_mariadb:
        for of in {each.table for each in found if "?" in each.text}:
            exact = {
                each.name: each.condition
                for each in table_text.checks(
                    show_create.text(connection, schema, of)
                )
            }
            found = [
                (
                    StoredCheck(
                        of, each.name, exact[each.name], True, each.in_column
                    )
                    if each.table == of and each.name in exact
                    else each
                )
                for each in found
            ]
    return [
        replace(each, doubt=doubt(connection, each.text)) for each in found
    ]


@dataclass(frozen=True)
class Column:
    """A column of text.

    :ivar name: as the database spells it.
    :ivar length: in characters.
    """

    name: str
    length: int | None
    collation: str | None
    is_nullable: bool


def column(
    connection: Connection, schema: str | None, table: str, name: str
) -> Column | None:
    """A column; ``None`` if there is none."""
    given = {"schema": schema, "table": table, "column": name}
    row = connection.execute(_COLUMN, given).one_or_none()
    return Column(row[0], row[1], row[2], bool(row[3])) if row else None


def columns(
    connection: Connection, schema: str | None, table: str
) -> list[str] | None:
    """The names of a table's columns; ``None`` if there is no such table."""
    given = {"schema": schema, "table": table}
    return [*connection.scalars(_COLUMNS, given)] or None


def table_collation(connection: Connection, op: CheckEnumOp) -> str:
    """The collation of the columns of the table of ``op`` that name none:
    the table's.
    """
    given = {"schema": op.schema, "table": op.table_name}
    return str(connection.scalar(_TABLE_COLLATION, given))


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key that the column is part of, on either side.

    :ivar is_own: whether it belongs to the table, and does not refer to it.
    """

    schema: str
    table: str
    name: str
    on_update: str
    on_delete: str
    is_own: int


def foreign_keys(
    connection: Connection, schema: str | None, table: str, column: str
) -> list[ForeignKey]:
    """The foreign keys that a column is part of."""
    given = {"schema": schema, "table": table, "column": column}
    rows = connection.execute(_FOREIGN_KEYS, given)
    return [ForeignKey(*row) for row in rows]


def place(op: CheckEnumOp) -> tuple[str | None, str, str]:
    """Parameters of a query that name the column of ``op``."""
    return op.schema, op.table_name, op.column_name


def primary_key(connection: Connection, op: CheckEnumOp) -> list[str]:
    """The columns of the primary key of the table of ``op``."""
    given = {"schema": op.schema, "table": op.table_name}
    return list(connection.scalars(_PRIMARY_KEY, given))


def enforces_checks(connection: Connection) -> bool:
    """Whether the server enforces CHECKs: MySQL does from 8.0.16 on, TiDB if
    a setting says so, MariaDB unless a setting says no.
    """
    version = str(connection.scalar(sa.text("SELECT VERSION()")))
    if "TiDB" in version:
        name = "tidb_enable_check_constraint"
    elif connection.dialect.is_mariadb:  # type: ignore[attr-defined]
        name = "check_constraint_checks"
    else:
        found = connection.dialect.server_version_info
        return found is None or found >= (8, 0, 16)
    asking = sa.text("SHOW VARIABLES LIKE :name")
    row = connection.execute(asking, {"name": name}).one_or_none()
    return row is not None and str(row[1]).upper() in ("ON", "1")
