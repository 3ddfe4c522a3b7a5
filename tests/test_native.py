"""From a native ENUM to a CheckEnum, and back."""

from __future__ import annotations

import enum
import io
import subprocess
import sys
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.autogenerate.compare.hints import Hints
from ckenum.alembic.ops.native import ReplaceNativeEnumOp

from .catalog import catalog
from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .test_script import script

pytestmark = pytest.mark.each_server


@pytest.fixture
def pg(any_postgresql: Database) -> Database:
    return any_postgresql


def run(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


class Paid(enum.Enum):
    NEW = 1
    PAID = 2
    PAYED = PAID


def native(
    *labels: Any,
    name: str = "status",
    default: str | None = None,
    **options: Any,
) -> sa.MetaData:
    """Orders whose status is a native ENUM on PostgreSQL."""
    type_ = sa.Enum(*labels, name=name, **options)
    return orders_with(sa.Column("status", type_, server_default=default))


def checked(*values: Any, default: str | None = None) -> sa.MetaData:
    return orders_with(
        sa.Column("status", CheckEnum(*values), server_default=default)
    )


def differences(
    one: dict[str, list[Any]], other: dict[str, list[Any]]
) -> list[Any]:
    return [
        (row, what)
        for what in one
        for row in {*map(repr, one[what])} ^ {*map(repr, other[what])}
    ]


def types(db: Database) -> list[Any]:
    """The names and labels of the ENUMs that are there."""
    return [
        (row[1], row[4])
        for row in catalog(db.engine)["types"]
        if row[4] is not None
    ]


COMMENT = """\
# On PostgreSQL a new type rewrites the table and rebuilds the
# column's indexes, once for all columns of a batch.
# Nobody can read or write the table meanwhile: the lock is
# ACCESS EXCLUSIVE.
"""


def test_text(pg: Database) -> None:
    """What autogenerate writes, up and down."""
    pg.create(native("NEW", "PAID"))
    migration = pg.round_trip(native("NEW", "PAID"), orders("NEW", "PAID"))
    assert migration.upgrade == COMMENT + body("""
        op.replace_native_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAID"],
            enum_name="status",
            name=op.f("ck_orders_status"),
        )
        """)
    assert migration.downgrade == body("""
        op.restore_native_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAID"],
            enum_name="status",
            name=op.f("ck_orders_status"),
        )
        """)


HARD = [
    "it's",
    'a"b',
    "a :b",
    "50%",
    "back\\slash",
    "ünï",
    "%(x)s",
    "$ckenum$",
    "x" * 63,
    "ü" * 31,
]


def test_everything_around_survives(pg: Database) -> None:
    """Rows, NULLs, default, NOT NULL, comments, indexes, CHECKs: the same
    after up and down, and in use in between.
    """
    pg.create(native(*HARD, "new"))
    after = orders(*HARD, "new")
    migration = pg.autogenerate(after)
    assert migration.upgrade.count("op.replace_native_enum(") == 1
    run(
        pg,
        "ALTER TABLE orders ALTER status SET DEFAULT 'new'",
        "ALTER TABLE orders ALTER status SET NOT NULL",
        "ALTER TABLE orders ADD kind varchar(9) DEFAULT 'new'",
        "COMMENT ON COLUMN orders.status IS 'it''s 50%'",
        "CREATE INDEX plain ON orders (status, id)",
        "CREATE UNIQUE INDEX one ON orders (id) WHERE status = 'it''s'",
        'CREATE INDEX "Two" ON orders (id)'
        " WHERE status IN ('50%', 'back\\slash') AND kind <> 'new'",
        "CREATE INDEX three ON orders ((status <> 'a\"b'))",
        "CREATE INDEX four ON orders (id) WHERE status IS NOT NULL",
        "COMMENT ON INDEX one IS '100% :x'",
        "ALTER TABLE orders ADD CONSTRAINT mine"
        " CHECK (status <> 'a\"b' OR id > 5)",
        "COMMENT ON CONSTRAINT mine ON orders IS 'why'",
        "ALTER TABLE orders ADD CONSTRAINT other CHECK (status IS NOT NULL)",
        "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (status, kind)",
        "CREATE STATISTICS seen ON status, kind FROM orders",
    )
    for i, value in enumerate(HARD):
        pg.insert("orders", id=i + 10, status=value)
    run(pg, "INSERT INTO orders (id) VALUES (99)")
    before = catalog(pg.engine)
    pg.upgrade(after, migration)
    assert pg.column("orders") == [*HARD, "new"]
    run(pg, "INSERT INTO orders (id, kind) VALUES (100, 'x')")
    assert pg.column("orders")[-1] == "new"
    assert types(pg) == []
    with pytest.raises(sa.exc.IntegrityError, match="mine"):
        pg.insert("orders", id=1, status='a"b')
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        pg.insert("orders", id=1, status="junk")
    pg.downgrade(after, migration)
    assert pg.column("orders") == [*HARD, "new", "new"]
    assert differences(catalog(pg.engine), before) == []
    indexes = catalog(pg.engine)["indexes"]
    pg.upgrade(after, migration)
    assert len(catalog(pg.engine)["indexes"]) == len(indexes)


def test_out_and_in_again(pg: Database) -> None:
    """The other direction leaves the same catalog, too."""
    before, after = orders("it's", "b"), native("it's", "b")
    pg.create(before)
    migration = pg.autogenerate(after)
    assert migration.upgrade.startswith(COMMENT + "op.restore_native_enum(")
    run(
        pg,
        "ALTER TABLE orders ALTER status SET DEFAULT 'it''s'",
        "CREATE INDEX one ON orders (id) WHERE status = 'it''s'",
        "CREATE INDEX two ON orders (id) WHERE status IN ('it''s', 'b')",
        "CREATE INDEX three ON orders (id) WHERE status NOT IN ('b', 'it''s')",
        "ALTER TABLE orders ADD CHECK (status::text LIKE '%')",
    )
    pg.insert("orders", id=1, status="b")
    found = catalog(pg.engine)
    for _ in range(2):
        pg.upgrade(after, migration)
        assert types(pg) == [("status", ["it's", "b"])]
        assert pg.column("orders") == ["b"]
        pg.downgrade(before, migration)
        assert differences(catalog(pg.engine), found) == []


def test_renamed(pg: Database) -> None:
    """Rows, default, index and CHECK get the new value, and the old again."""
    before = native("PAYED", "NEW", default="PAYED")
    pg.create(before)
    after = checked(Paid, default="PAID")
    migration = pg.round_trip(before, after, compare_server_default=True)
    pg.downgrade(before, migration)
    run(
        pg,
        "CREATE INDEX one ON orders (id) WHERE status = 'PAYED'",
        "ALTER TABLE orders ADD CONSTRAINT mine"
        " CHECK (id < 9 OR status = 'PAYED')",
    )
    pg.insert("orders", id=1, status="PAYED")
    found = catalog(pg.engine)
    pg.upgrade(after, migration)
    assert 'rename={"PAYED": "PAID"},' in migration.upgrade
    assert 'rename={"PAID": "PAYED"},' in migration.downgrade
    assert pg.column("orders") == ["PAID"]
    ((_, _, condition, *_),) = (
        row for row in catalog(pg.engine)["constraints"] if row[1] == "mine"
    )
    assert "'PAID'::text" in condition
    pg.downgrade(before, migration)
    assert pg.column("orders") == ["PAYED"]
    assert catalog(pg.engine) == found


def test_swapped(pg: Database) -> None:
    """Two values that change places do so in one pass."""
    pg.create(native("a", "b", "c"))
    for i, value in enumerate(["a", "b", "c", None]):
        pg.insert("orders", id=i, status=value)
    with pg.operations() as op:
        op.replace_native_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["a", "b"],
            existing_values=["a", "b", "c"],
            enum_name="status",
            name="ck",
            rename={"a": "b", "b": "a", "c": None},
        )
    assert pg.column("orders") == ["b", "a", None, None]


