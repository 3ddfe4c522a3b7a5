"""Triggers that online renames have left in the database."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult

from ...ddl.postgresql import catalog
from ...ddl.postgresql import leftovers
from ...ddl.postgresql import trigger_catalog
from ...ddl.postgresql.online.native.mirrors import mirrors
from ...ddl.postgresql.orphans import orphans
from ...ddl.registry import impl_of
from ...ops import AlterCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops import DropCheckEnumTriggerOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy import Connection

    from ...ddl.postgresql.online.native.mirrors import Mirror
    from ...ddl.postgresql.trigger_catalog import Kept

log = logging.getLogger("alembic.autogenerate.ckenum")


def tell(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Log the columns that have one; this is not a difference.

    Triggers of dropped tables and columns are dropped first.
    """
    impl = impl_of(context.dialect)
    if context.connection is not None:
        for kept in sorted({*impl.kept_triggers(context.connection)}):
            _log_kept(*kept)
    if impl.leaves_triggers:
        assert context.connection is not None
        _note(context.connection, upgrade_ops)
        if trigger_catalog.has_any(context.connection):
            _tell(context, context.connection, upgrade_ops)
    return PriorityDispatchResult.CONTINUE


def _tell(
    context: AutogenContext, connection: Connection, upgrade_ops: UpgradeOps
) -> None:
    kept = trigger_catalog.kept(connection)
    for trigger in kept:
        _log(context, trigger)
    for mirror in mirrors(connection):
        _keep(context, upgrade_ops, mirror)
    for function in orphans(connection):
        leftovers.orphan(function, context.dialect, log)
    if context.opts.get("ckenum_render") != "alembic":
        ours = [trigger for trigger in kept if trigger.column is not None]
        _drop_first(context, upgrade_ops, ours)


def _log(context: AutogenContext, trigger: Kept) -> None:
    assert context.connection is not None
    if trigger.column is None:
        leftovers.unknown(trigger, context.dialect, log)
        return
    table = _shown(context, trigger.schema, trigger.table)
    _log_kept(table, trigger.column)
    for child in trigger_catalog.without(context.connection, trigger):
        log.warning(
            "Table %s inherits from %s without the trigger on column %r that "
            "a rename has left there: it began to inherit later, and refuses "
            "the old values. op.alter_check_enum() of %s creates the trigger "
            "there too",
            _shown(context, *child),
            table,
            trigger.column,
            table,
        )


def _log_kept(table: str, column: str) -> None:
    log.info(
        "A rename has left its trigger on %s, column %r; when no "
        "process writes the old values any more, "
        "op.drop_check_enum_trigger() removes it",
        table,
        column,
    )


def _keep(
    context: AutogenContext, upgrade_ops: UpgradeOps, mirror: Mirror
) -> None:
    """Say of a column that an online move has kept; it is no difference."""
    default = context.dialect.default_schema_name
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.ModifyTableOps) and (
            (op.schema or default, op.table_name)
            == (mirror.schema, mirror.table)
        ):
            op.ops[:] = [
                each
                for each in op.ops
                if not isinstance(each, alembic_ops.DropColumnOp)
                or each.column_name != mirror.beside
            ]
    upgrade_ops.ops[:] = [
        op
        for op in upgrade_ops.ops
        if not isinstance(op, alembic_ops.ModifyTableOps) or op.ops
    ]
    log.info(
        "A move between a native enum and a check enum has kept column %r "
        "of %s beside %r; its directive, called again without "
        "keep_column=True, drops it",
        mirror.beside,
        _shown(context, mirror.schema, mirror.table),
        mirror.column,
    )


def _shown(context: AutogenContext, schema: str, table: str) -> str:
    if schema == context.dialect.default_schema_name:
        return table
    return f"{schema}.{table}"


def _note(connection: Connection, upgrade_ops: UpgradeOps) -> None:
    """Have the migration say what its trigger cannot do."""
    for table in upgrade_ops.ops:
        for op in getattr(table, "ops", ()):
            if isinstance(op, AlterCheckEnumOp) and op.online:
                op.trigger_notes = [*_notes(connection, op)]


def _notes(connection: Connection, op: AlterCheckEnumOp) -> Iterator[str]:
    tables = catalog.tree(connection, op)
    if catalog.decides_on_partition(connection, tables, op.column_name):
        yield (
            "No trigger can turn old values into new ones, because the "
            "column decides on a row's partition. The old values are allowed "
            "until all rows have changed; after that, writing them is an "
            "error."
        )
    elif any(not table.is_partition for table in tables[1:]):
        yield (
            "Other tables inherit from this one. A table that begins to "
            "inherit while the trigger exists gets none, and refuses the old "
            "values."
        )


def _drop_first(
    context: AutogenContext, upgrade_ops: UpgradeOps, kept: list[Kept]
) -> None:
    """Drop triggers first: a dropped table would leave its function behind,
    and a trigger would prevent a column from being dropped.
    """
    default = context.dialect.default_schema_name

    def of_table(op: Any) -> Iterator[DropCheckEnumTriggerOp]:
        where = (op.schema or default, op.table_name)
        for trigger in kept:
            if (trigger.schema, trigger.table) == where and trigger.column:
                yield DropCheckEnumTriggerOp(
                    op.table_name, trigger.column, schema=op.schema
                )

    before: list[Any] = []
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.DropTableOp):
            before += of_table(op)
        elif isinstance(op, alembic_ops.ModifyTableOps):
            leaving = _leaving(op.ops)
            op.ops[:0] = [
                drop for drop in of_table(op) if drop.column_name in leaving
            ]
        before.append(op)
    upgrade_ops.ops[:] = before


def _leaving(ops: list[Any]) -> set[str]:
    """The dropped columns, without those whose constraint a directive drops
    together with the trigger.
    """
    dropped = {
        op.column_name
        for op in ops
        if isinstance(op, alembic_ops.DropColumnOp)
    }
    return dropped - {
        op.column_name for op in ops if isinstance(op, DropCheckEnumOp)
    }
