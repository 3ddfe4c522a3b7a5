"""What autogenerate writes where ``env.py`` says ``ckenum_online=True``."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database


@pytest.fixture(autouse=True)
def online(db: Database) -> None:
    db.options["ckenum_online"] = True


def test_alter_is_written_online_both_ways(db: Database) -> None:
    """With a comment on what that means for the revision."""
    db.create(orders("NEW"))
    migration = db.round_trip(orders("NEW"), orders("NEW", "PAID"))
    assert migration.upgrade == body("""
        # online=True commits what came before it in this revision, so
        # it should be alone: move anything else to another revision.
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_values=["NEW"],
            name=op.f("ck_orders_status"),
            online=True,
        )
        """)
    assert "online=True," in migration.downgrade


def test_added_constraint_is_written_online(db: Database) -> None:
    """And the way back drops it online."""
    db.create(orders_with(sa.Column("status", sa.String(255))))
    migration = db.autogenerate(orders("NEW"))
    assert "op.create_check_enum(" in migration.upgrade
    assert "online=True," in migration.upgrade
    assert "op.drop_check_enum(" in migration.downgrade
    assert "online=True," in migration.downgrade
    db.upgrade(orders("NEW"), migration)
    assert db.diff(orders("NEW")) == []


def test_what_cannot_be_online_says_why(db: Database) -> None:
    """The way up widens the column, so the way down narrows it."""
    db.create(orders("NEW", length=3))
    migration = db.round_trip(
        orders("NEW", length=3), orders("NEW", "PAID", length=4)
    )
    assert "online=True," in migration.upgrade
    assert "online=True" not in migration.downgrade
    assert (
        "# Not online: length=3 instead of 4 makes PostgreSQL read every "
        "row under an exclusive lock." in migration.downgrade
    )


def test_new_column_is_not_online_and_says_how(db: Database) -> None:
    """The column and its constraint come in one transaction, or not."""
    db.create(orders_with())
    migration = db.round_trip(orders_with(), orders("NEW"))
    assert "move it to the next revision with online=True" in (
        migration.upgrade
    )
    assert "online=True," not in migration.upgrade


def test_validating_is_written_as_ever(db: Database) -> None:
    """It holds up nobody, and takes no such argument."""
    db.create(orders("NEW"))
    if db.name != "postgresql":
        return
    with db.engine.begin() as connection:
        for action in (
            "DROP CONSTRAINT ck_orders_status",
            "ADD CONSTRAINT ck_orders_status CHECK (status IN ('NEW')) "
            "NOT VALID",
        ):
            connection.exec_driver_sql(f"ALTER TABLE orders {action}")
    with pytest.warns(sa.exc.SAWarning):
        migration = db.autogenerate(orders("NEW"))
    assert migration.upgrade.startswith("op.validate_check_enum(")
    assert "online" not in migration.upgrade
    db.upgrade(orders("NEW"), migration)
    assert db.diff(orders("NEW")) == []


def test_online_is_written_beside_batches(db: Database) -> None:
    """With render_as_batch it stands by itself, before or after the batch of
    its table, as nothing in a batch is online.
    """
    db.create(orders("NEW"))
    after = orders_with(
        sa.Column("status", CheckEnum("NEW", "PAID")),
        sa.Column("note", sa.String(9)),
    )
    migration = db.autogenerate(after, render_as_batch=True)
    for text in migration.upgrade, migration.downgrade:
        batch = text[text.index("with op.batch_alter_table(") :]
        batch = batch[: (batch + "\nop.").index("\nop.")]
        assert "note" in batch and "check_enum" not in batch
        assert "\n    online=True," in text.replace(batch, "")
    db.round_trip(orders("NEW"), after, render_as_batch=True)


def test_kept_trigger_is_told_and_no_difference(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Until the directive removes it."""
    caplog.set_level(logging.INFO, "alembic.autogenerate.ckenum")
    db.create(orders("PAYED"))
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["PAID"],
            existing_values=["PAYED"],
            name=op.f("ck_orders_status"),
            rename={"PAYED": "PAID"},
            online=True,
            keep_trigger=True,
        )
    told = "left its trigger on orders, column 'status'"
    assert db.diff(orders("PAID")) == []
    assert (told in caplog.text) == (db.name == "postgresql")
    with db.operations() as op:
        op.drop_check_enum_trigger("orders", "status")
    caplog.clear()
    assert db.diff(orders("PAID")) == []
    assert told not in caplog.text


def test_leaving_column_is_dropped_online(db: Database) -> None:
    """Its constraint, where the column becomes a plain string."""
    db.create(orders("NEW"))
    migration = db.autogenerate(
        orders_with(sa.Column("status", sa.String(255)))
    )
    assert "op.drop_check_enum(" in migration.upgrade
    assert "online=True," in migration.upgrade


def test_quoted_column_keeps_its_trigger(db: Database) -> None:
    """Whatever its name is."""
    name = 'my "Status" %'
    before = orders_with(sa.Column(name, CheckEnum("a'b", name="ck_s")))
    db.create(before)
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            name,
            ["50%"],
            existing_values=["a'b"],
            name=op.f("ck_s"),
            rename={"a'b": "50%"},
            online=True,
            keep_trigger=True,
        )
    if db.name == "postgresql":
        db.insert("orders", **{name: "a'b"})
        assert db.column("orders", name) == ["50%"]
    with db.operations() as op:
        op.drop_check_enum_trigger("orders", name)
    after = orders_with(sa.Column(name, CheckEnum("50%", name="ck_s")))
    assert db.diff(after) == []
