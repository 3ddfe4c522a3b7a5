"""How SQLite runs the operations: see :mod:`.strategy`."""

from __future__ import annotations

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
from ...ops import DropCheckEnumOp
from ..impl import DefaultImpl
from .change import Change
from .table import SQLiteTable

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection
    from sqlalchemy import Inspector

    from ....recognition import Expected
    from ....reflection import Check
    from ...ops import CheckEnumOp
    from ...ops.codes_base import CodesOp
    from ...ops.native_base import NativeEnumOp


class SQLiteImpl(DefaultImpl):
    """SQLite; its ALTER TABLE could not change constraints for a long time.

    The names are checked when a change's turn comes, in a batch or alone.
    """

    drops_nameless = True
    reflects_phantoms = True
    online = "ignored"
    joins_copies = True

    def checks(
        self,
        inspector: Inspector,
        schema: str | None,
        table_name: str,
        expected: Expected | None = None,
    ) -> list[Check]:
        return reflection.checks(inspector, schema, table_name, expected)

    def locate(self, operations: Operations, op: CheckEnumOp) -> None:
        connection = operations.get_bind()
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

    def mentions_of(
        self,
        connection: Connection,
        op: CheckEnumOp,
        values: tuple[str, ...],
        names: frozenset[str],
    ) -> mentions.Look:
        return mentions.Look.at(connection, op, values, names)

    def commits_by_itself(self, connection: Connection) -> bool:
        return transaction.commits_by_itself(connection)

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        strategy.run(operations, Change(op, old, new))

    def move_native(self, operations: Operations, op: NativeEnumOp) -> None:
        native.move(operations, op)

    def move_codes(self, operations: Operations, op: CodesOp) -> None:
        codes.move(operations, op)


def _spell_column(connection: Connection, op: CheckEnumOp) -> None:
    names = SQLiteTable.of(connection, op).column_names
    found = locate.spelled(op.column_name, names)
    if found is not None:
        op.column_name = found
    elif names and not isinstance(op, DropCheckEnumOp):
        raise op.error(f"the table has no column {op.column_name!r}")
