"""Make all statements of a directive address one and the same table.

SQLAlchemy's ``schema_translate_map`` translates DDL. It translates neither
``sa.table()``, nor names bound as parameters, nor everything that Alembic
runs itself. So names are translated once, and then the map is disabled.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
import copy
import functools
from typing import TYPE_CHECKING
from typing import TypeVar

from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from ...backend import backend_of
from ..ops import AlterCheckEnumOp
from ..ops import CheckEnumOp
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from ..ops import DropCheckEnumTriggerOp
from ..ops.native_base import NativeEnumOp
from .batch import collation_after
from .batch import is_new_name
from .batch import Item
from .batch import name_before
from .registry import impl_of
from .registry import require_known

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

Op = TypeVar("Op", bound=CheckEnumOp)


def on_one_table(
    run: Callable[[Operations, Op], None],
) -> Callable[[Operations, Op], None]:
    """Call ``run`` with an operation whose table has been located.

    Before that, what the backend cannot do at all is refused.
    """

    @functools.wraps(run)
    def located(operations: Operations, op: Op) -> None:
        require_known(operations, op)
        _require_online(operations, op)
        if operations.migration_context.as_sql:
            run(operations, _unseen(operations, op))
            return
        there = _located(operations, op)
        with untranslated(operations.get_bind()):
            run(operations, there)

    return located


def _require_online(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``op`` should run online
    and cannot.
    """
    dialect = operations.migration_context.dialect
    online = impl_of(dialect).online
    is_asked = op.online and not isinstance(op, DropCheckEnumTriggerOp)
    if not is_asked or online == "ignored":
        return
    if online == "refused":
        raise op.error(
            f"online=True is not possible on {dialect.name}. Leave it out, "
            f"or ask op.get_context().dialect.name first"
        )
    if isinstance(operations.impl, BatchOperationsImpl):
        raise op.error(
            "online=True is not possible in a batch: call the directive on "
            "op, outside of the block"
        )


@contextmanager
def untranslated(connection: Connection) -> Iterator[None]:
    """Disable the connection's ``schema_translate_map`` in the block."""
    schemas = connection.get_execution_options().get("schema_translate_map")
    if not schemas:
        yield
        return
    connection.execution_options(schema_translate_map=None)
    try:
        yield
    finally:
        connection.execution_options(schema_translate_map=schemas)


def before_batch(operations: Operations, op: Op) -> Op:
    """``op`` with its column's present name; an open batch may rename the
    column before ``op`` runs.
    """
    batch = operations.impl
    if not isinstance(batch, BatchOperationsImpl):
        return op
    same = backend_of(batch.dialect).same_name
    now = copy.copy(op)
    now.column_name = name_before(batch.batch, op.column_name, same)
    return now


def _located(operations: Operations, op: Op) -> Op:
    connection = operations.get_bind()
    there = copy.copy(op)
    there.schema = _translated(connection, op.schema)
    if isinstance(there, NativeEnumOp):
        there.enum_schema = _translated(connection, there.enum_schema)
    impl = impl_of(connection.dialect)
    impl.locate(operations, there)
    batch = operations.impl
    items = batch.batch if isinstance(batch, BatchOperationsImpl) else []
    same = backend_of(connection.dialect).same_name
    _require_place(connection, there, items)
    if (
        getattr(batch, "recreate", None) == "always"
        and not impl.joins_copies
        and is_new_name(items, op.column_name, same)
    ):
        raise op.error(
            f"this batch copies the table, and gives it the column "
            f"{op.column_name!r} only then: leave out recreate='always', or "
            f"call the directive after the batch"
        )
    if isinstance(there, (CreateCheckEnumOp, AlterCheckEnumOp)):
        given = collation_after(items, there.column_name)
        there.is_inexact = impl.is_inexact(connection, there, given)
    return there


def _require_place(
    connection: Connection, op: CheckEnumOp, items: Sequence[Item]
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if there is no such table or
    column.

    A constraint may be dropped after its column. A trigger is looked for
    whatever became of its table; only to run online takes the table's lock.

    :param items: those of an open batch, which may make the column.
    """
    is_trigger = isinstance(op, DropCheckEnumTriggerOp)
    if is_trigger and not op.online:
        return
    columns = impl_of(connection.dialect).columns(connection, op)
    if columns is None:
        where = "" if op.schema is None else f" in schema {op.schema!r}"
        raise op.error(f"there is no table {op.table_name!r}{where}")
    same = backend_of(connection.dialect).same_name
    now = name_before(items, op.column_name, same)
    op.has_column = any(same(now, column) for column in columns)
    needs_column = not is_trigger and not isinstance(op, DropCheckEnumOp)
    is_there = op.has_column or is_new_name(items, op.column_name, same)
    if needs_column and not is_there:
        raise op.no_column()


def _unseen(operations: Operations, op: Op) -> Op:
    """``op`` for a script, which may have to compare exactly."""
    op = copy.copy(op)
    impl = impl_of(operations.migration_context.dialect)
    op.is_inexact = impl.is_inexact_unseen
    return op


def _translated(connection: Connection, schema: str | None) -> str | None:
    table = sa.Table("any", sa.MetaData(), schema=schema)
    return connection.schema_for_object(table)
