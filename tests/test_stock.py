"""SQLAlchemy's own Enums, with ckenum_enums=True."""

from __future__ import annotations

from collections.abc import Iterator
import enum
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ckenum import CheckEnum

from .models import orders_with
from .reflect import accepted
from .reflect import reflected
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import PLUGINS

COMMON = "ck_%(table_name)s_%(constraint_name)s"
NAMINGS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "a name": (None, {"name": "kind"}),
    "a name in a convention": (COMMON, {"name": "kind"}),
    "a final name": (COMMON, {"name": conv("kind")}),
    "a convention's": ("ck_%(table_name)s_%(column_0_name)s", {}),
    "none": (None, {}),
}
named = pytest.mark.parametrize("naming", NAMINGS.values(), ids=NAMINGS)


class Old(enum.Enum):
    NEW = "new"
    PAYED = "payed"


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


class Plain(str, enum.Enum):
    A = "a"
    B = "b"


def values_of(enum_class: Any) -> list[str]:
    return [member.value for member in enum_class]


@pytest.fixture
def enums_db(db: Database) -> Iterator[Database]:
    """With the option on."""
    db.options["ckenum_enums"] = True
    yield db


def checked(*values: Any, **options: Any) -> Any:
    options.setdefault("name", "status")
    return sa.Enum(
        *values, native_enum=False, create_constraint=True, **options
    )


def status(type_: Any, convention: str | None = None) -> sa.MetaData:
    return orders_with(sa.Column("status", type_), convention=convention)


def named_as(naming: tuple[str | None, dict[str, Any]], *values: str) -> Any:
    convention, options = naming
    return status(checked(*values, **{"name": None, **options}), convention)


def takes(db: Database, *values: str) -> set[str]:
    return accepted(db.engine, "orders", "status", values)


NAMES = ["kind", "ck_orders_kind", "kind", "ck_orders_status", None]
"""What the database has; where nothing gives a name, whatever it likes."""


def existing_name(db: Database, name: str | None) -> str:
    """As a migration has it."""
    if name is None and db.name == "sqlite":
        return '""'
    return f'op.f("{name or "orders_status_check"}")'


def count(db: Database) -> int:
    """How many CHECKs the table has."""
    return len(reflected(db.engine, "orders"))


names = pytest.mark.parametrize(
    "naming, name", [*zip(NAMINGS.values(), NAMES)], ids=NAMINGS
)


@names
def test_added_value(enums_db: Database, naming: Any, name: Any) -> None:
    """One directive changes the list and the length that is its longest
    value's; the constraint keeps its name.
    """
    before, after = named_as(naming, "NEW"), named_as(naming, "NEW", "SENT")
    enums_db.create(before)
    migration = enums_db.round_trip(before, after)
    written = existing_name(enums_db, name)
    assert migration.upgrade == body(f"""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "SENT"],
            existing_values=["NEW"],
            name={written},
            length=4,
            existing_length=3,
        )
        """)
    assert migration.downgrade == body(f"""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW"],
            existing_values=["NEW", "SENT"],
            name={written},
            length=3,
            existing_length=4,
        )
        """)
    assert migration.imports == ""
    assert takes(enums_db, "NEW", "SENT", "X") == {"NEW", "SENT"}


def test_without_the_option(db: Database) -> None:
    """They are left alone."""
    db.create(status(checked("a")))
    assert db.autogenerate(status(checked("b"))).upgrade == "pass"


RENDERED = [
    pytest.param(naming, render, id=f"{key} by {render}")
    for key, naming in NAMINGS.items()
    for render in ("ckenum", "alembic")
    if (key, render) != ("none", "alembic")
]


@pytest.mark.parametrize("naming, render", RENDERED)
def test_comes_and_goes(enums_db: Database, naming: Any, render: str) -> None:
    """As a table, as a column and as a change, in each style of names and
    of directives there is one CHECK, and no drift.
    """
    none, model = orders_with(), named_as(naming, "NEW", "PAID")
    more = named_as(naming, "NEW", "PAID", "SENT")
    for before, after in [
        (sa.MetaData(), model),
        (none, model),
        (model, more),
        (model, none),
        (model, sa.MetaData()),
    ]:
        before.create_all(enums_db.engine)
        migration = enums_db.round_trip(before, after, ckenum_render=render)
        assert render == "ckenum" or "ckenum" not in migration.source
        if after in (model, more):
            assert count(enums_db) == 1
            assert takes(enums_db, "NEW", "X") == {"NEW"}
        after.drop_all(enums_db.engine)


