"""What is said of triggers that stay, of those that cannot be, and of what
they leave.
"""

from __future__ import annotations

import enum
import logging

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.alembic.ops import DropCheckEnumTriggerOp

from .models import orders
from .models import orders_with
from .online import alter
from .online import execute
from .online import functions
from .online import rename
from .online import run
from .online import triggers
from .roundtrip import body
from .roundtrip import Database

DROP = DropCheckEnumTriggerOp("orders", "status")

OTHERS = {
    "without WHEN": "BEFORE INSERT OR UPDATE ON orders FOR EACH ROW",
    "after": "AFTER INSERT ON orders FOR EACH ROW WHEN (new.status = 'X')",
    "two columns": "BEFORE INSERT OR UPDATE ON orders FOR EACH ROW"
    " WHEN (new.status = 'X' AND new.id = 1)",
}


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


@pytest.fixture
def kept(any_postgresql: Database) -> Database:
    """PAYED was renamed to PAID, and old processes still write PAYED."""
    any_postgresql.create(orders("NEW", "PAYED"))
    run(any_postgresql, rename(keep_trigger=True))
    return any_postgresql


def create_other(db: Database, kind: str = "without WHEN") -> None:
    """A trigger of another that is named as if it were ours."""
    execute(
        db,
        "CREATE FUNCTION zz_ckenum_x() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN new; END'",
        "COMMENT ON FUNCTION zz_ckenum_x() IS 'no JSON'",
        f"CREATE TRIGGER zz_ckenum_x {OTHERS[kind]}"
        " EXECUTE FUNCTION zz_ckenum_x()",
    )


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("online", [True, False])
def test_unrecognised_trigger(
    kept: Database, caplog: pytest.LogCaptureFixture, kind: str, online: bool
) -> None:
    """Stays, and the log says how to drop it by hand."""
    create_other(kept, kind)
    run(kept, DropCheckEnumTriggerOp("orders", "status", online=online))
    assert triggers(kept) == ["orders zz_ckenum_x"]
    (told,) = caplog.messages
    assert "not recognised" in told
    execute(kept, told.rpartition(": ")[2])
    assert triggers(kept) == []


