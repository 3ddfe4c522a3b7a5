"""Let an online change run its own transactions, after Alembic's ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import PendingRollbackError

from .. import catalog
from .. import engine
from ...settings import settings_of
from ..transaction import commits_by_itself
from .migrator import only_migrator
from .replicas import require_visible_lag
from .session import Session

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ....ops import CheckEnumOp


@contextmanager
def own_transactions(
    operations: Operations, op: CheckEnumOp
) -> Iterator[Session]:
    """Commit what came before, and let the change run its transactions."""
    settings = settings_of(operations)
    context = operations.migration_context
    oid = catalog.oid_of(operations.get_bind(), op)
    place = engine.place_of(operations.get_bind(), op)
    block = _autocommit_block(operations, op)
    with _loss_is_told(op), block:
        assert context.connection is not None
        session = Session(op, context.connection, settings, oid, place)
        session.require_same_table()
        require_visible_lag(session)
        with only_migrator(session):
            yield session


def _autocommit_block(
    operations: Operations, op: CheckEnumOp
) -> AbstractContextManager[None]:
    """Alembic's block, unless the connection autocommits already.

    Raises :class:`~ckenum.exc.DirectiveError` in a transaction that Alembic
    cannot commit.
    """
    context = operations.migration_context
    connection = operations.get_bind()
    level = connection.get_execution_options().get("isolation_level")
    # with AUTOCOMMIT, pg8000 may still be in the transaction that asked for
    # its isolation level
    if level == "AUTOCOMMIT" or commits_by_itself(connection):
        return nullcontext()
    why = "online=True needs transactions of its own, and this connection is "
    if connection.in_nested_transaction():
        raise op.error(
            f"{why}inside a SAVEPOINT: call the directive outside of "
            f"begin_nested(), or leave out online=True"
        )
    if context._in_external_transaction or context._transaction is None:
        raise op.error(
            f"{why}in one that began outside of Alembic: end it before "
            f"context.configure(), migrate within "
            f"context.begin_transaction(), or leave out online=True"
        )
    return context.autocommit_block()


@contextmanager
def _loss_is_told(op: CheckEnumOp) -> Iterator[None]:
    """Raise the driver's error if the connection is lost.

    Alembic commits on the lost connection all the same, which raises
    another error.
    """
    try:
        yield
    except PendingRollbackError as error:
        lost = error.__context__
        if not isinstance(lost, DBAPIError):
            raise
        lost.add_detail(
            f"The connection was lost during the online change of "
            f"{op.where!r}. What is done stays: run the migration again to "
            f"go on"
        )
        raise lost from lost.orig
