"""What need not be parsed, because it is spelled as expected."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import sqlite

from ckenum.reflection import Check
from ckenum.spelling import Expected
from ckenum.spelling import spellings

STATUS = "CONSTRAINT ck CHECK (status IN ('A', 'it''s'))"
EXPECTED = Expected(sqlite.dialect(), [("ck", "status", ["A", "it's"], False)])


def test_other_backends_are_parsed() -> None:
    """How they spell it is not known."""
    assert list(spellings(mysql.dialect(), "status", ["A"])) == []


def test_table_as_expected() -> None:
    """The text of the model's own CREATE TABLE is found in it."""
    text = f"CREATE TABLE t (\n\tstatus VARCHAR(255), \n\t{STATUS}\n)"
    assert EXPECTED.sqlite_checks(text) == [
        Check("ck", "status IN ('A', 'it''s')")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (status)",
        f"CREATE TABLE t (status, /* {STATUS} */ x)",
        f"CREATE TABLE t (status, x -- {STATUS}\n)",
        f'CREATE TABLE t (status, "{STATUS}" TEXT)',
        f"CREATE TABLE t (status, [{STATUS}] TEXT)",
        f"CREATE TABLE t (status, `{STATUS}` TEXT)",
        f"CREATE TABLE t (status, {STATUS}, CHECK (status <> 'B'))",
        "CREATE TABLE t (status, CONSTRAINT ck CHECK (status IN ('A')))",
    ],
)
def test_table_that_must_be_parsed(text: str) -> None:
    """Where something only looks like the constraint, or more is there."""
    assert EXPECTED.sqlite_checks(text) is None
