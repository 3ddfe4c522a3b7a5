"""Checks before a directive begins, for what would stop it halfway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import charset
from . import show_create
from ....backend.mysql import changing_actions
from ...ops import AlterCheckEnumOp
from ...ops import DropCheckEnumOp

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp
    from ...ops.native_base import NativeEnumOp


def require_possible(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` for what the server would
    refuse later, between two statements.
    """
    column = catalog.column(connection, *catalog.place(op))
    if column is None:
        return  # a constraint may be dropped after its column
    _require_movable(connection, op)
    if isinstance(op, DropCheckEnumOp):
        return
    _require_enforced(connection, op)
    _require_no_actions(connection, op)
    _require_room(op, column)
    _require_escapes(connection, op)
    _require_characters(connection, op)
    _require_no_nulls(connection, op)
    if op.changes_length:
        # raises if it cannot be repeated
        show_create.definition(connection, op)
    if isinstance(op, AlterCheckEnumOp):
        _require_nullable(op, column)


def require_retypable(connection: Connection, op: NativeEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` for what the server would
    refuse when the column becomes a native ENUM, or stops being one.
    """
    column = catalog.column(connection, *catalog.place(op))
    assert column is not None
    _require_enforced(connection, op)
    _require_no_keys(connection, op, "type")
    _require_escapes(connection, op)
    _require_characters(connection, op)
    _require_no_nulls(connection, op)
    _require_nullable(op, column)


def _require_enforced(connection: Connection, op: CheckEnumOp) -> None:
    if not catalog.enforces_checks(connection):
        raise op.error(
            "this server does not enforce CHECK constraints: MySQL does from "
            "8.0.16 on, MariaDB with check_constraint_checks=ON, TiDB with "
            "tidb_enable_check_constraint=ON"
        )


def _require_movable(connection: Connection, op: CheckEnumOp) -> None:
    """A column in a foreign key keeps its type (errors 1832 and 1833)."""
    if op.changes_length:
        if op.length is None:
            raise op.error("a VARCHAR needs a length here: give length=")
        _require_no_keys(connection, op, "length")


def _require_no_keys(
    connection: Connection, op: CheckEnumOp, what: str
) -> None:
    keys = catalog.foreign_keys(connection, *catalog.place(op))
    if keys:
        names = ", ".join(f"{key.name!r} of {key.table!r}" for key in keys)
        raise op.error(
            f"the foreign key {names} needs the column's {what} as it is: "
            f"drop it before this directive, and create it again after"
        )


def _require_no_actions(connection: Connection, op: CheckEnumOp) -> None:
    """The server allows no CHECK on a column that a foreign key writes."""
    for key in catalog.foreign_keys(connection, *catalog.place(op)):
        actions = changing_actions(key.on_update, key.on_delete)
        if key.is_own and actions:
            raise op.error(
                f"the foreign key {key.name!r} has {' '.join(actions)}, and "
                f"the server allows no CHECK on a column that a foreign key "
                f"changes"
            )


def _require_room(op: CheckEnumOp, column: catalog.Column) -> None:
    length = column.length
    if op.widens or length is None:
        return
    values = op.values
    long = [value for value in values if value and len(value) > length]
    if long:
        raise op.error(
            f"{long[0]!r} has {len(long[0])} characters, and the column "
            f"takes {length}: add length={len(long[0])}, "
            f"existing_length={length} to the directive"
        )


def _require_nullable(op: AlterCheckEnumOp, column: catalog.Column) -> None:
    nulls = [old for old, new in op.rename.items() if new is None]
    if nulls and not column.is_nullable:
        raise op.error(
            f"rename turns {nulls} into NULL, but the column is NOT NULL: "
            f"give another value, or alter the column before this directive"
        )


_UNSAFE = "'\\\n\r\0\x1a"
"""The characters that MySQL escapes with a backslash in a condition."""


def _require_escapes(connection: Connection, op: CheckEnumOp) -> None:
    """MySQL stores a condition with backslashes. With
    ``NO_BACKSLASH_ESCAPES`` it does not read them as escapes: the table cannot
    be opened, or accepts other values.
    """
    if connection.dialect.is_mariadb:  # type: ignore[attr-defined]
        return
    unsafe = [v for v in _strings(op) if any(c in v for c in _UNSAFE)]
    if unsafe and "NO_BACKSLASH_ESCAPES" in _sql_mode(connection):
        raise op.error(
            f"sql_mode has NO_BACKSLASH_ESCAPES, with which MySQL cannot "
            f"keep {unsafe[0]!r} in a CHECK: take it out of sql_mode"
        )


def _require_no_nulls(connection: Connection, op: CheckEnumOp) -> None:
    """MariaDB can be told to read an empty string as NULL, and a list with a
    NULL rejects nothing.
    """
    if "" in _strings(op) and "EMPTY_STRING_IS_NULL" in _sql_mode(connection):
        raise op.error(
            "sql_mode has EMPTY_STRING_IS_NULL, with which MariaDB cannot "
            "keep '' in a CHECK: take it out of sql_mode"
        )


def _sql_mode(connection: Connection) -> str:
    return str(connection.scalar(sa.text("SELECT @@SESSION.sql_mode")))


def _require_characters(connection: Connection, op: CheckEnumOp) -> None:
    """The connection must be able to send all values."""
    value = charset.lacking(connection, _strings(op))
    if value is not None:
        raise op.error(
            f"the connection's character set {charset.charset(connection)!r} "
            f"lacks a character of {value!r}: {charset.ADVICE}"
        )


def _strings(op: CheckEnumOp) -> list[str]:
    values = [*op.values, *op.existing_values]
    return [value for value in values if value is not None]
