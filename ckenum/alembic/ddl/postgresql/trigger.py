"""The trigger that turns renamed values into the new ones on writing.

Processes of the old application go on writing the old values, but no row may
hold them any more. The trigger's argument says what it renames.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import engine
from . import leftovers
from . import trigger_catalog
from ...ops import AlterCheckEnumOp
from ...ops import DropCheckEnumTriggerOp
from ..kept_renames import after
from ..kept_renames import Renames
from .orphans import orphans
from .trigger_catalog import Kept
from .trigger_ddl import DropFunction
from .trigger_ddl import DropTrigger
from .trigger_ddl import free_name
from .trigger_ddl import name_of
from .trigger_ddl import Trigger
from .trigger_script import DropKept

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.schema import DDLElement

    from ...ops import CheckEnumOp

Rule = Callable[["CheckEnumOp", Renames], "dict[str, str | None]"]


def follow(
    connection: Connection,
    op: CheckEnumOp,
    rule: Rule = after,
    with_column: bool = True,
) -> tuple[list[DDLElement], list[DDLElement]]:
    """The statements that make the trigger follow ``op``: those to run
    before the column is changed, and those to run after it.

    :param rule: ``during`` or ``after``; it says what to rename.
    :param with_column: whether the column is changed. PostgreSQL cannot
        alter the type of a column that a trigger depends on.
    """
    tables = catalog.tree(connection, op)
    kept = _of_column(connection, op, tables, tells=rule is after)
    before = _renames(op, kept)
    wanted = rule(op, before)
    in_the_way = with_column and (op.changes_length or op.changes_shape)
    if before == wanted and wanted and not in_the_way:
        if _is_complete(connection, op, tables, kept):
            return [], []
    first = [*_dropping(kept), *_rest(connection, op, tables)]
    if not wanted:
        return first, []
    name = free_name(op, trigger_catalog.taken(connection, tables, kept))
    trigger = Trigger(op, _bearers(connection, op, tables), name, wanted)
    return [*first, *trigger.prepare()], list(trigger.create())


def _of_column(
    connection: Connection,
    op: CheckEnumOp,
    tables: Sequence[catalog.Table],
    tells: bool,
) -> list[Kept]:
    """The column's triggers, on the table and on those that inherit from it.

    :param tells: whether to log other triggers that are in doubt.
    """
    oids = {table.oid for table in tables}
    kept = trigger_catalog.kept(connection, tables)
    if tells:
        leftovers.leftovers(op, kept, oids, connection.dialect)
    return [
        trigger
        for trigger in kept
        if trigger.column == op.column_name and trigger.table_oid in oids
    ]


def _renames(op: CheckEnumOp, kept: Sequence[Kept]) -> Renames:
    before: dict[str, str | None] = {}
    for trigger in kept:
        if trigger.renames is not None:
            before.update(trigger.renames)
        elif isinstance(op, AlterCheckEnumOp):
            raise op.error(
                f"the trigger {trigger.name!r} on it renames values, but the "
                f"comment of its function, which says which, is lost. When "
                f"no process writes the old values any more, drop it before "
                f"this directive with "
                f"op.drop_check_enum_trigger({op.table_name!r}, "
                f"{op.column_name!r})"
            )
    return before


def _is_complete(
    connection: Connection,
    op: CheckEnumOp,
    tables: Sequence[catalog.Table],
    kept: Sequence[Kept],
) -> bool:
    """Whether the triggers may stay: another would do no better, or the role
    may not create one.

    They are incomplete if a table began to inherit later, or if the function
    is the first release's.
    """
    bear = {trigger.table_oid for trigger in kept}
    needed = _bearers(connection, op, tables)
    if bear.issuperset(table.oid for table in needed):
        if all(trigger.has_arguments for trigger in kept):
            return True
    return not catalog.may_have_trigger(connection, tables, op.column_name)


def _bearers(
    connection: Connection, op: CheckEnumOp, tables: Sequence[catalog.Table]
) -> list[catalog.Table]:
    """The tables that need a trigger: partitions get theirs from the
    partitioned table, chunks from the hypertable.
    """
    first, others = tables[:1], tables[1:]
    if engine.place_of(connection, op).in_chunks:
        others = []
    return [*first, *(table for table in others if not table.is_partition)]


def _dropping(kept: Sequence[Kept]) -> Iterator[DDLElement]:
    """Drop them, and the functions that no other trigger calls."""
    for trigger in kept:
        yield DropTrigger(trigger.name, trigger.on)
    gone = {trigger.oid for trigger in kept}
    functions = {
        (trigger.function_schema, trigger.function): None
        for trigger in kept
        if trigger.callers <= gone
    }
    for schema, name in functions:
        yield DropFunction(sa.table(name, schema=schema))


def _rest(
    connection: Connection, op: CheckEnumOp, tables: Sequence[catalog.Table]
) -> Iterator[DDLElement]:
    """Drop the function that a dropped table of the same name has left.

    Log other tables' functions, and a column that does not exist.
    """
    if not isinstance(op, DropCheckEnumTriggerOp):
        return
    if not trigger_catalog.has_column(connection, tables, op.column_name):
        leftovers.no_column(op, trigger_catalog.kept(connection))
    for orphan in orphans(connection):
        is_of_table = tables and orphan.schema == tables[0].schema
        if is_of_table and orphan.is_ours and orphan.name == name_of(op):
            yield DropFunction(orphan.clause)
        else:
            leftovers.orphan(orphan, connection.dialect)


def drop_blindly(op: CheckEnumOp) -> Iterator[DDLElement]:
    """Drop it in a script: the server finds it when the script runs."""
    yield DropKept(op)
