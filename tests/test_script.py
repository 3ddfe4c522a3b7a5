"""Migrations as a script: ``--sql``."""

from __future__ import annotations

import io
from pathlib import Path
import sqlite3
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .models import orders
from .models import orders_with
from .psql import psql
from .roundtrip import Database

HARD = ["50%", "a :b", "it's", "back\\slash", "a\tb", "", "ünï", '"dq"']
RENAMED = [f"{value}!" for value in HARD]


def script(dialect: str, *directives: Any, **dialect_opts: Any) -> str:
    """What ``--sql`` writes, with no option that env.py may lack."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect,
        dialect_opts=dialect_opts,
        opts={"as_sql": True, "output_buffer": buffer},
    )
    op = Operations(context)
    for directive in directives:
        directive(op)
    return buffer.getvalue()


def alter(
    values: list[str],
    existing: list[str],
    rename: dict[str, str | None],
    delete: list[str],
) -> Any:
    def directive(op: Any) -> None:
        op.alter_check_enum(
            "orders",
            "status",
            values,
            existing_values=existing,
            name="ck_orders_status",
            rename=rename,
            delete=delete,
        )

    return directive


UP = alter(
    RENAMED, [*HARD, "junk"], dict(zip(HARD, RENAMED, strict=True)), ["junk"]
)
DOWN = alter(
    [*HARD, "junk"], RENAMED, dict(zip(RENAMED, HARD, strict=True)), []
)


WHOLE = "--single-transaction"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_psql_does_what_the_online_run_does(db: Database) -> None:
    """The script leads to the same rows and the same constraint, for every
    value, and back.
    """
    db.create(orders(*HARD, "junk"))
    for number, value in enumerate([*HARD, "junk"]):
        db.insert("orders", id=number, status=value)
    psql(db, script("postgresql", UP), WHOLE)
    assert db.column("orders") == RENAMED
    assert db.diff(orders(*RENAMED)) == []
    psql(db, script("postgresql", DOWN), WHOLE)
    assert db.column("orders") == HARD
    assert db.diff(orders(*HARD, "junk")) == []


def test_script_in_a_batch(postgresql: Database) -> None:
    """A batch that does not copy writes the same script."""

    def batch(op: Any) -> None:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.alter_check_enum(
                "status",
                RENAMED,
                existing_values=[*HARD, "junk"],
                name="ck_orders_status",
                rename=dict(zip(HARD, RENAMED, strict=True)),
                delete=["junk"],
            )

    assert script("postgresql", batch) == script("postgresql", UP)


def test_create_drop_validate(postgresql: Database) -> None:
    """The other directives have their statements in the script, too."""
    postgresql.create(orders_with(sa.Column("status", sa.String(255))))

    def directives(op: Any) -> None:
        where = ("orders", "status", ["a :b"])
        op.create_check_enum(*where, name="x")
        op.drop_check_enum(*where, name="x")
        op.create_check_enum(*where, name="ck_orders_status")
        op.validate_check_enum(*where, name="ck_orders_status")

    text = script("postgresql", directives)
    assert text.count(";") == 4
    psql(postgresql, text, WHOLE)
    assert postgresql.diff(orders("a :b")) == []


def test_sqlite_needs_the_table() -> None:
    """SQLite has to read the table: the error says so, and what to do."""
    with pytest.raises(CommandError, match="copy_from"):
        script("sqlite", UP)


def test_sqlite_with_the_table_given(tmp_path: Path) -> None:
    """With the whole table in ``copy_from`` there is a script for SQLite."""
    # Alembic itself writes a tab in a CREATE TABLE as four blanks
    values = [value for value in HARD if "\t" not in value]
    renamed = [f"{value}!" for value in values]
    path = tmp_path / "x.db"
    db = Database(sa.URL.create("sqlite", database=str(path)))
    db.create(orders(*values))
    for number, value in enumerate(values):
        db.insert("orders", id=number, status=value)
    table = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(255)),
        sa.CheckConstraint("status", name="ck_orders_status"),
    )

    def batch(op: Any) -> None:
        with op.batch_alter_table("orders", copy_from=table) as batch_op:
            batch_op.alter_check_enum(
                "status",
                renamed,
                existing_values=values,
                name="ck_orders_status",
                rename=dict(zip(values, renamed, strict=True)),
            )

    with sqlite3.connect(path) as connection:
        connection.executescript(script("sqlite", batch))
    connection.close()
    assert db.column("orders") == renamed
    assert db.diff(orders(*renamed)) == []
    db.dispose()


def test_pending_triggers_are_settled() -> None:
    """Unseen, any constraint may be deferred where rows are changed."""
    assert "SET CONSTRAINTS ALL IMMEDIATE;" in script("postgresql", UP)


def test_new_table_of_a_script(postgresql: Database) -> None:
    """A new table's constraint in a script is that of the model."""

    def create(op: Any) -> None:
        op.create_table(
            "orders",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", CheckEnum("50%", "a :b", "it's")),
        )

    # as the env.py of every new Alembic project says
    psql(postgresql, script("postgresql", create, paramstyle="named"), WHOLE)
    assert postgresql.diff(orders("50%", "a :b", "it's")) == []
