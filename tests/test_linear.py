"""Work grows as the models do, counted in calls and not by the clock."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .roundtrip import Database


def model(tables: int, members: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(tables):
        sa.Table(
            f"table_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("x", CheckEnum(*(f"value {m}" for m in range(members)))),
        )
    return metadata


def calls(db: Database, metadata: sa.MetaData) -> int:
    """Of functions, in Python or C, that a comparison makes."""
    count = 0

    def counted(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    db.create(metadata)
    db.diff(metadata)  # what is made once
    sys.setprofile(counted)
    try:
        assert db.diff(metadata) == []
    finally:
        sys.setprofile(None)
    metadata.drop_all(db.engine)
    return count


@pytest.mark.parametrize("by", ["tables", "members"])
def test_linear(db: Database, by: str) -> None:
    """Twice as many tables or members more take no more than twice the calls
    more.
    """
    step = {"tables": 4, "members": 200}[by]
    size = {"tables": 2, "members": 2}
    found = []
    for times in (1, 2, 4):
        found.append(calls(db, model(**{**size, by: times * step})))
    first, second = found[1] - found[0], found[2] - found[1]
    assert second <= 2.3 * max(first, 1000)
