from __future__ import annotations

import copy
import enum
import inspect
import pickle
from typing import get_type_hints

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum


class Status(enum.Enum):
    NEW = "new"


def test_can_be_written_with_brackets() -> None:
    """Annotations that checkers ask for can be evaluated."""

    def types() -> list[CheckEnum[Status]]: ...

    hints = get_type_hints(types, localns={"CheckEnum": CheckEnum})
    assert hints["return"] == list[CheckEnum[Status]]


@pytest.mark.parametrize("how", [copy.copy, pickle.dumps, CheckEnum.copy])
def test_brackets_change_nothing(how: object) -> None:
    """What they make is what is made without them."""
    made = CheckEnum[Status](Status)
    assert type(made) is CheckEnum
    assert callable(how)
    copied = how(made)
    if isinstance(copied, bytes):
        copied = pickle.loads(copied)
    assert repr(copied) == repr(CheckEnum(Status))
    assert copied._static_cache_key == CheckEnum(Status)._static_cache_key


def test_is_an_enum_of_sqlalchemy_and_its_kin() -> None:
    """The brackets leave SQLAlchemy's own idea of the type alone."""
    type_ = CheckEnum(Status)
    assert type_._type_affinity is sa.Enum(Status)._type_affinity
    assert type_._generic_type_affinity is sa.Enum


def test_signature_names_the_options() -> None:
    """help() shows them, though checkers are told more."""
    parameters = inspect.signature(CheckEnum).parameters
    assert {"persist", "name", "length", "unknown"} <= set(parameters)