def test_label_that_leaves(pg: Database) -> None:
    """Rows that hold it stop the directive before it changes anything."""
    pg.create(native("old", "b"))
    pg.insert("orders", id=1, status="old")
    after = orders("new", "b")
    migration = pg.autogenerate(after)
    assert 'add rename={"old": "new"}.' in migration.upgrade
    with pytest.raises(exc.RowsRemainError, match="replace_native_enum") as e:
        pg.upgrade(after, migration)
    assert e.value.counts == {"old": 1}
    assert types(pg) == [("status", ["old", "b"])]


def test_hint(pg: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-x ckenum.rename=`` is heard here, too."""
    monkeypatch.setattr(
        Hints,
        "of_command_line",
        lambda context: Hints(["orders.status:old=new"]),
    )
    pg.create(native("old", "b"))
    migration = pg.autogenerate(orders("new", "b"))
    assert 'rename={"old": "new"},' in migration.upgrade
    assert 'rename={"new": "old"},' in migration.downgrade


def test_without_ckenum(pg: Database) -> None:
    """A migration of Alembic's own directives has none of ours."""
    pg.create(native("a", "b"))
    pg.insert("orders", id=1, status="b")
    after = orders("a", "b")
    migration = pg.autogenerate(after, ckenum_render="alembic")
    assert "native_enum" not in migration.upgrade
    pg.upgrade(after, migration)
    assert pg.diff(after) == []
    assert pg.column("orders") == ["b"]


LABELS = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\0"), min_size=1
    ).filter(lambda label: len(label.encode()) <= 63),
    min_size=1,
    max_size=5,
    unique=True,
)


