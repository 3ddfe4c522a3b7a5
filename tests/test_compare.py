"""What autogenerate writes for each difference, and what it leads to."""

from __future__ import annotations

import enum
import logging

import pytest
import sqlalchemy as sa
from sqlalchemy_utils import ChoiceType

from ckenum import CheckEnum

from .catalog import catalog
from .models import orders
from .models import orders_with
from .models import Text
from .roundtrip import body
from .roundtrip import Database
from .test_online_shapes import collations

STRING = sa.Column("status", Text(255))


class Payed(enum.Enum):
    NEW = 1
    PAID = 2
    PAYED = PAID


def checked(
    condition: str = "status IN ('NEW', 'PAID')", name: str | None = "mine"
) -> sa.MetaData:
    return orders_with(
        STRING._copy(), sa.CheckConstraint(condition, name=name)
    )


def test_reordered_values_are_no_difference(db: Database) -> None:
    """The order of the values says nothing."""
    db.create(orders("NEW", "PAID", "DONE"))
    assert db.diff(orders("DONE", "NEW", "PAID")) == []


def test_added_value(db: Database) -> None:
    """The text is that of the manual, and leads up and down."""
    db.create(orders("NEW", "PAID"))
    migration = db.round_trip(
        orders("NEW", "PAID"), orders("NEW", "PAID", "SHIPPED")
    )
    assert migration.upgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID", "SHIPPED"],
            existing_values=["NEW", "PAID"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert migration.downgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAID", "SHIPPED"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert migration.imports == ""


def test_added_value_in_a_batch(db: Database) -> None:
    """With render_as_batch the directive stands in Alembic's batch."""
    db.create(orders("NEW"))
    migration = db.round_trip(
        orders("NEW"), orders("NEW", "PAID"), render_as_batch=True
    )
    assert migration.upgrade == body("""
        with op.batch_alter_table('orders', schema=None) as batch_op:
            batch_op.alter_check_enum(
                "status",
                ["NEW", "PAID"],
                existing_values=["NEW"],
                name=batch_op.f("ck_orders_status"),
            )
        """)


def test_long_list_is_broken_into_lines(db: Database) -> None:
    """A list that does not fit a line has one value a line."""
    values = [f"STATUS_NUMBER_{i}" for i in range(5)]
    db.create(orders("A"))
    migration = db.autogenerate(orders("A", *values))
    assert '    [\n        "A",\n        "STATUS_NUMBER_0",\n' in (
        migration.upgrade
    )


def test_renamed_by_alias(db: Database) -> None:
    """An alias in the enum makes a removal a rename; the rows follow."""
    db.create(orders("NEW", "PAYED"))
    db.insert("orders", id=1, status="PAYED")
    migration = db.round_trip(orders("NEW", "PAYED"), orders(Payed))
    assert migration.upgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAYED"],
            name=op.f("ck_orders_status"),
            rename={"PAYED": "PAID"},
        )
        """)
    assert 'rename={"PAID": "PAYED"},' in migration.downgrade
    assert db.column("orders") == ["PAID"]
    db.downgrade(orders("NEW", "PAYED"), migration)
    assert db.column("orders") == ["PAYED"]


def test_new_table(db: Database) -> None:
    """A new table has the type with strings, a final name, an import."""
    migration = db.round_trip(sa.MetaData(), orders("NEW", "PAID"))
    assert (
        'ckenum.CheckEnum("NEW", "PAID", name=op.f("ck_orders_status"))'
        in migration.upgrade
    )
    assert migration.imports == "import ckenum"


def test_new_table_with_class(db: Database) -> None:
    """The application's class does not get into the migration."""
    migration = db.round_trip(
        sa.MetaData(), orders(Payed, name="state", length=10)
    )
    assert (
        'ckenum.CheckEnum("NEW", "PAID", name=op.f("state"), length=10)'
        in migration.upgrade
    )


