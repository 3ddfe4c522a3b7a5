"""Finds the triggers that renames have left, by their statements."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .texts import Token
from .texts import tokens
from .trigger_ddl import PREFIX

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp
    from ..kept_renames import Renames

_TRIGGERS = sa.text("""
    SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT
    FROM information_schema.TRIGGERS
    WHERE TRIGGER_SCHEMA = coalesce(:schema, DATABASE())
      AND left(TRIGGER_NAME, char_length(:prefix)) = :prefix
    ORDER BY TRIGGER_NAME
    """)


@dataclass(frozen=True)
class Kept:
    """A trigger that renames values of a column.

    :ivar renames: from old value to new one.
    """

    name: str
    table: str
    column: str
    renames: Renames


def kept(connection: Connection, schema: str | None) -> list[Kept]:
    """The triggers of a schema."""
    given = {"schema": schema, "prefix": PREFIX}
    return [
        found
        for name, table, statement in connection.execute(_TRIGGERS, given)
        if (found := _read(name, table, statement)) is not None
    ]


def of_column(connection: Connection, op: CheckEnumOp) -> list[Kept]:
    """The triggers of the column of ``op``."""
    return [
        each
        for each in kept(connection, op.schema)
        if each.table == op.table_name
        and each.column.lower() == op.column_name.lower()
    ]


def taken(
    connection: Connection, op: CheckEnumOp, there: Collection[Kept]
) -> set[str]:
    """The names of triggers other than ``there``."""
    given = {"schema": op.schema, "prefix": PREFIX}
    names = {row[0] for row in connection.execute(_TRIGGERS, given)}
    return names - {each.name for each in there}


def _read(name: str, table: str, statement: str) -> Kept | None:
    """Read a statement that ``CreateTrigger`` wrote; ``None`` for any other.

    The server gives the statement back without the strings' character sets.
    """
    found = [token for token in tokens(statement) if token.kind != "blank"]
    texts = [token.text for token in found]
    if texts[:1] != ["SET"] or texts[2:3] != ["."] or len(found) < 6:
        return None
    values = [*_values(found)]
    renames = dict(zip(values[::2], values[1::2]))
    old = [value for value in renames if value is not None]
    if len(old) != len(renames):
        return None
    return Kept(
        name,
        table,
        found[3].value or found[3].text,
        {value: renames[value] for value in old},
    )


def _values(found: list[Token]) -> Iterator[str | None]:
    """The strings, with ``None`` for NULL."""
    for before, token in zip(found, found[1:]):
        if token.kind == "string" and before.is_word("X"):
            yield bytes.fromhex(token.value).decode()
        elif token.is_word("NULL") and before.is_word("THEN"):
            yield None
