"""The triggers that turn renamed values into the new ones on writing.

Processes of the old application go on writing the old values, which the new
list no longer allows. Triggers are for MariaDB, where a change may be online.
One is for INSERT, one for UPDATE. Both fire last of their table, so they also
change what another trigger writes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import logging
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from . import locks
from . import trigger_catalog
from ..emit import emit
from ..kept_renames import after
from ..kept_renames import during
from ..kept_renames import Renames
from .errors import errno
from .errors import NOT_PRIVILEGED
from .trigger_ddl import CreateTrigger
from .trigger_ddl import DropTrigger
from .trigger_ddl import EVENTS
from .trigger_ddl import name_of

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops import CheckEnumOp
    from ...ops import DropCheckEnumTriggerOp
    from .trigger_catalog import Kept

log = logging.getLogger("alembic.ckenum")

NEEDED = (
    "A trigger turns old values into new ones for processes that still write "
    "them. To create it, the user needs the privilege TRIGGER on the table, "
    "and where the server writes a binary log also "
    "log_bin_trust_function_creators=1, or the privilege BINLOG ADMIN or SUPER"
)


class Triggers:
    """The triggers of one column while an operation changes it.

    :ivar before: their renames until now.
    """

    def __init__(self, operations: Operations, op: CheckEnumOp) -> None:
        self.operations = operations
        self.op = op
        self.may_create = False
        self.kept: list[Kept] = []
        if self._is_mariadb:
            self.kept = trigger_catalog.of_column(operations.get_bind(), op)
        self.before: Renames = {
            old: new for each in self.kept for old, new in each.renames.items()
        }

    @property
    def _is_mariadb(self) -> bool:
        dialect = self.operations.get_bind().dialect
        return bool(dialect.is_mariadb)  # type: ignore[attr-defined]

    def prepare(self) -> None:
        """Try to create triggers before anything changes, if ``op`` needs
        them: the server's settings decide which privileges they take.

        Raises :class:`~ckenum.exc.DirectiveError` if the user may not create
        them, but they should be kept.
        """
        self.may_create = bool(self.kept)
        if self.kept or not (self.op.online and self.op.rename):
            return
        try:
            self._set({})
            self.may_create = True
        except DBAPIError as error:
            if errno(error) not in NOT_PRIVILEGED:
                raise
            if getattr(self.op, "keep_trigger", False):
                raise self.op.error(f"{NEEDED}: {error.orig}") from error
            log.warning(
                "%s. The user may not (%s), so '%s' is changed without: until "
                "all rows have changed it allows old and new values, then "
                "writing the old ones is an error",
                NEEDED,
                error.orig,
                self.op.where,
            )
        self.drop()

    def during(self) -> None:
        """Rename what ``op`` renames, while its rows change."""
        if self.may_create and self.op.changes_rows:
            self._want(during(self.op, self.before))

    def after(self) -> None:
        """Rename what should be renamed after ``op``."""
        if not self.may_create:
            return
        rule: Callable[[CheckEnumOp, Renames], Renames] = after
        if getattr(self.op, "keep_trigger", False):
            rule = during
        self._want(rule(self.op, self.before))

    def back(self) -> None:
        """Rename what was renamed before ``op``."""
        if self.may_create:
            self._want(self.before)

    def _want(self, renames: Renames) -> None:
        self._set(renames) if renames else self.drop()

    def _set(self, renames: Renames) -> None:
        op, connection = self.op, self.operations.get_bind()
        there = trigger_catalog.of_column(connection, op)
        complete = [each for each in there if each.renames == renames]
        if renames and len(complete) == len(there) == len(EVENTS):
            return
        taken = trigger_catalog.taken(connection, op, there)
        wanted = [
            CreateTrigger(op, name_of(op, event, taken), event, renames)
            for event in EVENTS
        ]
        names = {each.name for each in wanted}
        for trigger in wanted:
            locks.run(self.operations, op, trigger)
        for each in there:
            if each.name not in names:
                self._drop_one(each)

    def drop(self) -> None:
        """Drop all triggers of the column."""
        if not self._is_mariadb:
            return
        for each in trigger_catalog.of_column(
            self.operations.get_bind(), self.op
        ):
            self._drop_one(each)

    def _drop_one(self, kept: Kept) -> None:
        drop = DropTrigger(kept.name, self.op.schema)
        locks.run(self.operations, self.op, drop)


def drop(operations: Operations, op: DropCheckEnumTriggerOp) -> None:
    """Drop what ``keep_trigger=True`` has left."""
    if operations.migration_context.as_sql:
        for statement in _blindly(operations, op):
            emit(operations, statement)
    else:
        Triggers(operations, op).drop()


def _blindly(
    operations: Operations, op: DropCheckEnumTriggerOp
) -> Iterator[DropTrigger]:
    dialect = operations.migration_context.dialect
    if dialect.is_mariadb:  # type: ignore[attr-defined]
        for event in EVENTS:
            yield DropTrigger(name_of(op, event, ()), op.schema)
