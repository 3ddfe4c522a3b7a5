"""The trigger that makes renamed values the new ones as they are written.

Processes of the old application go on writing the old values, and no row can
hold them any more. What it renames is its argument.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from . import leftovers
from . import trigger_catalog
from ...ops import AlterCheckEnumOp
from ...ops import DropCheckEnumTriggerOp
from .trigger_catalog import Kept
from .trigger_catalog import Renames
from .trigger_ddl import bearers
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


def during(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What has to be renamed while ``op`` changes the rows.

    :param before: what a trigger renames that an earlier revision has left.
    """
    wanted = after(op, before)
    if isinstance(op, AlterCheckEnumOp):
        values = {*op.values}
        wanted.update(
            (old, new) for old, new in op.rename.items() if old not in values
        )
    return wanted


def after(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What an earlier revision's trigger renames from now on.

    To what has become of its values, and no value that is one again; where
    the constraint is dropped, nothing.
    """
    if not isinstance(op, AlterCheckEnumOp):
        return {}
    values = {*op.values}
    then = {
        old: op.rename.get(new, new) if new is not None else None
        for old, new in before.items()
        if old not in op.rename and old not in values
    }
    return {
        old: new for old, new in then.items() if new is None or new in values
    }


def follow(
    connection: Connection,
    op: CheckEnumOp,
    rule: Rule = after,
    with_column: bool = True,
) -> tuple[list[DDLElement], list[DDLElement]]:
    """What has the trigger rename what is wanted: statements before the
    column is changed, and after it.

    :param rule: :func:`during`, or :func:`after`.
    :param with_column: whether the column is changed. The type of one that
        a trigger looks at cannot be altered.
    """
    tables = catalog.tree(connection, op)
    kept = _of_column(connection, op, tables, tells=rule is after)
    before = _renames(op, kept)
    wanted = rule(op, before)
    in_the_way = with_column and op.changes_length
    if before == wanted and wanted and not in_the_way:
        if _is_complete(connection, op, tables, kept):
            return [], []
    first = [*_dropping(kept), *_rest(connection, op, tables)]
    if not wanted:
        return first, []
    name = free_name(op, trigger_catalog.taken(connection, tables, kept))
    trigger = Trigger(op, tables, name, wanted)
    return [*first, *trigger.prepare()], list(trigger.create())


def _of_column(
    connection: Connection,
    op: CheckEnumOp,
    tables: Sequence[catalog.Table],
    tells: bool,
) -> list[Kept]:
    """Those that belong to the column, on the table and what inherits.

    :param tells: whether the log tells of others that are in doubt.
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
                f"comment of its function, which says which, is lost. Drop "
                f"it before this directive, with "
                f"op.drop_check_enum_trigger({op.table_name!r}, "
                f"{op.column_name!r}), when no process writes the old values "
                f"any more"
            )
    return before


def _is_complete(
    connection: Connection,
    op: CheckEnumOp,
    tables: Sequence[catalog.Table],
    kept: Sequence[Kept],
) -> bool:
    """Whether nothing is to be gained, or nothing can be, by another: a
    table may have inherited later, or the function be of the first release.
    """
    bear = {trigger.table_oid for trigger in kept}
    if bear.issuperset(table.oid for table in bearers(tables)):
        if all(trigger.has_arguments for trigger in kept):
            return True
    return not catalog.may_have_trigger(connection, tables, op.column_name)


def _dropping(kept: Sequence[Kept]) -> Iterator[DDLElement]:
    """They go, and the functions that no other trigger calls."""
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
    """The function of a table of this name that was dropped goes as well;
    the log tells of other tables', and of a column that is not there.
    """
    if not isinstance(op, DropCheckEnumTriggerOp):
        return
    if not trigger_catalog.has_column(connection, tables, op.column_name):
        leftovers.no_column(op, trigger_catalog.kept(connection))
    for orphan in trigger_catalog.orphans(connection):
        is_of_table = tables and orphan.schema == tables[0].schema
        if is_of_table and orphan.is_ours and orphan.name == name_of(op):
            yield DropFunction(orphan.clause)
        else:
            leftovers.orphan(orphan, connection.dialect)


def drop_blindly(op: CheckEnumOp) -> Iterator[DDLElement]:
    """What drops it, for a script, whose server looks at the catalog."""
    yield DropKept(op)