def test_dropped_table(db: Database) -> None:
    """The downgrade recreates the table with its constraint."""
    db.create(orders("NEW", "a :b"))
    migration = db.round_trip(orders("NEW", "a :b"), sa.MetaData())
    assert (
        'ckenum.CheckEnum("NEW", "a :b", name=op.f("ck_orders_status"))'
        in migration.downgrade
    )
    assert "CheckConstraint" not in migration.downgrade


def test_dropped_table_with_a_phantom(db: Database) -> None:
    """What looks like a CHECK in a value does not come back as one."""
    values = ["a", "CHECK (z)", "CONSTRAINT b CHECK (1)"]
    before = orders_with(
        sa.Column("status", CheckEnum(*values)),
        sa.Column("amount", sa.Integer),
        sa.CheckConstraint("amount > 0", name="positive"),
    )
    db.create(before)
    migration = db.round_trip(before, sa.MetaData())
    assert migration.downgrade.count("CheckConstraint") == 1


@pytest.mark.parametrize("enums", [False, True])
@pytest.mark.parametrize("length", [None, 2])
def test_dropped_table_of_another_length(
    db: Database, length: int | None, enums: bool
) -> None:
    """It comes back with the length that it had, also where that has no
    room for the list.
    """
    before = orders_with(
        sa.Column("status", sa.String(length)),
        sa.CheckConstraint("status IN ('NEW')", name="ck_orders_status"),
    )
    db.create(before)
    migration = db.autogenerate(sa.MetaData(), ckenum_enums=enums)
    db.upgrade(sa.MetaData(), migration)
    db.downgrade(before, migration)
    _, column = sa.inspect(db.engine).get_columns("orders")
    assert column["type"].length == length  # type: ignore[attr-defined]
    with pytest.raises(sa.exc.DBAPIError):
        db.insert("orders", id=1, status="X")


@pytest.mark.parametrize("render", ["ckenum", "alembic"])
def test_dropped_table_with_a_collation(
    postgresql: Database, render: str
) -> None:
    """The column comes back with its collation, and with the CHECK that
    compares exactly although the collation does not.
    """
    with postgresql.engine.begin() as connection:
        for statement in collations(postgresql):
            connection.exec_driver_sql(statement)
    before = orders_with(
        sa.Column("status", sa.String(9, collation="no_case"))
    )
    postgresql.create(before)
    with postgresql.operations() as op:
        op.create_check_enum(  # type: ignore[attr-defined]
            "orders", "status", ["New", "a :b"], name="ck_orders_status"
        )
    found = catalog(postgresql.engine)
    migration = postgresql.autogenerate(sa.MetaData(), ckenum_render=render)
    postgresql.upgrade(sa.MetaData(), migration)
    postgresql.downgrade(before, migration)
    assert catalog(postgresql.engine) == found


def test_dropped_table_with_a_null_in_its_list(db: Database) -> None:
    """No type makes such a constraint: it comes back as it was."""
    before = checked("status IN ('NEW', NULL)")
    db.create(before)
    migration = db.autogenerate(sa.MetaData())
    assert "CheckEnum" not in migration.downgrade
    assert "sa.CheckConstraint(" in migration.downgrade
    db.upgrade(sa.MetaData(), migration)
    db.downgrade(before, migration)
    db.insert("orders", id=1, status="anything")