@pytest.mark.filterwarnings("ignore:Unnamed CHECK")
def test_nameless_without_ckenum(enums_db: Database) -> None:
    """Alembic's own directives give it a name, for they need one."""
    naming = NAMINGS["none"]
    before, after = named_as(naming, "NEW"), named_as(naming, "NEW", "SENT")
    enums_db.create(before)
    enums_db.round_trip(before, after, ckenum_render="alembic")
    assert count(enums_db) == 1
    assert takes(enums_db, "SENT", "X") == {"SENT"}


def test_new_table(enums_db: Database) -> None:
    """The type is as Alembic renders it."""
    model = named_as(NAMINGS["a name in a convention"], "NEW")
    migration = enums_db.autogenerate(model)
    enums_db.options.clear()
    without = enums_db.autogenerate(model, autogenerate_plugins=PLUGINS[:1])
    assert migration == without
    assert (
        "sa.Enum('NEW', name='kind', native_enum=False, "
        "create_constraint=True)" in migration.upgrade
    )


def test_new_column(enums_db: Database) -> None:
    """The constraint comes by itself: on SQLite, Alembic leaves it out."""
    enums_db.create(orders_with())
    migration = enums_db.autogenerate(status(checked("NEW")))
    assert migration.upgrade == body("""
        op.add_column('orders', sa.Column('status', \
sa.Enum('NEW', name='status', native_enum=False), nullable=True))
        op.create_check_enum(
            "orders",
            "status",
            ["NEW"],
            name=op.f("status"),
        )
        """)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("persist", ["name", "value"])
def test_renamed(enums_db: Database, persist: str, batch: bool) -> None:
    """An alias makes a removal a rename, of names and of values; the rows
    follow.
    """
    options = {"values_callable": values_of} if persist == "value" else {}
    before = status(checked(Old, **options))
    after = status(checked(Status, **options))
    old, new = ("payed", "paid") if options else ("PAYED", "PAID")
    enums_db.create(before)
    enums_db.insert("orders", id=1, status=old)
    migration = enums_db.round_trip(before, after, render_as_batch=batch)
    assert f'rename={{"{old}": "{new}"}},' in migration.upgrade
    assert enums_db.column("orders") == [new]


class Shouted(sa.TypeDecorator[str]):
    impl = sa.Enum
    cache_ok = True


class Given(sa.TypeDecorator[str]):
    impl = checked("NEW", "PAID")
    cache_ok = True


def variant(*values: str) -> Any:
    # of one type for two dialects older SQLAlchemy makes two constraints
    ours = sa.String(20).with_variant(checked(*values), "postgresql")
    return ours.with_variant(checked(*values), "sqlite")


KINDS: dict[str, tuple[Any, Any]] = {
    "decorated": (
        Shouted("a", native_enum=False, create_constraint=True),
        Shouted("a", "bb", native_enum=False, create_constraint=True),
    ),
    "a type in a decorator": (Given(), checked("NEW", "PAID", "SENT")),
    "variant": (variant("a"), variant("a", "bb")),
    "a length": (checked("a", length=9), checked("a", "bb", length=5)),
    "a string enum": (checked(*Plain), checked("a")),
    "a bind": (checked("a :b", "50%"), checked("a :b", "50%", "it's")),
}


@pytest.mark.parametrize("before, after", KINDS.values(), ids=KINDS)
def test_kinds(enums_db: Database, before: Any, after: Any) -> None:
    """Whatever the type is inside of, it comes, changes and goes."""
    none = orders_with(sa.Column("note", sa.String))
    for start, end in [
        (none, status(before)),
        (status(before), status(after)),
        (status(after), none),
    ]:
        start.create_all(enums_db.engine)
        migration = enums_db.round_trip(start, end)
        assert "check_enum(" in migration.upgrade
        assert "test_stock" not in migration.source
        end.drop_all(enums_db.engine)


