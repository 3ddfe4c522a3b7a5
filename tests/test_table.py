"""Tenants: all statements of a directive are about one schema's table."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum.exc import DirectiveError
from ckenum.exc import RowsRemainError

from .catalog import catalog
from .models import orders
from .online import execute
from .online import FAST
from .online import fetch
from .roundtrip import Database

SCHEMAS = ["public", "a", "b"]
VALUES = ["NEW", "PAID", "JUNK"]
CHECK = "CONSTRAINT ck CHECK (status IN ('NEW', 'PAID', 'JUNK'))"


@pytest.fixture
def db(any_postgresql: Database) -> Database:
    """The same table in three schemas."""
    for schema in SCHEMAS:
        execute(
            any_postgresql,
            f"CREATE SCHEMA IF NOT EXISTS {schema}",
            f"CREATE TABLE {schema}.orders (id int PRIMARY KEY,"
            f" status varchar(9), {CHECK})",
            f"INSERT INTO {schema}.orders"
            " VALUES (1, 'NEW'), (2, 'PAID'), (3, 'JUNK')",
        )
    return any_postgresql


@contextmanager
def translated(
    db: Database, schemas: dict[str | None, str | None]
) -> Iterator[Any]:
    """``op`` of a connection that translates ``schemas``."""
    db.engine.clear_compiled_cache()  # another test's maps have other keys
    engine = db.engine.execution_options(schema_translate_map=schemas)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"ckenum_online_settings": FAST}
        )
        with context.begin_transaction():
            yield Operations(context)
        options = connection.get_execution_options()
        assert options["schema_translate_map"] == schemas


def state(db: Database, schema: str) -> tuple[str, list[Any]]:
    """The constraints, and the rows."""
    constraints = fetch(
        db,
        "SELECT conname || ' ' || pg_get_constraintdef(oid)"
        f" FROM pg_constraint WHERE conrelid = '{schema}.orders'::regclass"
        " ORDER BY 1",
    )
    rows = fetch(db, f"SELECT status FROM {schema}.orders ORDER BY id")
    return "\n".join(constraints), rows


def alter(op: Any, schema: str | None, **options: Any) -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "DONE"],
        existing_values=VALUES,
        name="ck",
        rename={"PAID": "DONE"},
        delete=["JUNK"],
        schema=schema,
        **options,
    )


def longer(op: Any, schema: str | None) -> None:
    alter(
        op,
        schema,
        length=20,
        existing_length=9,
        server_default="DONE",
    )


def online(op: Any, schema: str | None) -> None:
    alter(op, schema, online=True)


def keeping_trigger(op: Any, schema: str | None) -> None:
    alter(op, schema, online=True, keep_trigger=True)
    op.drop_check_enum_trigger("orders", "status", schema=schema)


def in_batch(op: Any, schema: str | None) -> None:
    with op.batch_alter_table("orders", schema=schema) as batch_op:
        batch_op.alter_check_enum(
            "status",
            ["NEW", "DONE"],
            existing_values=VALUES,
            name="ck",
            rename={"PAID": "DONE"},
            delete=["JUNK"],
        )


def dropped_and_created(op: Any, schema: str | None) -> None:
    op.drop_check_enum("orders", "status", VALUES, name="ck", schema=schema)
    op.create_check_enum("orders", "status", VALUES, name="ck", schema=schema)
    alter(op, schema)


def online_dropped_and_created(op: Any, schema: str | None) -> None:
    where = {"schema": schema, "online": True, "name": "ck"}
    op.drop_check_enum("orders", "status", VALUES, **where)
    op.create_check_enum("orders", "status", VALUES, **where)
    op.validate_check_enum(
        "orders", "status", VALUES, name="ck", schema=schema
    )
    online(op, schema)


SHAPES = [
    alter,
    longer,
    online,
    keeping_trigger,
    in_batch,
    dropped_and_created,
    online_dropped_and_created,
]

MAPS: dict[str, Any] = {
    "none to a": ({None: "a"}, None, "a"),
    "a to none": ({"a": None}, "a", "public"),
    "swap": ({"a": "b", "b": "a"}, "a", "b"),
    "chain": ({None: "a", "a": "b"}, None, "a"),
    "of another": ({"other": "b"}, "a", "a"),
}


@pytest.mark.parametrize("which", MAPS)
@pytest.mark.parametrize("shape", SHAPES)
def test_schema_translate_map(
    db: Database, which: str, shape: Callable[..., None]
) -> None:
    """The table it leads to is changed, whole, and no other."""
    schemas, given, meant = MAPS[which]
    before = {schema: state(db, schema) for schema in SCHEMAS}
    with translated(db, schemas) as op:
        shape(op, given)
    constraints, rows = state(db, meant)
    assert rows == ["NEW", "DONE"]
    assert "DONE" in constraints and "PAID" not in constraints
    assert "NOT VALID" not in constraints
    for schema in SCHEMAS:
        if schema != meant:
            assert state(db, schema) == before[schema]


def test_rows_that_are_counted(db: Database) -> None:
    """Rows of the translated table stand in the way, no others."""
    execute(db, "DELETE FROM a.orders WHERE status = 'JUNK'")
    remove: Any = {"existing_values": VALUES, "name": "ck"}
    where = "orders", "status", ["NEW", "PAID"]
    with translated(db, {None: "a"}) as op:
        op.alter_check_enum(*where, **remove)
    with translated(db, {None: "b"}) as op:
        with pytest.raises(RowsRemainError) as caught:
            op.alter_check_enum(*where, **remove)
    assert caught.value.schema == "b"


def native(db: Database) -> None:
    for schema in "a", "b":
        execute(
            db,
            f"ALTER TABLE {schema}.orders DROP CONSTRAINT ck",
            f"CREATE TYPE {schema}.status AS ENUM ('NEW', 'PAID', 'JUNK')",
            f"ALTER TABLE {schema}.orders ALTER status TYPE {schema}.status"
            f" USING status::{schema}.status",
        )


@pytest.mark.parametrize(
    ("schemas", "given"), [({None: "a"}, None), ({"a": "b", "b": "a"}, "b")]
)
def test_native_enum(db: Database, schemas: Any, given: str | None) -> None:
    """Table and type are those that the map leads to, there and back."""
    native(db)
    before = catalog(db.engine)
    other = state(db, "b"), state(db, "public")
    options: Any = {
        "existing_values": VALUES,
        "name": "ck",
        "enum_name": "status",
        "enum_schema": given,
        "schema": given,
    }
    with translated(db, schemas) as op:
        op.replace_native_enum("orders", "status", VALUES, **options)
    assert "CHECK" in state(db, "a")[0]
    assert fetch(
        db,
        "SELECT typnamespace::regnamespace::text FROM pg_type"
        " WHERE typname = 'status'",
    ) == ["b"]
    with translated(db, schemas) as op:
        op.restore_native_enum("orders", "status", VALUES, **options)
    assert catalog(db.engine) == before
    assert (state(db, "b"), state(db, "public")) == other


@pytest.mark.parametrize("shape", SHAPES)
def test_search_path(db: Database, shape: Callable[..., None]) -> None:
    """As in Alembic's cookbook: the table is the first on the path, also
    where each step is a transaction.
    """
    before = {schema: state(db, schema) for schema in SCHEMAS}
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SET search_path TO a")
        connection.commit()
        default = connection.dialect.default_schema_name
        connection.dialect.default_schema_name = "a"
        context = MigrationContext.configure(
            connection, opts={"ckenum_online_settings": FAST}
        )
        with context.begin_transaction():
            shape(Operations(context), None)
        connection.invalidate()
        connection.dialect.default_schema_name = default
    assert state(db, "a")[1] == ["NEW", "DONE"]
    for schema in "b", "public":
        assert state(db, schema) == before[schema]


def test_search_path_of_one_transaction(db: Database) -> None:
    """Online, a path that ends with the transaction is an error: another
    table would be changed after it.
    """
    before = {schema: state(db, schema) for schema in SCHEMAS}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with pytest.raises(DirectiveError, match="search_path"):
            with context.begin_transaction():
                op = Operations(context)
                op.execute("SET LOCAL search_path TO a")
                online(op, None)
    assert {schema: state(db, schema) for schema in SCHEMAS} == before


def test_autogenerate(any_postgresql: Database) -> None:
    """Alembic reflects the schema without the map, so that is compared; on
    the search_path a tenant's is.
    """
    db = any_postgresql
    execute(db, "CREATE SCHEMA tenant")
    orders("A", "B").create_all(db.engine)
    engine = db.engine
    engine.clear_compiled_cache()  # another test's maps have other keys
    db.engine = engine.execution_options(schema_translate_map={None: "tenant"})
    orders("A").create_all(db.engine)
    assert db.diff(orders("A", "B")) == []
    db.engine = sa.create_engine(
        engine.url.update_query_dict(
            {"options": "-c search_path=tenant"}, append=True
        ),
        poolclass=sa.NullPool,
    )
    assert "alter_check_enum" in db.autogenerate(orders("A", "B")).upgrade
    db.engine = engine
