"""The trigger that makes renamed values the new ones as they are written.

So processes of the old application go on writing the old values, and no row
can hold them any more. What it renames is told by its function's comment.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import catalog
from ..postgresql import quoted
from ..ops import AlterCheckEnumOp
from .trigger_ddl import name_of
from .trigger_ddl import Renames
from .trigger_ddl import Trigger

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.schema import DDLElement

    from ..ops import CheckEnumOp

Rule = Callable[["CheckEnumOp", Renames], "dict[str, str | None]"]

_RENAMES = sa.text("""
    SELECT d.description
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_description d
      ON d.objoid = t.tgfoid
      AND d.classoid = 'pg_catalog.pg_proc'::regclass
    WHERE t.tgrelid = to_regclass(:table) AND t.tgname = :name
      AND NOT t.tgisinternal
    """)


def renames(connection: Connection, op: CheckEnumOp) -> dict[str, str | None]:
    """What the trigger that is there renames; nothing where there is none."""
    comment = connection.scalar(
        _RENAMES, {"table": quoted(connection, op), "name": name_of(op)}
    )
    return {} if comment is None else dict(json.loads(comment)["rename"])


def during(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What has to be renamed while ``op`` changes the rows.

    :param before: what a trigger renames that an earlier revision has left.
    """
    wanted = after(op, before)
    if isinstance(op, AlterCheckEnumOp):
        wanted.update(
            (old, new)
            for old, new in op.rename.items()
            if old not in op.values
        )
    return wanted


def after(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What an earlier revision's trigger renames from now on.

    To what has become of its values, and no value that is one again; where
    the constraint is dropped, nothing.
    """
    if not isinstance(op, AlterCheckEnumOp):
        return {}
    then = {
        old: op.rename.get(new, new) if new is not None else None
        for old, new in before.items()
        if old not in op.rename and old not in op.values
    }
    return {
        old: new
        for old, new in then.items()
        if new is None or new in op.values
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
    before = renames(connection, op)
    wanted = rule(op, before)
    in_the_way = with_column and op.changes_length
    if before == wanted and not (before and in_the_way):
        return [], []
    trigger = Trigger(op, catalog.tree(connection, op))
    first = list(trigger.drop()) if before else []
    if not wanted:
        return first, []
    return [*first, *trigger.prepare(wanted)], list(trigger.create(wanted))


def unseen(op: CheckEnumOp) -> Iterator[DDLElement]:
    """What drops it, for a script, which cannot look at the catalog."""
    table = catalog.Table(0, op.schema, op.table_name, "r", False)
    return Trigger(op, [table]).drop()
