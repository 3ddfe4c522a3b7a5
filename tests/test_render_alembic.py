"""Migrations of Alembic's own directives: ``ckenum_render="alembic"``."""

from __future__ import annotations

from collections.abc import Iterator
import enum
import io
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from alembic.autogenerate import render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.autogenerate.portable import PlainOp
from ckenum.alembic.autogenerate.render.portable import render_item
from ckenum.alembic.autogenerate.render.source import Group
from ckenum.alembic.autogenerate.render.source import lines
from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.reflection import read_check
from ckenum.reflection import ValueList

from .backends import BACKENDS
from .models import orders
from .models import orders_with
from .reflect import reflected
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import directives
from .roundtrip import Migration
from .test_values import assert_holds
from .test_values import insert_all
from .test_values import shouting
from .test_values import VALUES as ALL_VALUES

# in a copy of the table, SQLAlchemy's reflection takes it for a CHECK
VALUES = [value for value in ALL_VALUES if "CHECK" not in value]


class Payed(enum.Enum):
    NEW = 1
    PAID = 2
    PAYED = PAID


@pytest.fixture
def plain(db: Database) -> Database:
    db.options["ckenum_render"] = "alembic"
    return db


def test_added_value(plain: Database) -> None:
    """One batch; the way down has a place for a rule."""
    before, after = orders("NEW", "PAID"), orders("NEW", "PAID", "SHIPPED")
    plain.create(before)
    migration = plain.round_trip(before, after)
    assert migration.imports == ""
    assert migration.upgrade == body("""
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_constraint(batch_op.f("ck_orders_status"), \
type_="check")
            batch_op.create_check_constraint(
                batch_op.f("ck_orders_status"),
                sa.column("status").in_(["NEW", "PAID", "SHIPPED"]),
            )
        """)
    assert migration.downgrade == body("""
        # If any row still holds a removed value, this fails and
        # changes nothing. Replace the rows' own value here by one
        # that they may already hold, or by sa.null().
        op.execute(
            sa.update(sa.table("orders", sa.column("status", sa.String())))
            .where(sa.column("status").in_(["SHIPPED"]))
            .values({"status": sa.column("status")})
        )
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_constraint(batch_op.f("ck_orders_status"), \
type_="check")
            batch_op.create_check_constraint(
                batch_op.f("ck_orders_status"),
                sa.column("status").in_(["NEW", "PAID"]),
            )
        """)


RENAMED = body("""
    # Rows change between two batches: there, no constraint rejects
    # old or new values, even while SQLite copies the table.
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_orders_status"), type_="check")

    op.execute(
        sa.update(sa.table("orders", sa.column("status", sa.String())))
        .where(sa.column("status").in_(["PAYED"]))
        .values({"status": "PAID"})
    )
    with op.batch_alter_table("orders") as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_orders_status"),
            sa.column("status").in_(["NEW", "PAID"]),
        )
    """)


@pytest.mark.parametrize("as_batch", [False, True])
def test_renamed_value(plain: Database, as_batch: bool) -> None:
    """The rows change between two batches, also with render_as_batch."""
    plain.create(orders("NEW", "PAYED"))
    plain.insert("orders", id=1, status="PAYED")
    migration = plain.round_trip(
        orders("NEW", "PAYED"), orders(Payed), render_as_batch=as_batch
    )
    assert migration.upgrade == RENAMED
    assert plain.column("orders") == ["PAID"]
    plain.downgrade(orders("NEW", "PAYED"), migration)
    assert plain.column("orders") == ["PAYED"]


def test_new_and_dropped_table(plain: Database) -> None:
    """A VARCHAR, and the constraint beside it; so it comes back."""
    migration = plain.round_trip(sa.MetaData(), orders("NEW", "a :b"))
    constraint = (
        'sa.CheckConstraint(sa.column("status").in_(["NEW", "a :b"]), '
        'name=op.f("ck_orders_status")),\n'
    )
    assert "sa.Column('status', sa.String(length=255), " in migration.upgrade
    assert constraint in migration.upgrade
    assert migration.imports == ""
    gone = plain.autogenerate(sa.MetaData())
    assert constraint in gone.downgrade
    plain.upgrade(sa.MetaData(), gone)
    plain.downgrade(orders("NEW", "a :b"), gone)
    assert_holds(plain, "NEW", "a :b")


