"""All or nothing, even if the connection commits each statement."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError

from .sqlstate import CHECK_VIOLATION
from .sqlstate import sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection


def commits_by_itself(connection: Connection) -> bool:
    """Whether each statement is committed as it ends.

    Only the server knows, since Alembic, SQLAlchemy and the driver can each
    have caused it. A parameter set for the transaction is lost with it.
    """
    name, mark = "ckenum.transaction", uuid4().hex
    functions = sa.func.pg_catalog
    connection.execute(sa.select(functions.set_config(name, mark, sa.true())))
    found = connection.scalar(
        sa.select(functions.current_setting(name, sa.true()))
    )
    return bool(found != mark)


@contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """Run the block all or nothing.

    In an open transaction this is a savepoint, so a migration may catch the
    error and go on. Otherwise the block gets a transaction of its own.
    """
    if commits_by_itself(connection):
        with _transaction(connection):
            yield
    else:
        with connection.begin_nested():
            yield


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    # a snapshot from before the lock would hide rows written since
    connection.execute(sa.text("BEGIN ISOLATION LEVEL READ COMMITTED"))
    try:
        yield
    except BaseException:
        # if the connection is lost, the server has rolled back
        with suppress(SQLAlchemyError):
            connection.execute(sa.text("ROLLBACK"))
        raise
    connection.execute(sa.text("COMMIT"))


@contextmanager
def checked(
    connection: Connection,
    check: Callable[[], None],
    count: Callable[[], None],
) -> Iterator[None]:
    """Call ``check``, then run the block: all or nothing.

    A row may still violate the new constraint if it was written between the
    check and the lock, or if the old one was never validated. ``count``
    reports such rows.
    """
    try:
        with atomic(connection):
            check()
            yield
    except DBAPIError as error:
        if sqlstate(error) == CHECK_VIOLATION:
            count()
        raise
