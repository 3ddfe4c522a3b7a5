"""Columns that have their type from the column they refer to."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .roundtrip import Database


class Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


class MoreKinds(enum.Enum):
    CAT = "cat"
    DOG = "dog"
    EEL = "eel"


def pets(kind: Any, column: bool = True) -> sa.MetaData:
    """A lookup table of kinds, and pets that refer to it."""
    metadata = sa.MetaData()
    code = sa.Column("code", CheckEnum(kind), primary_key=True)
    sa.Table("kind", metadata, code)
    pet = [sa.Column("id", sa.Integer, primary_key=True)]
    if column:
        pet.append(sa.Column("kind", sa.ForeignKey("kind.code", name="fk")))
    sa.Table("pet", metadata, *pet)
    return metadata


def checks(db: Database) -> list[str | None]:
    found = sa.inspect(db.engine).get_check_constraints("pet")
    return [check["name"] for check in found]


def test_created_table(db: Database) -> None:
    """A foreign key guards the column: no CHECK does, as in create_all()."""
    migration = db.round_trip(sa.MetaData(), pets(Kind))
    assert "sa.Column('kind', sa.String(length=255" in migration.upgrade
    assert checks(db) == []


def test_added_column(postgresql: Database) -> None:
    """Nor does an added column get one."""
    postgresql.create(pets(Kind, column=False))
    migration = postgresql.autogenerate(pets(Kind))
    assert "check_enum" not in migration.upgrade
    postgresql.upgrade(pets(Kind), migration)
    assert postgresql.diff(pets(Kind)) == []
    assert checks(postgresql) == []


@pytest.mark.parametrize("kind", [Kind, MoreKinds])
def test_stray_check(db: Database, kind: Any) -> None:
    """One that an earlier migration has made goes."""
    stray = pets(Kind)
    stray.remove(stray.tables["pet"])
    sa.Table(
        "pet",
        stray,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", CheckEnum(Kind), sa.ForeignKey("kind.code")),
    )
    db.create(stray)
    assert checks(db) == ["ck_pet_kind"]
    migration = db.round_trip(stray, pets(kind))
    assert "op.drop_check_enum(" in migration.upgrade
    assert checks(db) == []


def test_new_member(db: Database) -> None:
    """It is added where the list is, and then both tables take it."""
    db.create(pets(Kind))
    migration = db.autogenerate(pets(MoreKinds))
    assert migration.upgrade.count("op.alter_check_enum(") == 1
    db.upgrade(pets(MoreKinds), migration)
    db.insert("kind", code="EEL")
    db.insert("pet", id=1, kind="EEL")
    assert db.diff(pets(MoreKinds)) == []