@pytest.mark.parametrize("as_batch", [False, True])
def test_new_and_dropped_column(plain: Database, as_batch: bool) -> None:
    """Alembic's own directives stay in a batch of theirs."""
    plain.create(orders_with())
    there = plain.round_trip(
        orders_with(), orders("NEW"), render_as_batch=as_batch
    )
    created = body("""
        with op.batch_alter_table("orders") as batch_op:
            batch_op.create_check_constraint(
                batch_op.f("ck_orders_status"), \
sa.column("status").in_(["NEW"])
            )
        """)
    dropped = body("""
        with op.batch_alter_table("orders") as batch_op:
            batch_op.drop_constraint(batch_op.f("ck_orders_status"), \
type_="check")
        """)
    assert there.upgrade.endswith(created)
    assert there.downgrade.startswith(dropped)
    back = plain.round_trip(
        orders("NEW"), orders_with(), render_as_batch=as_batch
    )
    assert back.upgrade.startswith(dropped)
    assert back.downgrade.endswith(created)


def rendered(op: CheckEnumOp) -> str:
    container = UpgradeOps([PlainOp(op, ())])
    return directives(render_python_code(container))


def test_everything_at_once() -> None:
    """Widen, update with a CASE, delete, in a schema, with new names."""
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["a", "b", "long"],
        existing_values=["a", "b", "junk", "left"],
        name="new",
        existing_name="old",
        rename={"a": "b", "b": "a"},
        delete=["junk"],
        length=9,
        existing_length=4,
        server_default="b",
        existing_server_default="a",
        schema="shop",
    )
    assert rendered(op).split("\n", 2)[2] == body("""
        # that they may already hold, or by sa.null().
        op.execute(
            sa.update(
                sa.table("orders", sa.column("status", sa.String()), \
schema="shop")
            )
            .where(sa.column("status").in_(["left"]))
            .values({"status": sa.column("status")})
        )
        # Rows change between two batches: there, no constraint rejects
        # old or new values, even while SQLite copies the table.
        with op.batch_alter_table("orders", schema="shop") as batch_op:
            batch_op.drop_constraint(batch_op.f("old"), type_="check")
            batch_op.alter_column(
                "status",
                existing_type=sa.String(length=4),
                type_=sa.String(length=9),
                server_default="b",
                existing_server_default="a",
            )

        op.execute(
            sa.update(
                sa.table("orders", sa.column("status", sa.String()), \
schema="shop")
            )
            .where(sa.column("status").in_(["a", "b"]))
            .values(
                {
                    "status": sa.case(
                        {"a": "b", "b": "a"}, value=sa.column("status")
                    )
                }
            )
        )
        op.execute(
            sa.delete(
                sa.table("orders", sa.column("status", sa.String()), \
schema="shop")
            )
            .where(sa.column("status").in_(["junk"]))
        )
        with op.batch_alter_table("orders", schema="shop") as batch_op:
            batch_op.create_check_constraint(
                batch_op.f("new"), sa.column("status").in_(["a", "b", "long"])
            )
        """)


def named(name: str) -> sa.MetaData:
    """A CHECK of another name, as somebody wrote it."""
    return orders_with(
        sa.Column("status", sa.String(3), server_default="NEW"),
        sa.CheckConstraint("status IN ('NEW', 'OLD')", name=name),
    )


def with_default(*values: Any, default: str) -> sa.MetaData:
    return orders_with(
        sa.Column("status", CheckEnum(*values), server_default=default)
    )


