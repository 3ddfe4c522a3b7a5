"""Settings of the session, changed for as long as a block runs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Setting:
    """A variable of the session.

    :ivar get: asks for it.
    :ivar set: sets it to ``:value``.
    """

    get: sa.TextClause
    set: sa.TextClause


LOCK_TIMEOUT = Setting(
    sa.text("SELECT @@SESSION.lock_wait_timeout"),
    sa.text("SET SESSION lock_wait_timeout = :value"),
)
ROW_TIMEOUT = Setting(
    sa.text("SELECT @@SESSION.innodb_lock_wait_timeout"),
    sa.text("SET SESSION innodb_lock_wait_timeout = :value"),
)
SAFE_UPDATES = Setting(
    sa.text("SELECT @@SESSION.sql_safe_updates"),
    sa.text("SET SESSION sql_safe_updates = :value"),
)
"""Whether UPDATE and DELETE have to use a key (error 1175)."""


@contextmanager
def having(
    connection: Connection, setting: Setting, value: int
) -> Iterator[None]:
    """Set ``setting`` to ``value`` within the block."""
    before = connection.scalar(setting.get)
    connection.execute(setting.set, {"value": value})
    with restoring(lambda: connection.execute(setting.set, {"value": before})):
        yield


@contextmanager
def restoring(restore: Callable[[], object]) -> Iterator[None]:
    """Call ``restore`` after the block. If the block failed, and perhaps lost
    the connection, raise the block's own error.
    """
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):
            restore()
        raise
    restore()
