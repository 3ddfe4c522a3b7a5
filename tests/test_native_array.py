"""From an array of a native ENUM to an array of a CheckEnum, and back."""

from __future__ import annotations

import enum
from typing import Any

from hypothesis import given
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.ddl.postgresql.literals import literal_items
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.array_literal import write

from .catalog import catalog
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .test_native import COMMENT
from .test_native import HARD
from .test_native import LABELS
from .test_native import run
from .test_native import run_script
from .test_native import types
from .test_script import script

pytestmark = pytest.mark.each_server


@pytest.fixture
def pg(any_postgresql: Database) -> Database:
    return any_postgresql


class Mood(enum.Enum):
    CALM = 1
    GLAD = 2
    HAPPY = GLAD


def native(
    *labels: Any,
    default: str | None = None,
    generic: bool = True,
    name: str = "mood",
    **options: Any,
) -> sa.MetaData:
    """Orders with an array of a native ENUM."""
    type_: Any = (
        sa.ARRAY(sa.Enum(*labels, name=name, **options))
        if generic
        else postgresql.ARRAY(postgresql.ENUM(*labels, name=name, **options))
    )
    return orders_with(sa.Column("moods", type_, server_default=default))


def checked(*values: Any, default: str | None = None) -> sa.MetaData:
    type_ = sa.ARRAY(CheckEnum(*values))
    return orders_with(sa.Column("moods", type_, server_default=default))


def moods(db: Database) -> list[Any]:
    """What the rows hold, whatever the type of the column."""
    column = sa.cast(sa.column("moods"), sa.ARRAY(sa.Text))
    query = (
        sa.select(column)
        .select_from(sa.table("orders"))
        .order_by(sa.column("id"))
    )
    with db.engine.connect() as connection:
        return list(connection.scalars(query))


def insert(db: Database, number: int, *items: str) -> None:
    """One row, past all types."""
    with db.engine.begin() as connection:
        (type_,) = connection.execute(
            sa.text(
                "SELECT format_type(atttypid, NULL) FROM pg_attribute"
                " WHERE attrelid = 'orders'::regclass AND attname = 'moods'"
            )
        ).one()
        connection.execute(
            sa.text(
                "INSERT INTO orders (id, moods)"
                f" VALUES (:id, CAST(:moods AS {type_}))"
            ),
            {"id": number, "moods": list(items)},
        )


@pytest.mark.parametrize("generic", [True, False])
def test_text(pg: Database, generic: bool) -> None:
    """What autogenerate writes, up and down."""
    before = native("a", "b", generic=generic)
    pg.create(before)
    migration = pg.round_trip(before, checked("a", "b"))
    call = body("""
        op.{}_native_enum(
            "orders",
            "moods",
            ["a", "b"],
            existing_values=["a", "b"],
            enum_name="mood",
            name=op.f("ck_orders_moods"),
            array=True,
        )
        """)
    assert migration.upgrade == COMMENT + call.format("replace")
    assert migration.downgrade == call.format("restore")


def test_everything_around_survives(pg: Database) -> None:
    """Rows, default, NOT NULL, comments, indexes, CHECKs: the same after up
    and down, and in use in between.
    """
    labels = [*HARD, "new"]
    before, after = native(*labels, default="{new}"), checked(*labels)
    pg.create(before)
    migration = pg.autogenerate(after)
    run(
        pg,
        "COMMENT ON COLUMN orders.moods IS 'it''s 50%'",
        "CREATE INDEX items ON orders USING gin (moods)",
        "COMMENT ON INDEX items IS 'why'",
        "CREATE INDEX whole ON orders (moods, id) WHERE moods IS NOT NULL",
        "ALTER TABLE orders ADD CONSTRAINT mine"
        " CHECK (cardinality(moods) < 20)",
        "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (moods, id)",
    )
    run(pg, "INSERT INTO orders VALUES (1, NULL), (2, '{}')")
    run(pg, "INSERT INTO orders VALUES (4, '{{new},{50%}}')")
    insert(pg, 3, *reversed(HARD))
    held = [None, [], HARD[::-1], [["new"], ["50%"]]]
    run(pg, "ALTER TABLE orders ALTER id SET DEFAULT 9")
    found = catalog(pg.engine)
    for _ in range(2):
        pg.upgrade(after, migration)
        assert moods(pg) == held
        assert types(pg) == []
        run(pg, "INSERT INTO orders DEFAULT VALUES")
        assert moods(pg) == [*held, ["new"]]
        with pytest.raises(sa.exc.IntegrityError, match="ck_orders_moods"):
            insert(pg, 10, "new", "junk")
        pg.downgrade(before, migration)
        assert catalog(pg.engine) == found
        run(pg, "DELETE FROM orders WHERE id = 9")
        assert moods(pg) == held


