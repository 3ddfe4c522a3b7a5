"""What README.md says of autogenerate and of rows is so, and every code
block of it is executed.
"""

from __future__ import annotations

import importlib
from pathlib import Path
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckenum.exc import RowsRemainError

from .models import orders
from .readme import block
from .readme import BLOCKS
from .readme import executed
from .readme import EXECUTED
from .readme import executes
from .readme import metadata
from .readme import MODEL
from .readme import MODEL_BEFORE
from .readme import MODEL_RENAMED
from .readme import README
from .readme import ROOT
from .readme import told
from .roundtrip import body
from .roundtrip import Database


def test_every_block_is_executed() -> None:
    """By one test each, and none is there twice."""
    for path in sorted(Path(__file__).parent.glob("test_readme*.py")):
        importlib.import_module(f".{path.stem}", __package__)
    assert len(set(BLOCKS)) == len(BLOCKS) == README.count("\n```") / 2
    tests = {text: EXECUTED[text] for text in BLOCKS}
    assert {text: n for text, n in tests.items() if len(n) != 1} == {}


def test_lines_are_short() -> None:
    """A terminal shows them; tables aside."""
    lines = [line for line in README.splitlines() if line[:1] != "|"]
    assert [line for line in lines if len(line) > 88] == []


def test_links() -> None:
    """Each leads to a file of the repository."""
    links = re.findall(r"\]\((.+?)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


@executes(model="# added", migration="def upgrade() -> None:")
def test_migration(db: Database, model: str, migration: str) -> None:
    """The model that is shown gives the migration that is shown, which goes
    up and down.
    """
    before, after = metadata(MODEL_BEFORE), metadata(model)
    db.create(before)
    found = db.round_trip(before, after)
    assert found.upgrade == body(migration.partition("\n")[2])


@executes(enum="    PAID = SETTLED")
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
    assert f"    {told(r'`(rename=.*?)`')},\n" in migration.upgrade
    db.upgrade(renamed, migration)
    assert db.column("orders") == ["SETTLED"]
    db.downgrade(metadata(MODEL), migration)
    assert db.column("orders") == ["PAID"]


@pytest.mark.parametrize(
    "old, new",
    [("shipped", "SHIPPED"), ("in-transit", "in_transit"), ("a b", "a_b")],
)
def test_rename_by_spelling(db: Database, old: str, new: str) -> None:
    """Case, and what stands between words, do not make another member."""
    db.create(orders("NEW", old))
    migration = db.autogenerate(orders("NEW", new))
    assert f'    rename={{"{old}": "{new}"}},\n' in migration.upgrade


def test_rename_that_nothing_tells(db: Database) -> None:
    """It is a member removed and another added."""
    db.create(orders("NEW", "PAID"))
    migration = db.autogenerate(orders("NEW", "SETTLED"))
    assert '["NEW", "SETTLED"],\n' in migration.upgrade
    assert "\n    rename=" not in migration.upgrade


RULES = block('    delete=["JUNK"],')
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


@executes(directive='    delete=["JUNK"],')
def test_rules(filled: Database, directive: str) -> None:
    """The rules that are shown do to the rows what is told."""
    run(filled, directive)
    assert filled.column("orders") == ["NEW", "PAID", "PAID"]


def test_null_rule(filled: Database) -> None:
    """None in place of the new value stores NULL."""
    run(filled, RULES.replace('"SHIPPED": "PAID"', '"SHIPPED": None'))
    assert filled.column("orders") == ["NEW", "PAID", None]


def test_no_rule(filled: Database) -> None:
    """It stops before it changes anything, and tells what is there."""
    with pytest.raises(RowsRemainError) as caught:
        run(filled, RULES.replace('    delete=["JUNK"],\n', ""))
    assert "'orders.status'" in str(caught.value)
    assert "'JUNK' in 1 row." in str(caught.value)
    assert filled.column("orders") == VALUES