@given(LABELS)
def test_any_labels(one_postgresql: Database, labels: list[str]) -> None:
    """Up and down, with a default, an index and a CHECK that name them."""
    db = one_postgresql
    default, *_ = labels
    before = native(*labels, default=default)
    after = checked(*labels, default=default)
    before.create_all(db.engine)
    try:
        migration = db.autogenerate(after, compare_server_default=True)
        quoted = sa.literal(default).compile(
            db.engine, compile_kwargs={"literal_binds": True}
        )
        literal = str(quoted).replace("%%", "%")
        run(
            db,
            f"CREATE INDEX one ON orders (id) WHERE status = {literal}",
            "ALTER TABLE orders ADD CONSTRAINT mine"
            f" CHECK (id < 0 OR status <> {literal} OR id > 0)",
        )
        for i, label in enumerate(labels):
            db.insert("orders", id=i + 1, status=label)
        found = catalog(db.engine)
        db.upgrade(after, migration)
        assert db.column("orders") == labels
        db.downgrade(before, migration)
        assert db.column("orders") == labels
        assert catalog(db.engine) == found
    finally:
        before.drop_all(db.engine)


def test_added_value_on_the_way(pg: Database) -> None:
    """A new member comes with the new type; on the way back rows that hold
    it stop the downgrade before it changes anything.
    """
    before, after = native("a"), orders("a", "b")
    pg.create(before)
    migration = pg.round_trip(before, after)
    pg.insert("orders", id=1, status="b")
    found = catalog(pg.engine)
    with pytest.raises(exc.RowsRemainError, match="restore_native_enum"):
        pg.downgrade(before, migration)
    assert catalog(pg.engine) == found


def test_new_default(pg: Database) -> None:
    """A default that changes at the same time is part of the directive."""
    before = native("a", default="a")
    pg.create(before)
    after = checked("a", "b", default="b")
    migration = pg.round_trip(before, after, compare_server_default=True)
    assert (
        'server_default="b",\n    existing_server_default="a",'
        in migration.upgrade
    )
    assert "alter_column" not in migration.upgrade


def test_default_that_comes(pg: Database) -> None:
    """Also where there was none."""
    pg.create(native("a"))
    after = checked("a", "b", default="b")
    migration = pg.round_trip(native("a"), after, compare_server_default=True)
    assert "existing_server_default=None," in migration.upgrade


def test_default_that_leaves(pg: Database) -> None:
    """A default without a successor is no silent loss: the directive that
    says nothing of it stops.
    """
    pg.create(native("a", "b", default="b"))
    with pytest.raises(exc.DirectiveError, match="its default 'b'"):
        with pg.operations() as op:
            op.replace_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                ["a"],
                existing_values=["a", "b"],
                enum_name="status",
                name="ck",
            )


