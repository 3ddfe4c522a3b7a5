"""The servers' error numbers, whichever driver passes them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

CHECK_VIOLATED = {3819, 4025}
"""A row violates a CHECK: of MySQL, and of MariaDB."""

LOCKED = {1205, 1213}
"""ER_LOCK_WAIT_TIMEOUT and ER_LOCK_DEADLOCK."""

NOT_PRIVILEGED = {1044, 1142, 1227, 1419}
"""ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR,
ER_SPECIFIC_ACCESS_DENIED_ERROR and ER_BINLOG_CREATE_ROUTINE_NEED_SUPER."""


def errno(error: DBAPIError) -> int | None:
    """The number of the error, if the server raised it."""
    original = error.orig
    number = getattr(original, "errno", None)
    if number is None and original is not None and original.args:
        number = original.args[0]
    return number if isinstance(number, int) else None
