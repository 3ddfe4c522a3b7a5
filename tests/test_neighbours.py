"""Beside other plugins, and with the options of ``env.py``."""

from __future__ import annotations

from dataclasses import replace
import subprocess
import sys
from typing import Any

from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckenum import CheckEnum
from ckenum.alembic.autogenerate import rewriter

from .models import orders
from .models import orders_with
from .roundtrip import Database
from .roundtrip import PLUGINS

BY_NAME = [*PLUGINS, "alembic.ext.checkconstraint_byname"]


def with_own_check(*values: str) -> sa.MetaData:
    """A CheckEnum beside a constraint that the user declares."""
    return orders_with(
        sa.Column("status", CheckEnum(*values)),
        sa.CheckConstraint("id > 0", name="positive"),
    )


def test_by_name_adds_nothing(db: Database) -> None:
    """With Alembic's by-name plugin, one directive and no more."""
    db.create(with_own_check("A"))
    assert db.diff(with_own_check("A"), autogenerate_plugins=BY_NAME) == []
    options = {"autogenerate_plugins": BY_NAME}
    migration = db.round_trip(
        with_own_check("A"), with_own_check("A", "B"), **options
    )
    assert migration.upgrade.count("op.") == 2  # the directive, and op.f
    assert "alter_check_enum" in migration.upgrade


def test_by_name_with_new_and_dropped_columns(db: Database) -> None:
    """Neither constraint is created nor dropped a second time."""
    db.create(orders_with())
    options = {"autogenerate_plugins": BY_NAME}
    migration = db.round_trip(orders_with(), orders("A"), **options)
    assert "check_constraint" not in migration.upgrade
    migration = db.round_trip(orders("A"), orders_with(), **options)
    assert "drop_constraint" not in migration.upgrade


def test_by_name_with_adoption(db: Database) -> None:
    """What is adopted is not dropped as well."""
    db.create(orders("A", name="older"))
    migration = db.autogenerate(orders("A"), autogenerate_plugins=BY_NAME)
    assert "drop_constraint" not in migration.upgrade
    db.upgrade(orders("A"), migration)
    assert db.diff(orders("A"), autogenerate_plugins=BY_NAME) == []


def test_by_name_with_a_column_that_leaves(db: Database) -> None:
    """The constraint goes once."""
    db.create(orders("A"))
    after = orders_with(sa.Column("status", sa.String(255)))
    migration = db.round_trip(orders("A"), after, autogenerate_plugins=BY_NAME)
    assert "drop_constraint" not in migration.upgrade


def test_by_name_still_sees_the_rest(db: Database) -> None:
    """The user's own constraints stay with the by-name plugin."""
    db.create(orders("A"))
    migration = db.autogenerate(
        with_own_check("A"), autogenerate_plugins=BY_NAME
    )
    assert "op.create_check_constraint('positive'" in migration.upgrade


NEIGHBOURS = """
import enum, sys
import sqlalchemy as sa
import alembic_postgresql_enum, alembic_pg_autogen
from ckenum import CheckEnum
from tests.roundtrip import Database, PLUGINS

class Mood(enum.Enum):
    GOOD = "good"

def model(moods, *values):
    metadata = sa.MetaData()
    sa.Table(
        "orders", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", CheckEnum(*values)),
    )
    sa.Table(
        "people", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", sa.Enum(*moods, name="mood")),
    )
    return metadata

db = Database(sa.make_url(sys.argv[1]))
options = dict(
    autogenerate_plugins=[
        *PLUGINS,
        "alembic.ext.checkconstraint_byname",
        "alembic_pg_autogen.compare",
        "alembic_pg_autogen.checkconstraints",
    ],
    pg_functions=[], pg_triggers=[], pg_views=[],
)
before, after = model(["good"], "A"), model(["good", "bad"], "A", "B")
migration = db.round_trip(sa.MetaData(), before, **options)
print(migration.upgrade)
assert db.diff(before, **options) == []
migration = db.round_trip(before, after, **options)
print(migration.upgrade)
assert migration.upgrade.count("alter_check_enum") == 1
assert migration.upgrade.count("add_enum_value") == 1
assert "constraint" not in migration.upgrade
"""


def test_postgresql_plugins(postgresql_url: sa.URL) -> None:
    """alembic-postgresql-enum and alembic-pg-autogen do their own work, on
    their own tables, and nothing else is done twice.
    """
    url = postgresql_url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", NEIGHBOURS, url],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_include_object(db: Database) -> None:
    """A constraint that ``include_object`` refuses is left alone."""
    db.create(orders("A"))
    seen: list[tuple[Any, ...]] = []

    def include_object(
        item: Any, name: str, kind: str, reflected: bool, other: Any
    ) -> bool:
        if kind == "check_constraint":
            seen.append((name, reflected, type(other)))
        return kind != "check_constraint"

    assert db.diff(orders("A", "B"), include_object=include_object) == []
    assert seen == [("ck_orders_status", False, sa.CheckConstraint)]


