"""Native ENUMs that foreign keys tie together, on their way and back."""

from __future__ import annotations

import enum as enum_
import re
from typing import Any

from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc
from ckenum.drift import find_drift

from .catalog import catalog
from .roundtrip import body
from .roundtrip import Database
from .test_native import run

VALUES = ("NEW", "PAID")
NAMES = {
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(column_0_N_name)s",
}


def both(
    type_: Any,
    other: Any = None,
    *,
    name: str | None = "fk_notes_status",
    convention: Any = None,
    schemas: tuple[str | None, str | None] = (None, None),
    composite: bool = False,
    unique: bool = False,
    **options: Any,
) -> sa.MetaData:
    """Orders, and notes that refer to them by a status.

    :param other: the type of the column that is referred to.
    """
    metadata = sa.MetaData(naming_convention=convention)
    mine, theirs = schemas
    pair = ["shop", "status"] if composite else ["status"]
    orders = f"{theirs}.orders" if theirs else "orders"
    shop = [sa.Column("shop", sa.Integer)] if composite else []
    key: Any = (
        sa.UniqueConstraint(*pair)
        if unique
        else sa.PrimaryKeyConstraint(*pair)
    )
    sa.Table(
        "orders",
        metadata,
        *(column._copy() for column in shop),
        sa.Column("status", other or type_, nullable=False),
        key,
        schema=theirs,
    )
    sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *shop,
        sa.Column("status", type_),
        sa.ForeignKeyConstraint(
            pair, [f"{orders}.{c}" for c in pair], name=name, **options
        ),
        schema=mine,
    )
    return metadata


def enum(**options: Any) -> Any:
    return sa.Enum(*VALUES, name="status", **options)


def filled(db: Database, metadata: sa.MetaData) -> None:
    """The tables of ``metadata``, with two rows each."""
    for schema in {table.schema for table in metadata.tables.values()}:
        if schema:
            run(db, f'CREATE SCHEMA "{schema}"')
    db.create(metadata)
    with db.engine.begin() as connection:
        for table in metadata.sorted_tables:
            row = {
                c.name: 1 if isinstance(c.type, sa.Integer) else "PAID"
                for c in table.c
            }
            connection.execute(sa.insert(table).values(**row))


def rows(db: Database, metadata: sa.MetaData) -> list[Any]:
    with db.engine.connect() as connection:
        return [
            tuple(map(str, row))
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        ]


def there_and_back(
    db: Database, before: sa.MetaData, after: sa.MetaData, **options: Any
) -> str:
    """The text up: catalog and rows are those of before in the end."""
    options = {"include_schemas": True, **options}
    found, held = catalog(db.engine), rows(db, before)
    migration = db.autogenerate(after, **options)
    db.upgrade(after, migration)
    assert db.diff(after, **options) == []
    assert rows(db, after) == held
    with db.engine.connect() as connection:
        assert not find_drift(connection, after)
    db.downgrade(before, migration)
    assert db.diff(before, **options) == []
    assert rows(db, before) == held
    assert catalog(db.engine) == found
    return migration.upgrade


def test_text(postgresql: Database) -> None:
    """The key goes before both columns move, and comes again after, in each
    direction.
    """
    filled(postgresql, both(enum()))
    after = both(CheckEnum(*VALUES))
    migration = postgresql.autogenerate(after)
    moves = {
        "upgrade": "replace_native_enum",
        "downgrade": "restore_native_enum",
    }
    for way, move in moves.items():
        text = getattr(migration, way)
        calls = [line for line in text.splitlines() if line[:3] == "op."]
        assert calls == [
            "op.drop_constraint(op.f('fk_notes_status'), 'notes', "
            "type_='foreignkey')",
            f"op.{move}(",
            f"op.{move}(",
            "op.create_foreign_key(op.f('fk_notes_status'), 'notes', "
            "'orders', ['status'], ['status'])",
        ]
        first, last = text.split(calls[0])
        assert first == body("""
            # Foreign keys tie columns that change one after the other:
            # they are dropped first and created again at the end. That
            # takes ACCESS EXCLUSIVE locks on both tables of each.
            """) + "\n"
        assert body("""
            # Each of these foreign keys is checked for all rows of the
            # table that has it. Nobody can write to either of its tables
            # meanwhile: the locks are SHARE ROW EXCLUSIVE.
            """) in last