def test_new_column(db: Database) -> None:
    """The column comes as plain text, then its constraint."""
    db.create(orders_with())
    migration = db.round_trip(orders_with(), orders("NEW"))
    assert migration.upgrade == body("""
        op.add_column('orders', sa.Column('status', \
sa.String(length=255), nullable=True))
        op.create_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert migration.downgrade == body("""
        op.drop_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("ck_orders_status"),
        )
        op.drop_column('orders', 'status')
        """)


@pytest.mark.parametrize("batch", [False, True])
def test_dropped_column(db: Database, batch: bool) -> None:
    """The constraint goes before the column and comes back after it."""
    db.create(orders("NEW"))
    migration = db.round_trip(
        orders("NEW"), orders_with(), render_as_batch=batch
    )
    assert migration.upgrade.index("drop_check_enum") < (
        migration.upgrade.index("drop_column")
    )


def test_column_that_becomes_a_check_enum(db: Database) -> None:
    """A plain string gets the constraint, and nothing else."""
    before = orders_with(STRING._copy())
    db.create(before)
    migration = db.round_trip(before, orders("NEW", "PAID"))
    assert migration.upgrade == body("""
        op.create_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            name=op.f("ck_orders_status"),
        )
        """)


def test_narrow_column_that_becomes_a_check_enum(db: Database) -> None:
    """It is widened in the same directive, and narrowed on the way back."""
    before = orders_with(sa.Column("status", sa.String(2)))
    db.create(before)
    migration = db.round_trip(before, orders("NEW", "PAID"))
    assert migration.upgrade == body("""
        op.create_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            name=op.f("ck_orders_status"),
            length=255,
            existing_length=2,
        )
        """)


def test_column_that_is_too_narrow_for_its_list(db: Database) -> None:
    """It is widened; going back, no list is without room for its values."""
    before = orders_with(
        sa.Column("status", sa.String(2)),
        sa.CheckConstraint("status IN ('NEW')", name="ck_orders_status"),
    )
    db.create(before)
    after = orders("NEW", "PAID")
    migration = db.autogenerate(after)
    assert "length=255,\n    existing_length=2," in migration.upgrade
    assert "length=3,\n    existing_length=255," in migration.downgrade
    db.upgrade(after, migration)
    assert db.diff(after) == []
    db.downgrade(before, migration)
    assert "check_enum" in db.autogenerate(after).upgrade


def test_text_that_becomes_a_check_enum(db: Database) -> None:
    """A TEXT column holds the values as it is."""
    before = orders_with(sa.Column("status", sa.Text))
    db.create(before)
    db.upgrade(orders("NEW"), db.autogenerate(orders("NEW")))
    assert db.diff(orders("NEW")) == []


def test_choice_type_that_becomes_a_check_enum(db: Database) -> None:
    """What sqlalchemy-utils stores as text gets its constraint."""
    choices = ChoiceType([("NEW", "new"), ("PAID", "paid")])
    before = orders_with(sa.Column("status", choices))
    db.create(before)
    migration = db.round_trip(before, orders("NEW", "PAID"))
    assert migration.upgrade.startswith("op.create_check_enum(")
    assert "alter_column" not in migration.upgrade


def test_integer_that_becomes_a_check_enum(db: Database) -> None:
    """Another type is altered first, to a plain VARCHAR, in a batch where
    SQLite needs one.
    """
    before = orders_with(sa.Column("status", sa.Integer))
    db.create(before)
    migration = db.autogenerate(orders("1", "2"), render_as_batch=True)
    assert "type_=sa.String(length=255" in migration.upgrade
    db.upgrade(orders("1", "2"), migration)
    assert db.diff(orders("1", "2")) == []


@pytest.mark.parametrize("create_constraint", [False, True])
def test_enum_that_becomes_a_check_enum(
    db: Database, create_constraint: bool
) -> None:
    """SQLAlchemy's own non-native Enum is taken over."""
    kind = sa.Enum(
        "NEW",
        "PAID",
        name="status",
        native_enum=False,
        create_constraint=create_constraint,
    )
    before = orders_with(sa.Column("status", kind))
    db.create(before)
    migration = db.round_trip(before, orders("NEW", "PAID"))
    directive = "alter" if create_constraint else "create"
    assert f"op.{directive}_check_enum(" in migration.upgrade


def test_check_enum_that_becomes_a_string(db: Database) -> None:
    """The constraint that ckenum made goes with the type."""
    db.create(orders("NEW"))
    migration = db.round_trip(orders("NEW"), orders_with(STRING._copy()))
    assert migration.upgrade == body("""
        op.drop_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("ck_orders_status"),
        )
        """)


def test_check_enum_that_becomes_a_string_with_that_check(
    db: Database,
) -> None:
    """A constraint that the model declares itself is left alone."""
    db.create(orders("NEW"))
    after = orders_with(
        STRING._copy(),
        sa.CheckConstraint("status IN ('NEW')", name="ck_orders_status"),
    )
    assert db.diff(after) == []


