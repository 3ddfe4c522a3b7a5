"""Server defaults of columns of strings, and of arrays of strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .... import array_literal
from ....reflection import read_array
from ....reflection import read_string

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .declared import Declared


def changed(
    conn_col: sa.Column[Any],
    declared: Declared,
    renamed: dict[str, str],
    dialect: Dialect,
) -> tuple[str, str | None] | None:
    """A default with an item that is no longer a value, and its replacement.

    The model may declare one. Otherwise renamed items are replaced; if an
    item is gone without a new name, there is no default any more.

    :param renamed: from old string to new.
    """
    existing = items(conn_col, dialect)
    if existing is None or set(existing) <= set(declared.values):
        return None
    new = items(declared.column, dialect)
    if new is None:
        new = [renamed.get(item, item) for item in existing]
    is_possible = set(new) <= set(declared.values)
    return (
        array_literal.write(existing),
        array_literal.write(new) if is_possible else None,
    )


def items(column: sa.Column[Any], dialect: Dialect) -> Sequence[str] | None:
    """The strings in the column's server default, if that is an array without
    a NULL.
    """
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    found: Sequence[str | None] | None
    if isinstance(default.arg, str):
        try:
            found = array_literal.read(default.arg)
        except ValueError:
            return None
    else:
        text = default_text(default, dialect)
        found = read_array(dialect.name, text)
    strings = [item for item in found or () if item is not None]
    return (
        strings if found is not None and len(strings) == len(found) else None
    )


def default_string(column: sa.Column[Any], dialect: Dialect) -> str | None:
    """The stored string that is the column's server default, if it is one."""
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if isinstance(default.arg, str):
        return str.__str__(default.arg)
    return read_string(dialect.name, default_text(default, dialect))


def default_text(default: sa.DefaultClause, dialect: Dialect) -> str:
    """The expression that a server default is."""
    text = default.arg.compile(  # type: ignore[union-attr]
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    return str(text).replace("%%", "%")
