"""Lock a table against other writers, for the last rows of a change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from . import locks
from .errors import errno
from .errors import NOT_PRIVILEGED
from .session import restoring

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops import CheckEnumOp


class _LockTable(DDLElement):
    def __init__(self, op: CheckEnumOp) -> None:
        self.table = sa.table(op.table_name, schema=op.schema)


@compiles(_LockTable, "mysql", "mariadb")
def _lock_table(element: _LockTable, compiler: Any, **kw: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    return f"LOCK TABLES {table} WRITE"


@contextmanager
def locked(operations: Operations, op: CheckEnumOp) -> Iterator[None]:
    """Nobody else reads or writes the table of ``op`` within the block, not
    even between two statements that commit. Without the privilege LOCK TABLES
    the block runs unlocked.
    """
    try:
        locks.run(operations, op, _LockTable(op))
    except DBAPIError as error:
        if errno(error) not in NOT_PRIVILEGED:
            raise
        yield
        return
    connection = operations.get_bind()
    with restoring(lambda: connection.execute(sa.text("UNLOCK TABLES"))):
        yield