def test_include_name(db: Database) -> None:
    """A constraint that ``include_name`` refuses does not exist for us."""
    before = orders_with(
        sa.Column("status", CheckEnum("A", "B")),
        sa.CheckConstraint("status IN ('A')", name="foreign"),
    )
    db.create(before)
    after = orders("A", "B")
    assert db.diff(after) != []
    assert (
        db.diff(
            after,
            include_name=lambda name, kind, parents: name != "foreign",
        )
        == []
    )


def test_two_metadatas(db: Database) -> None:
    """Each of several metadatas is compared."""
    first = orders("A")
    second = sa.MetaData()
    sa.Table("other", second, sa.Column("kind", CheckEnum("X")))
    first.create_all(db.engine)
    second.create_all(db.engine)
    both: Any = [first, second]
    with db.context(both) as context:
        assert produce_migrations(context, both).upgrade_ops.is_empty()
    changed: Any = [orders("A", "B"), second]
    with db.context(changed) as context:
        script = produce_migrations(context, changed)
    assert len(script.upgrade_ops.as_diffs()) == 1


def test_schemas(postgresql: Database) -> None:
    """The same table in two schemas; the directive names the schema."""
    with postgresql.engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA other"))

    def model(*values: str) -> sa.MetaData:
        metadata = orders("A")
        sa.Table(
            "orders",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", CheckEnum(*values)),
            schema="other",
        )
        return metadata

    postgresql.create(model("A"))
    migration = postgresql.round_trip(
        model("A"), model("A", "B"), include_schemas=True
    )
    assert migration.upgrade.endswith('    schema="other",\n)')
    after = model("A", "B")
    postgresql.round_trip(after, sa.MetaData(), include_schemas=True)


def test_user_module_prefix(db: Database) -> None:
    """CheckEnum is ckenum's, whatever module has the user's own types: that
    of advanced-alchemy is SQLAlchemy, where no CheckEnum is.
    """
    options = {"user_module_prefix": "sa."}
    migration = db.round_trip(sa.MetaData(), orders("A"), **options)
    assert 'ckenum.CheckEnum("A", name=op.f(' in migration.upgrade
    assert migration.imports == "import ckenum"


ADVANCED_ALCHEMY = {"user_module_prefix": "sa.", "render_as_batch": True}
NO_PREFIX = {
    "user_module_prefix": "",
    "sqlalchemy_module_prefix": "",
    "alembic_module_prefix": "",
}
LONG_PREFIXES = {
    "user_module_prefix": "models.",
    "sqlalchemy_module_prefix": "sqlalchemy.",
    "alembic_module_prefix": "alembic.op.",
}
PREFIXES = [
    pytest.param({**prefixes, "ckenum_render": render}, id=f"{name}-{render}")
    for render in ("ckenum", "alembic")
    for name, prefixes in (
        ("advanced-alchemy", ADVANCED_ALCHEMY),
        ("none", NO_PREFIX),
        ("long", LONG_PREFIXES),
    )
]

NAMES_OF_PREFIXES = """
import alembic.op
import sqlalchemy
from alembic.op import *
from sqlalchemy import *
"""


@pytest.mark.parametrize("options", PREFIXES)
def test_module_prefixes(
    postgresql: Database, options: dict[str, Any]
) -> None:
    """Whatever the prefixes are, a migration has what it imports: tables,
    arrays, variants, changed values and native types, up and down.
    """

    def model(*values: str, native: bool) -> sa.MetaData:
        type_ = sa.Enum if native else CheckEnum
        kind = type_("X", "Y", name="kind")
        either = CheckEnum(*values, name="either")
        return orders_with(
            sa.Column("status", CheckEnum(*values)),
            sa.Column("tags", sa.ARRAY(CheckEnum(*values))),
            sa.Column("own", pg.ARRAY(CheckEnum(*values))),
            sa.Column("text", sa.String(9).with_variant(either, "sqlite")),
            sa.Column("kind", kind),
        )

    def up_and_down(before: sa.MetaData, after: sa.MetaData) -> None:
        migration = postgresql.autogenerate(after, **options)
        imports = f"{NAMES_OF_PREFIXES}\n{migration.imports}"
        migration = replace(migration, imports=imports)
        assert "sa.CheckEnum" not in migration.source
        postgresql.upgrade(after, migration)
        assert postgresql.diff(after, **options) == []
        postgresql.downgrade(before, migration)

    before, after = model("A", native=True), model("A", "B", native=False)
    up_and_down(sa.MetaData(), after)
    postgresql.create(before)
    up_and_down(before, after)
    assert postgresql.diff(before, **options) == []


