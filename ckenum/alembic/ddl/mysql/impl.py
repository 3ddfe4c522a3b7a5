"""How MySQL and MariaDB run the operations: see :mod:`.change`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
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
from ....foreign_keys import why_no_check
from ...ops import CreateCheckEnumOp
from ..impl import DefaultImpl

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection
    from sqlalchemy import Inspector

    from ....recognition import Expected
    from ....reflection import Check
    from ...ops import CheckEnumOp


class MySQLImpl(DefaultImpl):
    """MySQL and MariaDB, whose DDL commits."""

    is_inexact_unseen = True
    move_costs = (
        "# MariaDB and MySQL copy the table for a new type. Writers wait",
        "# until that is done; readers do not.",
    )
    online_move_costs = ()
    online = "runs"

    is_in_column = staticmethod(reflection.is_in_column)
    default_meant = staticmethod(reflection.default_meant)
    exact_type = staticmethod(reflection.exact_type)
    require_names = staticmethod(names.require)
    mentions_of = staticmethod(mentions.Look)
    commits_by_itself = staticmethod(swap.commits_by_itself)
    interim = staticmethod(swap.placeholders)
    drop_trigger = staticmethod(trigger.drop)
    move_native = staticmethod(native.move)
    label_meant = staticmethod(native.label_meant)
    why_no_way_back = staticmethod(native.why_no_way_back)
    why_no_check = staticmethod(why_no_check)

    def checks(
        self,
        inspector: Inspector,
        schema: str | None,
        table_name: str,
        expected: Expected | None = None,
    ) -> list[Check]:
        return reflection.checks(inspector, schema, table_name)

    def columns(
        self, connection: Connection, op: CheckEnumOp
    ) -> list[str] | None:
        return catalog.columns(connection, op.schema, op.table_name)

    def locate(self, operations: Operations, op: CheckEnumOp) -> None:
        """Run what the batch has gathered before this directive. DDL commits,
        so waiting for the end of the batch would gain nothing.
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

    def kept_triggers(self, connection: Connection) -> list[tuple[str, str]]:
        return [
            (each.table, each.column)
            for each in trigger_catalog.kept(connection, None)
            if each.renames
        ]
