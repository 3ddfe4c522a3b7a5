"""Off a native ENUM and back, in migrations of Alembic's own directives."""

from __future__ import annotations

import io
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.autogenerate.portable_types import PortableTypeOp

from .catalog import catalog
from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import Migration
from .test_native import checked
from .test_native import differences
from .test_native import HARD
from .test_native import native
from .test_native import Paid
from .test_native import run
from .test_native import run_script
from .test_native import types
from .test_native import USERS
from .test_values import insert_all


@pytest.fixture
def plain(db: Database) -> Database:
    db.options["ckenum_render"] = "alembic"
    return db


@pytest.fixture
def portable(postgresql: Database) -> Database:
    postgresql.options["ckenum_render"] = "alembic"
    return postgresql


def offline(migration: Migration, function: str) -> str:
    """What ``--sql`` writes, with what Alembic's templates set."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
    )
    namespace: dict[str, Any] = {}
    exec(migration.source, namespace)
    with Operations.context(context):
        namespace[function]()
    return buffer.getvalue().replace("%%", "%")


def test_text(portable: Database) -> None:
    """The type goes last, and comes first on the way back."""
    before = native("NEW", "PAID", default="NEW")
    after = checked("NEW", "PAID", default="NEW")
    portable.create(before)
    migration = portable.round_trip(before, after)
    assert migration.imports == ""
    assert migration.upgrade == body("""
        with op.batch_alter_table("orders") as batch_op:
            batch_op.alter_column(
                "status",
                existing_type=sa.Enum("NEW", "PAID", name="status"),
                server_default=None,
                existing_server_default="NEW",
            )
            batch_op.alter_column(
                "status",
                existing_type=sa.Enum("NEW", "PAID", name="status"),
                type_=sa.String(length=255),
                server_default="NEW",
                existing_server_default=None,
            )
            batch_op.create_check_constraint(
                batch_op.f("ck_orders_status"),
                sa.column("status").in_(["NEW", "PAID"]),
            )

        sa.Enum("NEW", "PAID", name="status").drop(op.get_bind(), \
checkfirst=True)
        """)
    assert migration.downgrade == body("""
        sa.Enum("NEW", "PAID", name="status").create(
            op.get_bind(), checkfirst=True
        )
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_constraint(batch_op.f("ck_orders_status"), \
type_="check")
            batch_op.alter_column(
                "status",
                existing_type=sa.String(length=255),
                server_default=None,
                existing_server_default="NEW",
            )
            batch_op.alter_column(
                "status",
                existing_type=sa.String(length=255),
                type_=sa.Enum("NEW", "PAID", name="status"),
                postgresql_using="CAST(status AS status)",
                server_default="NEW",
                existing_server_default=None,
            )
        """)


MOVES = {
    "as it is": (native("a", "b"), checked("a", "b")),
    "hard": (native(*HARD, default="50%"), checked(*HARD, default="50%")),
    "added": (native("a", default="a"), checked("a", "b", default="b")),
    "removed": (native("a", "b", default="a"), checked("a", default="a")),
    "renamed": (
        native("PAYED", "NEW", default="PAYED"),
        checked(Paid, default="PAID"),
    ),
    "renamed and removed": (
        native("NEW", "PAYED", "GONE", default="PAYED"),
        checked(Paid, default="PAID"),
    ),
    "names": (
        orders_with(
            sa.Column("Status", sa.Enum("a", "b", name='My "type"')),
        ),
        orders_with(sa.Column("Status", CheckEnum("a", "b"))),
    ),
    "arrays": (
        orders_with(
            sa.Column("status", sa.ARRAY(sa.Enum("a", "b", name="status")))
        ),
        orders_with(sa.Column("status", sa.ARRAY(CheckEnum("a", "b")))),
    ),
    "arrays renamed": (
        orders_with(
            sa.Column("status", sa.ARRAY(sa.Enum("a", "b", name="status")))
        ),
        orders_with(sa.Column("status", sa.ARRAY(CheckEnum("A", "b")))),
    ),
}


def values_of(metadata: sa.MetaData) -> tuple[str, list[str], bool]:
    """The name of the column that moves, what it may hold, if in arrays."""
    column = metadata.tables["orders"].columns.values()[1]
    is_array = isinstance(column.type, sa.ARRAY)
    type_ = column.type.item_type if is_array else column.type
    return column.name, list(type_.enums), is_array


def fill(db: Database, metadata: sa.MetaData, *less: str) -> None:
    name, values, is_array = values_of(metadata)
    kept = [value for value in values if value not in less]
    table = metadata.tables["orders"]
    with db.engine.begin() as connection:
        for i, value in enumerate(kept):
            held: Any = [value] if is_array else value
            connection.execute(table.insert().values({"id": i, name: held}))


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize("move", MOVES)
def test_there_and_back(portable: Database, move: str, way: str) -> None:
    """No difference after each step, the catalog and the rows as they were."""
    before, after = MOVES[move]
    if way == "out":
        before, after = after, before
    portable.options["compare_server_default"] = True
    portable.create(before)
    gone = {*values_of(before)[1]} - {*values_of(after)[1]}
    if way == "in":  # only there an alias makes it a rename
        gone -= {"PAYED"}
    fill(portable, before, *gone)
    name = values_of(before)[0]
    rows, found = portable.column("orders", name), catalog(portable.engine)
    migration = portable.round_trip(before, after)
    assert "check_enum" not in migration.source
    assert (types(portable) == []) is (way == "in")
    portable.downgrade(before, migration)
    assert portable.column("orders", name) == rows
    left = catalog(portable.engine)
    if way == "out":  # the same CHECK is a list of Alembic's
        assert len(left["constraints"]) == len(found["constraints"])
        left["constraints"] = found["constraints"]
    assert differences(left, found) == []


@pytest.mark.parametrize("move", MOVES)
def test_script(portable: Database, move: str) -> None:
    """``--sql`` leads to the same, there and back."""
    before, after = MOVES[move]
    portable.create(before)
    found = catalog(portable.engine)
    migration = portable.autogenerate(after)
    portable.upgrade(after, migration)
    there = catalog(portable.engine)
    portable.downgrade(before, migration)
    for _ in range(2):
        run_script(portable, offline(migration, "upgrade"))
        assert differences(catalog(portable.engine), there) == []
        run_script(portable, offline(migration, "downgrade"))
        assert differences(catalog(portable.engine), found) == []


@pytest.mark.parametrize("backend_first", ["postgresql", "its own"])
def test_one_migration_for_both(
    plain: Database, portable: Database, backend_first: str
) -> None:
    """Generated on PostgreSQL, or where it runs, the way out runs on each."""
    before = checked("NEW", "PAID", default="NEW")
    after = native("NEW", "PAID", default="NEW")
    source = portable if backend_first == "postgresql" else plain
    source.create(before)
    migration = source.autogenerate(after)
    if source is not plain:
        plain.create(before)
    insert_all(plain, ["NEW", "PAID"])
    for _ in range(2):
        plain.upgrade(after, migration)
        assert plain.diff(after, compare_server_default=True) == []
        plain.downgrade(before, migration)
        assert plain.diff(before, compare_server_default=True) == []
    assert plain.column("orders") == ["NEW", "PAID"]


@pytest.mark.parametrize("move", ["as it is", "renamed and removed"])
def test_from_postgresql_on_each(
    plain: Database, portable: Database, move: str
) -> None:
    """So does the way in."""
    before, after = MOVES[move]
    portable.create(before)
    migration = portable.autogenerate(after)
    plain.create(before)
    for _ in range(2):
        plain.upgrade(after, migration)
        assert plain.diff(after) == []
        plain.downgrade(before, migration)
        assert plain.diff(before) == []


def test_rule_for_rows(portable: Database) -> None:
    """Rows of a label that is gone make it fail whole; where the comment
    asks for a rule, another label is one.
    """
    before, after = native("NEW", "OLD"), orders("NEW", "PAID")
    portable.create(before)
    insert_all(portable, ["OLD"])
    found = catalog(portable.engine)
    migration = portable.autogenerate(after)
    with pytest.raises(sa.exc.IntegrityError):
        portable.upgrade(after, migration)
    assert catalog(portable.engine) == found
    place = '.values({"status": sa.column("status")})'
    assert migration.upgrade.count(place) == 1
    rule = migration.upgrade.replace(place, '.values({"status": "NEW"})')
    edited = Migration(rule, migration.downgrade, "")
    portable.upgrade(after, edited)
    assert portable.column("orders") == ["NEW"]
    run_script(portable, offline(edited, "downgrade"))
    run_script(portable, offline(edited, "upgrade"))


def shared(type_: Any, others: Any) -> sa.MetaData:
    metadata = orders_with(sa.Column("status", type_()))
    sa.Table("notes", metadata, sa.Column("status", others()))
    return metadata


def enum_type() -> sa.Enum:
    return sa.Enum("b", "a", name="status")


def check_enum() -> CheckEnum:
    return CheckEnum("b", "a")


@pytest.mark.parametrize("by", ["model", "database"])
def test_type_that_others_use(portable: Database, by: str) -> None:
    """It stays."""
    before = shared(enum_type, enum_type)
    after = shared(check_enum, enum_type)
    portable.create(before)
    if by == "database":
        before.remove(before.tables["notes"])
        after.remove(after.tables["notes"])
        portable.options["include_name"] = lambda name, kind, parents: (
            name != "notes"
        )
    migration = portable.round_trip(before, after)
    assert ".drop(" not in migration.upgrade
    assert ".create(" not in migration.downgrade
    assert types(portable) == [("status", ["b", "a"])]


@pytest.mark.parametrize(
    "user", [*USERS, "CREATE TABLE notes (x text DEFAULT 'a'::status)"]
)
def test_type_that_something_uses(portable: Database, user: str) -> None:
    """It stays, whatever uses it."""
    before, after = native("b", "a"), orders("b", "a")
    portable.create(before)
    run(portable, user)
    portable.options["include_name"] = lambda name, kind, parents: (
        name != "notes"
    )
    found = catalog(portable.engine)
    migration = portable.round_trip(before, after)
    portable.downgrade(before, migration)
    assert differences(catalog(portable.engine), found) == []


def test_type_of_two_columns(portable: Database) -> None:
    """It goes with the last of them, and comes before the first."""
    before, after = shared(enum_type, enum_type), shared(
        check_enum, check_enum
    )
    portable.create(before)
    found = catalog(portable.engine)
    migration = portable.round_trip(before, after)
    assert migration.upgrade.count(".drop(") == 1
    assert types(portable) == []
    portable.downgrade(before, migration)
    assert differences(catalog(portable.engine), found) == []
    portable.upgrade(after, migration)
    back = portable.round_trip(after, before)
    assert back.upgrade.count(".create(") == 1


def test_type_in_another_schema(portable: Database) -> None:
    """Type and table each in a schema of their own, with mixed case."""
    run(portable, 'CREATE SCHEMA "Types"', 'CREATE SCHEMA "Tables"')
    portable.options["include_schemas"] = True

    def model(type_: Any) -> sa.MetaData:
        return orders_with(
            sa.Column("Status", type_, server_default="a"), schema="Tables"
        )

    before = model(sa.Enum("b", "a", name="My Status", schema="Types"))
    portable.create(before)
    found = catalog(portable.engine)
    migration = portable.round_trip(before, model(CheckEnum("b", "a")))
    assert types(portable) == []
    portable.downgrade(before, migration)
    assert differences(catalog(portable.engine), found) == []


def test_check_on_the_enum_goes(portable: Database) -> None:
    """A list of labels that the column was held to would stop the type."""
    before, after = native("a", "b"), orders("a", "b")
    portable.create(before)
    run(
        portable,
        "ALTER TABLE orders ADD CONSTRAINT mine CHECK (status IN ('a', 'b'))",
    )
    found = catalog(portable.engine)
    migration = portable.autogenerate(after)
    portable.upgrade(after, migration)
    assert portable.diff(after) == []
    portable.downgrade(before, migration)
    assert differences(catalog(portable.engine), found) == []


def test_operation() -> None:
    """It reverses itself, and tells what it does."""
    op = PortableTypeOp("status", "types", ("a", "b"), creates=True)
    assert op.to_diff_tuple() == ("create_enum", "types", "status", ["a", "b"])
    back = op.reverse()
    assert back.to_diff_tuple()[0] == "drop_enum"
    assert back.reverse() == op


def test_operation_is_invoked(portable: Database) -> None:
    """It does what it renders."""
    op = PortableTypeOp("status", None, ("a", "b"), creates=True)
    for each, found in ((op, [("status", ["a", "b"])]), (op.reverse(), [])):
        with portable.operations() as operations:
            operations.invoke(each)
        assert types(portable) == found


@pytest.mark.parametrize("render", ["ckenum", "alembic"])
def test_from_a_stock_check(db: Database, render: str) -> None:
    """A stock Enum with a CHECK becomes a CheckEnum of longer values, and
    its old model is clean after the way down.
    """
    db.options["ckenum_render"] = render
    stock = sa.Enum(
        "a", "b", name="kind", native_enum=False, create_constraint=True
    )
    before = orders_with(sa.Column("status", stock))
    db.create(before)
    migration = db.round_trip(before, orders("a", "b", "much longer"))
    db.downgrade(before, migration)
    assert db.diff(before) == []
