"""Transactions in a script (``--sql``).

Alembic does not keep whether one is open: inside its ``autocommit_block()``
the script has a COMMIT, and nothing else tells it from any other place. So
the BEGINs and COMMITs that Alembic writes are watched.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic.ddl.impl import DefaultImpl

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_IS_OPEN: WeakKeyDictionary[DefaultImpl, bool] = WeakKeyDictionary()


def _watch(name: str, opens: bool) -> None:
    emit: Callable[[DefaultImpl], None] = getattr(DefaultImpl, name)

    @wraps(emit)
    def watched(impl: DefaultImpl) -> None:
        emit(impl)
        _IS_OPEN[impl] = opens

    setattr(DefaultImpl, name, watched)


_watch("emit_begin", True)
_watch("emit_commit", False)


def is_open(context: MigrationContext) -> bool:
    """Whether the script is inside a transaction.

    One that has no BEGIN yet is, where DDL is transactional: who runs it
    begins.
    """
    impl = context.impl
    return _IS_OPEN.get(impl, impl.transactional_ddl)


@contextmanager
def in_transaction(context: MigrationContext) -> Iterator[None]:
    """What is written within, in the transaction that is open or its own."""
    if is_open(context):
        yield
        return
    context.impl.emit_begin()
    yield
    context.impl.emit_commit()


def outside(context: MigrationContext) -> AbstractContextManager[None]:
    """What is written within is outside of any transaction."""
    return context.autocommit_block() if is_open(context) else nullcontext()
