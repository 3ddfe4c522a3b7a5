"""What the manual says of rows, of renamed and of removed values, is so."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import RowsRemainError

from .models import orders
from .models import orders_with
from .pages import metadata
from .pages import MODEL
from .pages import MODEL_RENAMED
from .pages import page
from .pages import ROOT
from .roundtrip import Database
from .test_readme import run
from .test_readme_commands import bash

RENAME = page("docs/how-to/rename.md")
ROWS = page("docs/how-to/rows.md")
ENUMS = page("docs/how-to/enums.md")
RULES = ROWS.block('    delete=["JUNK"],')
VALUES = ["NEW", "PAID", "SHIPPED", "JUNK"]


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


def by_value(model: str) -> sa.MetaData:
    """The model, whose members' values are stored."""
    return metadata(
        model.replace(
            "CheckEnum(Status)", 'CheckEnum(Status, persist="value")'
        )
    )


@RENAME.executes(enum="    PAID = SETTLED")
def test_rename_of_values(db: Database, enum: str) -> None:
    """The alias stands for rows that hold what is told."""
    assert enum in MODEL_RENAMED
    stored = RENAME.told(r'stands for rows that hold `("\w+")`')
    db.create(by_value(MODEL))
    migration = db.autogenerate(by_value(MODEL_RENAMED))
    assert f'    rename={{{stored}: "settled"}},\n' in migration.upgrade


@RENAME.executes(directive="new_column_name=")
def test_rename_of_the_column(db: Database, directive: str) -> None:
    """The rows stay, and autogenerate gives the constraint its name."""
    db.create(orders("NEW"))
    db.insert("orders", status="NEW")
    run(db, directive)
    later = orders_with(sa.Column("state", CheckEnum("NEW")))
    migration = db.autogenerate(later)
    assert 'existing_name=op.f("ck_orders_status")' in migration.upgrade
    db.upgrade(later, migration)
    assert (db.column("orders", "state"), db.diff(later)) == (["NEW"], [])


def test_alias_goes(db: Database) -> None:
    """Without the alias there is nothing to migrate."""
    db.create(metadata(MODEL_RENAMED))
    later = metadata(MODEL_RENAMED.replace("    PAID = SETTLED\n", ""))
    assert db.diff(later) == []


@pytest.fixture
def filled(db: Database) -> Database:
    """A row of each value."""
    db.create(orders(*VALUES))
    for value in VALUES:
        db.insert("orders", status=value)
    return db


@ROWS.executes(directive='    delete=["JUNK"],')
def test_rules(filled: Database, directive: str) -> None:
    """The rules that are shown do to the rows what is told."""
    run(filled, directive)
    assert filled.column("orders") == ["NEW", "PAID", "PAID"]


def test_null_rule(filled: Database) -> None:
    """The rule that is told stores NULL."""
    rule = ROWS.told(r"`rename=(\{\S+ None\})`")
    run(filled, RULES.replace('{"SHIPPED": "PAID"}', rule))
    assert filled.column("orders") == ["NEW", "PAID", None]


def test_no_rule(filled: Database) -> None:
    """The error that is told, and nothing is changed."""
    with pytest.raises(RowsRemainError):
        run(filled, RULES.replace('    delete=["JUNK"],\n', ""))
    assert filled.column("orders") == VALUES


@ENUMS.executes(line="ckenum_enums=")
def test_enums(db: Database, line: str) -> None:
    """The line has stock Enum columns compared, and not without it."""
    before, after = (
        metadata(
            model.replace(
                "CheckEnum(Status)",
                'sa.Enum(Status, name="ck", native_enum=False,'
                " create_constraint=True)",
            ).replace("import enum", "import enum\nimport sqlalchemy as sa")
        )
        for model in (MODEL, MODEL.replace("PAID", "PAYED"))
    )
    db.create(before)
    assert db.diff(after) == []
    db.options.update(eval(f"dict({line})"))
    assert "op.alter_check_enum(" in db.autogenerate(after).upgrade


@pytest.mark.slow
@ROWS.executes(command="examples/recipes/run.py")
def test_recipe(command: str) -> None:
    """The command runs from a checkout."""
    done = bash(command, ROOT)
    assert done.returncode == 0
    assert re.findall(r"^\w+", done.stdout, re.M)[-3:] == [
        "before",
        "upgrade",
        "downgrade",
    ]
