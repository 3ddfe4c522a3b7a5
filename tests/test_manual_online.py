"""What the manual says of online changes is so."""

from __future__ import annotations

import io
import re

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic import OnlineSettings

from .models import orders
from .online import triggers
from .pages import executed
from .pages import page
from .roundtrip import Database

PAGE = page("docs/how-to/online.md")
DIRECTIVE = PAGE.block("    keep_trigger=True,")


def run(db: Database, directive: str = DIRECTIVE) -> None:
    with db.operations() as op:
        exec(directive, {"op": op})


@pytest.fixture
def filled(db: Database) -> Database:
    """A row of each value that the directive takes for existing."""
    db.create(orders("NEW", "PAID"))
    db.insert("orders", status="NEW")
    db.insert("orders", status="PAID")
    return db


@PAGE.executes(line="ckenum_online=")
def test_line_in_env_py(filled: Database, line: str) -> None:
    """It has autogenerate write what the directive says."""
    migration = filled.round_trip(
        orders("NEW", "PAID"),
        orders("NEW", "PAID", "SENT"),
        **eval(f"dict({line})"),
    )
    assert "    online=True,\n" in migration.upgrade


@PAGE.executes(directive="    keep_trigger=True,")
def test_directive(filled: Database, directive: str) -> None:
    """It changes the rows, on SQLite as well."""
    run(filled, directive)
    assert filled.column("orders") == ["NEW", "SETTLED"]
    assert filled.diff(orders("NEW", "SETTLED")) == []


def test_old_application(any_postgresql: Database) -> None:
    """It writes the old value, and it is the new one that is stored; until
    a later revision says so.
    """
    db = any_postgresql
    db.create(orders("NEW", "PAID"))
    run(db)
    db.insert("orders", status="PAID")
    assert db.column("orders") == ["SETTLED"]
    run(db, PAGE.told(r"`(op\.drop_check_enum_trigger\(.+?\))`"))
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        db.insert("orders", status="PAID")


def test_trigger_goes_at_the_end(any_postgresql: Database) -> None:
    """Where nothing is said of keeping it."""
    any_postgresql.create(orders("NEW", "PAID"))
    run(any_postgresql, DIRECTIVE.replace("    keep_trigger=True,\n", ""))
    assert triggers(any_postgresql) == []


def test_error_says_who_holds_the_lock(any_postgresql: Database) -> None:
    """With the number of its process; run again it is cured."""
    db = any_postgresql
    db.create(orders("NEW", "PAID"))
    db.options["ckenum_online_settings"] = OnlineSettings(deadline=0.2)
    with db.engine.connect() as reader:
        reader.execute(sa.text("SELECT FROM orders"))
        pid = reader.scalar(sa.func.pg_backend_pid())
        with pytest.raises(exc.LockTimeoutError, match=f"pid {pid} "):
            run(db)
    run(db)
    assert db.diff(orders("NEW", "SETTLED")) == []


def script(directive: str) -> str:
    """What ``--sql`` writes for PostgreSQL."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": written},
    )
    exec(directive, {"op": Operations(context)})
    return written.getvalue()


def test_script_of_the_same_steps() -> None:
    """Swapped as NOT VALID, and validated."""
    directive = re.sub(r"    (rename|keep_trigger)=.+\n", "", DIRECTIVE)
    swapped, _, validated = script(directive).partition("NOT VALID")
    assert "DROP CONSTRAINT" in swapped
    assert "ADD CONSTRAINT ck_orders_status" in swapped
    assert "VALIDATE CONSTRAINT ck_orders_status" in validated


def test_script_of_rows() -> None:
    """Their loop no script can hold."""
    with pytest.raises(exc.DirectiveError, match="which a script cannot hold"):
        script(DIRECTIVE)


@pytest.mark.parametrize(
    "rename",
    ['{"NEW": "PAID", "PAID": "NEW"}', '{"NEW": "PAID", "PAID": "SETTLED"}'],
    ids=["swap", "chain"],
)
def test_swaps_and_chains(rename: str) -> None:
    """They are an error, before any statement is run."""
    directive = re.sub(r"rename=\{.*?\}", f"rename={rename}", DIRECTIVE)
    three = directive.replace(
        '["NEW", "SETTLED"]', '["NEW", "PAID", "SETTLED"]'
    )
    with pytest.raises(exc.DirectiveError, match="online=True is not pos"):
        script(three)


@PAGE.executes(settings="ckenum_online_settings=")
def test_settings(settings: str) -> None:
    """Those that are shown are the defaults."""
    line = PAGE.told(r"with `(from ckenum\.alembic import OnlineSettings)`")
    names = executed(line, f"found = dict(\n{settings})")
    assert names["found"] == {"ckenum_online_settings": OnlineSettings()}
    assert len(re.findall(r"^    \w+=", settings, re.M)) == len(
        vars(OnlineSettings())
    )