SHAPES: dict[str, dict[str, Any]] = {
    "primary key": {},
    "unique key": {"unique": True},
    "composite": {"composite": True},
    "composite, MATCH FULL": {"composite": True, "match": "FULL"},
    "other schemas": {"schemas": ("one", "Two")},
    "one other schema": {"schemas": (None, "two")},
    "cascades": {"onupdate": "CASCADE", "ondelete": "CASCADE"},
    "sets": {"onupdate": "SET NULL", "ondelete": "SET DEFAULT"},
    "restricts": {"onupdate": "RESTRICT", "ondelete": "RESTRICT"},
    "deferrable": {"deferrable": True},
    "deferred": {"deferrable": True, "initially": "DEFERRED"},
    "not valid": {"postgresql_not_valid": True},
    "without a name": {"name": None},
    "by a convention": {"name": None, "convention": NAMES},
    "hard name": {"name": 'the "key": a%b'},
    "long name": {"name": "k" * 63},
    "comment": {"comment": "it's :a 50% key"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(postgresql: Database, shape: str) -> None:
    """Whatever the key says, it comes again as it was."""
    options = SHAPES[shape]
    before = both(enum(), **options)
    after = both(CheckEnum(*VALUES), **options)
    filled(postgresql, before)
    there_and_back(postgresql, before, after)


@pytest.mark.parametrize("shape", ["primary key", "composite", "cascades"])
def test_out(postgresql: Database, shape: str) -> None:
    """So it is where two CheckEnums become one native type."""
    before = both(CheckEnum(*VALUES), **SHAPES[shape])
    after = both(enum(), **SHAPES[shape])
    filled(postgresql, before)
    there_and_back(postgresql, before, after)


def table_of(metadata: sa.MetaData, name: str, *items: Any) -> sa.Table:
    return sa.Table(
        name, metadata, sa.Column("id", sa.Integer, primary_key=True), *items
    )


def chain(type_: Any, *names: str) -> sa.MetaData:
    """Tables, each of which refers to the one before; the first to itself."""
    metadata = sa.MetaData()
    for name, other in zip(names, (names[0], *names)):
        table_of(
            metadata,
            name,
            sa.Column("status", type_, unique=True),
            sa.Column("other", type_),
            sa.ForeignKeyConstraint(["other"], [f"{other}.status"]),
        )
    return metadata


def test_chain(postgresql: Database) -> None:
    """Several keys, one of a table to itself: all of them go first."""
    before = chain(enum(), "a", "b", "c")
    filled(postgresql, before)
    after = chain(CheckEnum(*VALUES), "a", "b", "c")
    text = there_and_back(postgresql, before, after)
    calls = re.findall(r"op\.(drop_c|replace|create)", text)
    assert calls == [*["drop_c"] * 3, *["replace"] * 6, *["create"] * 3]
    assert text.count("# Foreign keys tie columns that change one") == 1


def guarded(type_: Any, default: str | None = None) -> sa.MetaData:
    """The column that refers has its type from the other, and no CHECK."""
    metadata = sa.MetaData()
    sa.Table("orders", metadata, sa.Column("status", type_, primary_key=True))
    key = sa.ForeignKey("orders.status", name="key")
    table_of(
        metadata, "notes", sa.Column("status", key, server_default=default)
    )
    return metadata


@pytest.mark.parametrize("default", [None, "NEW"])
def test_guarded_column(postgresql: Database, default: str | None) -> None:
    """A column that has its type from the one it refers to moves as well."""
    before = guarded(enum(), default)
    filled(postgresql, before)
    after = guarded(CheckEnum(*VALUES), default)
    there_and_back(postgresql, before, after)


@pytest.mark.parametrize("default", [None, "NEW"])
def test_guarded_column_out(postgresql: Database, default: str | None) -> None:
    """And out again."""
    before = guarded(CheckEnum(*VALUES), default)
    filled(postgresql, before)
    there_and_back(postgresql, before, guarded(enum(), default))


def test_renamed(postgresql: Database) -> None:
    """Both sides rename the value while no key holds them."""
    before = both(enum())
    filled(postgresql, before)

    class Status(enum_.Enum):
        NEW = 1
        SETTLED = 2
        PAID = SETTLED

    after = both(CheckEnum(Status))
    migration = postgresql.autogenerate(after)
    postgresql.upgrade(after, migration)
    assert [row[-1] for row in rows(postgresql, after)] == (
        ["Status.SETTLED"] * 2
    )
    postgresql.downgrade(before, migration)
    assert [row[-1] for row in rows(postgresql, before)] == ["PAID"] * 2


def letters(metadata: sa.MetaData, schema: str | None = None) -> None:
    """One table more that refers to the orders."""
    orders = f"{schema}.orders" if schema else "orders"
    sa.Table(
        "letters",
        metadata,
        sa.Column("status", CheckEnum(*VALUES)),
        sa.ForeignKeyConstraint(["status"], [f"{orders}.status"]),
        schema=schema,
    )


def test_new_key(postgresql: Database) -> None:
    """A key that the models add comes after the moves, also where another
    table is created with it.
    """
    before = both(enum(), name="old")
    filled(postgresql, before)
    after = both(CheckEnum(*VALUES), name="new", ondelete="CASCADE")
    letters(after)
    text = there_and_back(postgresql, before, after)
    assert "op.f('letters_status_fkey')" in text


def test_default_schema_by_its_name(postgresql: Database) -> None:
    """Alembic compares keys of such models as ever: all are new. They come
    after the moves.
    """
    schemas = ("public", "public")
    before = both(enum(), schemas=schemas)
    postgresql.create(before)
    after = both(CheckEnum(*VALUES), schemas=schemas)
    letters(after, "public")
    migration = postgresql.autogenerate(after)
    postgresql.upgrade(after, migration)
    postgresql.downgrade(before, migration)


def test_lost_key(postgresql: Database) -> None:
    """A key that the models drop does not come again, and is there after
    the way back.
    """
    before = both(enum())
    filled(postgresql, before)
    after = both(CheckEnum(*VALUES))
    key = next(
        key
        for key in after.tables["notes"].constraints
        if isinstance(key, sa.ForeignKeyConstraint)
    )
    after.tables["notes"].constraints.discard(key)
    for part in key.elements:
        part.parent.foreign_keys.discard(part)
        after.tables["notes"].foreign_keys.discard(part)
    migration = postgresql.autogenerate(after)
    assert "create_foreign_key" not in migration.upgrade
    found = catalog(postgresql.engine)
    postgresql.upgrade(after, migration)
    assert postgresql.diff(after) == []
    postgresql.downgrade(before, migration)
    assert postgresql.diff(before) == []
    assert catalog(postgresql.engine) == found


def test_lost_table(postgresql: Database) -> None:
    """The key of a table that goes is no longer there when columns move."""
    before = both(enum())
    filled(postgresql, before)
    after = both(CheckEnum(*VALUES))
    after.remove(after.tables["notes"])
    migration = postgresql.autogenerate(after)
    assert "foreign" not in migration.upgrade
    postgresql.upgrade(after, migration)
    assert postgresql.diff(after) == []


@pytest.mark.parametrize("moves", ["orders", "notes"])
@pytest.mark.parametrize("out", [False, True])
def test_one_side(postgresql: Database, moves: str, out: bool) -> None:
    """One side alone is refused where the migration would be written, and
    is a difference for those who look.
    """
    old, new = enum(), CheckEnum(*VALUES)
    if out:
        old, new = new, old
    filled(postgresql, both(old))
    types = (old, new) if moves == "orders" else (new, old)
    after = both(*types)
    other = "notes" if moves == "orders" else "orders"
    with pytest.raises(
        CommandError,
        match=f"'fk_notes_status' of 'notes' ties '{moves}.status', .* to "
        f"'{other}.status'.*Declare both columns as CheckEnum",
    ):
        postgresql.autogenerate(after)
    kinds = [diff[0] for diff in postgresql.diff(after)]
    move = "restore_native_enum" if out else "replace_native_enum"
    assert kinds == ["refused", move]
    with postgresql.engine.connect() as connection:
        (drift,) = find_drift(connection, after).drift
    assert (drift.table, drift.column) == (moves, "status")


@pytest.mark.parametrize("side", ["orders", "notes"])
def test_key_without_its_other_side(postgresql: Database, side: str) -> None:
    """A key to a table that ``env.py`` leaves out is one too."""
    filled(postgresql, both(enum()))
    after = both(CheckEnum(*VALUES))
    with pytest.raises(CommandError, match=f"'{side}.status'"):
        postgresql.autogenerate(
            after,
            include_object=lambda object, name, kind, *rest: (
                kind != "table" or name == side
            ),
        )


def test_directive(postgresql: Database) -> None:
    """A directive without all that names the key, and what to write."""
    filled(postgresql, both(enum(), onupdate="CASCADE"))
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        with postgresql.operations() as op:
            op.replace_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                VALUES,
                existing_values=VALUES,
                enum_name="status",
                name="ck_orders_status",
            )
    assert "fk_notes_status" in caught.value.objects[0]
    for call in (
        "op.drop_constraint(op.f('fk_notes_status'), 'notes', "
        "type_='foreignkey')",
        "op.create_foreign_key(op.f('fk_notes_status'), 'notes', 'orders', "
        "['status'], ['status'], onupdate='CASCADE')",
    ):
        assert call in str(caught.value)


def test_partitions(postgresql: Database) -> None:
    """The key of a partitioned table goes and comes with its partitions."""
    before = both(enum())
    run(
        postgresql,
        "CREATE TYPE status AS ENUM ('NEW', 'PAID')",
        "CREATE TABLE orders (status status PRIMARY KEY)",
        "CREATE TABLE notes (id integer PRIMARY KEY, status status,"
        " CONSTRAINT fk_notes_status FOREIGN KEY (status)"
        " REFERENCES orders) PARTITION BY RANGE (id)",
        "CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (9)",
        "INSERT INTO orders VALUES ('PAID')",
        "INSERT INTO notes VALUES (1, 'PAID')",
    )
    there_and_back(
        postgresql,
        before,
        both(CheckEnum(*VALUES)),
        include_name=lambda name, kind, parents: name != "notes_1",
    )


def test_in_batches(postgresql: Database) -> None:
    """With ``render_as_batch`` each is in a batch of its own table."""
    before = both(enum())
    filled(postgresql, before)
    text = there_and_back(
        postgresql, before, both(CheckEnum(*VALUES)), render_as_batch=True
    )
    assert "batch_op.drop_constraint(batch_op.f('fk_notes_status')" in text


def test_same_migration_on_sqlite(
    postgresql: Database, sqlite: Database
) -> None:
    """In batches it is right on SQLite as well."""
    before, after = both(enum()), both(CheckEnum(*VALUES))
    filled(postgresql, before)
    migration = postgresql.autogenerate(after, render_as_batch=True)
    filled(sqlite, before)
    sqlite.upgrade(after, migration)
    assert sqlite.diff(after) == []
    sqlite.downgrade(before, migration)
    assert sqlite.diff(before) == []
    assert len(rows(sqlite, before)) == 2


@pytest.mark.parametrize("make", [both, guarded])
def test_plain_alembic(postgresql: Database, make: Any) -> None:
    """Without ckenum too, there and back."""
    postgresql.options["ckenum_render"] = "alembic"
    before, after = make(enum()), make(CheckEnum(*VALUES))
    filled(postgresql, before)
    text = there_and_back(postgresql, before, after)
    assert "ckenum" not in text and "check_enum" not in text


def test_plain_alembic_refuses(postgresql: Database) -> None:
    """One side alone is refused there too."""
    postgresql.options["ckenum_render"] = "alembic"
    filled(postgresql, both(enum()))
    with pytest.raises(CommandError, match="no foreign key between"):
        postgresql.autogenerate(both(CheckEnum(*VALUES), enum()))


def test_columns_that_are_set(any_postgresql: Database) -> None:
    """ON DELETE SET NULL of some columns sets those again."""
    shape = {"ondelete": "SET NULL (status)", "composite": True}
    before = both(enum(), **shape)
    filled(any_postgresql, before)
    there_and_back(any_postgresql, before, both(CheckEnum(*VALUES), **shape))


def test_not_enforced(postgresql: Database) -> None:
    """A key that Alembic cannot create again is refused."""
    before = both(enum())
    filled(postgresql, before)
    run(
        postgresql,
        "ALTER TABLE notes ALTER CONSTRAINT fk_notes_status NOT ENFORCED",
    )
    with pytest.raises(CommandError, match="is NOT ENFORCED or has a PERIOD"):
        postgresql.autogenerate(both(CheckEnum(*VALUES)))
