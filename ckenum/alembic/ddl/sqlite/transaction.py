"""All or nothing, whatever SQLite's drivers do by themselves."""

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
    """Whether each statement is committed as it ends.

    That is, the driver autocommits, and nobody has begun a transaction.
    """
    if not connection.in_transaction():
        # SQLAlchemy's events may begin a transaction in the driver, too
        connection.begin()
    driver: Any = connection.connection.driver_connection
    return not driver.in_transaction and _is_autocommit(driver)


@contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """Run the block all or nothing; the rest of the transaction is kept.

    It begins a transaction if the driver has not. In its default mode the
    driver waits for the first INSERT, UPDATE or DELETE; without this, what
    a failing migration did before that would stay ("Transaction control" in
    the manual of Python's sqlite3). If the driver never begins a
    transaction by itself (SQLAlchemy's AUTOCOMMIT, or ``autocommit=True``),
    nobody else would commit it, so it is committed here.
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
    """A savepoint that keeps the error of a trigger's RAISE(ROLLBACK).

    The savepoint goes with the transaction, and the error about that would
    hide the trigger's message.
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
    driver = getattr(driver, "_conn", driver)  # what aiosqlite wraps
    autocommit = getattr(driver, "autocommit", None)
    return autocommit is True or (
        autocommit is not False and driver.isolation_level is None
    )


def defer_foreign_keys(operations: Operations) -> None:
    """Have foreign keys looked at when the transaction ends, as a later
    directive may change the rows that refer to these.

    It stays so until then: SQLite forgets what is violated if it is turned
    off before (``PRAGMA defer_foreign_keys``, and ``nDeferredImmCons`` in
    its pragma.c).
    """
    if not operations.migration_context.as_sql:
        emit_now(operations, sa.text("PRAGMA defer_foreign_keys = ON"))


@contextmanager
def no_checks(operations: Operations) -> Iterator[None]:
    """Disable CHECKs while rows are between the old and the new values."""
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
    """Set a pragma; no rollback undoes it, so ``off`` always runs."""
    try:
        emit_now(operations, sa.text(on))
        yield
        emit_now(operations, sa.text(off))
    except BaseException:
        emit_now(operations, sa.text(off))
        raise
