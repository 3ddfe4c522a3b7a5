"""Several native ENUMs of one table, on their way and back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .catalog import catalog
from .roundtrip import body
from .roundtrip import Database
from .test_native import run
from .test_script import script

LABELS = ("NEW", "PAID")
COLUMNS = ("a", "b", "c", "d")


def orders(*types: Any, tables: tuple[str, ...] = ("orders",)) -> sa.MetaData:
    metadata = sa.MetaData()
    for name in tables:
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            *map(sa.Column, COLUMNS, types),
        )
    return metadata


def natives(count: int = 4, *labels: str) -> list[Any]:
    """The first two of one type, the others of one each."""
    names = ["one", "one", "two", "three"][:count]
    return [sa.Enum(*(labels or LABELS), name=name) for name in names]


def checks(count: int = 4) -> list[Any]:
    return [CheckEnum(*LABELS) for _ in range(count)]


@pytest.fixture
def pg(postgresql: Database) -> Database:
    """With a log of each time that a table is rewritten."""
    run(
        postgresql,
        "CREATE TABLE rewrites (id serial)",
        "CREATE FUNCTION rewritten() RETURNS event_trigger LANGUAGE plpgsql"
        " AS 'BEGIN INSERT INTO rewrites DEFAULT VALUES; END'",
        "CREATE EVENT TRIGGER rewritten ON table_rewrite"
        " EXECUTE FUNCTION rewritten()",
    )
    return postgresql


NOT_LOGS = {"include_name": lambda name, *rest: name != "rewrites"}


def rewrites(db: Database) -> int:
    with db.engine.begin() as connection:
        found = connection.execute(sa.text("DELETE FROM rewrites"))
        return found.rowcount


def test_one_rewrite(pg: Database) -> None:
    """All columns change in one rewrite of the table, up and down."""
    before, after = orders(*natives()), orders(*checks())
    pg.create(before)
    run(pg, "INSERT INTO orders VALUES (1, 'NEW', 'PAID', NULL, 'NEW')")
    found = catalog(pg.engine)
    migration = pg.autogenerate(after, **NOT_LOGS)
    pg.upgrade(after, migration)
    assert rewrites(pg) == 1
    assert pg.diff(after, **NOT_LOGS) == []
    assert [pg.column("orders", name) for name in COLUMNS] == (
        [["NEW"], ["PAID"], [None], ["NEW"]]
    )
    pg.downgrade(before, migration)
    assert rewrites(pg) == 1
    assert catalog(pg.engine) == found
    assert pg.column("orders", "b") == ["PAID"]


def test_text(pg: Database) -> None:
    """They stand in one batch; what it costs is said once in a file."""
    tables = ("orders", "others")
    pg.create(orders(*natives(2), tables=tables))
    migration = pg.autogenerate(orders(*checks(2), tables=tables), **NOT_LOGS)
    text = migration.upgrade + migration.downgrade
    assert text.count("# On PostgreSQL a new type rewrites the table") == 1
    assert migration.upgrade.startswith(body("""
        with op.batch_alter_table("orders") as batch_op:
            # On PostgreSQL a new type rewrites the table and rebuilds the
            # column's indexes, once for all columns of a batch.
            # Nobody can read or write the table meanwhile: the lock is
            # ACCESS EXCLUSIVE.
            batch_op.replace_native_enum(
                "a",
                ["NEW", "PAID"],
                existing_values=["NEW", "PAID"],
                enum_name="one",
                name=batch_op.f("ck_orders_a"),
            )
            batch_op.replace_native_enum(
                "b",
        """))
    assert text.count("with op.batch_alter_table(") == 4


def test_what_names_two_columns(pg: Database) -> None:
    """An index or a CHECK that names labels of two columns is made again
    once, for both.
    """
    before, after = orders(*natives()), orders(*checks())
    pg.create(before)
    run(
        pg,
        "CREATE INDEX ab ON orders (a) WHERE a = 'NEW' AND b = 'PAID'",
        "CREATE INDEX ac ON orders (c) WHERE a = 'NEW' AND c = 'PAID'",
        "CREATE INDEX ad ON orders (a, d)",
        "ALTER TABLE orders ADD CONSTRAINT ac"
        " CHECK (a <> 'NEW' OR c <> 'PAID' OR id > 0)",
    )
    found = catalog(pg.engine)

    def included(object: Any, name: Any, kind: str, *rest: Any) -> bool:
        return kind != "index"

    options = {**NOT_LOGS, "include_object": included}
    migration = pg.autogenerate(after, **options)
    pg.upgrade(after, migration)
    assert pg.diff(after, **options) == []
    pg.downgrade(before, migration)
    assert catalog(pg.engine) == found


def test_script(pg: Database) -> None:
    """A script has one ALTER TABLE for all columns."""
    pg.create(orders(*natives()))
    migration = pg.autogenerate(orders(*checks()), **NOT_LOGS)
    for text in (migration.upgrade, migration.downgrade):
        written = script("postgresql", lambda op: exec(text, {"op": op}))
        assert written.count("ALTER TABLE") == 1


def test_check_that_compares_them(pg: Database) -> None:
    """A CHECK that compares two columns stays: never is one of them native
    while the other is text.
    """
    before, after = orders(*natives()), orders(*checks())
    pg.create(before)
    run(pg, "ALTER TABLE orders ADD CONSTRAINT same CHECK (a = b)")
    pg.round_trip(before, after, **NOT_LOGS)


def test_one_that_is_blocked(pg: Database) -> None:
    """Nothing changes where one of them cannot."""
    pg.create(orders(*natives()))
    after = orders(*checks())
    migration = pg.autogenerate(after, **NOT_LOGS)
    run(pg, "CREATE POLICY mine ON orders USING (d = 'NEW')")
    found = catalog(pg.engine)
    with pytest.raises(exc.BlockedByObjectsError, match="'orders.d'"):
        pg.upgrade(after, migration)
    assert catalog(pg.engine) == found


def test_labels_of_one_type(pg: Database) -> None:
    """Two columns cannot make one type of different labels."""
    pg.create(orders(*checks()))
    found = catalog(pg.engine)
    with pytest.raises(exc.EnumTypeDiffersError):
        with pg.operations() as op:
            with op.batch_alter_table("orders") as batch_op:
                for column, labels in (("a", LABELS), ("b", LABELS[::-1])):
                    batch_op.restore_native_enum(  # type: ignore[attr-defined]
                        column,
                        labels,
                        existing_values=LABELS,
                        enum_name="one",
                        name=f"ck_orders_{column}",
                    )
    assert catalog(pg.engine) == found


def test_in_turn_with_others(pg: Database) -> None:
    """What else is in the batch runs before and after, in its turn."""
    pg.create(orders(*natives(2)))
    with pg.operations() as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.add_column(sa.Column("e", sa.Enum(*LABELS, name="one")))
            for column in ("a", "b", "e"):
                batch_op.replace_native_enum(  # type: ignore[attr-defined]
                    column,
                    LABELS,
                    existing_values=LABELS,
                    enum_name="one",
                    name=f"ck_orders_{column}",
                )
            batch_op.alter_column("e", nullable=True, comment="text now")
    assert rewrites(pg) == 1
    columns = sa.inspect(pg.engine).get_columns("orders")
    assert [column["comment"] for column in columns][-1] == "text now"


def test_on_sqlite(pg: Database, any_sqlite: Database) -> None:
    """The same migration keeps what a copy of the table would lose."""
    before, after = orders(*natives()), orders(*checks())
    pg.create(before)
    migration = pg.autogenerate(after, **NOT_LOGS)
    any_sqlite.create(before)
    with any_sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER kept AFTER INSERT ON orders BEGIN SELECT 1; END"
        )
    any_sqlite.upgrade(after, migration)
    assert any_sqlite.diff(after) == []
    any_sqlite.downgrade(before, migration)
    assert any_sqlite.diff(before) == []
    with any_sqlite.engine.begin() as connection:
        assert connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).scalars().all() == ["kept"]