def test_no_limit(enums_db: Database) -> None:
    """A VARCHAR without one stays so."""

    def unlimited(*values: str) -> sa.MetaData:
        type_ = checked(*values)
        type_.length = None  # older releases of SQLAlchemy take none
        return status(type_)

    enums_db.create(unlimited("a"))
    migration = enums_db.round_trip(unlimited("a"), unlimited("bb"))
    assert "length" not in migration.upgrade


MOVES: dict[str, tuple[Any, str, str]] = {
    "a string": (sa.String(20), "create", "drop"),
    "an Enum without": (
        sa.Enum("NEW", "PAID", name="status", native_enum=False),
        "create",
        "drop",
    ),
    "a CheckEnum": (CheckEnum("NEW", "PAID"), "alter", "alter"),
    "a text": (sa.Text, "create", "drop"),
}


@named
@pytest.mark.parametrize("other, there, back", MOVES.values(), ids=MOVES)
def test_moves(
    enums_db: Database, naming: Any, other: Any, there: str, back: str
) -> None:
    """From another type one migration is clean, and goes back."""
    convention, _ = naming
    before, after = status(other, convention), named_as(naming, "NEW", "PAID")
    enums_db.create(before)
    enums_db.insert("orders", id=1, status="PAID")
    migration = enums_db.round_trip(before, after, render_as_batch=True)
    needs_none = (there, naming) == ("alter", NAMINGS["a convention's"])
    assert f".{there}_check_enum(" in migration.upgrade or needs_none
    assert f".{back}_check_enum(" in migration.downgrade or needs_none
    assert count(enums_db) == 1
    assert enums_db.column("orders") == ["PAID"]


@named
def test_moves_to_a_check_enum(enums_db: Database, naming: Any) -> None:
    """One directive renames the constraint and changes the list."""
    before = named_as(naming, "NEW", "PAID")
    after = status(CheckEnum("NEW", "PAID", "SENT"), naming[0])
    enums_db.create(before)
    migration = enums_db.round_trip(before, after)
    assert (
        migration.upgrade.count("op.") - migration.upgrade.count("op.f") == 1
    )
    assert "op.alter_check_enum(" in migration.upgrade


@named
def test_native_and_back(enums_db: Database, naming: Any) -> None:
    """A native type becomes the VARCHAR and its CHECK, and one again."""
    convention, _ = naming
    native = status(sa.Enum("NEW", "PAID", name="kind"), convention)
    model = named_as(naming, "NEW", "PAID")
    enums_db.create(native)
    enums_db.round_trip(native, model)
    migration = enums_db.round_trip(model, native)
    assert "op.restore_native_enum(" in migration.upgrade
    enums_db.round_trip(native, model)
    assert takes(enums_db, "PAID", "X") == {"PAID"}


def test_default_that_leaves(enums_db: Database) -> None:
    """A server default that is no value any more changes as well."""
    before, after = (
        orders_with(
            sa.Column("status", checked(*values), server_default=values[0])
        )
        for values in [("a", "b"), ("c", "b")]
    )
    enums_db.create(before)
    migration = enums_db.round_trip(before, after)
    assert 'server_default="c",' in migration.upgrade


def test_online(enums_db: Database) -> None:
    """``ckenum_online=True`` is for these columns as well."""
    before, after = status(checked("NEW")), status(checked("NEW", "SENT"))
    enums_db.create(before)
    migration = enums_db.round_trip(before, after, ckenum_online=True)
    assert "online=True," in migration.upgrade


@named
def test_damaged_by_a_copy(any_sqlite: Database, naming: Any) -> None:
    """SQLite's definition of a table that has a trigger is edited, also
    where its CHECK has no name.
    """
    any_sqlite.options["ckenum_enums"] = True
    before, after = named_as(naming, "NEW"), named_as(naming, "NEW", "SENT")
    any_sqlite.create(before)
    with any_sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER t AFTER DELETE ON orders BEGIN SELECT 1; END"
        )
    any_sqlite.round_trip(before, after)
    with any_sqlite.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER t")


# -- what is left alone ---------------------------------------------------

LEFT_ALONE = {
    "no constraint": sa.Enum("a", name="status", native_enum=False),
    "native": sa.Enum("a", name="status", create_constraint=True),
    "a boolean": sa.Boolean(create_constraint=True, name="flag"),
    "a template": sa.Enum(native_enum=False, create_constraint=True),
}