def test_unrecognised_trigger_at_another_directive(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told of once."""
    create_other(kept)
    run(kept, alter(["NEW", "PAID", "X"], ["NEW", "PAID"]))
    assert [message[:21] for message in caplog.messages] == [
        "Trigger 'zz_ckenum_x'"
    ]


def test_trigger_of_another_column_is_not_told(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It has its own directive."""
    execute(kept, "ALTER TABLE orders ADD other varchar")
    run(kept, DropCheckEnumTriggerOp("orders", "other"))
    assert len(triggers(kept)) == 1
    assert caplog.messages == []


def test_trigger_of_the_partitioned_table(
    any_postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Cannot be dropped on a partition, which the log says."""
    db = any_postgresql
    execute(
        db,
        "CREATE TABLE orders (id integer, status varchar CONSTRAINT"
        " ck_orders_status CHECK (status IN ('NEW', 'PAYED')))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE leaf PARTITION OF orders DEFAULT",
    )
    run(db, rename(keep_trigger=True))
    run(db, DropCheckEnumTriggerOp("leaf", "status"))
    (told,) = caplog.messages
    assert "op.drop_check_enum_trigger('orders', 'status'" in told


@pytest.mark.parametrize(
    "change", ["orders RENAME TO purchases", "orders RENAME status TO state"]
)
def test_column_that_is_not_there(
    kept: Database, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    """The log says so, and what there is to drop."""
    execute(kept, f"ALTER TABLE {change}")
    run(kept, DROP)
    (told,) = caplog.messages
    assert "There is no column 'orders.status'" in told
    with kept.operations() as op:
        eval(told.rpartition(": ")[2], {"op": op})
    assert triggers(kept) == functions(kept) == []


def test_function_of_a_table_that_was_dropped(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Goes with the next drop on a table of that name."""
    execute(kept, "DROP TABLE orders")
    kept.create(orders("NEW", "PAID"))
    run(kept, DROP)
    assert functions(kept) == caplog.messages == []


def test_function_of_another_table_that_was_dropped(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Is told of, with what drops it."""
    execute(
        kept, "DROP TABLE orders", "CREATE TABLE t (id integer, s varchar)"
    )
    run(kept, DropCheckEnumTriggerOp("t", "s"))
    (told,) = caplog.messages
    execute(kept, told.rpartition(": ")[2])
    assert functions(kept) == []


def test_autogenerate_tells_of_the_function(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """That no trigger calls any more."""
    execute(kept, "DROP TABLE orders")
    assert kept.diff(sa.MetaData()) == []
    assert "DROP FUNCTION IF EXISTS public.zz_ckenum_orders_status()" in (
        caplog.text
    )


@pytest.mark.parametrize("kind", OTHERS)
def test_autogenerate_among_others(
    kept: Database, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """Comments that are no JSON do not stop it; it tells of both."""
    caplog.set_level(logging.INFO, "alembic.autogenerate.ckenum")
    create_other(kept, kind)
    assert kept.diff(orders("NEW", "PAID")) == []
    assert "left its trigger on orders, column 'status'" in caplog.text
    assert "DROP TRIGGER IF EXISTS zz_ckenum_x" in caplog.text


def test_autogenerate_tells_the_names_of_today(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Of table, schema and column."""
    caplog.set_level(logging.INFO, "alembic.autogenerate.ckenum")
    execute(
        kept,
        "CREATE SCHEMA s",
        "ALTER TABLE orders RENAME status TO state",
        "ALTER TABLE orders RENAME TO purchases",
        "ALTER TABLE purchases SET SCHEMA s",
    )
    assert kept.diff(sa.MetaData()) == []
    assert "left its trigger on s.purchases, column 'state'" in caplog.text


def test_autogenerate_tells_of_children_that_came_later(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """They have no trigger."""
    execute(kept, "CREATE TABLE child () INHERITS (orders)")
    metadata = orders("NEW", "PAID")
    kept.diff(metadata)
    assert "Table child inherits from orders without" in caplog.text
    run(kept, alter(["NEW", "PAID", "X"], ["NEW", "PAID"]))
    caplog.clear()
    kept.diff(metadata)
    assert caplog.messages == []


def test_partition_key_is_noted_in_the_migration(
    any_postgresql: Database,
) -> None:
    """Both ways."""
    db = any_postgresql
    execute(
        db,
        "CREATE TABLE orders (id integer, status varchar(255) CONSTRAINT"
        " ck_orders_status CHECK (status IN ('NEW', 'PAYED')))"
        " PARTITION BY LIST (status)",
    )
    metadata = sa.MetaData()
    sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer),
        sa.Column("status", CheckEnum(Status)),
    )
    migration = db.autogenerate(metadata, ckenum_online=True)
    assert migration.upgrade == body("""
        # online=True commits what came before it in this revision, so
        # it should be alone: move anything else to another revision.
        # No trigger can turn old values into new ones, because the column
        # decides on a row's partition. The old values are allowed until all
        # rows have changed; after that, writing them is an error.
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAYED"],
            name=op.f("ck_orders_status"),
            rename={"PAYED": "PAID"},
            online=True,
        )
        """)
    assert "# No trigger can turn" in migration.downgrade
    assert "# No trigger" not in db.autogenerate(metadata).upgrade


def test_inheritance_is_noted_in_the_migration(
    any_postgresql: Database,
) -> None:
    """Where there is some, and rows may be renamed."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    noted = "# while the trigger exists gets none"
    online = {"ckenum_online": True}
    assert noted not in db.autogenerate(orders(Status), **online).upgrade
    execute(db, "CREATE TABLE child () INHERITS (orders)")
    migration = db.autogenerate(orders(Status), **online)
    assert migration.upgrade == body("""
        op.drop_table('child')
        # online=True commits what came before it in this revision, so
        # it should be alone: move anything else to another revision.
        # Other tables inherit from this one. A table that begins to inherit
        # while the trigger exists gets none, and refuses the old values.
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW", "PAYED"],
            name=op.f("ck_orders_status"),
            rename={"PAYED": "PAID"},
            online=True,
        )
        """)
    more = db.autogenerate(orders("NEW", "PAYED", "X"), **online)
    assert noted not in more.upgrade


def test_table_is_dropped_after_its_trigger(kept: Database) -> None:
    """So that no function stays; the way back has nothing to do."""
    migration = kept.autogenerate(sa.MetaData())
    assert migration.upgrade == body("""
        op.drop_check_enum_trigger("orders", "status", online=False)
        op.drop_table('orders')
        """)
    assert migration.downgrade.startswith("op.create_table('orders'")
    kept.upgrade(sa.MetaData(), migration)
    assert functions(kept) == []
    kept.downgrade(orders("NEW", "PAID"), migration)
    assert kept.diff(orders("NEW", "PAID")) == []


def test_column_is_dropped_after_its_trigger(kept: Database) -> None:
    """With its constraint, or by itself where that is gone."""
    without = orders_with()
    migration = kept.autogenerate(without)
    assert "op.drop_check_enum_trigger" not in migration.upgrade
    assert "op.drop_check_enum(" in migration.upgrade
    execute(kept, "ALTER TABLE orders DROP CONSTRAINT ck_orders_status")
    migration = kept.autogenerate(without)
    assert migration.upgrade == body("""
        op.drop_check_enum_trigger("orders", "status", online=False)
        op.drop_column('orders', 'status')
        """)
    kept.upgrade(without, migration)
    assert functions(kept) == kept.diff(without) == []
    assert migration.downgrade.startswith("op.add_column('orders'")


def test_column_is_dropped_in_a_batch(kept: Database) -> None:
    """As elsewhere."""
    execute(kept, "ALTER TABLE orders DROP CONSTRAINT ck_orders_status")
    without = orders_with()
    migration = kept.autogenerate(without, render_as_batch=True)
    assert 'batch_op.drop_check_enum_trigger("status")' in migration.upgrade
    kept.upgrade(without, migration)
    assert functions(kept) == []


def test_migration_of_directives_of_alembic(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Drops the table alone; the next autogenerate tells of the function."""
    migration = kept.autogenerate(sa.MetaData(), ckenum_render="alembic")
    assert migration.upgrade == "op.drop_table('orders')"
    kept.upgrade(sa.MetaData(), migration)
    caplog.clear()
    kept.diff(sa.MetaData())
    assert "DROP FUNCTION IF EXISTS" in caplog.text