def test_out_and_in_again(pg: Database) -> None:
    """The other direction leaves the same catalog, too."""
    before, after = checked("b", "a", default="{b}"), native("b", "a")
    pg.create(before)
    migration = pg.autogenerate(after)
    assert migration.upgrade.startswith(COMMENT + "op.restore_native_enum(")
    run(pg, "CREATE INDEX items ON orders USING gin (moods)")
    insert(pg, 1, "a", "b")
    found = catalog(pg.engine)
    for _ in range(2):
        pg.upgrade(after, migration)
        assert types(pg) == [("mood", ["b", "a"])]
        assert moods(pg) == [["a", "b"]]
        pg.downgrade(before, migration)
        assert catalog(pg.engine) == found


@pytest.mark.parametrize("default", ["{HAPPY}", "{HAPPY,CALM}"])
def test_renamed(pg: Database, default: str) -> None:
    """By its alias: items and default, and the old names again."""
    before = native("HAPPY", "CALM", default=default)
    after = checked(Mood, default=default.replace("HAPPY", "GLAD"))
    pg.create(before)
    migration = pg.round_trip(before, after, compare_server_default=True)
    assert 'rename={"HAPPY": "GLAD"},' in migration.upgrade
    assert 'rename={"GLAD": "HAPPY"},' in migration.downgrade
    assert "alter_column" not in migration.source
    pg.downgrade(before, migration)
    insert(pg, 1, "CALM", "HAPPY", "HAPPY")
    found = catalog(pg.engine)
    pg.upgrade(after, migration)
    assert moods(pg) == [["CALM", "GLAD", "GLAD"]]
    pg.downgrade(before, migration)
    assert moods(pg) == [["CALM", "HAPPY", "HAPPY"]]
    assert catalog(pg.engine) == found


def replace(**options: Any) -> Any:
    def call(op: Any) -> None:
        values = options.pop("values", ["a", "b"])
        op.replace_native_enum(
            "orders",
            "moods",
            values,
            **{
                "existing_values": ["a", "b"],
                "enum_name": "mood",
                "name": "ck",
                "array": True,
                **options,
            },
        )

    return call


def test_swapped(pg: Database) -> None:
    """Two values that change places; a default that nobody mentions."""
    pg.create(native("a", "b"))
    run(pg, "ALTER TABLE orders ALTER moods SET DEFAULT ARRAY['b'::mood]")
    insert(pg, 1, "a", "b", "b")
    with pg.operations() as op:
        replace(rename={"a": "b", "b": "a"})(op)
    run(pg, "INSERT INTO orders (id) VALUES (2)")
    assert moods(pg) == [["b", "a", "a"], ["a"]]


def test_type_in_another_schema(pg: Database) -> None:
    """With a name in capitals; it goes, and comes again there."""
    run(pg, "CREATE SCHEMA types")
    before = native("it's", "b", name="My mood", schema="types")
    pg.create(before)
    run(pg, "ALTER TABLE orders ALTER moods SET DEFAULT '{it''s}'")
    insert(pg, 1, "b", "it's")
    found = catalog(pg.engine)
    after = checked("it's", "b")
    migration = pg.autogenerate(after)
    assert 'enum_schema="types",' in migration.upgrade
    pg.upgrade(after, migration)
    assert types(pg) == []
    pg.downgrade(before, migration)
    assert catalog(pg.engine) == found
    assert moods(pg) == [["b", "it's"]]