def test_default_that_is_an_expression(pg: Database) -> None:
    """It is kept as it is; as it needs the type, so is the type."""
    pg.create(native("a"))
    run(
        pg,
        "CREATE FUNCTION first_status() RETURNS status"
        " LANGUAGE sql AS 'SELECT ''a''::status'",
        "ALTER TABLE orders ALTER status SET DEFAULT first_status()",
    )
    pg.round_trip(native("a"), orders("a"))
    run(pg, "INSERT INTO orders (id) VALUES (1)")
    assert pg.column("orders") == ["a"]
    assert types(pg) == [("status", ["a"])]


def test_shared_type(pg: Database) -> None:
    """A type that serves two columns goes with the second, and comes back
    with the first.
    """

    def model(type_: Any) -> sa.MetaData:
        metadata = orders_with(
            sa.Column("status", type_()), sa.Column("was", type_())
        )
        sa.Table("notes", metadata, sa.Column("status", type_()))
        return metadata

    before = model(lambda: sa.Enum("b", "a", name="status"))
    pg.create(before)
    found = catalog(pg.engine)
    after = model(lambda: CheckEnum("b", "a"))
    migration = pg.round_trip(before, after)
    assert types(pg) == []
    pg.downgrade(before, migration)
    assert catalog(pg.engine) == found


USERS = [
    "CREATE FUNCTION f(status) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION f(x status[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE DOMAIN important AS status",
    "CREATE VIEW v AS SELECT 'a'::status AS x",
    "CREATE TYPE pair AS (one status, two status)",
    "CREATE CAST (status AS integer) WITH INOUT",
    "CREATE TABLE notes (x text CHECK (x <> 'a'::status::text))",
]
"""What else can use the type."""


@pytest.mark.parametrize(
    "user",
    [
        *USERS,
        "CREATE TABLE notes (status status[])",
        "CREATE TABLE notes (status status)",
    ],
)
def test_type_that_is_used(pg: Database, user: str) -> None:
    """A type that anything else uses stays, and is used on the way back."""
    pg.create(native("b", "a"))
    after = orders("b", "a")
    migration = pg.autogenerate(after)
    run(pg, user)
    found = catalog(pg.engine)
    pg.upgrade(after, migration)
    assert types(pg) == [("status", ["b", "a"])]
    pg.downgrade(after, migration)
    assert catalog(pg.engine) == found


def test_type_with_other_labels(pg: Database) -> None:
    """One that is there with other labels is not taken for ours."""
    pg.create(orders("a"))
    run(pg, "CREATE TYPE status AS ENUM ('b')")
    migration = pg.autogenerate(native("a"))
    with pytest.raises(exc.EnumTypeDiffersError) as caught:
        pg.upgrade(native("a"), migration)
    assert caught.value.found == ("b",)
    assert pg.diff(orders("a")) == []


def test_type_in_another_schema(pg: Database) -> None:
    """Type and table each in a schema of their own, with mixed case."""
    run(pg, 'CREATE SCHEMA "Types"', 'CREATE SCHEMA "Tables"')

    def model(type_: Any) -> sa.MetaData:
        return orders_with(
            sa.Column("Status", type_, server_default="a"), schema="Tables"
        )

    before = model(sa.Enum("b", "a", name="My Status", schema="Types"))
    pg.create(before)
    after = model(CheckEnum("b", "a"))
    migration = pg.round_trip(before, after, include_schemas=True)
    assert 'enum_schema="Types",' in migration.upgrade
    assert migration.upgrade.endswith('    schema="Tables",\n)')
    pg.downgrade(before, migration)
    run(
        pg,
        'CREATE INDEX one ON "Tables".orders (id) WHERE "Status" = \'a\'',
        "COMMENT ON INDEX \"Tables\".one IS 'why'",
        'ALTER TABLE "Tables".orders ADD CONSTRAINT "Mine"'
        " CHECK (\"Status\" IN ('a', 'b') OR id IS NULL)",
        'COMMENT ON CONSTRAINT "Mine" ON "Tables".orders IS \'why\'',
        'INSERT INTO "Tables".orders VALUES (1)',
    )
    found = catalog(pg.engine)
    pg.upgrade(after, migration)
    assert types(pg) == []
    pg.downgrade(before, migration)
    assert catalog(pg.engine) == found


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_views(pg: Database, kind: str) -> None:
    """They are named before anything changes, either way."""
    for before, after in (
        (native("a"), orders("a")),
        (orders("a"), native("a")),
    ):
        pg.create(before)
        run(pg, f'CREATE {kind} "Seen" AS SELECT status FROM orders')
        found = catalog(pg.engine)
        with pytest.raises(exc.BlockedByViewsError) as caught:
            pg.upgrade(after, pg.autogenerate(after))
        assert caught.value.views == ('"Seen"',)
        assert catalog(pg.engine) == found
        run(pg, f'DROP {kind} "Seen"', "DROP TABLE orders")


