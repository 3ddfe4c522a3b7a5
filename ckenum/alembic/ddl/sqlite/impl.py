"""How SQLite runs the operations: see :mod:`.strategy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from . import codes
from . import locate
from . import mentions
from . import native
from . import reflection
from . import strategy
from . import transaction
from ....backend import backend_of
from ..impl import DefaultImpl
from .change import Change
from .table import SQLiteTable

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


class SQLiteImpl(DefaultImpl):
    """SQLite; its ALTER TABLE could not change constraints for a long time.

    The names are checked when a change's turn comes, in a batch or alone.
    """

    drops_nameless = True
    reflects_phantoms = True
    moves_codes = True
    online = "ignored"
    joins_copies = True

    checks = staticmethod(reflection.checks)
    mentions_of = staticmethod(mentions.Look.at)
    commits_by_itself = staticmethod(transaction.commits_by_itself)
    move_native = staticmethod(native.move)
    move_codes = staticmethod(codes.move)

    def columns(
        self, connection: Connection, op: CheckEnumOp
    ) -> Sequence[str] | None:
        if not locate.has_schema(connection, op.schema):
            return None
        return SQLiteTable.of(connection, op).column_names or None

    def locate(self, operations: Operations, op: CheckEnumOp) -> None:
        connection = operations.get_bind()
        if not locate.has_schema(connection, op.schema):
            return
        op.schema, op.table_name = locate.schema_and_table(
            connection, op.schema, op.table_name
        )
        if not isinstance(operations.impl, BatchOperationsImpl):
            _spell_column(connection, op)

    def is_inexact(
        self, connection: Connection, op: CheckEnumOp, collation: str | None
    ) -> bool:
        table = SQLiteTable.of(connection, op)
        name = collation or table.collation(op.column_name)
        return name is not None and not backend_of("sqlite").is_exact(name)

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        strategy.run(operations, Change(op, old, new))


def _spell_column(connection: Connection, op: CheckEnumOp) -> None:
    names = SQLiteTable.of(connection, op).column_names
    found = locate.spelled(op.column_name, names)
    if found is not None:
        op.column_name = found
