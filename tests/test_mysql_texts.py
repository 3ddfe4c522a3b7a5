"""Reading what MariaDB 10.11 and 11.8 and MySQL 9.7 gave back: recorded from
``information_schema.CHECK_CONSTRAINTS`` and SHOW CREATE TABLE.
"""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
import pytest

from ckenum.alembic.ddl.mysql import table_text
from ckenum.alembic.ddl.mysql.definition import Definition
from ckenum.alembic.ddl.mysql.texts import condition
from ckenum.alembic.ddl.mysql.texts import from_catalog
from ckenum.backend import backend_of
from ckenum.backend.mysql import literal
from ckenum.reflection import read_check
from ckenum.reflection import ValueList

RECORDED = json.loads(
    Path(__file__).with_name("mysql_texts.json").read_text("utf-8")
)
ALL = (
    *("it's", "back\\slash", "\\n", "two\nlines", "tab\there", "\x1a\r"),
    *("50%", "日本😀", "ünï", "`q`", '"dq"', "", "trailing ", "'; --", "?"),
)
SAID = {
    "all": ValueList("s", ALL),
    "one": ValueList("s", ("a",)),
    "nullable": ValueList("s", ("a", "b")),
    "has_null": ValueList("s", ("a",), has_null=True),
    "exact": ValueList("État", ("é", "b")),
    "exact_one": ValueList("État", ("é",)),
    "by_bytes": ValueList("s", ("a", "b")),
    "national": ValueList("s", ("a", "b")),
}
UNREADABLE = {
    "padded": "it compares by the collation utf8mb4_bin",
    "cased": "it casts to CHAR CHARACTER SET utf8mb4",
    "other": "it is not a list of values",
}


def text(server: str, name: str) -> str:
    """The condition, from where the server has it whole."""
    recorded = RECORDED[server]
    if server.startswith("MySQL"):
        return condition(from_catalog(recorded["catalog"][name]))
    found = {
        check.name: check.condition
        for check in table_text.checks(recorded["table"])
    }
    return found[name]


@pytest.mark.parametrize("server", RECORDED)
def test_values(server: str) -> None:
    """Each list is read, whatever is in it and however it compares."""
    read = {name: read_check("mysql", text(server, name)) for name in SAID}
    assert read == SAID


@pytest.mark.parametrize("server", RECORDED)
@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(server: str, name: str) -> None:
    """What accepts more than its strings is no list of values."""
    reading = read_check("mysql", text(server, name))
    assert UNREADABLE[name] in str(reading)


@pytest.mark.parametrize("server", RECORDED)
def test_expected(server: str) -> None:
    """What ckenum makes is known by its spelling, without a parser."""
    backend = backend_of("mysql")
    for name in ("all", "one", "exact", "exact_one"):
        said = SAID[name]
        spellings = backend.spellings(
            f"`{said.column}`", said.values, False, name.startswith("exact")
        )
        assert text(server, name) in spellings


@pytest.mark.parametrize("server", RECORDED)
def test_column_check(server: str) -> None:
    """A CHECK in a column's definition is found, and can be left out."""
    name = "t_chk_1" if server.startswith("MySQL") else "d"
    assert text(server, name) == "`d` in ('x','y')"
    tokens = table_text.column(RECORDED[server]["table"], "d")
    assert tokens is not None
    assert Definition.of(tokens).without_check().texts[1] == "DEFAULT NULL"


@pytest.mark.parametrize("server", RECORDED)
def test_definition(server: str) -> None:
    """All that MODIFY must not forget is kept."""
    tokens = table_text.column(RECORDED[server]["table"], "s")
    assert tokens is not None
    found = Definition.of(tokens)
    assert found.type_ == "varchar(50)"
    assert found.charset == "utf8mb4"
    changed = found.with_type("varchar(60)", found.collation)
    assert changed.with_default("x").texts == (
        f"varchar(60) COLLATE {found.collation}",
        "COMMENT 'a'')b ('",
    )


@given(st.lists(st.text(), min_size=1, unique=True), st.text(min_size=1))
def test_any(values: list[str], column: str) -> None:
    """Whatever is in a list, it is read as it was written."""
    quoted = "`" + column.replace("`", "``") + "`"
    listed = f"{quoted} in ({','.join(map(literal, values))})"
    assert condition(f"(({listed}))") == listed
    reading = read_check("mysql", listed)
    assert reading == ValueList(column, tuple(values))
