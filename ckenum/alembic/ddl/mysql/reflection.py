"""The CHECK constraints of a table, for the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import show_create
from ....backend import backend_of
from ....backend.mysql import exact_collation
from ....reflection import Check
from ....reflection import read_check
from ....reflection import ValueList
from .texts import tokens

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Inspector
    from sqlalchemy.types import TypeEngine


def checks(
    inspector: Inspector, schema: str | None, table: str
) -> list[Check]:
    """The CHECK constraints that the server enforces."""
    return [
        Check(each.name, each.text, doubt=each.doubt)
        for each in _stored(inspector, schema, table)
        if each.is_enforced
    ]


def _stored(
    inspector: Inspector, schema: str | None, table: str
) -> list[catalog.StoredCheck]:
    """One query for all tables of a schema."""
    cache: dict[Any, Any] = inspector.info_cache
    key = ("ckenum_checks", schema)
    if key not in cache:
        with inspector._operation_context() as connection:
            cache[key] = catalog.checks(connection, schema)
    return [each for each in cache[key] if each.table == table]


def default_meant(dialect: Any, default: Any, values: Sequence[str]) -> Any:
    """The one of ``values`` that MariaDB shows as the reflected ``default``:
    it shows a question mark for each character of four bytes.
    """
    shown = getattr(getattr(default, "arg", None), "text", "")
    found = [*tokens(shown)]
    if not dialect.is_mariadb or "?" not in shown or len(found) != 1:
        return default
    meant = show_create.shown_as(found[0].value, values)
    return meant[0] if len(meant) == 1 else default


_COLLATIONS = sa.text("""
    SELECT TABLE_NAME, COLUMN_NAME, COLLATION_NAME
    FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND COLLATION_NAME IS NOT NULL
    """)


def is_in_column(
    inspector: Inspector, schema: str | None, table: str, column: str
) -> bool:
    """Whether the column has a list of values in its definition (MariaDB)."""
    return any(
        isinstance(read_check(inspector.dialect.name, text), ValueList)
        for text in _in_column(inspector, schema, table, column)
    )


def _in_column(
    inspector: Inspector, schema: str | None, table: str, column: str
) -> list[str]:
    return [
        each.text
        for each in _stored(inspector, schema, table)
        if each.in_column and each.name == column
    ]


def exact_type(
    inspector: Inspector, schema: str | None, table: str, column: Column[Any]
) -> TypeEngine[Any] | None:
    """The column's type with a collation that compares byte by byte, if its
    own does not. A column in a foreign key has to keep its own (error 1833).

    The change would lose a CHECK in the column's definition, unless it is a
    list of values, which a directive moves to the table.
    """
    dialect = inspector.dialect
    place = schema, table, str(column.name)
    if _in_column(inspector, *place) and not is_in_column(inspector, *place):
        return None
    collation = _collations(inspector, schema).get((table, column.name))
    if collation is None or backend_of(dialect).is_exact(collation):
        return None
    with inspector._operation_context() as connection:
        if catalog.foreign_keys(connection, schema, table, column.name):
            return None
    exact: Any = column.type.copy()
    exact.charset = None
    exact.collation = exact_collation(dialect)
    return exact  # type: ignore[no-any-return]


def _collations(
    inspector: Inspector, schema: str | None
) -> dict[tuple[str, str], str]:
    cache: dict[Any, Any] = inspector.info_cache
    key = ("ckenum_collations", schema)
    if key not in cache:
        with inspector._operation_context() as connection:
            rows = connection.execute(_COLLATIONS, {"schema": schema})
            cache[key] = {(row[0], row[1]): row[2] for row in rows}
    found: dict[tuple[str, str], str] = cache[key]
    return found
