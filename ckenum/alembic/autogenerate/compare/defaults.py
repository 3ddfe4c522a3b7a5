"""Server defaults of columns of strings, and of arrays of strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....reflection import read_values
from ....shapes import shape_of

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .declared import Declared


def changed(
    conn_col: sa.Column[Any],
    declared: Declared,
    renamed: dict[str, str],
    dialect: Dialect,
    is_reshaped: bool = False,
) -> tuple[str | None, str | None] | None:
    """A default that is no longer allowed, and its replacement.

    The model may declare one. Otherwise renamed values are replaced; if one
    is gone without a new name, there is no default any more.

    :param renamed: from old string to new.
    :param is_reshaped: whether single values become arrays, or the other
        way round: then no default can stay as it is.
    """
    is_array = declared.is_array
    was_array = is_array != is_reshaped
    existing = values(conn_col, dialect, was_array)
    possible = {*declared.values}
    if existing is None or not is_reshaped and possible.issuperset(existing):
        return None
    new = values(declared.column, dialect, is_array)
    if new is None:
        new = [renamed.get(value, value) for value in existing]
    is_possible = possible.issuperset(new)
    return (
        shape_of(was_array).written(existing),
        shape_of(is_array).written(new) if is_possible else None,
    )


def values(
    column: sa.Column[Any], dialect: Dialect, is_array: bool
) -> Sequence[str] | None:
    """The values in the column's server default; ``None`` if it has none, or
    one that is anything else. A single value is a list of one.
    """
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if isinstance(default.arg, str):
        found = shape_of(is_array).stored(str.__str__(default.arg))
    else:
        text = default_text(default, dialect)
        found = read_values(dialect.name, text, is_array)
    strings = [value for value in found or () if value is not None]
    return (
        strings if found is not None and len(strings) == len(found) else None
    )


def default_text(default: sa.DefaultClause, dialect: Dialect) -> str:
    """The expression that a server default is."""
    text = default.arg.compile(  # type: ignore[union-attr]
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    return str(text).replace("%%", "%")
