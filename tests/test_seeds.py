"""The stories that this project began with, there and back."""

from __future__ import annotations

from dataclasses import replace
import enum
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import RowsRemainError

from .reflect import accepted
from .reflect import reflected
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import Migration


def table(name: str, column: str, enum_class: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(column, CheckEnum(enum_class)),
    )
    return metadata


def fill(db: Database, table: str, column: str, *values: str) -> None:
    for number, value in enumerate(values, 1):
        db.insert(table, id=number, **{column: value})


def edited(text: str, option: str) -> str:
    """What a person makes of it: one more argument."""
    assert text.endswith("\n)")
    return f"{text[:-1]}    {option},\n)"


class TestValueAddedAndTakenAway:
    class Status(enum.Enum):
        NEW = "new"
        PAID = "paid"

    class WithShipped(enum.Enum):
        NEW = "new"
        PAID = "paid"
        SHIPPED = "shipped"

    before = table("orders", "status", Status)
    after = table("orders", "status", WithShipped)

    def test_there_and_back(self, db: Database) -> None:
        db.create(self.before)
        fill(db, "orders", "status", "NEW", "PAID")
        migration = db.round_trip(self.before, self.after)
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
        assert db.column("orders") == ["NEW", "PAID"]
        assert self.takes(db) == {"NEW", "PAID", "SHIPPED"}
        db.downgrade(self.before, migration)
        assert self.takes(db) == {"NEW", "PAID"}

    def test_taken_away_by_the_next_migration(self, db: Database) -> None:
        db.create(self.before)
        db.upgrade(self.after, db.autogenerate(self.after))
        db.upgrade(self.before, db.autogenerate(self.before))
        assert db.diff(self.before) == []
        assert self.takes(db) == {"NEW", "PAID"}

    def takes(self, db: Database) -> set[str]:
        tried = ["NEW", "PAID", "SHIPPED", "shipped"]
        return accepted(db.engine, "orders", "status", tried)


AUDIT_LOG_DOWN = """
op.alter_check_enum(
    "audit_log",
    "event",
    ["LOGIN_SUCCESS", "LOGIN_FAIL"],
    existing_values=["LOGIN_SUCCESS", "LOGIN_FAIL", "LOGOUT_SUCCESS"],
    name=op.f("ck_audit_log_event"),
)
"""


class TestAuditLog:
    """Gains a value whose rows become another one on the way down."""

    class Event(enum.Enum):
        LOGIN_SUCCESS = 1
        LOGIN_FAIL = 2

    class WithLogout(enum.Enum):
        LOGIN_SUCCESS = 1
        LOGIN_FAIL = 2
        LOGOUT_SUCCESS = 3

    before = table("audit_log", "event", Event)
    after = table("audit_log", "event", WithLogout)

    def upgraded(self, db: Database) -> Migration:
        db.create(self.before)
        fill(db, "audit_log", "event", "LOGIN_SUCCESS", "LOGIN_FAIL")
        migration = db.autogenerate(self.after)
        assert migration.downgrade == body(AUDIT_LOG_DOWN)
        db.upgrade(self.after, migration)
        db.insert("audit_log", id=3, event="LOGOUT_SUCCESS")
        return migration

    def test_goes_down_by_a_rule(self, db: Database) -> None:
        migration = self.upgraded(db)
        rule = 'rename={"LOGOUT_SUCCESS": "LOGIN_SUCCESS"}'
        migration = replace(
            migration, downgrade=edited(migration.downgrade, rule)
        )
        db.downgrade(self.before, migration)
        assert db.column("audit_log", "event") == [
            "LOGIN_SUCCESS",
            "LOGIN_FAIL",
            "LOGIN_SUCCESS",
        ]
        assert db.diff(self.before) == []
        db.upgrade(self.after, migration)
        assert db.diff(self.after) == []

    def test_does_not_go_down_without_one(self, db: Database) -> None:
        """No row is lost, none is kept that the constraint forbids."""
        migration = self.upgraded(db)
        with pytest.raises(RowsRemainError) as caught:
            db.downgrade(self.before, migration)
        assert caught.value.counts == {"LOGOUT_SUCCESS": 1}
        assert caught.value.table == "audit_log"
        assert caught.value.column == "event"
        assert db.column("audit_log", "event") == [
            "LOGIN_SUCCESS",
            "LOGIN_FAIL",
            "LOGOUT_SUCCESS",
        ]
        assert db.diff(self.after) == []