@pytest.mark.parametrize(
    "statement, name",
    [
        (
            "ALTER TABLE orders ADD gone boolean"
            " GENERATED ALWAYS AS (status = 'a') STORED",
            "column gone of table orders",
        ),
        (
            "CREATE POLICY mine ON orders USING (status = 'a')",
            "policy mine on table orders",
        ),
        (
            "CREATE TRIGGER mine BEFORE UPDATE OF status ON orders"
            " FOR EACH ROW EXECUTE FUNCTION"
            " suppress_redundant_updates_trigger()",
            "trigger mine on table orders",
        ),
        (
            "CREATE TABLE notes (status status REFERENCES orders (status))",
            "constraint notes_status_fkey on table notes",
        ),
        (
            "CREATE INDEX mine ON orders (id) WHERE status > 'a'",
            "index mine (it compares the order of labels)",
        ),
        (
            "CREATE INDEX mine ON orders (id) WHERE 'a'::status >= status",
            "index mine (it compares the order of labels)",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT mine"
            " CHECK (status BETWEEN 'a' AND 'b')",
            "constraint mine on table orders (it compares the order",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT mine"
            " CHECK (status = ANY (enum_range(NULL::status)))",
            "constraint mine on table orders (it calls enum_range())",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT mine"
            " EXCLUDE (id WITH =) WHERE (status = 'a')",
            "index mine",
        ),
    ],
)
def test_what_stands_against_it(
    pg: Database, statement: str, name: str
) -> None:
    """It is named before anything changes."""
    pg.create(native("a", "b"))
    after = orders("a", "b")
    migration = pg.autogenerate(after)
    run(pg, "ALTER TABLE orders ADD UNIQUE (status)", statement)
    found = catalog(pg.engine)
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        pg.upgrade(after, migration)
    (blocking,) = caught.value.objects
    assert name in blocking
    assert catalog(pg.engine) == found


@pytest.mark.parametrize(
    "predicate", ["status LIKE 'a%'", "status = 'c'", "lower(status) = 'a'"]
)
def test_index_of_text(pg: Database, predicate: str) -> None:
    """An index that only a text can have stops the way back to an ENUM."""
    pg.create(orders("a", "b"))
    after = native("a", "b")
    migration = pg.autogenerate(after)
    run(pg, f"CREATE INDEX mine ON orders (id) WHERE {predicate}")
    found = catalog(pg.engine)
    with pytest.raises(exc.BlockedByObjectsError, match="index mine"):
        pg.upgrade(after, migration)
    assert catalog(pg.engine) == found


def test_inherited_column(pg: Database) -> None:
    """A child's column is its parent's business."""
    run(
        pg,
        "CREATE TYPE status AS ENUM ('a')",
        "CREATE TABLE base (id integer PRIMARY KEY, status status)",
        "CREATE TABLE orders (PRIMARY KEY (id)) INHERITS (base)",
    )
    after = orders("a")
    with pytest.raises(exc.BlockedByObjectsError, match="inherited column"):
        with pg.operations() as op:
            op.replace_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                ["a"],
                existing_values=["a"],
                enum_name="status",
                name="ck",
            )
    assert "base" not in after.tables


