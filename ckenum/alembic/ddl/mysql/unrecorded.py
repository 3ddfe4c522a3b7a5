"""Rows that change in the transaction in which Alembic records the revision.

MySQL and MariaDB commit that transaction before most statements that change
no rows ("Statements That Cause an Implicit Commit", section 15.3.3 of MySQL's
manual). So a statement that would commit the rows without the record raises
an error, and the rows are rolled back.
"""

from __future__ import annotations

import re
from typing import Any
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql.dml import UpdateBase

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

_HARMLESS = re.compile(
    r"\s*\(*\s*(DELETE|DESC|DESCRIBE|DO|EXPLAIN|INSERT|RELEASE|REPLACE|"
    r"ROLLBACK|SAVEPOINT|SELECT|SHOW|UPDATE|VALUES|WITH|"
    r"SET(?!.*\b(AUTOCOMMIT|PASSWORD|STATEMENT)\b))\b",
    re.IGNORECASE | re.DOTALL,
)
"""The first words of statements that commit nothing."""

_OPEN: WeakKeyDictionary[Connection, _Unrecorded] = WeakKeyDictionary()


def is_open(connection: Connection) -> bool:
    """Whether rows have changed that must not be committed yet."""
    return connection in _OPEN


def keep_open(operations: Operations, op: CheckEnumOp) -> None:
    """Refuse to commit the rows of ``op`` until the revision is recorded."""
    connection = operations.get_bind()
    if not is_open(connection):
        context = operations.migration_context
        # without a migrations function, Alembic records no revisions
        is_recorded = not context.opts.get("fn")
        record = (context.version_table_schema, context.version_table)
        _OPEN[connection] = _Unrecorded(op, record, is_recorded)
        _listen(connection)


class _Unrecorded:
    """The open transaction of a connection.

    :ivar record: schema and name of the table that records the revision.
    :ivar is_recorded: whether there is no revision to record.
    """

    def __init__(
        self,
        op: CheckEnumOp,
        record: tuple[str | None, str],
        is_recorded: bool,
    ) -> None:
        self.op = op
        self.record = record
        self.is_recorded = is_recorded

    def is_record(self, clause: object) -> bool:
        """Whether ``clause`` records the revision."""
        if not isinstance(clause, UpdateBase):
            return False
        table = clause.table
        return isinstance(table, sa.TableClause) and self.record == (
            table.schema,
            table.name,
        )

    def see(self, statement: str) -> None:
        """Raise if ``statement`` commits too early."""
        if not self.is_recorded and not _HARMLESS.match(statement):
            self.refuse(" ".join(statement.split())[:60])

    def refuse(self, what: str) -> None:
        raise self.op.error(
            f"{what!r} would commit its rows before Alembic records the "
            f"revision, and their renames must not run twice: put it before "
            f"this directive, or into another revision. The rows are as they "
            f"were"
        )


def _listen(connection: Connection) -> None:
    if sa.event.contains(connection, "commit", _commit):
        return
    sa.event.listen(connection, "before_execute", _before)
    sa.event.listen(connection, "before_cursor_execute", _before_cursor)
    sa.event.listen(connection, "commit", _commit)
    sa.event.listen(connection, "rollback", _forget)


def _before(connection: Connection, clause: object, *_: Any) -> None:
    if connection in _OPEN and _OPEN[connection].is_record(clause):
        _forget(connection)  # the next revision has a record of its own


def _before_cursor(
    connection: Connection, _: Any, statement: str, *__: Any
) -> None:
    if connection in _OPEN:
        _OPEN[connection].see(statement)


def _commit(connection: Connection) -> None:
    if connection in _OPEN:
        if not _OPEN[connection].is_recorded:
            _OPEN[connection].refuse("COMMIT")
        _forget(connection)


def _forget(connection: Connection) -> None:
    _OPEN.pop(connection, None)
