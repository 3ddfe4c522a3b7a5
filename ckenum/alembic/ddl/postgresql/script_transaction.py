"""Transactions in a script (``--sql``).

Alembic does not record whether one is open. Inside its
``autocommit_block()``, only the COMMIT that it writes shows that none is. So
this module watches the BEGINs and COMMITs that Alembic writes.
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

    If it has no BEGIN yet, it is, provided that DDL is transactional:
    whoever runs the script begins one.
    """
    impl = context.impl
    return _IS_OPEN.get(impl, impl.transactional_ddl)


@contextmanager
def in_transaction(context: MigrationContext) -> Iterator[None]:
    """Write the block in the open transaction, or in one of its own."""
    if is_open(context):
        yield
        return
    context.impl.emit_begin()
    yield
    context.impl.emit_commit()


def outside(context: MigrationContext) -> AbstractContextManager[None]:
    """Write the block outside of any transaction."""
    return context.autocommit_block() if is_open(context) else nullcontext()
