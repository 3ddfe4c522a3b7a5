"""What README.md says of autogenerate and of rows is so."""

from __future__ import annotations

import re
import textwrap

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckenum.exc import RowsRemainError

from .models import orders
from .pages import executed
from .pages import metadata
from .pages import MODEL
from .pages import MODEL_BEFORE
from .pages import MODEL_RENAMED
from .pages import page
from .pages import README
from .roundtrip import body
from .roundtrip import Database

HOME = page("docs/index.md")


@README.executes(model="# added", migration="def upgrade() -> None:")
def test_migration(db: Database, model: str, migration: str) -> None:
    """The model that is shown gives the migration that is shown, which goes
    up and down.
    """
    before, after = metadata(MODEL_BEFORE), metadata(model)
    db.create(before)
    found = db.round_trip(before, after)
    assert found.upgrade == body(migration.partition("\n")[2])


@HOME.executes(model="# added", migration="op.alter_check_enum(")
def test_home(model: str, migration: str) -> None:
    """The manual's first page shows what README shows."""
    assert textwrap.indent(migration, "    ") in README.block("def upgrade()")
    for part in model.split("\n\n\n"):
        assert part in MODEL


@README.executes(enum="    PAID = SETTLED")
def test_rename(db: Database, enum: str) -> None:
    """The alias that is shown reads old rows, and gives the rename that is
    told, both ways.
    """
    assert enum in MODEL_RENAMED
    db.create(metadata(MODEL))
    db.insert("orders", status="PAID")
    names = executed(MODEL_RENAMED)
    with Session(db.engine) as session:
        order = session.scalars(sa.select(names["Order"])).one()
        assert order.status is names["Status"].PAID
    renamed = names["Base"].metadata
    migration = db.autogenerate(renamed)
    assert f"    {README.told(r'`(rename=.*?)`')},\n" in migration.upgrade
    db.upgrade(renamed, migration)
    assert db.column("orders") == ["SETTLED"]
    db.downgrade(metadata(MODEL), migration)
    assert db.column("orders") == ["PAID"]


RULES = README.block('    delete=["JUNK"],')
VALUES = ["NEW", "PAID", "SHIPPED", "JUNK"]


@pytest.fixture
def filled(db: Database) -> Database:
    """A row of each value."""
    db.create(orders(*VALUES))
    for value in VALUES:
        db.insert("orders", status=value)
    return db


def run(db: Database, directive: str) -> None:
    with db.operations() as op:
        exec(directive, {"op": op})


@README.executes(directive='    delete=["JUNK"],')
def test_rules(filled: Database, directive: str) -> None:
    """The rules that are shown do to the rows what is told."""
    run(filled, directive)
    assert filled.column("orders") == ["NEW", "PAID", "PAID"]


def test_no_rule(filled: Database) -> None:
    """It stops before it changes anything, and tells what is there."""
    with pytest.raises(RowsRemainError) as caught:
        run(filled, re.sub(r"    delete=.+\n", "", RULES))
    assert "'orders.status'" in str(caught.value)
    assert "'JUNK' in 1 row." in str(caught.value)
    assert filled.column("orders") == VALUES
