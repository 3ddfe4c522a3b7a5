"""Server defaults of columns that are a native ENUM on either side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import defaults
from ....backend import backend_of
from ....shapes import shape_of
from ...ddl.postgresql.literals import literal_values
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
    return _written(defaults.values(column, dialect, is_array), is_array)


def existing_items(
    conn_col: Column[Any], dialect: Dialect, is_array: bool
) -> Sequence[str] | None:
    """The items of a native column's default; one, if it is a single value."""
    default = conn_col.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if not backend_of(dialect).names_enum_types:
        return defaults.values(conn_col, dialect, is_array)
    found = literal_values(str(default.arg), is_array)
    strings = [value for value in found or () if value is not None]
    return (
        strings if found is not None and len(strings) == len(found) else None
    )


def _written(items: Sequence[str] | None, is_array: bool) -> str | None:
    return None if items is None else shape_of(is_array).written(items)


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
    for new in (
        [renamed.get(item, item) for item in existing],
        defaults.values(column, dialect, is_array),
    ):
        if new is not None and set(new) <= set(accepted):
            break
    else:
        new = None
    return {
        "server_default": _written(new, is_array),
        "existing_server_default": _written(existing, is_array),
    }
