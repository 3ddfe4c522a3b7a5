"""Online changes as a script: the same steps, with their COMMITs.

A script cannot hold a loop over the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.schema import DropConstraint

from ....ops import CheckEnumOp
from ...column import column_changes
from ...emit import as_text
from ...emit import emit
from ...settings import OnlineSettings
from ...settings import settings_of
from ..ddl import LockTable
from ..ddl import RenameConstraint
from ..ddl import SwapNotValid
from ..ddl import ValidateConstraint
from ..script_transaction import in_transaction
from ..script_transaction import outside
from ..trigger import drop_blindly
from .parameters import milliseconds

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint


def drop_trigger(operations: Operations, op: CheckEnumOp) -> None:
    """Drop the trigger that a rename has left, if there is one."""
    with outside(operations.migration_context):
        _under_lock(operations, op, [*drop_blindly(op)])


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Swap the constraint for one that is NOT VALID, then validate it.

    Raises :class:`~ckenum.exc.DirectiveError` if rows change.
    """
    if op.changes_rows:
        raise op.error(
            "online=True changes the rows in a loop, which a script cannot "
            "hold: leave it out, or run the migration without --sql"
        )
    with outside(operations.migration_context):
        _under_lock(operations, op, [*_steps(op, old, new)])
        if new is not None and not op.only_renames_constraint:
            _validate(operations, new)


def _steps(
    op: CheckEnumOp, old: CheckConstraint | None, new: CheckConstraint | None
) -> Iterator[DDLElement]:
    if old is not None and new is None:
        yield DropConstraint(old, if_exists=True)
    yield from column_changes(op)
    if old is not None and new is not None and op.only_renames_constraint:
        yield RenameConstraint(old, new)
    elif new is not None:
        drops = {each.name: each for each in (old, new) if each is not None}
        yield SwapNotValid(new, [*drops.values()], if_exists=True)


class UntilLocked(DDLElement):
    """``DO``: retry ``statements`` until they get their lock, or raise.

    It does in the server what :meth:`.session.Session.under_lock` does.
    """

    def __init__(
        self,
        table: sa.TableClause,
        statements: list[DDLElement],
        settings: OnlineSettings,
    ) -> None:
        self.table = table
        self.statements = statements
        self.settings = settings


_BODY = """
DECLARE
    deadline pg_catalog.timestamptz := pg_catalog.clock_timestamp()
        OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => %(deadline)s);
BEGIN
    %(lock)s;
    PERFORM pg_catalog.set_config('lock_timeout', %(lock_timeout)s, true);
    LOOP
        BEGIN
            %(statements)s;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>) deadline
            THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_catalog.pg_sleep(
            %(pause)s OPERATOR(pg_catalog.*)
            (0.5 OPERATOR(pg_catalog.+) pg_catalog.random())
        );
    END LOOP;
END
"""


@compiles(UntilLocked)
def _until_locked(element: UntilLocked, compiler: Any, **kw: Any) -> str:
    def text(statement: Any) -> str:
        return as_text(statement, compiler.dialect)

    settings = element.settings
    body = _BODY % {
        "deadline": text(sa.literal(float(settings.deadline))),
        "lock": text(LockTable(element.table, "SHARE UPDATE EXCLUSIVE")),
        "lock_timeout": text(sa.literal(milliseconds(settings.lock_timeout))),
        "statements": ";\n            ".join(map(text, element.statements)),
        "pause": text(sa.literal(float(settings.pause))),
    }
    return f"DO {text(sa.literal(body))}"


def _under_lock(
    operations: Operations, op: CheckEnumOp, statements: list[Any]
) -> None:
    table = sa.table(op.table_name, schema=op.schema)
    settings = settings_of(operations)
    with in_transaction(operations.migration_context):
        emit(operations, UntilLocked(table, statements, settings))


def _validate(operations: Operations, new: CheckConstraint) -> None:
    with in_transaction(operations.migration_context):
        emit(operations, ValidateConstraint(new))