def test_other_name_is_adopted(db: Database) -> None:
    """A constraint of another name is taken over, and given back."""
    db.create(checked())
    migration = db.autogenerate(orders("NEW", "PAID", "DONE"))
    assert migration.upgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID", "DONE"],
            existing_values=["NEW", "PAID"],
            name=op.f("ck_orders_status"),
            existing_name=op.f("mine"),
        )
        """)
    after = orders("NEW", "PAID", "DONE")
    db.upgrade(after, migration)
    assert db.diff(after) == []
    db.downgrade(checked(), migration)
    assert db.autogenerate(after) == migration


def test_mere_rename_looks_at_no_row(postgresql: Database) -> None:
    """On PostgreSQL a constraint that only has another name is renamed."""
    postgresql.create(checked())
    after = orders("NEW", "PAID")
    migration = postgresql.autogenerate(after)
    statements: list[str] = []
    sa.event.listen(
        postgresql.engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    postgresql.upgrade(after, migration)
    assert [s for s in statements if "orders" in s] == [
        "ALTER TABLE orders RENAME CONSTRAINT mine TO ck_orders_status"
    ]
    assert postgresql.diff(after) == []


def test_second_constraint_goes(db: Database) -> None:
    """One left from before would go on rejecting the new values."""
    before = orders_with(
        sa.Column("status", CheckEnum("NEW", "PAID")),
        sa.CheckConstraint("status IN ('NEW')", name="older"),
    )
    db.create(before)
    after = orders("NEW", "PAID")
    migration = db.autogenerate(after)
    assert migration.upgrade == body("""
        op.drop_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("older"),
        )
        """)
    db.upgrade(after, migration)
    assert db.diff(after) == []
    db.downgrade(before, migration)
    assert db.autogenerate(after) == migration


def test_unnamed_constraint_is_adopted(sqlite: Database) -> None:
    """SQLite keeps constraints without a name: one gets its name, and
    loses it again on the way back.
    """
    before = orders_with(STRING._copy())
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY,"
            " status VARCHAR(255) CHECK (status IN ('NEW')))"
        )
    after = orders("NEW", "PAID")
    migration = sqlite.autogenerate(after)
    assert 'existing_name="",' in migration.upgrade
    assert 'name="",' in migration.downgrade
    sqlite.upgrade(after, migration)
    assert sqlite.diff(after) == []
    sqlite.downgrade(before, migration)
    assert sqlite.autogenerate(after) == migration


def test_name_that_is_taken(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Where another column's constraint has the name, nothing is done."""
    before = orders_with(
        STRING._copy(),
        sa.Column("kind", sa.String(255)),
        sa.CheckConstraint(
            "kind IS NULL OR kind IN ('A')", name="ck_orders_status"
        ),
    )
    db.create(before)
    after = orders_with(
        sa.Column("status", CheckEnum("NEW")),
        sa.Column("kind", sa.String(255)),
    )
    with caplog.at_level(logging.INFO, "alembic.autogenerate.ckenum"):
        assert db.diff(after) == []
    assert "because it is about column 'kind'" in caplog.text


def test_null_in_the_list_is_a_difference(db: Database) -> None:
    """``x IN ('a', NULL)`` rejects nothing, so it protects nothing."""
    before = checked("status IN ('NEW', NULL)", "ck_orders_status")
    db.create(before)
    after = orders("NEW")
    migration = db.autogenerate(after)
    assert 'existing_values=["NEW", None],' in migration.upgrade
    db.upgrade(after, migration)
    assert db.diff(after) == []
    db.downgrade(before, migration)
    assert db.autogenerate(after) == migration


