"""The CHECK constraints that a test's database really has."""

from __future__ import annotations

import sqlalchemy as sa

from ckenum.reflection import Check
from ckenum.reflection import sqlite_checks


def reflected(engine: sa.Engine, table: str) -> list[Check]:
    """In the order of their names on PostgreSQL, of the text on SQLite."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            master = sa.table("sqlite_master", *map(sa.column, COLUMNS))
            text = connection.scalar(
                sa.select(master.c.sql).where(master.c.name == table)
            )
            return sqlite_checks(text)
        return [
            Check(
                check["name"],
                check["sqltext"],
                bool(check.get("dialect_options", {}).get("not_valid")),
            )
            for check in sa.inspect(connection).get_check_constraints(table)
        ]


COLUMNS = ["name", "sql"]
