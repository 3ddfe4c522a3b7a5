"""The reference and the troubleshooting leave out nothing that there is."""

from __future__ import annotations

import re

from alembic.operations import BatchOperations
from alembic.operations import Operations
import pytest

from ckenum import exc
from ckenum.alembic.autogenerate.options import OPTIONS

from .pages import page

DIRECTIVES = page("docs/reference/directives.md").text
ERRORS = page("docs/reference/errors.md")
SETTINGS = page("docs/reference/settings.md").text


@pytest.mark.parametrize(
    "module, operations", [("op", Operations), ("batch_op", BatchOperations)]
)
def test_directives(module: str, operations: type) -> None:
    """Each directive is shown as migrations call it."""
    names = [
        n for n in vars(operations) if re.search("(check|native)_enum", n)
    ]
    shown = re.findall(
        rf"^\.\. autofunction:: {module}\.(.+)", DIRECTIVES, re.M
    )
    assert sorted(shown) == sorted(names)


def test_errors() -> None:
    """Each error has a line with its cause and the way out."""
    errors = {
        name
        for name, value in vars(exc).items()
        if isinstance(value, type)
        and issubclass(value, exc.CheckEnumError)
        and value is not exc.CheckEnumError
    }
    lines = {
        line[0].removeprefix("{exc}~ckenum.exc."): line[1:]
        for line in ERRORS.table("Errors")
    }
    assert lines.keys() == errors
    assert all(map(all, lines.values()))


def test_settings() -> None:
    """Each option of ``context.configure()`` is told."""
    told = re.findall(r"^\.\. confval:: (ckenum\w+)$", SETTINGS, re.M)
    assert set(told) == OPTIONS
