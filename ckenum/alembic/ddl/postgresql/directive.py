"""A directive of the plain, transactional way: all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from ..table import untranslated
from .batch import Flush
from .script_transaction import in_transaction
from .transaction import checked

if TYPE_CHECKING:
    from alembic.operations import Operations


@contextmanager
def whole(
    operations: Operations,
    check: Callable[[], None],
    count: Callable[[], None],
) -> Iterator[None]:
    """``check``, then the statements within: all or nothing.

    In a batch, which only gathers them, when it comes to its end.

    :param count: raises where a row violates the new constraint.
    """
    batch = operations.impl
    if isinstance(batch, BatchOperationsImpl) and batch.recreate != "always":
        check()
        run = partial(whole_at_once, operations, check, count)
        with Flush.of(batch).gathering(run):
            yield
    else:
        with whole_at_once(operations, check, count):
            yield


@contextmanager
def whole_at_once(
    operations: Operations,
    check: Callable[[], None],
    count: Callable[[], None],
) -> Iterator[None]:
    """As :func:`whole`, of statements that no batch gathers."""
    context = operations.migration_context
    if context.as_sql:
        check()
        with in_transaction(context):
            yield
    else:
        connection = operations.get_bind()
        with untranslated(connection), checked(connection, check, count):
            yield
