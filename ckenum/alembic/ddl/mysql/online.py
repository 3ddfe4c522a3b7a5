"""Checks whether a change can be online, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ops import DropCheckEnumOp
from ...ops.native_base import NativeEnumOp
from ..settings import settings_of

if TYPE_CHECKING:
    from alembic.operations import Operations

    from ...ops import CheckEnumOp

_SINCE = (11, 2)
"""MariaDB lets writers go on while it copies a table ("ALTER TABLE", LOCK=NONE
with ALGORITHM=COPY, in its manual)."""


def require_possible(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``op`` should be online and
    cannot.
    """
    if isinstance(op, NativeEnumOp) and op.keep_column:
        raise op.error(
            "keep_column=True is for PostgreSQL: here a column changes its "
            "type in place. Leave it out"
        )
    if not op.online:
        return
    if operations.migration_context.as_sql:
        raise op.error(
            "online=True depends on the server's version, which a script "
            "cannot ask: leave it out, or run the migration without --sql"
        )
    if isinstance(op, DropCheckEnumOp) and not op.changes_length:
        return  # dropping a constraint copies the table on no server
    dialect = operations.get_bind().dialect
    version = dialect.server_version_info or ()
    is_mariadb = dialect.is_mariadb  # type: ignore[attr-defined]
    if not is_mariadb or version < _SINCE:
        server = "MariaDB before 11.2" if is_mariadb else "MySQL"
        raise op.error(
            f"online=True is not possible: to add a CHECK or to change a "
            f"type, {server} copies the table, and writers wait until it is "
            f"done. Leave it out and migrate when they can wait, or change "
            f"the table with pt-online-schema-change or gh-ost"
        )
    settings = settings_of(operations)
    if settings.max_replica_lag or settings.max_replica_lag_bytes:
        raise op.error(
            "max_replica_lag and max_replica_lag_bytes ask PostgreSQL's "
            "replicas: give pause_while= instead"
        )
