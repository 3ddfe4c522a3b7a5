"""SQLite: which of several tables of one name a directive changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.sqlite import strategy
from ckenum.exc import DirectiveError

from .roundtrip import Database
from .sqlite import PLAIN
from .sqlite import ROWS
from .sqlite import TRIGGER

WAYS = ["native or copy", "copy", "edit", "batch", "batch without copy"]


@pytest.fixture(params=WAYS)
def way(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    if request.param in ("copy", "edit"):
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    return str(request.param)


@contextmanager
def connected(db: Database) -> Iterator[sa.Connection]:
    with db.engine.connect() as connection:
        yield connection


def run(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def within(schema: str, *statements: str) -> list[str]:
    return [
        statement.replace("orders", f"{schema}.orders")
        .replace("TRIGGER tr", f"TRIGGER {schema}.tr")
        .replace(f"ON {schema}.", "ON ")
        for statement in statements
    ]


def found(connection: sa.Connection, schema: str) -> tuple[list[Any], str]:
    """The rows, and the text of the table."""
    rows = connection.exec_driver_sql(
        f"SELECT status FROM {schema}.orders ORDER BY id"
    )
    text = connection.exec_driver_sql(
        f"SELECT sql FROM {schema}.sqlite_master"
        " WHERE lower(name) = 'orders'"
    )
    return list(rows.scalars()), str(text.scalar())


def alter(
    connection: sa.Connection,
    way: str,
    table: str = "orders",
    column: str = "status",
    schema: str | None = None,
) -> None:
    options: Any = {
        "existing_values": ["NEW", "PAID"],
        "name": "ck",
        "rename": {"PAID": "DONE"},
    }
    values = ["NEW", "DONE"]
    context = MigrationContext.configure(connection)
    with context.begin_transaction():
        op: Any = Operations(context)
        if way.startswith("batch"):
            recreate = "never" if "without" in way else "always"
            with op.batch_alter_table(
                table, schema=schema, recreate=recreate
            ) as batch_op:
                batch_op.alter_check_enum(column, values, **options)
        else:
            op.alter_check_enum(
                table, column, values, schema=schema, **options
            )
    connection.commit()


def assert_changed(connection: sa.Connection, schema: str) -> None:
    rows, text = found(connection, schema)
    assert rows == ["NEW", "DONE"]
    assert "'DONE'" in text and "'PAID'" not in text


@pytest.mark.parametrize(
    ("tables", "given", "meant"),
    [
        (["main", "temp"], None, "main"),
        (["main", "temp"], "temp", "temp"),
        (["main", "temp"], "main", "main"),
        (["temp"], None, "temp"),
        (["main", "other"], None, "main"),
        (["main", "other"], "other", "other"),
        (["other"], None, "other"),
        (["temp", "other"], "other", "other"),
    ],
)
def test_schemas(
    any_sqlite: Database,
    tmp_path: Path,
    way: str,
    tables: list[str],
    given: str | None,
    meant: str,
) -> None:
    """One table is changed, whole; others of its name stay as they were."""
    with connected(any_sqlite) as connection:
        path = tmp_path / "other.db"
        connection.exec_driver_sql(f"ATTACH '{path}' AS other")
        made = [PLAIN, *([TRIGGER] if way == "edit" else []), ROWS]
        for schema in tables:
            run(connection, *within(schema, *made))
        before = {schema: found(connection, schema) for schema in tables}
        alter(connection, way, schema=given)
        assert_changed(connection, meant)
        for schema in tables:
            if schema != meant:
                assert found(connection, schema) == before[schema]


@pytest.mark.parametrize(
    ("schemas", "given", "meant"),
    [
        ({None: "other"}, None, "other"),
        ({"app": None}, "app", "main"),
        ({"main": "other", "other": "main"}, "main", "other"),
    ],
)
def test_schema_translate_map(
    any_sqlite: Database,
    tmp_path: Path,
    way: str,
    schemas: dict[str | None, str | None],
    given: str | None,
    meant: str,
) -> None:
    """The table it leads to is changed, whole, and no other."""
    any_sqlite.engine.clear_compiled_cache()  # other maps have other keys
    with connected(any_sqlite) as connection:
        path = tmp_path / "other.db"
        connection.exec_driver_sql(f"ATTACH '{path}' AS other")
        made = [PLAIN, *([TRIGGER] if way == "edit" else []), ROWS]
        for schema in "main", "other":
            run(connection, *within(schema, *made))
        spared = "main" if meant == "other" else "other"
        before = found(connection, spared)
        connection.execution_options(schema_translate_map=schemas)
        alter(connection, way, schema=given)
        options = connection.get_execution_options()
        assert options["schema_translate_map"] == schemas
        assert_changed(connection, meant)
        assert found(connection, spared) == before


def test_temporary_view(any_sqlite: Database, way: str) -> None:
    """It does not hide the table that it has the name of."""
    with connected(any_sqlite) as connection:
        run(connection, PLAIN, ROWS)
        run(connection, "CREATE TEMP VIEW orders AS SELECT 1 AS id")
        alter(connection, way)
        assert_changed(connection, "main")


def test_case(any_sqlite: Database, way: str) -> None:
    """A name is found in whatever case; the table keeps its own."""
    with connected(any_sqlite) as connection:
        made = [PLAIN, *([TRIGGER] if way == "edit" else []), ROWS]
        run(connection, *made)
        alter(connection, way, "ORDERS", "Status")
        assert_changed(connection, "main")
        assert sa.inspect(connection).get_table_names() == ["orders"]


def test_created_in_another_case(any_sqlite: Database) -> None:
    """A constraint is not lost where the column is spelled otherwise."""
    with connected(any_sqlite) as connection:
        run(connection, PLAIN, ROWS)
        context = MigrationContext.configure(connection)
        with Operations(context).batch_alter_table(
            "Orders", recreate="always"
        ) as batch_op:
            create: Any = getattr(batch_op, "create_check_enum")
            create("STATUS", ["NEW", "PAID"], name="c2")
        connection.commit()
        assert "CONSTRAINT c2" in found(connection, "main")[1]


def test_no_such_column(any_sqlite: Database) -> None:
    """It is an error, not a string that SQLite makes of the name."""
    with connected(any_sqlite) as connection:
        run(connection, PLAIN, ROWS)
        with pytest.raises(DirectiveError, match="no column 'Statuss'"):
            alter(connection, "native", column="Statuss")
