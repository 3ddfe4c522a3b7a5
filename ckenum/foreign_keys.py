"""What a column's foreign keys mean for its CHECK, and for its collation."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.exc import InvalidRequestError

from .backend.mysql import changing_actions

if TYPE_CHECKING:
    from sqlalchemy import Column


def why_no_check(column: Column[Any]) -> str | None:
    """Why MySQL and MariaDB allow no CHECK of ``column``, if they do not."""
    for key in column.foreign_keys:
        actions = changing_actions(key.onupdate, key.ondelete)
        if actions:
            return (
                f"The foreign key of column {str(column)!r} has "
                f"{' '.join(actions)}, and MySQL and MariaDB allow no CHECK "
                f"on a column that a foreign key changes: leave the action "
                f"out, or let the column be a String, which the foreign key "
                f"holds to the values of the other table."
            )
    return None


def followed_text(column: Any, seen: tuple[Any, ...] = ()) -> String | None:
    """The type of the plain text column that the column's foreign key refers
    to, if there is one: some backends want both sides to compare alike.
    """
    for key in getattr(column, "foreign_keys", ()):
        try:
            target = key.column
        except InvalidRequestError:
            continue  # its table is not among the models
        type_ = target.type
        if hasattr(type_, "kept_names"):  # it refers to another CheckEnum
            if target not in seen:
                return followed_text(target, (*seen, column))
        elif isinstance(type_, String):
            return type_
    return None