@pytest.mark.parametrize("type_", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_left_alone(enums_db: Database, type_: Any) -> None:
    """Nothing is said of other columns, on any side."""
    model = status(type_)
    if not isinstance(type_, sa.Enum) or type_.enums:
        enums_db.create(model)
        assert enums_db.diff(model) == []
    changed = orders_with(
        sa.Column("status", type_),
        sa.Column("note", checked("a", name="note")),
    )
    migration = enums_db.autogenerate(changed)
    assert '"status",' not in migration.upgrade


def test_own_checks_stay(enums_db: Database) -> None:
    """A CHECK that the model declares beside an Enum is its own, also where
    it says the same.
    """

    def model(*values: str) -> sa.MetaData:
        return orders_with(
            sa.Column("status", checked(*values)),
            sa.CheckConstraint("status IN ('a', 'b')", name="own"),
        )

    enums_db.create(model("a", "b"))
    migration = enums_db.round_trip(model("a", "b"), model("a"))
    assert "'own'" not in migration.source
    assert '"own"' not in migration.source
    assert count(enums_db) == 2


@pytest.mark.parametrize("other", [sa.String(20), sa.Integer])
def test_left_constraint(
    enums_db: Database, other: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no name tells that an Enum has made it, a CHECK stays: a hand
    may have written it. The log says so.
    """
    enums_db.create(status(checked("1", "2", name="kind")))
    with caplog.at_level(logging.INFO, "alembic.autogenerate.ckenum"):
        migration = enums_db.autogenerate(status(other))
    assert "check_enum(" not in migration.upgrade
    assert "The constraint 'kind' on 'orders.status' stays" in caplog.text


def test_left_constraint_of_that_name(enums_db: Database) -> None:
    """The name that a convention gives for the column tells."""
    before = named_as((COMMON, {"name": "status"}), "NEW")
    after = status(sa.String(3), COMMON)
    enums_db.create(before)
    migration = enums_db.round_trip(before, after)
    assert "op.drop_check_enum(" in migration.upgrade


def test_column_guarded_by_a_key(enums_db: Database) -> None:
    """A column that has its type from the one it refers to gets no CHECK,
    which its model does not make either.
    """

    def model() -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(
            *("kinds", metadata),
            sa.Column("kind", checked("a"), primary_key=True),
        )
        sa.Table(
            *("orders", metadata, sa.Column("id", sa.Integer)),
            sa.Column("kind", sa.ForeignKey("kinds.kind")),
        )
        return metadata

    enums_db.round_trip(sa.MetaData(), model())
    assert count(enums_db) == 0


def test_several_metadatas(enums_db: Database) -> None:
    """Where Alembic takes no convention, the migration has the name."""
    models: Any = [
        named_as(NAMINGS["a name in a convention"], "a"),
        sa.MetaData(),
    ]
    migration = enums_db.autogenerate(models)
    assert "name=op.f('ck_orders_kind')" in migration.upgrade
    enums_db.upgrade(models, migration)
    assert enums_db.diff(models) == []


@names
def test_filtered(enums_db: Database, naming: Any, name: Any) -> None:
    """``include_object`` is asked, by the constraint's name."""
    asked: list[Any] = []

    def include(item: Any, name: Any, type_: str, *rest: Any) -> bool:
        if type_ == "check_constraint":
            asked.append(name)
        return type_ != "check_constraint"

    enums_db.create(named_as(naming, "a"))
    after = named_as(naming, "b")
    assert enums_db.diff(after, include_object=include) == []
    assert asked == [name]


def test_constraint_that_is_missing(enums_db: Database) -> None:
    """It is created, by the name that the model gives."""
    enums_db.create(status(sa.String(1)))
    migration = enums_db.autogenerate(status(checked("a")))
    assert migration.upgrade == body("""
        op.create_check_enum(
            "orders",
            "status",
            ["a"],
            name=op.f("status"),
        )
        """)


def test_beside_others(enums_db: Database) -> None:
    """Other types are as before."""
    model = orders_with(
        sa.Column("status", checked("a")), sa.Column("kind", CheckEnum("a"))
    )
    enums_db.create(model)
    changed = orders_with(
        sa.Column("status", checked("b")), sa.Column("kind", CheckEnum("b"))
    )
    migration = enums_db.round_trip(model, changed)
    assert migration.upgrade.count("op.alter_check_enum(") == 2
