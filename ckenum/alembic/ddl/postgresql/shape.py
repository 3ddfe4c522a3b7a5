"""Turn single values into arrays of one item, or the other way round.

One ``ALTER TABLE`` does it, which rewrites the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.schema import DropConstraint

from . import guards
from . import native_catalog
from .. import array_rows
from .. import rows
from ....constraint_names import final_name
from ....exc import BlockedByObjectsError
from ..constraint import constraint_of
from ..emit import emit
from ..emit import sql_name
from .definitions import CannotRewriteError
from .definitions import require_no_items
from .native_ddl import ChangeType
from .native_ddl import ChangeTypes
from .trigger_catalog import PREFIX

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...ops import AlterCheckEnumOp
    from ...ops import CheckEnumOp

_TRIGGER = f"trigger {PREFIX}"
"""How PostgreSQL describes a trigger of ours; it follows the column."""


def require_possible(operations: Operations, op: AlterCheckEnumOp) -> None:
    """Raise for objects that prevent another type of the column.

    That is :class:`~ckenum.exc.BlockedByViewsError`,
    :class:`~ckenum.exc.BlockedByObjectsError`, or
    :class:`~ckenum.exc.DirectiveError` for a default that the directive does
    not mention.
    """
    connection = operations.get_bind()
    guards.require_no_views(connection, op)
    table = sql_name(connection, op)
    own = constraint_of(operations, op, op.drop_name, op.existing_values)
    own_name = final_name(own, connection.dialect)
    blocking = [
        reason
        for found in native_catalog.dependents(
            connection, table, op.column_name
        )
        if (found.kind, found.name) != ("check", own_name)
        and not found.description.startswith(_TRIGGER)
        for reason in _blocks(found, op)
    ]
    if blocking:
        raise BlockedByObjectsError(
            op.table_name, op.column_name, op.schema, blocking
        )
    if not op.changes_default:
        default = native_catalog.default(connection, table, op.column_name)
        if default is not None:
            raise op.error(
                f"its default is {default}: say in the migration what it is "
                f"from now on, with server_default= and "
                f"existing_server_default="
            )


def _blocks(
    found: native_catalog.Dependent, op: AlterCheckEnumOp
) -> Iterator[str]:
    """Why an object prevents it; PostgreSQL rebuilds plain indexes itself."""
    if found.kind in ("other", "check"):
        yield found.description
        return
    try:
        require_no_items(found.definition)
    except CannotRewriteError as error:
        yield f"{found.description} ({error})"
        return
    if not op.array and " USING gin " in found.definition:
        yield f"{found.description} (GIN is for arrays)"


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """Run the change, after the trigger is dropped and before its return."""
    dialect = operations.migration_context.dialect
    deletes_rows = bool(op.delete) and not op.existing_array
    if deletes_rows:
        emit(operations, DropConstraint(old))
        deletion = op.about_rows
        deletion.rename = {}
        for statement in rows.statements(deletion, dialect):
            emit(operations, statement)
    changed = ChangeType(
        new.table,
        op.column_name,
        op.column_type(op.length),
        array_rows.reshaped(op, dialect),
        keeps_default=not op.changes_default,
        default=op.server_default or None,
        old=None if deletes_rows else old,
        new=new,
    )
    emit(operations, ChangeTypes([changed]))