@given(LABELS)
def test_any_labels(one_postgresql: Database, labels: list[str]) -> None:
    """Up and down, with a default and a GIN index."""
    db = one_postgresql
    default = write(labels)
    before = native(*labels, default=default)
    after = checked(*labels, default=default)
    before.create_all(db.engine)
    try:
        migration = db.autogenerate(after, compare_server_default=True)
        run(db, "CREATE INDEX items ON orders USING gin (moods)")
        insert(db, 1, *labels, labels[0])
        found = catalog(db.engine)
        db.upgrade(after, migration)
        assert moods(db) == [[*labels, labels[0]]]
        assert types(db) == []
        db.downgrade(before, migration)
        assert moods(db) == [[*labels, labels[0]]]
        assert catalog(db.engine) == found
    finally:
        before.drop_all(db.engine)


def test_shared_type(pg: Database) -> None:
    """A type that serves a scalar column too goes with the second."""

    def model(scalar: Any, items: Any) -> sa.MetaData:
        return orders_with(
            sa.Column("moods", sa.ARRAY(items)), sa.Column("mood", scalar)
        )

    type_ = sa.Enum("b", "a", name="mood")
    before = model(type_, type_)
    between = model(type_, CheckEnum("b", "a"))
    after = model(CheckEnum("b", "a"), CheckEnum("b", "a"))
    pg.create(before)
    found = catalog(pg.engine)
    first = pg.round_trip(before, between)
    assert types(pg) == [("mood", ["b", "a"])]
    second = pg.round_trip(between, after)
    assert types(pg) == []
    pg.downgrade(between, second)
    pg.downgrade(before, first)
    assert catalog(pg.engine) == found
    both = pg.round_trip(before, after)
    assert types(pg) == []
    pg.downgrade(before, both)
    assert catalog(pg.engine) == found


def test_item_that_leaves(pg: Database) -> None:
    """Rows that hold it stop the directive, with a count of each item."""
    pg.create(native("old", "b"))
    insert(pg, 1, "old", "old", "b")
    insert(pg, 2, "old")
    run(pg, "INSERT INTO orders VALUES (3, '{b,NULL}')")
    found = catalog(pg.engine)
    after = checked("new", "b")
    migration = pg.autogenerate(after)
    assert 'in the arrays,\n# add rename={"old": "new"}.' in migration.upgrade
    with pytest.raises(exc.RowsRemainError, match="replace them in") as e:
        pg.upgrade(after, migration)
    assert e.value.counts == {"old": 2, None: 1}
    assert catalog(pg.engine) == found


def test_added_value_on_the_way(pg: Database) -> None:
    """On the way back, rows that hold it stop the downgrade."""
    before = native("a")
    pg.create(before)
    migration = pg.round_trip(before, checked("a", "b"))
    insert(pg, 1, "a", "b")
    found = catalog(pg.engine)
    with pytest.raises(exc.RowsRemainError, match="restore_native_enum") as e:
        pg.downgrade(before, migration)
    assert e.value.counts == {"b": 1}
    assert catalog(pg.engine) == found


def test_default_that_leaves(pg: Database) -> None:
    """It is no silent loss."""
    pg.create(native("a", "b", default="{a,b}"))
    with pytest.raises(exc.DirectiveError, match="its default 'b'"):
        with pg.operations() as op:
            replace(values=["a"])(op)