HISTORIES = {
    "added": (orders("NEW", "OLD"), orders("NEW", "OLD", "PAID")),
    "renamed": (orders("NEW", "OLD"), orders("NEW", "old")),
    "adopted and widened": (named("mine"), orders("NEW", "OLD", "SHIPPED")),
    "default": (
        with_default("NEW", "OLD", default="OLD"),
        with_default("NEW", "old", default="old"),
    ),
    "shorter": (orders("NEW", "OLD"), orders("NEW", "old", length=5)),
    "to a string": (
        orders("NEW", "OLD"),
        orders_with(sa.Column("status", sa.String(255))),
    ),
    "second constraint": (
        orders_with(
            sa.Column("status", CheckEnum("NEW", "OLD")),
            sa.CheckConstraint("status IN ('NEW', 'OLD')", name="older"),
        ),
        orders("NEW", "OLD"),
    ),
}


def state(db: Database) -> Any:
    """What the catalog says of the table, and its rows."""
    with db.engine.connect() as connection:
        columns = sa.inspect(connection).get_columns("orders")
    return (
        [(c["name"], str(c["type"]), c["default"]) for c in columns],
        {check_of(db, check) for check in reflected(db.engine, "orders")},
        db.column("orders"),
    )


def check_of(db: Database, check: Any) -> Any:
    reading = read_check(db.name, check.text)
    assert isinstance(reading, ValueList)
    return check.name, reading, check.not_valid


@pytest.mark.parametrize("history", HISTORIES)
def test_same_catalog_either_way(db: Database, history: str) -> None:
    """Up and down, as the directives of ckenum lead it."""
    before, after = HISTORIES[history]
    states: list[Any] = []
    for option in "ckenum", "alembic":
        db.options["ckenum_render"] = option
        db.create(before)
        insert_all(db, ["NEW", "OLD"])
        migration = db.autogenerate(after)
        db.upgrade(after, migration)
        assert db.diff(after) == []
        up = state(db)
        db.downgrade(before, migration)
        states.append((up, state(db)))
        before.drop_all(db.engine)
    assert states[0] == states[1]
    assert "check_enum" not in migration.source


def test_hard_values(plain: Database) -> None:
    """Created, added, removed, and back, with rows that hold them."""
    few, most = orders(*VALUES[::2]), orders(*VALUES)
    plain.upgrade(few, plain.autogenerate(few))
    insert_all(plain, VALUES[::2])
    migration = plain.round_trip(few, most)
    assert_holds(plain, *VALUES)
    plain.downgrade(few, migration)
    assert_holds(plain, *VALUES[::2])
    assert plain.column("orders") == VALUES[::2]


def test_hard_values_are_renamed(plain: Database) -> None:
    """In one statement, and back."""
    before, after = orders(*VALUES), shouting(VALUES)
    plain.create(before)
    insert_all(plain, VALUES)
    migration = plain.round_trip(before, after)
    assert plain.column("orders") == [f"{value}!" for value in VALUES]
    assert_holds(plain, *plain.column("orders"))
    plain.downgrade(before, migration)
    assert plain.column("orders") == VALUES
    assert_holds(plain, *VALUES)


@pytest.mark.parametrize("column", ["Status", "select", "a b", "x" * 60])
def test_names(plain: Database, column: str) -> None:
    """Clean after each step, rows renamed, whatever the names."""

    def model(*values: str) -> sa.MetaData:
        return orders_with(
            sa.Column(column, CheckEnum(*values)),
            sa.Column("other", CheckEnum(*values)),
        )

    plain.round_trip(sa.MetaData(), model("a"))
    plain.insert("orders", **{"id": 1, column: "a", "other": "a"})
    plain.round_trip(model("a"), model("A", "b"))
    assert plain.column("orders", column) == ["A"]


def two(first: list[str], second: list[str]) -> sa.MetaData:
    return orders_with(
        sa.Column("first", CheckEnum(*first)),
        sa.Column("second", CheckEnum(*second)),
    )


def test_hard_values_of_other_columns(plain: Database) -> None:
    """SQLite's copy would make ``'a :b'`` of another constraint ``'a NULL'``:
    it is dropped and created as well, as it is at that time.
    """
    before = two(["a :b", "x"], ["c :d"])
    after = two(["a :b", "X"], ["c :d", "e"])
    plain.create(before)
    plain.insert("orders", id=1, first="x", second="c :d")
    migration = plain.round_trip(before, after)
    assert migration.upgrade.count("create_check_constraint") == 4
    assert plain.column("orders", "first") == ["X"]
    plain.downgrade(before, migration)
    assert plain.column("orders", "first") == ["x"]
    assert plain.diff(before) == []