def test_partitioned_table(pg: Database) -> None:
    """The partitions go with it, and back."""
    run(
        pg,
        "CREATE TYPE status AS ENUM ('a', 'b')",
        "CREATE TABLE orders (id integer PRIMARY KEY,"
        " status status DEFAULT 'a') PARTITION BY RANGE (id)",
        "CREATE TABLE orders_1 PARTITION OF orders"
        " FOR VALUES FROM (0) TO (10)",
        "CREATE INDEX plain ON orders (status)",
        "INSERT INTO orders VALUES (1, 'b')",
    )
    found = catalog(pg.engine)
    options = {"existing_values": ["a", "b"], "enum_name": "status"}
    for directive in ("replace_native_enum", "restore_native_enum"):
        with pg.operations() as op:
            getattr(op, directive)(
                "orders", "status", ["a", "b"], name="ck", **options
            )
    assert found["indexes"] == catalog(pg.engine)["indexes"]
    assert pg.column("orders_1") == ["b"]


def test_failure_half_way_leaves_nothing(pg: Database) -> None:
    """A revision that fails after the directive is undone whole."""
    pg.create(native("a"))
    found = catalog(pg.engine)
    with pytest.raises(ZeroDivisionError):
        with pg.operations() as op:
            op.replace_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                ["a"],
                existing_values=["a"],
                enum_name="status",
                name="ck",
            )
            1 / 0
    assert catalog(pg.engine) == found


def test_one_statement(pg: Database) -> None:
    """The rows are written once: one ALTER TABLE."""
    pg.create(native("a", default="a"))
    migration = pg.autogenerate(orders("a"))
    statements: list[str] = []
    sa.event.listen(
        pg.engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    pg.upgrade(orders("a"), migration)
    assert [s for s in statements if s.startswith(("ALTER", "DROP"))] == [
        "ALTER TABLE orders ALTER COLUMN status DROP DEFAULT, ALTER COLUMN "
        "status TYPE VARCHAR(255) USING CAST(status AS pg_catalog.text), "
        "ALTER COLUMN status SET DEFAULT 'a', ADD CONSTRAINT ck_orders_status "
        "CHECK (status OPERATOR(pg_catalog.=) 'a')",
        "DROP TYPE status",
    ]


def test_in_a_batch(db: Database) -> None:
    """Alembic's batch, on each backend, with other changes beside it."""
    before = native("a", "b", default="a")
    db.create(before)
    db.insert("orders", id=1, status="b")
    after = orders_with(
        sa.Column("status", CheckEnum("a", "b"), server_default="a"),
        sa.Column("more", sa.Integer),
    )
    with db.operations(after) as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.add_column(sa.Column("more", sa.Integer))
            batch_op.replace_native_enum(  # type: ignore[attr-defined]
                "status",
                ["a", "b"],
                existing_values=["a", "b"],
                enum_name="status",
                name="ck_orders_status",
            )
    assert db.diff(after) == []
    with db.operations(before) as op:
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_column("more")
            batch_op.restore_native_enum(  # type: ignore[attr-defined]
                "status",
                ["a", "b"],
                existing_values=["a", "b"],
                enum_name="status",
                name="ck_orders_status",
            )
    assert db.column("orders") == ["b"]
    assert db.diff(before) == []


def test_rendered_for_a_batch(pg: Database) -> None:
    """With render_as_batch it stands in Alembic's batch, and runs there."""
    pg.create(native("a"))
    migration = pg.round_trip(native("a"), orders("a"), render_as_batch=True)
    assert "batch_op.replace_native_enum(" in migration.upgrade


@pytest.mark.parametrize("default", [None, "PAYED"])
def test_one_migration_for_both(
    db: Database, pg: Database, default: str | None
) -> None:
    """What was generated on PostgreSQL is right on each backend."""
    before = native("NEW", "PAYED", default=default)
    after = checked(Paid, default=default and "PAID")
    pg.create(before)
    migration = pg.autogenerate(after)
    db.create(before)
    db.insert("orders", id=1, status="PAYED")
    db.insert("orders", id=2, status=None)
    assert db.diff(before, compare_server_default=True) == []
    for _ in range(2):
        db.upgrade(after, migration)
        assert db.column("orders") == ["PAID", None]
        assert db.diff(after, compare_server_default=True) == []
        with pytest.raises(sa.exc.IntegrityError):
            db.insert("orders", id=3, status="PAYED")
        db.downgrade(before, migration)
        assert db.column("orders") == ["PAYED", None]
        assert db.diff(before, compare_server_default=True) == []


def test_moving_out(db: Database) -> None:
    """Generated on each backend, the way out is the same, and leads back."""
    before, after = orders("NEW", "PAID"), native("NEW", "PAID")
    db.create(before)
    db.insert("orders", id=1, status="PAID")
    migration = db.round_trip(before, after)
    assert migration.upgrade == COMMENT + body("""
        op.restore_native_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAID"],
            enum_name="status",
            name=op.f("ck_orders_status"),
        )
        """)
    assert db.column("orders") == ["PAID"]


def test_moving_out_of_another_name(db: Database) -> None:
    """Whatever the constraint is called, it goes."""
    before = orders("NEW", name="state", length=20)
    db.create(before)
    migration = db.round_trip(before, native("NEW"))
    assert "length=20,\n" in migration.upgrade


def test_rows_without_a_rule_on_sqlite(any_sqlite: Database) -> None:
    """With the same directive."""
    any_sqlite.create(native("a", "b"))
    any_sqlite.insert("orders", id=1, status="b")
    with pytest.raises(exc.RowsRemainError, match="replace_native_enum"):
        with any_sqlite.operations() as op:
            op.replace_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                ["a"],
                existing_values=["a", "b"],
                enum_name="status",
                name="ck",
            )
    assert any_sqlite.column("orders") == ["b"]


