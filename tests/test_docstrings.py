"""What is public has a docstring for those who look it up."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

from alembic.operations import BatchOperations
from alembic.operations import Operations
import pytest

import ckenum
import ckenum.alembic
import ckenum.drift
import ckenum.testing

DIRECTIVES = [
    name
    for name in vars(Operations)
    if re.search("(check|native)_enum|_codes$", name)
]


def public(module: ModuleType) -> list[Any]:
    """The classes and functions that a module has to offer."""
    names = getattr(module, "__all__", vars(module))
    return [
        each
        for name, each in vars(module).items()
        if name in names
        and not name.startswith("_")
        and getattr(each, "__module__", None) == module.__name__
    ]


@pytest.mark.parametrize(
    "module",
    [
        ckenum,
        ckenum.alembic,
        ckenum.drift,
        ckenum.exc,
        ckenum.testing,
    ],
)
def test_names(module: ModuleType) -> None:
    """Each has one, of its own."""
    found = public(module)
    assert found
    assert [each for each in found if not each.__doc__] == []


@pytest.mark.parametrize("name", DIRECTIVES)
def test_directives(name: str) -> None:
    """Each parameter is told, or those of which directive they are."""
    directive = getattr(Operations, name)
    doc = inspect.getdoc(directive) or ""
    (other,) = re.findall(r"are those of\s+:meth:`(\w+)`", doc) or [name]
    docs = doc + (inspect.getdoc(getattr(Operations, other)) or "")
    told = set(re.findall(r":param (\w+):", docs))
    assert told >= set(inspect.signature(directive).parameters) - {"self"}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_directives_of_batches(name: str) -> None:
    """Each says of which directive its options are."""
    assert f":meth:`{name}`" in (getattr(BatchOperations, name).__doc__ or "")


def test_settings() -> None:
    """Each is told."""
    settings = ckenum.alembic.OnlineSettings
    told = re.findall(r":param (\w+):", settings.__doc__ or "")
    assert told == list(inspect.signature(settings).parameters)