def test_other_columns_are_left_alone(plain: Database) -> None:
    """Where a copy does no harm."""
    plain.create(two(["a", "b"], ["c-d", "e_f"]))
    migration = plain.autogenerate(two(["a"], ["c-d", "e_f"]))
    assert "second" not in migration.upgrade


def test_remaining_rows_fail_as_one(plain: Database) -> None:
    """Loudly, with nothing changed; with the rule that the comment asks
    for, the same migration runs.
    """
    before, after = orders("NEW", "JUNK"), orders("NEW")
    plain.create(before)
    plain.insert("orders", id=1, status="JUNK")
    migration = plain.autogenerate(after)
    tables = sa.inspect(plain.engine).get_table_names()
    old = state(plain)
    with pytest.raises(sa.exc.IntegrityError):
        plain.upgrade(after, migration)
    assert state(plain) == old
    assert sa.inspect(plain.engine).get_table_names() == tables
    rule = '.values({"status": sa.column("status")})'
    assert migration.upgrade.count(rule) == 1
    edited = Migration(
        migration.upgrade.replace(rule, '.values({"status": "NEW"})'),
        migration.downgrade,
        migration.imports,
    )
    plain.upgrade(after, edited)
    assert plain.column("orders") == ["NEW"]
    assert plain.diff(after) == []


@pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint")
def test_constraint_without_a_name(sqlite: Database) -> None:
    """Batch mode leaves it out, and cannot bring it back without a name."""
    sqlite.options["ckenum_render"] = "alembic"
    before = orders_with(
        sa.Column("status", sa.String(255)),
        sa.CheckConstraint("status IN ('NEW')"),
    )
    sqlite.create(before)
    after = orders("NEW", "PAID")
    migration = sqlite.autogenerate(after)
    sqlite.upgrade(after, migration)
    assert_holds(sqlite, "NEW", "PAID")
    sqlite.downgrade(before, migration)
    assert_holds(sqlite, "NEW")
    sqlite.upgrade(after, migration)
    assert sqlite.diff(after) == []


@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_opt")
def test_not_valid_is_validated(postgresql: Database) -> None:
    """By making it anew."""
    postgresql.options["ckenum_render"] = "alembic"
    after = orders("NEW")
    postgresql.create(after)
    with postgresql.engine.begin() as connection:
        for statement in (
            "ALTER TABLE orders DROP CONSTRAINT ck_orders_status",
            "ALTER TABLE orders ADD CONSTRAINT ck_orders_status"
            " CHECK (status IN ('NEW')) NOT VALID",
        ):
            connection.execute(sa.text(statement))
    postgresql.round_trip(after, after)


def test_schema(postgresql: Database) -> None:
    """Tables, columns, values and rows of another schema."""
    db = postgresql
    db.options.update(ckenum_render="alembic", include_schemas=True)
    with db.engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("shop"))

    def model(*values: str) -> sa.MetaData:
        column = sa.Column("status", CheckEnum(*values))
        return orders_with(column, schema="shop")

    db.round_trip(sa.MetaData(), model("NEW"))
    db.round_trip(model("NEW"), model("new", "PAID"))
    db.round_trip(model("new", "PAID"), orders_with(schema="shop"))
    db.round_trip(orders_with(schema="shop"), sa.MetaData())


def test_variants(plain: Database) -> None:
    """A CheckEnum on some dialects is text there as well."""
    kinds = (
        sa.Text().with_variant(CheckEnum("NEW"), plain.name),
        CheckEnum("NEW").with_variant(sa.String(7), "mysql"),
    )
    for kind in kinds:
        model = orders_with(sa.Column("status", kind))
        created = plain.round_trip(sa.MetaData(), model)
        assert "ckenum" not in created.source
        assert_holds(plain, "NEW")
        dropped = plain.autogenerate(sa.MetaData())
        plain.upgrade(sa.MetaData(), dropped)


