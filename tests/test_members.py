from __future__ import annotations

import copy
import enum
import pickle
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import UnknownValueError

from .roundtrip import Database

DIALECT = sa.create_engine("sqlite://").dialect


class Status(enum.Enum):
    """Of which hashing, comparing and calling are counted."""

    NEW = "new"
    PAID = "paid"
    PAYED = PAID

    def __hash__(self) -> int:
        CALLS.append("hash")
        return super().__hash__()

    @classmethod
    def _missing_(cls, value: object) -> Any:
        CALLS.append("missing")
        if value == "other":
            other = object.__new__(cls)
            other._name_, other._value_ = "OTHER", value
            return other
        return None


CALLS: list[str] = []


class Listed(list[str], enum.Enum):
    """Members that have no hash."""

    A = ["a"]


class Valued(enum.Enum):
    """Values that have no hash."""

    A = ["a"]


class Stranger(enum.Enum):
    NEW = "new"


class Loose(enum.Enum):
    """Members that are equal, all of them."""

    A = "a"
    B = "b"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def read(type_: Any, value: Any) -> Any:
    return type_.result_processor(DIALECT, None)(value)


def stored(type_: Any, value: Any) -> Any:
    return type_.bind_processor(DIALECT)(value)


class TestReading:
    def test_is_a_look_up_and_nothing_else(self) -> None:
        """No function of Python runs for a row."""
        for type_ in (CheckEnum(Status), CheckEnum("a")):
            processor = type_.result_processor(DIALECT, None)
            assert type(processor) is type({}.__getitem__)
            assert processor.__name__ == "__getitem__"

    def test_asks_for_what_is_no_key(self) -> None:
        """And still leaves what is asked for out of the members."""
        type_ = CheckEnum(Status)
        assert read(type_, "PAYED") is Status.PAID
        assert type_.enums == ["NEW", "PAID"]
        assert type_.canonical("PAYED") == "PAID"

    def test_has_none_for_null_but_no_member(self) -> None:
        type_ = CheckEnum(Status, unknown=Status.NEW)
        assert read(type_, None) is None
        assert type_.canonical(None) is None  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "duplicate",
        [
            copy.copy,
            copy.deepcopy,
            lambda type_: pickle.loads(pickle.dumps(type_)),
            lambda type_: type_.copy(),
            lambda type_: type_.adapt(CheckEnum),
        ],
    )
    def test_of_a_copy_asks_as_well(self, duplicate: Any) -> None:
        copied = duplicate(CheckEnum(Status))
        assert read(copied, "PAYED") is Status.PAID
        assert stored(copied, "PAYED") == "PAID"
        with pytest.raises(UnknownValueError):
            read(copied, "junk")
        with pytest.raises(UnknownValueError):
            stored(copied, "junk")


class TestWriting:
    def test_hashes_no_member(self) -> None:
        """That is a call of Python's for each value."""
        type_ = CheckEnum(Status, persist="value")
        CALLS.clear()
        assert stored(type_, Status.PAID) == "paid"
        assert stored(type_, "new") == "new"
        assert stored(type_, None) is None
        assert CALLS == []

    @pytest.mark.parametrize("enum_class", [Listed, Valued])
    def test_takes_what_has_no_hash(self, enum_class: Any) -> None:
        """Members and values."""
        type_ = CheckEnum(enum_class)
        assert stored(type_, enum_class.A) == "A"
        assert read(type_, "A") is enum_class.A

    def test_tells_members_that_are_equal(self) -> None:
        type_ = CheckEnum(Loose, persist="value")
        assert [stored(type_, member) for member in Loose] == ["a", "b"]

    @pytest.mark.parametrize("persist", ["name", "value"])
    @pytest.mark.parametrize(
        "value", [Stranger.NEW, 1, ["NEW"], {}, b"NEW", object()]
    )
    def test_refuses_what_is_no_member(self, persist: Any, value: Any) -> None:
        """Also one of the same name and value, from another enum."""
        with pytest.raises(UnknownValueError) as caught:
            stored(CheckEnum(Status, persist=persist), value)
        assert caught.value.value is value
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize("value", [Stranger.NEW, 1, ["new"]])
    def test_refuses_it_where_there_is_no_class(self, value: Any) -> None:
        with pytest.raises(UnknownValueError):
            stored(CheckEnum("new"), value)

    def test_refuses_a_member_that_the_class_made_up(self) -> None:
        """_missing_ may return one that is not among the members."""
        type_ = CheckEnum(Status, persist="value")
        made_up = Status("other")
        assert read(type_, "other").name == "OTHER"
        assert type_.canonical("other") is None
        with pytest.raises(UnknownValueError):
            stored(type_, made_up)


class Shouted(sa.String):
    """A string with processors of its own, as a dialect may have."""

    def bind_processor(self, dialect: Any) -> Any:
        return lambda value: value and value + "!"

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: value and value.removesuffix("!")


class ShoutedEnum(CheckEnum[Any], Shouted):
    cache_ok = True


def test_processors_of_the_string_come_in_between() -> None:
    """On both ways."""
    type_ = ShoutedEnum(Status)
    assert stored(type_, Status.PAID) == "PAID!"
    assert read(type_, "PAID!") is Status.PAID
    assert stored(type_, None) is read(type_, None) is None


def test_dialects_have_no_function_in_between(db: Database) -> None:
    """Nor have those whose strings are a class of their own."""
    processor = CheckEnum(Status)._cached_result_processor(
        db.engine.dialect, None
    )
    assert processor is not None
    assert processor.__name__ == "__getitem__"
