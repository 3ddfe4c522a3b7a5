"""A directive of the plain, transactional way: all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from .batch import Flush
from .transaction import checked

if TYPE_CHECKING:
    from alembic.operations import Operations


@contextmanager
def whole(operations: Operations, check: Callable[[], None]) -> Iterator[None]:
    """``check``, then the statements within: all or nothing.

    In a batch, which only gathers them, when it comes to its end.
    """
    batch = operations.impl
    if operations.migration_context.as_sql:
        check()
        yield
    elif isinstance(batch, BatchOperationsImpl) and batch.recreate != "always":
        check()
        run = partial(checked, operations.get_bind(), check)
        with Flush.of(batch).gathering(run):
            yield
    else:
        with checked(operations.get_bind(), check):
            yield