def test_unknown_option(plain: Database) -> None:
    """An option that says neither is an error that tells both."""
    plain.options["ckenum_render"] = "alambic"
    with pytest.raises(CommandError, match="\"alembic\", not 'alambic'"):
        plain.autogenerate(sa.MetaData())


WITHOUT = """
import importlib.metadata
import json
import sys

importlib.metadata.entry_points = lambda **kw: []
sys.modules["ckenum"] = None

from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

url, *sources = json.load(sys.stdin)
engine = sa.create_engine(url)
namespaces = [{} for _ in sources]
for source, namespace in zip(sources, namespaces):
    exec(source, namespace)
steps = [namespace["upgrade"] for namespace in namespaces]
downs = [namespace["downgrade"] for namespace in reversed(namespaces)]
for step in [*steps, *downs, *steps]:
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            step()
assert not [name for name in sys.modules if name.startswith("ckenum.")]
"""


def models() -> Iterator[sa.MetaData]:
    yield orders("NEW", "a :b")
    yield orders("NEW", "a :b", "PAID")
    yield orders("NEW", "a :b", "paid", length=20)
    yield orders_with(
        sa.Column("status", CheckEnum("NEW", "a :b", "paid", length=20)),
        sa.Column("kind", CheckEnum("50%"), server_default="50%"),
    )


# of the newest SQLite the dialect is a test's
@pytest.mark.parametrize(
    "url", [name for name in BACKENDS if "3.53" not in name], indirect=True
)
def test_runs_without_ckenum(plain: Database, tmp_path: Path) -> None:
    """A history of migrations, up, down and up, where no module of ckenum
    can be imported.
    """
    migrations: list[Migration] = []
    for model in models():
        migrations.append(plain.autogenerate(model))
        plain.upgrade(model, migrations[-1])
    for migration in reversed(migrations):
        plain.downgrade(sa.MetaData(), migration)
    sources = [migration.source for migration in migrations]
    assert "ckenum" not in "".join(sources)
    url = plain.engine.url.render_as_string(hide_password=False)
    plain.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        input=json.dumps([url, *sources]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert plain.diff(model) == []


def test_layout() -> None:
    """Broken as black breaks it: one line, one line inside, one each."""
    words = ["x" * 20, "y" * 20]
    call = Group("function(", words)
    assert lines(call, 27) == [f"function({words[0]}, {words[1]})"]
    assert lines(call, 28) == [
        "function(",
        f"    {words[0]}, {words[1]}",
        ")",
    ]
    assert lines(call, 34, ":") == [
        "function(",
        f"    {words[0]},",
        f"    {words[1]},",
        "):",
    ]


def test_rules_do_the_same(plain: Database) -> None:
    """A swap, NULL and a delete: as the directive does them."""
    values = ["a", "b", "c :d", "e"]
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["a", "b"],
        existing_values=values,
        name="ck_orders_status",
        rename={"a": "b", "b": "a", "c :d": None},
        delete=["e"],
    )
    states: list[Any] = []
    for text in rendered(op), "op.invoke(alter)":
        plain.create(orders(*values))
        insert_all(plain, values)
        with plain.operations() as operations:
            exec(text, {"op": operations, "sa": sa, "alter": op})
        states.append(state(plain))
        orders(*values).drop_all(plain.engine)
    assert states[0] == states[1]
    assert states[0][-1] == ["b", "a", None]


def test_rule_that_only_deletes() -> None:
    """There is no UPDATE then."""
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["a"],
        existing_values=["a", "junk"],
        name="ck",
        delete=["junk"],
    )
    text = rendered(op)
    assert "sa.delete(" in text
    assert "sa.update(" not in text