def test_compare_type_false(pg: Database) -> None:
    """Who switched type comparison off keeps the native type."""
    pg.create(native("a"))
    assert pg.diff(orders("a"), compare_type=False) == []


@pytest.mark.parametrize("kind", ["column", "check_constraint"])
def test_include_object(pg: Database, kind: str) -> None:
    """What ``include_object`` refuses is left alone."""
    pg.create(native("a"))

    def include_object(item: Any, name: Any, what: str, *rest: Any) -> bool:
        return what != kind

    assert pg.diff(orders("a"), include_object=include_object) == []


def test_other_columns_keep_their_enums(pg: Database) -> None:
    """A native ENUM on both sides is none of ours."""

    def model(type_: Any) -> sa.MetaData:
        return orders_with(
            sa.Column("status", type_),
            sa.Column("mood", sa.Enum("x", "y", name="mood")),
        )

    before = model(sa.Enum("a", name="status"))
    pg.create(before)
    migration = pg.round_trip(before, model(CheckEnum("a")))
    assert "mood" not in migration.upgrade
    assert types(pg) == [("mood", ["x", "y"])]


def test_check_on_the_enum_goes(pg: Database) -> None:
    """A list of labels that the column was held to would go on rejecting."""
    pg.create(native("a", "b"))
    run(pg, "ALTER TABLE orders ADD CONSTRAINT mine CHECK (status IN ('a'))")
    found = catalog(pg.engine)
    after = orders("a", "b")
    migration = pg.autogenerate(after)
    assert "op.drop_check_enum(" in migration.upgrade
    pg.upgrade(after, migration)
    assert pg.diff(after) == []
    pg.downgrade(after, migration)
    assert catalog(pg.engine) == found


def moves(directive: str, **options: Any) -> Any:
    """One of the two directives, with labels that are hard to quote."""

    def call(op: Any) -> None:
        getattr(op, directive)(
            "orders",
            "status",
            HARD,
            existing_values=HARD,
            enum_name="My status",
            name="ck_orders_status",
            server_default="it's",
            existing_server_default="it's",
            **options,
        )

    return call


def test_script(pg: Database) -> None:
    """What ``--sql`` writes is right, there and back; it leaves the type,
    and says so, and makes it where there is none.
    """
    before = native(*HARD, name="My status", default="it's")
    after = checked(*HARD, default="it's")
    pg.create(before)
    for i, value in enumerate(HARD):
        pg.insert("orders", id=i, status=value)
    found = catalog(pg.engine)
    up = script("postgresql", moves("replace_native_enum"))
    down = script("postgresql", moves("restore_native_enum"))
    assert 'Where nothing does: DROP TYPE "My status"' in up
    assert "DROP TYPE" not in script(
        "postgresql", moves("replace_native_enum", drop_type=False)
    )
    run_script(pg, up)
    assert pg.diff(after) == []
    assert types(pg) == [("My status", HARD)]
    run_script(pg, down)
    assert catalog(pg.engine) == found
    run_script(pg, up + 'DROP TYPE "My status";')
    run_script(pg, down)
    assert catalog(pg.engine) == found
    assert pg.column("orders") == HARD


