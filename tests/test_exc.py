from __future__ import annotations

from datetime import datetime
from datetime import timezone
import pickle
from typing import Any

from alembic.util import CommandError
import pytest
from sqlalchemy.exc import ArgumentError

from ckenum import exc

HOLDERS = [
    exc.LockHolder(
        7,
        "active",
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        "SELECT\n  1",
    ),
    exc.LockHolder(8, None, None, None),
    exc.LockHolder(None, None, None, "two"),
]

ERRORS: list[tuple[exc.CheckEnumError, dict[str, Any], str]] = [
    (exc.DeclarationError("why"), {}, "why"),
    (exc.DirectiveError("why"), {}, "why"),
    (
        exc.UnknownValueError("x", "Status", ["NEW", "PAID"]),
        {"value": "x", "enum_name": "Status", "possible": ("NEW", "PAID")},
        "'x' is not among the values of Status. "
        "Possible values: 'NEW', 'PAID'",
    ),
    (
        exc.RowsRemainError(
            "orders", "status", "shop", {"x": 1, "y": 2}, "Change them."
        ),
        {
            "table": "orders",
            "column": "status",
            "schema": "shop",
            "counts": {"x": 1, "y": 2},
            "ways_out": "Change them.",
        },
        "Rows of 'shop.orders.status' hold values that the new constraint "
        "does not allow: 'x' in 1 row, 'y' in 2 rows. This directive "
        "changed nothing. Change them.",
    ),
    (
        exc.RowsRemainError("orders", "status", None, {"x": 3}, "Go."),
        {"schema": None},
        "Rows of 'orders.status' hold values that the new constraint does "
        "not allow: 'x' in 3 rows. This directive changed nothing. Go.",
    ),
    (
        exc.RowsRemainError(
            "orders", "status", None, {"x": 3}, "Go.", taken_back=True
        ),
        {"taken_back": True},
        "Rows of 'orders.status' hold values that the new constraint does "
        "not allow: 'x' in 3 rows. They were written after ckenum first "
        "looked. The values that were allowed before are allowed again; run "
        "the migration again when these rows are gone. Go.",
    ),
    (
        exc.OnlineBlockedError("orders", "status", None, ["No way"]),
        {"obstacles": ("No way",)},
        "'orders.status' cannot be changed online:\n  * No way.\n"
        "This directive changed nothing. Without online=True it runs in one "
        "transaction, which changes everything or nothing.",
    ),
    (
        exc.OnlineUndoneError(
            "orders", "status", None, "row 1", "no", "op.x()"
        ),
        {"row": "row 1", "reason": "no", "by_hand": None},
        "The online change of 'orders.status' stopped, because row 1 refuses "
        "it: no. The constraint now allows the old and the new values, so the "
        "application goes on; changed rows stay changed. Fix the row and run "
        "the migration again; it goes on from here. To give up the change "
        "instead, run this in a migration:\n    op.x()",
    ),
    (
        exc.OnlineUndoneError(
            "orders", "status", None, None, "no", "op.x()", ["ALTER;"]
        ),
        {"row": None, "by_hand": ("ALTER;",)},
        "The online change of 'orders.status' stopped, because a row refuses "
        "it: no. The constraint could not be put back, so updates of rows "
        "with an old value may fail until you run:\n    ALTER;\n Fix the "
        "row and run the migration again; it goes on from here. To give up "
        "the change instead, run this in a migration:\n    op.x()",
    ),
    (
        exc.SettingsError("deadline", "1", "a number"),
        {"setting": "deadline", "value": "1", "expected": "a number"},
        "deadline='1' must be a number.",
    ),
    (
        exc.LockTimeoutError("orders", "shop", 60.0, HOLDERS),
        {
            "table": "orders",
            "schema": "shop",
            "seconds": 60.0,
            "holders": tuple(HOLDERS),
        },
        "Could not lock table 'shop.orders' within 60 s. The lock is held by "
        "pid 7 (active, query began 2026-01-02 03:04:05+0000: SELECT 1); pid "
        "8 (this role may not see its state); the prepared transaction "
        "'two'. This step changed nothing. End those transactions, or wait "
        "for them, and run the migration again: it skips what is done.",
    ),
    (
        exc.PauseTimeoutError("orders", "shop", 60, "a replica is away"),
        {"seconds": 60, "reason": "a replica is away"},
        "The change of table 'shop.orders' has been paused for 60 s: a "
        "replica is away. The rows changed so far stay changed. Run the "
        "migration again when that is over: it skips what is done.",
    ),
    (
        exc.ConcurrentChangeError("orders", "shop", 0.5, HOLDERS[1:2]),
        {"seconds": 0.5, "holders": (HOLDERS[1],)},
        "Another online change of table 'shop.orders' did not end within "
        "0.5 s. It is run by pid 8 (this role may not see its state). This "
        "directive changed nothing. Wait for that change, or end it, and run "
        "the migration again.",
    ),
    (
        exc.ConcurrentChangeError("orders", None, 0.5, []),
        {"holders": ()},
        "Another online change of table 'orders' did not end within 0.5 s. "
        "It has ended since. This directive changed nothing. Run the "
        "migration again.",
    ),
    (
        exc.LockTimeoutError("orders", None, 0.5, []),
        {"holders": ()},
        "Could not lock table 'orders' within 0.5 s. Its last holder has "
        "since gone. This step changed nothing. Run the migration again: it "
        "skips what is done.",
    ),
    (
        exc.NoSuchConstraintError("orders", "ck", ["a", None]),
        {"table": "orders", "name": "ck", "found": ("a", None)},
        "Table 'orders' has no CHECK constraint named 'ck'; it has 'a', "
        "one without a name. This directive changed nothing.",
    ),
    (
        exc.NoSuchConstraintError("orders", "ck", []),
        {"found": ()},
        "Table 'orders' has no CHECK constraint named 'ck'; it has none. "
        "This directive changed nothing.",
    ),
    (
        exc.BlockedByViewsError("orders", "status", "shop", ["v", "w"]),
        {
            "table": "orders",
            "column": "status",
            "schema": "shop",
            "views": ("v", "w"),
        },
        "The type of 'shop.orders.status' has to change, but PostgreSQL "
        "does not alter a column that views select: v, w. This "
        "directive changed nothing. Drop those views before this directive "
        "and create them again after it.",
    ),
    (
        exc.BlockedByObjectsError("orders", "status", None, ["x", "y: why"]),
        {
            "table": "orders",
            "column": "status",
            "schema": None,
            "objects": ("x", "y: why"),
        },
        "The type of 'orders.status' has to change, but these objects "
        "prevent it: x; y: why. This directive changed nothing. Drop them "
        "before this directive and create them again, for the new type, "
        "after it.",
    ),
    (
        exc.ConstraintDiffersError("orders", "status", "shop", ["b"], ["a"]),
        {
            "table": "orders",
            "column": "status",
            "schema": "shop",
            "found": ("b",),
            "existing_values": ("a",),
        },
        "The constraint on 'shop.orders.status' allows ['b'], but this "
        "change starts from existing_values=['a']. The constraint was not "
        "changed. If another process has migrated further meanwhile, there "
        "is nothing to do; if not, set existing_values to what the "
        "constraint allows.",
    ),
    (
        exc.RemoteCheckError(
            "orders", "status", "shop", "far", "there", ["b"], "ALTER;"
        ),
        {
            "table": "orders",
            "column": "status",
            "schema": "shop",
            "foreign_table": "far",
            "server": "there",
            "values": ("b",),
            "statement": "ALTER;",
        },
        "The rows of 'far' are on the server 'there', whose own CHECK does "
        "not allow ['b'], which 'shop.orders.status' is to allow. This "
        "directive changed nothing. Run on that server before it:\n"
        "    ALTER;",
    ),
    (
        exc.EnumTypeDiffersError("status", ["a"], ["a", "b"]),
        {"name": "status", "labels": ("a",), "found": ("a", "b")},
        "The type status already exists, with labels ['a', 'b'] instead of "
        "['a']. This directive changed nothing. Alter the type before this "
        "directive, or give this directive another enum_name.",
    ),
    (
        exc.RowSecurityError("orders", None),
        {"table": "orders", "schema": None},
        "Row-level security is active on 'orders' for this role, so it may "
        "not see every row that the new constraint applies to. This "
        "directive changed nothing. Migrate as a role with BYPASSRLS, or as "
        "the owner without FORCE ROW LEVEL SECURITY.",
    ),
    (
        exc.SchemaEditError("t", "shop", ["triggers", "views"], "defensive"),
        {
            "table": "t",
            "schema": "shop",
            "reasons": ("triggers", "views"),
            "cause": "defensive",
        },
        "The constraint of table 'shop.t' cannot be changed. The table "
        "cannot be copied without damage, because of triggers, views. Its "
        "definition cannot be edited either: defensive. This directive "
        "changed nothing. SQLite 3.53 and later can alter constraints.",
    ),
]


