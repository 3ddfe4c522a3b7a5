"""The CHECK constraints that a test's database really has."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from ckenum.alembic.ddl.mysql import catalog
from ckenum.alembic.ddl.sqlite.reflection import sqlite_checks
from ckenum.reflection import Check


def reflected(engine: sa.Engine, table: str) -> list[Check]:
    """In the order of their names on PostgreSQL, of the text on SQLite."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            master = sa.table(
                "sqlite_master", sa.column("name"), sa.column("sql")
            )
            text = connection.scalar(
                sa.select(master.c.sql).where(master.c.name == table)
            )
            return sqlite_checks(text)
        if engine.dialect.name in ("mysql", "mariadb"):
            stored = catalog.checks(connection, None, table)
            return [Check(each.name, each.text) for each in stored]
        return [
            Check(
                check["name"],
                check["sqltext"],
                bool(check.get("dialect_options", {}).get("not_valid")),
            )
            for check in sa.inspect(connection).get_check_constraints(table)
        ]


def accepted(
    engine: sa.Engine, table: str, column: str, tried: Iterable[str]
) -> set[str]:
    """Those of ``tried`` that a row can hold; none of them stays."""
    target = sa.table(table, sa.column("id"), sa.column(column))
    taken = set()
    with engine.connect() as connection:
        for value in tried:
            insert = sa.insert(target).values({"id": 1_000, column: value})
            try:
                connection.execute(insert)
                taken.add(value)
            except sa.exc.DBAPIError:
                pass
            connection.rollback()
    return taken