def test_unreadable_is_left_alone(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """What says something else is no difference; a warning says why."""
    db.create(checked("length(status) < 9", "ck_orders_status"))
    with caplog.at_level(logging.WARNING, "alembic.autogenerate.ckenum"):
        assert db.diff(orders("NEW")) == []
    assert "Cannot compare check enum 'ck_orders_status'" in caplog.text
    assert "because it is not a list of values" in caplog.text


def test_check_of_another_column_is_left_alone(db: Database) -> None:
    """Only constraints of the column itself are looked at."""
    before = orders_with(
        sa.Column("status", CheckEnum("NEW")),
        sa.Column("kind", sa.String(255)),
        sa.CheckConstraint("kind IN ('A', 'B')", name="kinds"),
    )
    db.create(before)
    assert db.diff(before) == []


def test_longer_value_widens_the_column(db: Database) -> None:
    """A column too narrow for a new value is widened before rows change,
    and narrowed on the way back.
    """
    before = orders("NEW", length=3)
    db.create(before)
    after = orders("NEW", "SHIPPED")
    migration = db.round_trip(before, after)
    assert migration.upgrade == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "SHIPPED"],
            existing_values=["NEW"],
            name=op.f("ck_orders_status"),
            length=255,
            existing_length=3,
        )
        """)
    db.insert("orders", id=1, status="SHIPPED")


def test_wider_column_is_no_difference(db: Database) -> None:
    """The default length only has to hold the values."""
    db.create(orders("NEW", length=300))
    assert db.diff(orders("NEW")) == []


def test_explicit_length_is_compared(db: Database) -> None:
    """A length that is given is part of the model, both ways."""
    db.create(orders("NEW", length=20))
    migration = db.round_trip(
        orders("NEW", length=20), orders("NEW", length=10)
    )
    assert "length=10,\n    existing_length=20," in migration.upgrade
    assert "length=20,\n    existing_length=10," in migration.downgrade


def test_compare_type_false_leaves_lengths_alone(db: Database) -> None:
    """Who switched type comparison off gets no lengths either."""
    db.create(orders("NEW", length=20))
    assert db.diff(orders("NEW", length=10), compare_type=False) == []


@pytest.mark.parametrize(
    "default", ["PAYED", sa.text("'PAYED'")], ids=["string", "text"]
)
def test_default_that_is_renamed(
    db: Database, default: str | sa.TextClause
) -> None:
    """A server default follows its value, with the rows."""
    before = orders_with(
        sa.Column("status", CheckEnum("NEW", "PAYED"), server_default=default)
    )
    db.create(before)
    after = orders_with(
        sa.Column("status", CheckEnum(Payed), server_default="PAID")
    )
    migration = db.round_trip(before, after, compare_server_default=True)
    assert (
        'server_default="PAID",\n    existing_server_default="PAYED",'
        in migration.upgrade
    )
    assert "alter_column" not in migration.upgrade
    db.engine.dispose()
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO orders (id) VALUES (7)"))
    assert db.column("orders") == ["PAID"]


def test_declared_default_that_is_no_value(db: Database) -> None:
    """The database's default goes with its value, and none takes its place:
    the constraint would refuse the model's.
    """
    before = orders_with(
        sa.Column("status", CheckEnum("NEW", "OLD"), server_default="OLD")
    )
    db.create(before)
    default = sa.text("'UNKNOWN'")
    after = orders_with(
        sa.Column("status", CheckEnum("NEW"), server_default=default)
    )
    assert "server_default=None," in db.autogenerate(after).upgrade


def test_new_default_that_is_no_value(db: Database) -> None:
    """It is left to Alembic, which writes expressions; the values change."""
    db.create(orders_with(sa.Column("status", CheckEnum("NEW"))))
    default = sa.text("'UNKNOWN'")
    after = orders_with(
        sa.Column("status", CheckEnum("NEW", "OLD"), server_default=default)
    )
    migration = db.autogenerate(after, compare_server_default=True)
    directive = migration.upgrade.partition("op.alter_check_enum(")[2]
    assert "server_default" not in directive.partition("\n)")[0]


@pytest.mark.parametrize("compares", [False, True])
def test_default_beside_a_native_enum_that_is_no_value(
    postgresql: Database, compares: bool
) -> None:
    """The directive does not take it when the type changes, nor from what
    Alembic has found.
    """
    enum = sa.Enum("NEW", "OLD", name="status")
    before = orders_with(sa.Column("status", enum, server_default="OLD"))
    postgresql.create(before)
    default = sa.text("'UNKNOWN'")
    after = orders_with(
        sa.Column("status", CheckEnum("NEW"), server_default=default)
    )
    migration = postgresql.autogenerate(after, compare_server_default=compares)
    directive = migration.upgrade.partition("op.replace_native_enum(")[2]
    assert "server_default=None," in directive.partition("\n)")[0]


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("existing", [None, "OLD"])
def test_default_that_is_a_new_value(
    db: Database, existing: str | None, batch: bool, online: bool
) -> None:
    """It comes with its value, and goes before it on the way back."""
    before = orders_with(
        sa.Column("status", CheckEnum("OLD"), server_default=existing)
    )
    db.create(before)
    after = orders_with(
        sa.Column("status", CheckEnum("OLD", "NEW"), server_default="NEW")
    )
    migration = db.round_trip(
        *(before, after),
        compare_server_default=True,
        render_as_batch=batch,
        ckenum_online=online,
    )
    assert 'server_default="NEW",' in migration.upgrade
    assert "alter_column" not in migration.upgrade + migration.downgrade


@pytest.mark.each_server
@pytest.mark.parametrize("existing", [None, "{OLD}"])
def test_array_default_that_is_a_new_value(
    postgresql: Database, existing: str | None
) -> None:
    """So it does where an item of it is new."""
    before = orders_with(
        sa.Column(
            "status", sa.ARRAY(CheckEnum("OLD")), server_default=existing
        )
    )
    postgresql.create(before)
    after = orders_with(
        sa.Column(
            "status",
            sa.ARRAY(CheckEnum("OLD", "NEW")),
            server_default="{OLD,NEW}",
        )
    )
    postgresql.round_trip(before, after, compare_server_default=True)


def test_default_beside_another_change(db: Database) -> None:
    """Of the column's other changes, Alembic's directive keeps the rest."""
    before = orders_with(
        sa.Column("status", CheckEnum("NEW"), server_default="NEW")
    )
    db.create(before)
    after = orders_with(
        sa.Column(
            "status",
            CheckEnum("OLD"),
            server_default="OLD",
            nullable=False,
        )
    )
    migration = db.autogenerate(after, compare_server_default=True)
    alter_column, ours = migration.upgrade.split("# If any row")
    assert "nullable=False" in alter_column
    assert "server_default='" not in alter_column.replace("existing_", "")
    assert 'server_default="OLD"' in ours


def test_default_that_leaves(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A default without a successor goes, and the log says so."""
    before = orders_with(
        sa.Column("status", CheckEnum("NEW", "OLD"), server_default="OLD")
    )
    db.create(before)
    with caplog.at_level(logging.INFO, "alembic.autogenerate.ckenum"):
        migration = db.round_trip(before, orders("NEW"))
    assert "server_default=None," in migration.upgrade
    assert "server default 'OLD' to None" in caplog.text