def test_items_are_deleted(postgresql: Database) -> None:
    """Those of arrays, as the directive does it."""
    before = orders_with(sa.Column("status", sa.ARRAY(CheckEnum("a", "b"))))
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["a"],
        existing_values=["a", "b"],
        name="ck_orders_status",
        delete=["b"],
        array=True,
    )
    states: list[Any] = []
    for text in rendered(op), "op.invoke(alter)":
        postgresql.create(before)
        with postgresql.engine.begin() as connection:
            connection.execute(
                sa.text("INSERT INTO orders VALUES (1, ARRAY['b', 'a', 'b'])")
            )
        with postgresql.operations() as operations:
            exec(text, {"op": operations, "sa": sa, "alter": op})
        states.append(state(postgresql))
        before.drop_all(postgresql.engine)
    assert states[0] == states[1]
    assert states[0][-1] == [["a"]]


@pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint")
def test_only_constraint_without_a_name(sqlite: Database) -> None:
    """A copy leaves it out; with a name of its own, it comes again."""
    model = orders_with(
        sa.Column("status", sa.String(255)),
        sa.CheckConstraint("status IN ('NEW')"),
    )
    sqlite.create(model)
    op = DropCheckEnumOp("orders", "status", existing_values=["NEW"], name="")
    assert rendered(op) == body("""
        # A copy of the table loses CHECKs without a name.
        with op.batch_alter_table("orders", recreate="always") as batch_op:
            pass
        """)
    with sqlite.operations() as operations:
        exec(rendered(op), {"op": operations, "sa": sa})
    insert_all(sqlite, ["OTHER"])
    assert sqlite.column("orders") == ["OTHER"]
    assert 'batch_op.f("ck_orders_status")' in rendered(op.reverse())


class TriggerOp(CheckEnumOp):
    """One of a later release, say."""


def test_more_than_a_constraint() -> None:
    """What takes other directives is an error, not half of it."""
    op = TriggerOp("orders", "status", name="ck")
    with pytest.raises(CommandError, match="without ckenum_render"):
        rendered(op)


def test_operation_stands_for_another() -> None:
    """A revision's ops tell and do what those of ckenum do."""
    op = DropCheckEnumOp("orders", "status", existing_values=["a"], name="ck")
    assert PlainOp(op, ()).to_diff_tuple() == op.to_diff_tuple()


def test_operation_is_invoked(plain: Database) -> None:
    """It does what the one of ckenum does."""
    plain.create(orders("NEW"))
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["NEW"],
        name="ck_orders_status",
    )
    with plain.operations() as operations:
        operations.invoke(PlainOp(op, ()))
    assert_holds(plain, "NEW", "PAID")


def test_tables_without_ours(plain: Database) -> None:
    """A change that is none of ours is Alembic's."""
    before = orders_with()
    plain.create(before)
    after = orders_with(sa.Column("note", sa.Text()))
    migration = plain.round_trip(before, after)
    assert "op.add_column('orders'" in migration.upgrade
    assert "batch" not in migration.source


def test_own_render_item(plain: Database) -> None:
    """The hook of ``env.py`` comes first."""

    def hook(kind: str, item: Any, context: AutogenContext) -> str | bool:
        return "sa.TEXT()" if isinstance(item, sa.String) else False

    migration = plain.round_trip(
        sa.MetaData(), orders("NEW"), render_item=hook
    )
    assert "sa.Column('status', sa.TEXT(), " in migration.upgrade
    assert_holds(plain, "NEW")


def test_type_of_an_operation_by_hand(plain: Database) -> None:
    """A CheckEnum that is in no model is text, as it is everywhere."""
    type_ = CheckEnum("NEW", length=9).with_variant(sa.String(7), "mysql")
    with plain.context(sa.MetaData()) as context:
        text = render_item(None)("type", type_, AutogenContext(context))
    assert text == (
        'sa.String(length=9).with_variant(sa.String(length=7), "mysql")'
    )


def test_rename_as_a_script(sqlite: Database) -> None:
    """A script has the values in it, where env.py sets literal_binds, as
    Alembic's templates do.
    """
    sqlite.create(orders("new", "PAYED"))
    after = orders("new", "payed")
    source = sqlite.autogenerate(after, ckenum_render="alembic").source
    output = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": output, "literal_binds": True},
    )
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    with Operations.context(context):
        namespace["upgrade"]()
    assert (
        "UPDATE orders SET status='payed' WHERE status IN ('PAYED');"
        in output.getvalue()
    )
