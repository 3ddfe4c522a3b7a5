"""Log the triggers and functions that a directive leaves in place."""

from __future__ import annotations

from collections.abc import Iterable
import logging
from typing import TYPE_CHECKING

from ..emit import as_text
from .trigger_ddl import DropFunction
from .trigger_ddl import DropTrigger

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from ...ops import CheckEnumOp
    from .orphans import Orphan
    from .trigger_catalog import Kept

log = logging.getLogger("alembic.ckenum.online")


def unknown(
    trigger: Kept, dialect: Dialect, log: logging.Logger = log
) -> None:
    """Warn of a trigger that is named like ckenum's but may not be one."""
    log.warning(
        "Trigger %r on table %s.%s is named like those that online renames "
        "leave, but it is not recognised as one, so it stays. If you do not "
        "need it, drop it by hand: %s;",
        trigger.name,
        trigger.schema,
        trigger.table,
        as_text(DropTrigger(trigger.name, trigger.on), dialect),
    )


def orphan(
    function: Orphan, dialect: Dialect, log: logging.Logger = log
) -> None:
    """Warn of a function whose trigger went with its table or column."""
    log.warning(
        "An online rename left the function %s.%s(), and no trigger calls "
        "it any more. Drop it by hand: %s;",
        function.schema,
        function.name,
        as_text(DropFunction(function.clause), dialect),
    )


def leftovers(
    op: CheckEnumOp, kept: Iterable[Kept], oids: set[int], dialect: Dialect
) -> None:
    """Warn of triggers that fire for the table of ``op`` but that it cannot
    drop.

    :param oids: of the table and of those that inherit from it.
    """
    for trigger in kept:
        if trigger.column is None:
            unknown(trigger, dialect)
        elif (
            trigger.column == op.column_name and trigger.table_oid not in oids
        ):
            log.warning(
                "Trigger %r stays on %r: it belongs to the partitioned table "
                "%s.%s. Drop it there: op.drop_check_enum_trigger(%r, %r, "
                "schema=%r)",
                trigger.name,
                op.where,
                trigger.schema,
                trigger.table,
                trigger.table,
                trigger.column,
                trigger.schema,
            )


def no_column(op: CheckEnumOp, kept: Iterable[Kept]) -> None:
    """Warn that the table or column does not exist, so no trigger of it was
    found.
    """
    calls = [
        f"op.drop_check_enum_trigger({trigger.table!r}, {trigger.column!r}, "
        f"schema={trigger.schema!r})"
        for trigger in kept
        if trigger.column is not None
    ]
    if calls:
        log.warning(
            "There is no column %r, so no trigger of it was dropped. The "
            "table or the column may have been renamed. These calls drop the "
            "triggers that renames have left: %s",
            op.where,
            ", ".join(calls),
        )
