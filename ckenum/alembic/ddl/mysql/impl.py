"""How MySQL and MariaDB run the operations: see :mod:`.change`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from . import catalog
from . import change
from . import guards
from . import mentions
from . import names
from . import native
from . import online
from . import reflection
from . import script
from . import swap
from . import trigger
from . import trigger_catalog
from ....backend import backend_of
from ....constraint import why_no_check
from ...ops import CreateCheckEnumOp
from ..impl import DefaultImpl

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Column
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy import Inspector
    from sqlalchemy.types import TypeEngine

    from ....recognition import Expected
    from ....reflection import Check
    from ...ops import CheckEnumOp
    from ...ops import DropCheckEnumTriggerOp
    from ...ops.native import ReplaceNativeEnumOp
    from ...ops.native_base import NativeEnumOp


class MySQLImpl(DefaultImpl):
    """MySQL and MariaDB, whose DDL commits."""

    is_inexact_unseen = True
    move_costs = (
        "# MariaDB and MySQL copy the table for a new type. Writers wait",
        "# until that is done; readers do not.",
    )
    online_move_costs = ()
    online = "runs"

    def checks(
        self,
        inspector: Inspector,
        schema: str | None,
        table_name: str,
        expected: Expected | None = None,
    ) -> list[Check]:
        return reflection.checks(inspector, schema, table_name)

    def is_in_column(
        self,
        inspector: Inspector,
        schema: str | None,
        table: str,
        column: str,
    ) -> bool:
        return reflection.is_in_column(inspector, schema, table, column)

    def default_meant(
        self, dialect: Dialect, default: Any, values: Sequence[str]
    ) -> Any:
        return reflection.default_meant(dialect, default, values)

    def exact_type(
        self,
        inspector: Inspector,
        schema: str | None,
        table: str,
        column: Column[Any],
    ) -> TypeEngine[Any] | None:
        return reflection.exact_type(inspector, schema, table, column)

    def locate(self, operations: Operations, op: CheckEnumOp) -> None:
        """A batch runs here what it has gathered before this directive:
        nothing is taken back, so nothing is won by waiting.
        """
        batch = operations.impl
        if isinstance(batch, BatchOperationsImpl):
            gathered, batch.batch = batch.batch, []
            for method, arguments, options in gathered:
                getattr(batch.impl, method)(*arguments, **options)
        column = catalog.column(operations.get_bind(), *catalog.place(op))
        if column is not None:
            op.column_name = column.name

    def is_inexact(
        self, connection: Connection, op: CheckEnumOp, collation: str | None
    ) -> bool:
        column = catalog.column(connection, *catalog.place(op))
        if column is None or column.collation is None:
            return False
        if backend_of(connection.dialect).is_exact(column.collation):
            return False
        # to create the constraint makes the column exact, where that can be
        return not isinstance(op, CreateCheckEnumOp) or bool(
            catalog.foreign_keys(connection, *catalog.place(op))
        )

    def require_possible(
        self, operations: Operations, op: CheckEnumOp
    ) -> None:
        guards.require_possible(operations.get_bind(), op)

    def require_names(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        names.require(operations, op, old, new)

    def mentions_of(
        self,
        connection: Connection,
        op: CheckEnumOp,
        values: tuple[str, ...],
        names: frozenset[str],
    ) -> mentions.Look:
        return mentions.Look(connection, op, values, names)

    def commits_by_itself(self, connection: Connection) -> bool:
        return swap.commits_by_itself(connection)

    def interim(
        self, connection: Connection, op: CheckEnumOp
    ) -> Collection[str]:
        return swap.placeholders(connection, op)

    @contextmanager
    def whole(
        self,
        operations: Operations,
        op: CheckEnumOp,
        check: Callable[[], None],
        count: Callable[[], None],
    ) -> Iterator[None]:
        online.require_possible(operations, op)
        check()
        with change.counted(count):
            yield

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        as_sql = operations.migration_context.as_sql
        way = script if as_sql else swap
        way.change(operations, op, old, new)

    def drop_trigger(
        self, operations: Operations, op: DropCheckEnumTriggerOp
    ) -> None:
        trigger.drop(operations, op)

    def label_meant(self, label: str, values: Sequence[str]) -> str:
        return native.label_meant(label, values)

    def why_no_way_back(self, op: ReplaceNativeEnumOp) -> str | None:
        return native.why_no_way_back(op)

    def why_no_check(self, column: Column[Any]) -> str | None:
        return why_no_check(column)

    def kept_triggers(self, connection: Connection) -> list[tuple[str, str]]:
        return [
            (each.table, each.column)
            for each in trigger_catalog.kept(connection, None)
            if each.renames
        ]

    def move_native(self, operations: Operations, op: NativeEnumOp) -> None:
        native.move(operations, op)
