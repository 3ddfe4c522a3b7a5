"""A plugin for pytest: SQLAlchemy's ``EnumTest`` with CheckEnum for Enum.

A test that fails though no difference is expected fails, and so does one
that passes, or fails with something else, though one is.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from differences import Difference
from differences import DIFFERENCES
import pytest
import sqlalchemy

import ckenum

NOT_OURS = ("create_constraint", "metadata", "native_enum", "quote", "schema")


class Enum(ckenum.CheckEnum[Any]):
    """Without what is for native types, or what a CheckEnum always is."""

    def __init__(self, *enums: Any, **options: Any) -> None:
        for name in NOT_OURS:
            options.pop(name, None)
        super().__init__(*enums, **options)


def _expected(item: pytest.Function) -> Difference | None:
    difference = DIFFERENCES.get(item.originalname)
    if difference is None or difference.backend not in item.nodeid:
        return None
    return difference


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        setattr(item.module, "Enum", Enum)
    expected = {
        name
        for name, difference in DIFFERENCES.items()
        if difference.since <= sqlalchemy.__version__
    }
    gone = expected - {item.originalname for item in items}
    if gone:
        raise pytest.UsageError(f"There is no {', '.join(sorted(gone))}.")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(
    pyfuncitem: pytest.Function,
) -> Generator[None, Any, Any]:
    difference = _expected(pyfuncitem)
    if difference is None:
        return (yield)
    try:
        yield
    except Exception as error:
        if difference.says not in str(error):
            raise
        pytest.xfail(difference.reason)
    pytest.fail(f"This has passed: {difference.reason}.")
