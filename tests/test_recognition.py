"""What need not be parsed, because it is spelled as expected."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from ckenum.alembic.ddl.sqlite.reflection import expected_checks
from ckenum.recognition import Expected
from ckenum.recognition import spellings
from ckenum.reflection import Check
from ckenum.reflection import ValueList

STATUS = "CONSTRAINT ck CHECK (status IN ('A', 'it''s'))"
EXPECTED = Expected(sqlite.dialect(), [("ck", "status", ["A", "it's"], False)])


def test_other_backends_are_parsed() -> None:
    """How they spell it is not known."""
    assert list(spellings(mssql.dialect(), "status", ["A"])) == []


ITEMS = "'A'::character varying, 'it''s'::character varying"


@pytest.mark.parametrize(
    "text",
    [
        "status::text = ANY ('{A,it''s}'::text[])",
        f"status::text = ANY (ARRAY[{ITEMS}]::text[])",
        "status::text = ANY (ARRAY['A'::character varying::text,"
        " 'it''s'::character varying::text])",
        "status <@ '{A,it''s}'::character varying[]",
        f"status <@ ARRAY[{ITEMS}]",
    ],
)
def test_constraint_as_expected(text: str) -> None:
    """As the constant or the list, or restored from a dump."""
    is_array = "<@" in text
    expected = Expected(
        postgresql.dialect(), [("ck", "status", ["A", "it's"], is_array)]
    )
    reading = ValueList("status", ("A", "it's"), is_array=is_array)
    assert expected.reading(Check("ck", text)) == reading
    assert expected.reading(Check("ck", text.replace("it", "is"))) is None
    assert expected.reading(Check("other", text)) is None


def test_table_as_expected() -> None:
    """The text of the model's own CREATE TABLE is found in it."""
    text = f"CREATE TABLE t (\n\tstatus VARCHAR(255), \n\t{STATUS}\n)"
    assert expected_checks(EXPECTED, text) == [
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
    assert expected_checks(EXPECTED, text) is None
