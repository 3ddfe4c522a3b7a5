"""SQLite databases, looked at as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from .roundtrip import Database

PLAIN = (
    "CREATE TABLE orders (id INTEGER NOT NULL, status VARCHAR(10) NOT NULL, "
    "PRIMARY KEY (id), CONSTRAINT ck CHECK (status IN ('NEW', 'PAID')))"
)
UNNAMED = PLAIN.replace("CONSTRAINT ck ", "")
BARE = PLAIN.replace(", CONSTRAINT ck CHECK (status IN ('NEW', 'PAID'))", "")
INLINE = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT "
    "CHECK (status IN ('NEW', 'PAID')) NOT NULL)"
)
TRIGGER = "CREATE TRIGGER tr AFTER DELETE ON orders BEGIN SELECT count(*); END"
ROWS = "INSERT INTO orders VALUES (1, 'NEW'), (2, 'PAID')"


def execute(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def recorded(db: Database) -> Iterator[list[str]]:
    """What is sent to the database."""
    statements: list[str] = []

    def record(*args: Any) -> None:
        statements.append(args[2])

    sa.event.listen(db.engine, "before_cursor_execute", record)
    yield statements
    sa.event.remove(db.engine, "before_cursor_execute", record)


def way(statements: list[str]) -> str:
    if any("_alembic_tmp_" in text and "INTO" in text for text in statements):
        return "copy"
    if any("writable_schema = ON" in text for text in statements):
        return "edit"
    return "native"


def text(db: Database) -> str:
    with db.engine.connect() as connection:
        return str(
            connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE name = 'orders'"
            ).scalar()
        )


def rename(op: Any, *table: str, **options: Any) -> None:
    op.alter_check_enum(
        *table,
        "status",
        ["NEW", "DONE"],
        existing_values=["NEW", "PAID"],
        **{"name": "ck", "rename": {"PAID": "DONE"}, **options},
    )


def dump(engine: sa.Engine) -> list[Any]:
    """All that is stored, as another connection sees it."""
    with engine.connect() as connection:
        objects = connection.exec_driver_sql(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
        ).all()
        tables = sa.inspect(connection).get_table_names()
        quote = engine.dialect.identifier_preparer.quote
        rows = [
            (
                table,
                connection.exec_driver_sql(
                    f"SELECT * FROM {quote(table)}"
                ).all(),
            )
            for table in tables
        ]
        version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    return [objects, rows, version]