def test_default_that_is_an_expression(pg: Database) -> None:
    """It is kept as it is, and so is the type, which it needs."""
    before = native("a")
    pg.create(before)
    run(
        pg,
        "CREATE FUNCTION f() RETURNS mood[]"
        " LANGUAGE sql AS 'SELECT ''{a}''::mood[]'",
        "ALTER TABLE orders ALTER moods SET DEFAULT f()",
    )
    migration = pg.round_trip(before, checked("a"))
    run(pg, "INSERT INTO orders (id) VALUES (1)")
    assert types(pg) == [("mood", ["a"])]
    pg.downgrade(before, migration)
    assert moods(pg) == [["a"]]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX x ON orders (id) WHERE moods @> '{a}'",
        "ALTER TABLE orders ADD CONSTRAINT x CHECK (moods[1] <> 'a')",
        "CREATE INDEX x ON orders (id) WHERE moods[1] < moods[2]",
    ],
)
@pytest.mark.parametrize("is_native", [True, False])
def test_what_names_labels(
    pg: Database, statement: str, is_native: bool
) -> None:
    """It stands against the change, in either direction."""
    before, after = native("a", "b"), checked("a", "b")
    if not is_native:
        before, after = after, before
    pg.create(before)
    migration = pg.autogenerate(after)
    run(pg, statement)
    found = catalog(pg.engine)
    with pytest.raises(exc.BlockedByObjectsError, match="(index|int) x"):
        pg.upgrade(after, migration)
    assert catalog(pg.engine) == found


def test_array_is_no_single_value(pg: Database) -> None:
    """From one to the other there is no such directive."""
    pg.create(native("a"))
    after = orders_with(sa.Column("moods", CheckEnum("a")))
    assert "native_enum" not in pg.autogenerate(after).source


def test_without_ckenum(pg: Database) -> None:
    """A migration of Alembic's own directives has none of ours."""
    pg.create(native("a", "b"))
    insert(pg, 1, "b")
    after = checked("a", "b")
    migration = pg.autogenerate(after, ckenum_render="alembic")
    assert "native_enum" not in migration.upgrade
    pg.upgrade(after, migration)
    assert pg.diff(after) == []


def test_script(pg: Database) -> None:
    """What ``--sql`` writes is right, there and back."""
    before = native(*HARD, name="My mood", default="{50%}")
    after = checked(*HARD, default="{50%}")
    pg.create(before)
    insert(pg, 1, *HARD)
    found = catalog(pg.engine)
    options = {
        "existing_values": HARD,
        "enum_name": "My mood",
        "name": "ck_orders_moods",
        "server_default": "{50%}",
        "existing_server_default": "{50%}",
        "array": True,
    }
    up, down = (
        script(
            "postgresql",
            lambda op: getattr(op, directive)(
                "orders", "moods", HARD, **options
            ),
        )
        for directive in ("replace_native_enum", "restore_native_enum")
    )
    run_script(pg, up)
    assert pg.diff(after) == []
    run_script(pg, down)
    assert catalog(pg.engine) == found
    run_script(pg, up + 'DROP TYPE "My mood";')
    run_script(pg, down)
    assert catalog(pg.engine) == found
    assert moods(pg) == [HARD]


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_other_database(dialect: str) -> None:
    """There are no arrays elsewhere."""
    with pytest.raises(exc.DirectiveError, match="has no arrays"):
        script(dialect, replace())


def test_no_item_becomes_null() -> None:
    """As the constraint lets none pass."""
    with pytest.raises(exc.DirectiveError, match="an array may not hold"):
        ReplaceNativeEnumOp(
            "orders",
            "moods",
            ["a"],
            existing_values=["a", "b"],
            enum_name="mood",
            name="ck",
            rename={"b": None},
            array=True,
        )


@pytest.mark.parametrize(
    "expression, items",
    [
        ("'{}'::mood[]", []),
        ('\'{a,"b c"}\'::public."My mood"[]', ["a", "b c"]),
        ("ARRAY['a'::mood, 'b,]'::mood]", ["a", "b,]"]),
        ("'{a,NULL}'::mood[]", ["a", None]),
        ("'{\x85, \u2003}'::mood[]", ["\x85", "\u2003"]),
        ("'{{a},{b}}'::mood[]", None),
        ("ARRAY[f('a'::mood)]", None),
        ("ARRAY['a'::mood] || f()", None),
        ("f()", None),
    ],
)
def test_literal_items(expression: str, items: Any) -> None:
    """Of what PostgreSQL writes for a default."""
    assert literal_items(expression) == items