def test_default_that_becomes_empty(db: Database) -> None:
    """The empty string is a value, not the lack of one."""

    def model(*values: str) -> sa.MetaData:
        return orders_with(
            sa.Column("status", CheckEnum(*values), server_default=values[0])
        )

    db.create(model("A"))
    db.round_trip(model("A"), model(""))
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO orders (id) VALUES (7)"))
    assert db.column("orders") == [""]


def test_default_that_stays(db: Database) -> None:
    """A default that is still among the values is not touched."""
    column = sa.Column("status", CheckEnum("NEW"), server_default="NEW")
    before = orders_with(column)
    db.create(before)
    assert "default" not in db.autogenerate(orders("NEW", "PAID")).upgrade


# SQLAlchemy's own reflection warns of every NOT VALID constraint
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_opt")
def test_not_valid_is_validated(postgresql: Database) -> None:
    """The same values, not validated, are a difference of their own."""
    after = orders("NEW")
    postgresql.create(after)
    with postgresql.engine.begin() as connection:
        for statement in (
            "ALTER TABLE orders DROP CONSTRAINT ck_orders_status",
            "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
            " CHECK (status IN ('NEW')) NOT VALID",
        ):
            connection.execute(sa.text(statement))
    migration = postgresql.autogenerate(after)
    assert migration.upgrade == body("""
        op.validate_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("ck_orders_status"),
        )
        """)
    postgresql.upgrade(after, migration)
    assert postgresql.diff(after) == []
    postgresql.downgrade(after, migration)
    assert postgresql.diff(after) == []


