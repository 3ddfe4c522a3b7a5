"""What a directive leaves where it is, and says so in the log."""

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
    from .trigger_catalog import Kept
    from .trigger_catalog import Orphan

log = logging.getLogger("alembic.ckenum.online")


def unknown(
    trigger: Kept, dialect: Dialect, log: logging.Logger = log
) -> None:
    """It is named like those of ckenum, and may be anything."""
    log.warning(
        "Trigger %r on table %s.%s is named like those that online renames "
        "leave, but it is not recognised as one and stays. If it is not "
        "wanted, drop it by hand: %s;",
        trigger.name,
        trigger.schema,
        trigger.table,
        as_text(DropTrigger(trigger.name, trigger.on), dialect),
    )


def orphan(
    function: Orphan, dialect: Dialect, log: logging.Logger = log
) -> None:
    """Its trigger went with a table or a column."""
    log.warning(
        "Function %s.%s() was left by an online rename and no trigger calls "
        "it any more. Drop it by hand: %s;",
        function.schema,
        function.name,
        as_text(DropFunction(function.clause), dialect),
    )


def leftovers(
    op: CheckEnumOp, kept: Iterable[Kept], oids: set[int], dialect: Dialect
) -> None:
    """Triggers that fire for the table of ``op`` and that it cannot drop.

    :param oids: those of the table and of what inherits from it.
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
    """There is no such table or column, so the trigger was not found."""
    calls = [
        f"op.drop_check_enum_trigger({trigger.table!r}, {trigger.column!r}, "
        f"schema={trigger.schema!r})"
        for trigger in kept
        if trigger.column is not None
    ]
    if calls:
        log.warning(
            "There is no column %r, so no trigger of it was dropped. Its "
            "table or the column may have another name now. These drop what "
            "renames have left: %s",
            op.where,
            ", ".join(calls),
        )