def test_script_with_a_default(pg: Database) -> None:
    """Autogenerate says the default on both ways, for a script needs it."""
    pg.create(native("a", default="a"))
    migration = pg.autogenerate(checked("a", default="a"))
    found = catalog(pg.engine)
    namespace: dict[str, Any] = {}
    exec(migration.source, namespace)
    for function in "upgrade", "downgrade":
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect_name="postgresql",
            opts={"as_sql": True, "output_buffer": buffer},
        )
        with Operations.context(context):
            namespace[function]()
        run_script(pg, buffer.getvalue())
    assert catalog(pg.engine) == found


def run_script(db: Database, text: str) -> None:
    """As psql would: the driver sees no parameters."""
    connection = db.engine.raw_connection()
    try:
        connection.driver_connection.execute(text)  # type: ignore[union-attr]
        connection.commit()
    finally:
        connection.close()


def test_operations() -> None:
    """Both reverse each other, and tell what they do."""
    op = ReplaceNativeEnumOp(
        "orders",
        "status",
        ["A", "B"],
        existing_values=["a", "b"],
        enum_name="status",
        enum_schema="types",
        name="ck",
        rename={"a": "A", "b": "B"},
        length=9,
        server_default="A",
        existing_server_default="a",
        drop_type=False,
        schema="shop",
    )
    assert op.to_diff_tuple() == (
        "replace_native_enum",
        "shop",
        "orders",
        "status",
        "ck",
        "types",
        "status",
        ["a", "b"],
        ["A", "B"],
    )
    back = op.reverse()
    assert back.rename == {"A": "a", "B": "b"}
    assert vars(back.reverse()) == vars(op)


@pytest.mark.parametrize(
    "values, options",
    [
        (["a"], {"enum_name": ""}),
        (["a"], {"enum_name": None}),
        (["a" * 10], {"length": 9}),
        (["a"], {"rename": {"a": "z"}}),
        (["a"], {"rename": {"z": "a"}}),
        (["a"], {"existing_values": ["a", None]}),
        ([], {}),
    ],
)
def test_bad_arguments(values: list[str], options: dict[str, Any]) -> None:
    """They are refused by the call itself."""
    with pytest.raises(exc.DirectiveError):
        ReplaceNativeEnumOp(
            "orders",
            "status",
            values,
            **{
                "existing_values": ["a"],
                "enum_name": "status",
                "name": "ck",
                **options,
            },
        )


NEIGHBOUR = """
import sys
import sqlalchemy as sa
import alembic_postgresql_enum
from ckenum import CheckEnum
from tests.roundtrip import Database
from tests.catalog import catalog

def model(type_, *moods):
    metadata = sa.MetaData()
    sa.Table(
        "orders", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", type_, server_default="a"),
        sa.Column("mood", sa.Enum(*moods, name="mood")),
    )
    return metadata

db = Database(sa.make_url(sys.argv[1]))
before = model(sa.Enum("a", "b", name="status"), "x")
after = model(CheckEnum("a", "b"), "x", "y")
db.round_trip(sa.MetaData(), before)
found = catalog(db.engine)
migration = db.round_trip(before, after)
print(migration.source)
assert migration.upgrade.count("replace_native_enum") == 1
assert migration.upgrade.count("add_enum_value") == 1
assert "alter_column" not in migration.upgrade
db.downgrade(before, migration)
print(found, catalog(db.engine))
assert catalog(db.engine) == found
db.upgrade(after, migration)
found = catalog(db.engine)
migration = db.round_trip(after, before)
print(migration.source)
assert "alter_column" not in migration.upgrade
db.downgrade(after, migration)
assert catalog(db.engine) == found
"""


def test_beside_alembic_postgresql_enum(pg: Database) -> None:
    """It creates and drops the type, too; together both lead to the right
    end, in either direction.
    """
    url = pg.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", NEIGHBOUR, url],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
