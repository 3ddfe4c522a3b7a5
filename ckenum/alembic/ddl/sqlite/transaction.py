"""All or nothing, in spite of what SQLite's drivers do by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ..emit import emit_now

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection


def commits_by_itself(connection: Connection) -> bool:
    """Whether each statement is committed as it ends, and nobody is about
    to begin a transaction.
    """
    if not connection.in_transaction():
        # SQLAlchemy's events may begin a transaction in the driver, too
        connection.begin()
    driver: Any = connection.connection.driver_connection
    return not driver.in_transaction and _is_autocommit(driver)


@contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """All that happens within, or nothing; the rest of the transaction is
    as it was.

    Begins a transaction where the driver has not. In its default mode it
    waits for the first INSERT, UPDATE or DELETE, and what a failing
    migration did before that would stay ("Transaction control" in the
    manual of Python's sqlite3). Where it never begins one by itself
    (SQLAlchemy's AUTOCOMMIT, or ``autocommit=True``), nobody else would
    commit it either.
    """
    by_itself = commits_by_itself(connection)
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not by_itself:
        with _savepoint(connection):
            yield
        return
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        if driver.in_transaction:
            connection.exec_driver_sql("ROLLBACK")
        raise


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """What a trigger's RAISE(ROLLBACK) says is not hidden by the error that
    the savepoint is gone with the transaction.
    """
    driver: Any = connection.connection.driver_connection
    failed: BaseException | None = None
    try:
        with connection.begin_nested():
            try:
                yield
            except BaseException as error:
                failed = error
                raise
    except DBAPIError:
        if failed is not None and not driver.in_transaction:
            raise failed from None
        raise


def _is_autocommit(driver: Any) -> bool:
    driver = getattr(driver, "_conn", driver)  # aiosqlite's shows less
    autocommit = getattr(driver, "autocommit", None)
    return autocommit is True or (
        autocommit is not False and driver.isolation_level is None
    )


@contextmanager
def no_checks(operations: Operations) -> Iterator[None]:
    """While the rows are between the old values and the new ones."""
    offline = operations.migration_context.as_sql
    on = "PRAGMA ignore_check_constraints = ON"
    off = "PRAGMA ignore_check_constraints = OFF"
    if not offline and operations.get_bind().scalar(
        sa.text("PRAGMA ignore_check_constraints")
    ):
        yield
        return
    with between(operations, on, off):
        yield


@contextmanager
def between(operations: Operations, on: str, off: str) -> Iterator[None]:
    """A pragma that no rollback undoes: ``off`` is run whatever happens."""
    try:
        emit_now(operations, sa.text(on))
        yield
        emit_now(operations, sa.text(off))
    except BaseException:
        emit_now(operations, sa.text(off))
        raise
