"""Server defaults of columns that are a native ENUM on either side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import defaults
from .... import array_literal
from ....backend import backend_of
from ...ddl.postgresql.literals import literal
from ...ddl.postgresql.literals import literal_items
from .declared import is_array_on

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Dialect


def existing_default(
    conn_col: Column[Any], dialect: Dialect, is_array: bool
) -> str | None:
    """The string in a reflected default such as ``'a'::status``."""
    return _written(existing_items(conn_col, dialect, is_array), is_array)


def declared_default(
    column: Column[Any], dialect: Dialect, is_array: bool
) -> str | None:
    """The model's default as a string; an array's is written as ours are."""
    return _written(items_of_default(column, dialect, is_array), is_array)


def existing_items(
    conn_col: Column[Any], dialect: Dialect, is_array: bool
) -> Sequence[str] | None:
    """The items of a native column's default; one, if it is a single value."""
    default = conn_col.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if is_array:
        items = literal_items(str(default.arg))
        if items is None:
            return None
        strings = [item for item in items if item is not None]
        return strings if len(strings) == len(items) else None
    if backend_of(dialect).names_enum_types:
        string = literal(str(default.arg))
    else:
        string = defaults.default_string(conn_col, dialect)
    return None if string is None else [string]


def items_of_default(
    column: Column[Any], dialect: Dialect, is_array: bool
) -> Sequence[str] | None:
    if is_array:
        return defaults.items(column, dialect)
    string = defaults.default_string(column, dialect)
    return None if string is None else [string]


def _written(items: Sequence[str] | None, is_array: bool) -> str | None:
    if items is None:
        return None
    return array_literal.write(items) if is_array else items[0]


def defaults_of(
    column: Column[Any],
    existing: Sequence[str] | None,
    renamed: dict[str, str],
    accepted: Sequence[str],
    dialect: Dialect,
) -> dict[str, Any]:
    """The new default and the existing one, as arguments of a directive, if
    there is one: a script cannot look for it.

    :param column: the model's.
    :param existing: the items of the existing default.
    :param accepted: the new values.
    """
    if existing is None:
        return {}
    is_array = is_array_on(column, dialect)
    new: Sequence[str] | None = [renamed.get(item, item) for item in existing]
    if not set(new or ()) <= set(accepted):
        new = items_of_default(column, dialect, is_array)
    return {
        "server_default": _written(new, is_array),
        "existing_server_default": _written(existing, is_array),
    }