@pytest.mark.parametrize("error, evidence, text", ERRORS)
def test_carries_its_evidence(
    error: exc.CheckEnumError, evidence: dict[str, Any], text: str
) -> None:
    """As attributes, not only in the text."""
    assert {name: getattr(error, name) for name in evidence} == evidence
    assert str(error) == text
    assert isinstance(error, exc.CheckEnumError)


@pytest.mark.parametrize("error, evidence, text", ERRORS)
def test_survives_pickling(
    error: exc.CheckEnumError, evidence: dict[str, Any], text: str
) -> None:
    """On its way out of a worker process, for one."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == text
    assert vars(again) == vars(error)


def test_all_are_tried_here() -> None:
    """A new error joins the table above."""
    defined = {
        kind
        for kind in vars(exc).values()
        if isinstance(kind, type)
        and issubclass(kind, exc.CheckEnumError)
        and kind not in (exc.CheckEnumError, exc.MigrationError)
        and not kind.__name__.startswith("_")
    }
    assert defined == {type(error) for error, _, _ in ERRORS}


@pytest.mark.parametrize(
    "kind, parent",
    [
        (exc.DeclarationError, ArgumentError),
        (exc.DirectiveError, ArgumentError),
        (exc.SettingsError, ArgumentError),
        (exc.UnknownValueError, LookupError),
    ],
)
def test_is_what_others_catch(
    kind: type[Exception], parent: type[Exception]
) -> None:
    """By the names of SQLAlchemy and Python."""
    assert issubclass(kind, parent)


def test_migrations_are_told_by_the_command_line() -> None:
    """Alembic prints a CommandError without a traceback; those of the models
    come from Python, where the traceback says where.
    """
    of_models = {exc.DeclarationError, exc.UnknownValueError}
    kinds = {type(error) for error, _, _ in ERRORS}
    commands = {kind for kind in kinds if issubclass(kind, CommandError)}
    assert kinds - commands == of_models