class TestPlacements:
    """Three values go from lower to upper case, rows and all."""

    class Lower(enum.Enum):
        left = 1
        center = 2
        right = 3

    class Upper(enum.Enum):
        LEFT = 1
        CENTER = 2
        RIGHT = 3

    before = table("banners", "placement", Lower)
    after = table("banners", "placement", Upper)
    rows = ["left", "center", "right", "left"]

    def filled(self, db: Database) -> Migration:
        db.create(self.before)
        fill(db, "banners", "placement", *self.rows)
        return db.autogenerate(self.after)

    def assert_untouched(self, db: Database) -> None:
        assert db.column("banners", "placement") == self.rows
        assert db.diff(self.before) == []
        assert sa.inspect(db.engine).get_table_names() == ["banners"]
        assert [check.name for check in reflected(db.engine, "banners")] == [
            "ck_banners_placement"
        ]
        tried = ["left", "center", "right", "LEFT", "CENTER", "RIGHT"]
        takes = accepted(db.engine, "banners", "placement", tried)
        assert takes == {"left", "center", "right"}

    def test_there_and_back(self, db: Database) -> None:
        migration = self.filled(db)
        assert migration.upgrade == body("""
            op.alter_check_enum(
                "banners",
                "placement",
                ["LEFT", "CENTER", "RIGHT"],
                existing_values=["left", "center", "right"],
                name=op.f("ck_banners_placement"),
                rename={"left": "LEFT", "center": "CENTER", "right": "RIGHT"},
            )
            """)
        db.upgrade(self.after, migration)
        assert db.diff(self.after) == []
        assert db.column("banners", "placement") == [
            row.upper() for row in self.rows
        ]
        db.downgrade(self.before, migration)
        self.assert_untouched(db)

    def test_leave_nothing_behind_when_the_migration_fails(
        self, db: Database
    ) -> None:
        """After the directive, in the same transaction."""
        migration = self.filled(db)
        failing = f"{migration.upgrade}\nop.drop_table('nowhere')"
        with pytest.raises(sa.exc.DBAPIError):
            db.upgrade(self.after, replace(migration, upgrade=failing))
        self.assert_untouched(db)

    def test_leave_nothing_behind_when_a_row_fails(self, db: Database) -> None:
        """In the middle of the directive."""
        migration = self.filled(db)
        add_trigger(db)
        with pytest.raises(sa.exc.DBAPIError, match="not this row"):
            db.upgrade(self.after, migration)
        self.assert_untouched(db)

    def test_go_up_when_the_reason_is_gone(self, db: Database) -> None:
        """To run it again is the cure."""
        migration = self.filled(db)
        add_trigger(db)
        with pytest.raises(sa.exc.DBAPIError, match="not this row"):
            db.upgrade(self.after, migration)
        drop_trigger(db)
        db.upgrade(self.after, migration)
        assert db.diff(self.after) == []


def add_trigger(db: Database) -> None:
    """One that does not let a row become RIGHT."""
    run(
        db,
        sqlite="""
        CREATE TRIGGER stop BEFORE UPDATE ON banners
        WHEN new.placement = 'RIGHT'
        BEGIN SELECT RAISE(ABORT, 'not this row'); END
        """,
        postgresql="""
        CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'not this row'; END $$;
        CREATE TRIGGER stop BEFORE UPDATE ON banners FOR EACH ROW
        WHEN (new.placement = 'RIGHT') EXECUTE FUNCTION stop();
        """,
    )


def drop_trigger(db: Database) -> None:
    run(
        db,
        sqlite="DROP TRIGGER stop",
        postgresql="DROP TRIGGER stop ON banners",
    )


def run(db: Database, **statements: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statements[db.name])


class TestRemovedValue:
    """Whose rows are deleted, set to NULL, or moved to another value."""

    class Status(enum.Enum):
        NEW = 1
        PAID = 2
        JUNK = 3

    class WithoutJunk(enum.Enum):
        NEW = 1
        PAID = 2

    before = table("orders", "status", Status)
    after = table("orders", "status", WithoutJunk)

    def filled(self, db: Database) -> Migration:
        db.create(self.before)
        fill(db, "orders", "status", "JUNK", "NEW", "JUNK", "PAID")
        migration = db.autogenerate(self.after)
        assert migration.upgrade == body("""
            # If any row still holds a removed value, this stops before
            # changing anything. To move such rows to another value (None
            # for NULL), add rename={"JUNK": "NEW"};
            # to delete them, add delete=["JUNK"].
            op.alter_check_enum(
                "orders",
                "status",
                ["NEW", "PAID"],
                existing_values=["NEW", "PAID", "JUNK"],
                name=op.f("ck_orders_status"),
            )
            """)
        return migration

    @pytest.mark.parametrize(
        "rule, rows",
        [
            ('delete=["JUNK"]', ["NEW", "PAID"]),
            ('rename={"JUNK": None}', [None, "NEW", None, "PAID"]),
            ('rename={"JUNK": "NEW"}', ["NEW", "NEW", "NEW", "PAID"]),
        ],
    )
    def test_goes_by_a_rule(
        self, db: Database, rule: str, rows: list[str | None]
    ) -> None:
        migration = self.filled(db)
        migration = replace(migration, upgrade=edited(migration.upgrade, rule))
        db.upgrade(self.after, migration)
        assert db.column("orders") == rows
        assert db.diff(self.after) == []
        tried = ["NEW", "PAID", "JUNK"]
        takes = accepted(db.engine, "orders", "status", tried)
        assert takes == {"NEW", "PAID"}
        db.downgrade(self.before, migration)
        assert db.column("orders") == rows
        assert db.diff(self.before) == []
        db.upgrade(self.after, migration)
        assert db.column("orders") == rows

    def test_does_not_go_without_one(self, db: Database) -> None:
        """The error names table, column, value, how many rows, both ways."""
        migration = self.filled(db)
        with pytest.raises(RowsRemainError) as caught:
            db.upgrade(self.after, migration)
        for said in (
            "Rows of 'orders.status'",
            "'JUNK' in 2 rows",
            "This directive changed nothing",
            "rename={'JUNK': 'NEW'}",
            "delete=['JUNK']",
        ):
            assert said in str(caught.value)
        assert db.column("orders") == ["JUNK", "NEW", "JUNK", "PAID"]
        assert db.diff(self.before) == []

    def test_goes_where_no_row_holds_it(self, db: Database) -> None:
        db.create(self.before)
        fill(db, "orders", "status", "NEW", "PAID")
        db.round_trip(self.before, self.after)
        assert db.column("orders") == ["NEW", "PAID"]