def test_own_render_item_comes_first(db: Database) -> None:
    """A ``render_item`` in ``env.py`` has the first word."""

    def render_item(kind: str, item: Any, context: Any) -> Any:
        return "mine()" if isinstance(item, CheckEnum) else False

    migration = db.autogenerate(orders("A"), render_item=render_item)
    assert "sa.Column('status', mine(), nullable=True)" in migration.upgrade


def test_compare_type_callable(db: Database) -> None:
    """A ``compare_type`` that sees a difference gets a plain VARCHAR."""
    db.create(orders("A"))
    migration = db.autogenerate(
        orders("A"),
        compare_type=lambda *args: isinstance(args[4], CheckEnum),
    )
    assert "type_=sa.String(length=255)" in migration.upgrade


def test_compare_type_false(db: Database) -> None:
    """Values are compared also where types are not."""
    db.create(orders("A"))
    assert len(db.diff(orders("A", "B"), compare_type=False)) == 1


def test_operations_can_be_edited(db: Database) -> None:
    """``process_revision_directives`` finds ops with plain attributes."""
    db.create(orders("A"))
    with db.context(orders("B")) as context:
        script = produce_migrations(context, orders("B"))
    (table,) = script.upgrade_ops.ops
    assert isinstance(table, ops.ModifyTableOps)
    (alter,) = table.ops
    assert (alter.table_name, alter.column_name) == ("orders", "status")
    assert (alter.values, alter.existing_values) == (("B",), ("A",))


def refuse_checks(item: Any, name: str, kind: str, *rest: Any) -> bool:
    return kind != "check_constraint"


def test_include_object_for_a_missing_constraint(db: Database) -> None:
    """Nor is one added that ``include_object`` refuses."""
    db.create(orders_with(sa.Column("status", sa.String(255))))
    assert db.diff(orders("A"), include_object=refuse_checks) == []


def test_include_object_for_a_new_column(db: Database) -> None:
    """A new column comes without it, too."""
    db.create(orders_with())
    migration = db.autogenerate(orders("A"), include_object=refuse_checks)
    assert "add_column" in migration.upgrade
    assert "check_enum" not in migration.upgrade


def test_include_object_for_a_second_constraint(db: Database) -> None:
    """Nor is one dropped."""
    before = orders_with(
        sa.Column("status", CheckEnum("A", "B")),
        sa.CheckConstraint("status IN ('A')", name="older"),
    )
    db.create(before)

    def include_object(item: Any, name: str, *rest: Any) -> bool:
        return name != "older"

    assert db.diff(orders("A", "B")) != []
    assert db.diff(orders("A", "B"), include_object=include_object) == []


VARIANTS = [
    sa.String(255).with_variant(CheckEnum("A"), "sqlite"),
    CheckEnum("A").with_variant(sa.String(255), "sqlite"),
    CheckEnum("A").with_variant(sa.String(255), "postgresql"),
]


@pytest.mark.parametrize("type_", VARIANTS)
def test_variants(db: Database, type_: Any) -> None:
    """A type that is a CheckEnum on one backend only is compared there."""
    model = orders_with(sa.Column("status", type_))
    db.create(model)
    assert db.diff(model) == []


@pytest.mark.parametrize("type_", VARIANTS)
def test_variants_in_a_migration(db: Database, type_: Any) -> None:
    """So it is in a table, or a column, that a migration makes."""
    model = orders_with(sa.Column("status", type_))
    creation = db.autogenerate(model)
    db.upgrade(model, creation)
    db.downgrade(sa.MetaData(), creation)
    db.create(orders_with())
    db.upgrade(model, db.autogenerate(model))
    db.upgrade(model, db.autogenerate(model))
    assert db.diff(model) == []


def test_operations_of_others_are_left_alone(db: Database) -> None:
    """What other plugins queue passes through."""
    execute = ops.ExecuteSQLOp("SELECT 1")
    queue = ops.UpgradeOps([execute])
    with db.context(orders("A")) as context:
        autogen_context = AutogenContext(context)
        rewriter.begin(autogen_context, queue)
        rewriter.finish(autogen_context, queue)
    assert queue.ops == [execute]


def test_type_without_a_name(db: Database) -> None:
    """A CheckEnum of a user's own operation keeps what it has."""
    with db.context(orders("A")) as context:
        autogen_context = AutogenContext(context)
        rewriter.begin(autogen_context, ops.UpgradeOps())
        rendered = autogen_context.opts["render_item"](
            "type", CheckEnum("A"), autogen_context
        )
    assert rendered == 'ckenum.CheckEnum("A")'
