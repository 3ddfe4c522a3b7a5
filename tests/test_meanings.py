"""What an old string means: a rename that is known, a row that is read."""

from __future__ import annotations

import enum
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.diff import compare_values
from ckenum.exc import UnknownValueError

from .models import orders_with
from .roundtrip import Database
from .test_diff import Says
from .test_types import read


class Settled(enum.Enum):
    NEW = "new"
    SETTLED = "settled"
    PAID = "settled"
    """The old name, with its old value gone."""


class Caught(enum.Enum):
    NEW = "new"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.UNKNOWN


class Loud(enum.Enum):
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return {"finished": cls.DONE}.get(str(value))


def by_values(enum_class: type[enum.Enum]) -> list[str]:
    """The commonest idiom of all."""
    return [member.value for member in enum_class]


def model(type_: CheckEnum[Any]) -> sa.MetaData:
    return orders_with(sa.Column("status", type_))


VALUE: dict[str, Any] = {"persist": "value"}

RENAMES = {
    "alias": (CheckEnum(Settled), ["NEW", "PAID"], {"PAID": "SETTLED"}),
    "alias, spelled otherwise": (
        CheckEnum(Settled),
        ["NEW", "paid"],
        {"paid": "SETTLED"},
    ),
    "name of an alias": (
        CheckEnum(Settled, **VALUE),
        ["new", "paid"],
        {"paid": "settled"},
    ),
    "name of an alias, values_callable": (
        CheckEnum(Settled, values_callable=by_values),
        ["new", "paid"],
        {"paid": "settled"},
    ),
    "spelling": (
        CheckEnum(Loud),
        ["in-progress", "DONE"],
        {"in-progress": "IN_PROGRESS"},
    ),
    "_missing_": (
        CheckEnum(Loud, **VALUE),
        ["IN_PROGRESS", "finished"],
        {"finished": "DONE"},
    ),
}

NO_RENAMES = {
    "catch-all": (CheckEnum(Caught, **VALUE), ["new", "unknown", "cancelled"]),
    "catch-all that comes": (CheckEnum(Caught, **VALUE), ["new", "cancelled"]),
    "_missing_, into what was there": (
        CheckEnum(Loud, **VALUE),
        ["IN_PROGRESS", "DONE", "finished"],
    ),
    "two of one spelling": (
        CheckEnum(Loud),
        ["in-progress", "in progress", "DONE"],
    ),
    "spelling, into what was there": (
        CheckEnum(Loud),
        ["IN_PROGRESS", "in progress", "DONE"],
    ),
}


@pytest.mark.parametrize(
    "type_, existing, renamed", RENAMES.values(), ids=RENAMES
)
def test_renamed(
    db: Database,
    type_: CheckEnum[Any],
    existing: list[str],
    renamed: dict[str, str],
) -> None:
    """The migration renames it, up and down, and the rows follow."""
    before = model(CheckEnum(*existing))
    db.create(before)
    for number, value in enumerate(existing):
        db.insert("orders", id=number, status=value)
    migration = db.autogenerate(model(type_))
    ((old, new),) = renamed.items()
    assert f'rename={{"{old}": "{new}"}}' in migration.upgrade
    db.upgrade(model(type_), migration)
    assert db.column("orders") == [renamed.get(v, v) for v in existing]
    assert db.diff(model(type_)) == []
    db.downgrade(before, migration)
    assert db.column("orders") == existing
    assert db.diff(before) == []


@pytest.mark.parametrize(
    "type_, existing", NO_RENAMES.values(), ids=NO_RENAMES
)
def test_not_renamed(
    db: Database, type_: CheckEnum[Any], existing: list[str]
) -> None:
    """It is a value that is removed, and the comment says what to do."""
    db.create(model(CheckEnum(*existing)))
    migration = db.autogenerate(model(type_))
    (directive,) = migration.upgrade.split("op.alter_check_enum")[1:]
    assert "rename=" not in directive
    assert "# If any row still holds a removed value" in migration.upgrade


@pytest.mark.parametrize(
    "type_, existing, renamed", RENAMES.values(), ids=RENAMES
)
def test_read_before_the_migration(
    type_: CheckEnum[Any], existing: list[str], renamed: dict[str, str]
) -> None:
    """A row of before gives the member that it is about to be."""
    ((old, new),) = renamed.items()
    assert read(type_, old) is read(type_, new)


def test_value_alias() -> None:
    """A second value of a member, as Python 3.13 has them, is an alias."""

    class Paid(enum.Enum):
        SETTLED = "settled"

    # as _add_value_alias_() does
    Paid._value2member_map_["paid"] = Paid.SETTLED
    meaning = CheckEnum(Paid, persist="value").meanings
    change = compare_values(["paid", "settled"], ["settled"], meaning)
    assert change.renamed == {"paid": "settled"}


def test_values_callable_that_gives_the_values() -> None:
    """It is the long way to say ``persist="value"``."""
    type_ = CheckEnum(Settled, values_callable=by_values)
    assert repr(type_) == "CheckEnum(Settled, persist='value')"
    assert repr(type_.copy()) == repr(type_)


def test_values_callable_that_gives_others() -> None:
    """Names and values then say nothing of what is stored."""
    type_ = CheckEnum(Settled, values_callable=lambda _: ["a", "b"])
    assert type_.meaning("PAID") is None
    with pytest.raises(UnknownValueError):
        type_._read_unknown("settled")


words = st.lists(
    st.sampled_from(["new", "NEW", "in work", "in-work", "IN_WORK", "x", "y"]),
    min_size=1,
    unique=True,
)


@given(existing=words, declared=words, data=st.data())
def test_one_to_one(
    existing: list[str], declared: list[str], data: st.DataObject
) -> None:
    """A rename leads back to what each row held, whatever the enum derives."""
    derived = data.draw(
        st.dictionaries(st.sampled_from(existing), st.sampled_from(declared))
    )
    change = compare_values(existing, declared, Says({}, derived))
    assert not {*change.renamed.values()} & {*existing}
    back = {new: old for old, new in change.renamed.items()}
    assert {*back.values()} == {*change.renamed}
