"""What stands around a column on PostgreSQL."""

from __future__ import annotations

from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .models import orders
from .models import orders_with
from .roundtrip import Database

pytestmark = pytest.mark.each_server


def run(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def rename(op: Operations, **options: object) -> None:
    op.alter_check_enum(  # type: ignore[attr-defined]
        "orders",
        "status",
        ["PAID"],
        existing_values=["PAYED"],
        name="ck_orders_status",
        rename={"PAYED": "PAID"},
        **options,
    )


DEFERRED_CHILD = """
    CREATE TABLE items (
        id integer PRIMARY KEY,
        order_id integer REFERENCES orders DEFERRABLE INITIALLY DEFERRED
    )
    """


@pytest.fixture
def payed(postgresql: Database) -> Database:
    """Orders with one that holds PAYED."""
    postgresql.create(orders("PAYED"))
    postgresql.insert("orders", id=1, status="PAYED")
    return postgresql


DEFERRABLE_SELF = """
    ALTER TABLE orders ADD parent integer
    REFERENCES orders DEFERRABLE INITIALLY DEFERRED
    """


@pytest.mark.parametrize("pending", [True, False])
def test_deferred_foreign_key(payed: Database, pending: bool) -> None:
    """Rows changed before, in the same transaction, with a deferred foreign
    key on them, do not end in "pending trigger events".
    """
    run(payed, DEFERRABLE_SELF)
    with payed.operations() as op:
        if pending:
            op.execute("INSERT INTO orders VALUES (2, 'PAYED', 1)")
        rename(op)
    assert set(payed.column("orders")) == {"PAID"}


def test_deferred_foreign_key_without_us(payed: Database) -> None:
    """The same statements by hand do end in "pending trigger events"."""
    run(payed, DEFERRABLE_SELF)
    with pytest.raises(sa.exc.OperationalError, match="pending trigger"):
        run(
            payed,
            "INSERT INTO orders VALUES (2, 'PAYED', 1)",
            "ALTER TABLE orders DROP CONSTRAINT ck_orders_status",
        )


def test_deferrable_constraints_elsewhere_stay_deferred(
    payed: Database,
) -> None:
    """Only those of the table are made immediate."""
    run(payed, DEFERRED_CHILD, "CREATE TABLE a (id integer PRIMARY KEY)")
    run(
        payed,
        "CREATE TABLE b (id integer REFERENCES a"
        " DEFERRABLE INITIALLY DEFERRED)",
    )
    with payed.operations() as op:
        rename(op)
        op.execute("INSERT INTO b VALUES (1)")
        op.execute("INSERT INTO a VALUES (1)")
    assert payed.column("orders") == ["PAID"]


def test_view_does_not_block_new_values(payed: Database) -> None:
    """A view on the column is no obstacle to another list."""
    run(payed, "CREATE VIEW seen AS SELECT status FROM orders")
    with payed.operations() as op:
        rename(op)
    assert payed.column("orders") == ["PAID"]


def test_view_that_blocks_widening(payed: Database) -> None:
    """It is named before anything changes."""
    run(payed, 'CREATE VIEW "Seen" AS SELECT status FROM orders')
    with pytest.raises(exc.BlockedByViewsError, match='"Seen"') as caught:
        with payed.operations() as op:
            rename(op, length=300, existing_length=255)
    assert caught.value.views == ('"Seen"',)
    assert payed.column("orders") == ["PAYED"]
    assert payed.diff(orders("PAYED")) == []


def test_partitioned_table(postgresql: Database) -> None:
    """The parent's directive reaches the partitions and their rows."""
    run(
        postgresql,
        "CREATE TABLE orders (id integer, status varchar(255)"
        " CONSTRAINT ck_orders_status CHECK (status IN ('PAYED')))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE orders_1 PARTITION OF orders"
        " FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE orders_2 PARTITION OF orders"
        " FOR VALUES FROM (10) TO (20)",
        "INSERT INTO orders VALUES (1, 'PAYED'), (11, 'PAYED')",
    )
    with postgresql.operations() as op:
        rename(op)
    assert postgresql.column("orders") == ["PAID", "PAID"]
    with pytest.raises(sa.exc.IntegrityError):
        postgresql.insert("orders_2", id=12, status="PAYED")


def test_inherited_table(postgresql: Database) -> None:
    """So it does with tables that inherit."""
    run(
        postgresql,
        "CREATE TABLE orders (id integer, status varchar(255)"
        " CONSTRAINT ck_orders_status CHECK (status IN ('PAYED')))",
        "CREATE TABLE special () INHERITS (orders)",
        "INSERT INTO special VALUES (1, 'PAYED')",
    )
    with postgresql.operations() as op:
        rename(op)
    assert postgresql.column("special") == ["PAID"]


def test_inherited_constraint_is_left_to_the_parent(
    postgresql: Database,
) -> None:
    """A child cannot drop what it inherits: nothing is emitted for it."""
    run(
        postgresql,
        "CREATE TABLE base (id integer PRIMARY KEY, status varchar(255)"
        " CONSTRAINT ck_base_status CHECK (status IN ('NEW')))",
        "CREATE TABLE orders (PRIMARY KEY (id)) INHERITS (base)",
    )
    metadata = orders("NEW")
    sa.Table(
        "base",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", CheckEnum("NEW")),
    )
    assert postgresql.diff(metadata) == []


def test_column_that_is_referenced(postgresql: Database) -> None:
    """Rows of other tables that hold the value follow it where their
    foreign key says so.
    """
    run(
        postgresql,
        "CREATE TABLE orders (id integer, status varchar(255) UNIQUE"
        " CONSTRAINT ck_orders_status CHECK (status IN ('PAYED')))",
        "CREATE TABLE notes (id integer, status varchar(255)"
        " REFERENCES orders (status) ON UPDATE CASCADE)",
        "INSERT INTO orders VALUES (1, 'PAYED')",
        "INSERT INTO notes VALUES (1, 'PAYED')",
    )
    with postgresql.operations() as op:
        rename(op)
    assert postgresql.column("notes") == ["PAID"]


def test_row_level_security(payed: Database) -> None:
    """Rows that a policy hides from the role are not passed over."""
    role = f"clerk_{payed.engine.url.database}"
    run(
        payed,
        f"CREATE ROLE {role}",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
        "CREATE POLICY none ON orders USING (false)",
        f"ALTER TABLE orders OWNER TO {role}",
        f"GRANT ALL ON SCHEMA public TO {role}",
    )
    try:
        with pytest.raises(exc.RowSecurityError, match="orders"):
            with payed.operations() as op:
                op.execute(f"SET LOCAL ROLE {role}")
                rename(op)
        assert payed.column("orders") == ["PAYED"]
    finally:
        run(payed, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_schema_outside_of_the_search_path(postgresql: Database) -> None:
    """A table is named with its schema in all that is run."""
    run(postgresql, 'CREATE SCHEMA "Other"')
    metadata = orders_with(
        sa.Column("status", CheckEnum("PAYED")), schema="Other"
    )
    postgresql.create(metadata)
    run(postgresql, "INSERT INTO \"Other\".orders VALUES (1, 'PAYED')")
    with postgresql.operations() as op:
        op.execute("SET LOCAL search_path = pg_catalog")
        rename(op, schema="Other")
    with postgresql.engine.connect() as connection:
        assert (
            connection.scalar(sa.text('SELECT status FROM "Other".orders'))
            == "PAID"
        )


def test_swap_is_one_statement(payed: Database) -> None:
    """Where no row changes, one ALTER TABLE does both."""
    statements: list[str] = []
    sa.event.listen(
        payed.engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    with payed.operations() as op:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["PAYED", "NEW"],
            existing_values=["PAYED"],
            name="ck_orders_status",
        )
    (alter,) = (s for s in statements if s.startswith("ALTER"))
    assert alter == (
        "ALTER TABLE orders DROP CONSTRAINT ck_orders_status, ADD CONSTRAINT"
        " ck_orders_status CHECK (status OPERATOR(pg_catalog.=)"
        " ANY ('{PAYED,NEW}'))"
    )


def test_failure_half_way_leaves_nothing(payed: Database) -> None:
    """A revision that fails after the directive is undone whole."""
    with pytest.raises(ZeroDivisionError):
        with payed.operations() as op:
            rename(op)
            1 / 0
    assert payed.column("orders") == ["PAYED"]
    assert payed.diff(orders("PAYED")) == []


def test_batch_that_copies(payed: Database) -> None:
    """Also in a batch with recreate="always"."""
    with payed.operations() as op:
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            batch_op.alter_check_enum(  # type: ignore[attr-defined]
                "status",
                ["PAID"],
                existing_values=["PAYED"],
                name="ck_orders_status",
                rename={"PAYED": "PAID"},
            )
    assert payed.column("orders") == ["PAID"]
    assert payed.diff(orders("PAID")) == []


def test_constraint_without_a_name(payed: Database) -> None:
    """Only SQLite can drop one: PostgreSQL gives each a name."""
    with pytest.raises(exc.DirectiveError, match="without a name"):
        with payed.operations() as op:
            rename(op, existing_name="")


def test_list_with_a_null_rejects_nothing(payed: Database) -> None:
    """So no rows stand in the way of one."""
    with payed.operations() as op:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", None],
            existing_values=["PAYED"],
            name="ck_orders_status",
        )
    payed.insert("orders", id=2, status="anything")
    assert payed.column("orders") == ["PAYED", "anything"]


def test_view_that_blocks_widening_without_us(payed: Database) -> None:
    """By hand it is PostgreSQL that refuses, half way."""
    run(payed, "CREATE VIEW seen AS SELECT status FROM orders")
    with pytest.raises(sa.exc.NotSupportedError, match="used by a view"):
        run(payed, "ALTER TABLE orders ALTER status TYPE varchar(300)")


def test_inherited_constraint_without_us(postgresql: Database) -> None:
    """By hand, to drop it on the child fails."""
    run(
        postgresql,
        "CREATE TABLE base (status varchar CONSTRAINT ck CHECK"
        " (status IN ('NEW')))",
        "CREATE TABLE child () INHERITS (base)",
    )
    with pytest.raises(sa.exc.ProgrammingError, match="inherited"):
        run(postgresql, "ALTER TABLE child DROP CONSTRAINT ck")


@pytest.mark.parametrize("online", [False, True])
def test_null_where_none_may_be(postgresql: Database, online: bool) -> None:
    """A rename to NULL in a NOT NULL column stops before anything is done."""
    before = orders_with(
        sa.Column("status", CheckEnum("A", "B"), nullable=False)
    )
    postgresql.create(before)
    postgresql.insert("orders", status="B")
    with pytest.raises(exc.DirectiveError, match=r"rename turns \['B'\] into"):
        with postgresql.operations() as op:
            op.alter_check_enum(
                "orders",
                "status",
                ["A"],
                existing_values=["A", "B"],
                name=op.f("ck_orders_status"),
                rename={"B": None},
                online=online,
            )
    assert postgresql.column("orders") == ["B"]
    assert postgresql.diff(before) == []