# SQLAlchemy's own reflection warns of every NOT VALID constraint
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_opt")
def test_not_valid_under_another_name(postgresql: Database) -> None:
    """It is renamed, which looks at no row, and then validated."""
    after = orders("NEW")
    postgresql.create(orders_with(STRING._copy()))
    with postgresql.engine.begin() as connection:
        connection.execute(
            sa.text(
                "ALTER TABLE orders ADD CONSTRAINT mine"
                " CHECK (status IN ('NEW')) NOT VALID"
            )
        )
    migration = postgresql.autogenerate(after)
    assert migration.upgrade.index("alter_check_enum") < (
        migration.upgrade.index("validate_check_enum")
    )
    postgresql.upgrade(after, migration)
    assert postgresql.diff(after) == []


@pytest.mark.parametrize(
    "convention",
    [
        None,
        "ck_%(table_name)s_%(constraint_name)s",
        "ck_%(table_name)s_%(column_0_name)s",
    ],
)
@pytest.mark.parametrize(
    "column",
    ["status", "Status", "select", "a b", "x" * 60, "ü" * 28],
    ids=["plain", "mixed", "reserved", "blank", "long", "bytes"],
)
def test_names(db: Database, convention: str | None, column: str) -> None:
    """Clean after each step, whatever the names and the convention."""

    def model(*values: str) -> sa.MetaData:
        return orders_with(
            sa.Column(column, CheckEnum(*values)), convention=convention
        )

    db.round_trip(sa.MetaData(), model("a"))
    db.round_trip(model("a"), model("a", "b"))


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (orders("NEW", "PAYED", "SHIPPED"), "added 'SHIPPED'"),
        (orders("NEW"), "removed 'PAYED'"),
        (orders(Payed), "renamed 'PAYED' to 'PAID'"),
    ],
)
def test_log(
    db: Database,
    caplog: pytest.LogCaptureFixture,
    after: sa.MetaData,
    message: str,
) -> None:
    """Log lines say where and what, in Alembic's voice."""
    db.create(orders("NEW", "PAYED"))
    with caplog.at_level(logging.INFO, "alembic"):
        db.diff(after)
    line = f"Detected changed check enum on 'orders.status': {message}"
    assert line in caplog.messages


def test_default_that_never_fitted(db: Database) -> None:
    """It goes with the change, and does not come back."""
    before = orders_with(
        sa.Column("status", Text(255), server_default="ODD"),
        sa.CheckConstraint("status IN ('A', 'B')", name="ck_orders_status"),
    )
    db.create(before)
    migration = db.autogenerate(orders("A"))
    assert '    server_default=None,\n    existing_server_default="ODD",' in (
        migration.upgrade
    )
    assert "server_default" not in migration.downgrade
    db.upgrade(orders("A"), migration)
    assert db.diff(orders("A")) == []
    db.downgrade(before, migration)


@pytest.mark.parametrize("length", [10, 255])
def test_limit_that_goes(db: Database, length: int) -> None:
    """``length=None`` is compared where the database has a limit; SQLite has
    none, whatever it is told.
    """
    before = orders("a", length=length)
    after = orders("a", "x" * 300, length=None)
    db.create(before)
    migration = db.round_trip(before, after)
    widens = "type_=sa.String()" in migration.upgrade
    assert widens == (db.name == "postgresql")
    db.insert("orders", id=1, status="x" * 300)
