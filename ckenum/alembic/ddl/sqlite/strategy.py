"""SQLite: choose one of three ways to change a constraint.

The first that fits: ALTER TABLE, if the library can alter constraints;
Alembic's batch mode, which copies the table; or, if a copy would damage
something, an edit of the table's definition.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
import functools
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
from alembic.util import CommandError
import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DropConstraint

from . import batch
from . import edit
from . import names
from ...ops import CreateCheckEnumOp
from ..emit import emit_now
from ..table import untranslated
from .batch import Flush
from .change import Change
from .damage import damages
from .damage import require_no_lost_rows
from .read_only import writing
from .table import SQLiteTable
from .table_text import PlacedCheck
from .transaction import atomic

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

ALTERS_CONSTRAINTS = (3, 53)
"""The first version of SQLite whose ALTER TABLE does."""

NAMELESS = "the new constraint, which has no name"


def run(operations: Operations, change: Change) -> None:
    if isinstance(operations.impl, BatchOperationsImpl):
        end = _end(operations.impl.operations)
        Flush.of(operations.impl, end).join(change)
    elif operations.migration_context.as_sql:
        raise CommandError(_needs_the_table(change.op))
    else:
        connection = operations.get_bind()
        with (
            writing(change.op),
            atomic(connection),
            _counted(connection, [change]),
        ):
            _choose(
                operations,
                [change],
                lambda: batch.run(operations, [change]),
            )


def _needs_the_table(op: CheckEnumOp) -> str:
    return (
        f"A script for SQLite cannot change the constraint {op.name!r} "
        f"of table {op.table_name!r}: the table has to be copied, and "
        f"to be read for that. Run the migration without --sql, or call "
        f"the directive in "
        f"op.batch_alter_table(..., copy_from=<the whole Table>)."
    )


def _end(operations: Operations) -> Callable[[Flush], None]:
    """The function that ends the user's batch."""

    def end(flush: Flush) -> None:
        if operations.migration_context.as_sql:
            batch.prepare(operations, flush.changes)
            flush.alembic()
            return
        with writing(flush.changes[0].op), atomic(operations.get_bind()):
            if flush.copies_anyway():
                _join(operations, flush)
            else:
                flush.flush_others()
                _alone(operations, flush)

    return end


def _alone(operations: Operations, flush: Flush) -> None:
    """Run the directives' changes by themselves, after the rest of the
    batch.
    """
    changes = flush.changes_after()
    copy = functools.partial(_copy, operations, flush)
    with (
        untranslated(operations.get_bind()),
        _counted(operations.get_bind(), changes),
    ):
        _choose(
            operations,
            changes,
            None if flush.batch.recreate == "never" else copy,
        )


def _join(operations: Operations, flush: Flush) -> None:
    """Let the changes join the user's copy of the table.

    It cannot add a CHECK without a name; that is edited in afterwards.
    """
    connection = operations.get_bind()
    freed = {
        str(arguments[0].name)
        for method, arguments, _ in flush.others()
        if method == "drop_constraint"
    }
    with untranslated(connection), _counted(connection, flush.changes):
        op = flush.changes[0].op
        table = SQLiteTable.of(connection, op)
        names.require(table, flush.changes, freed)
        require_no_lost_rows(table, op)
        batch.prepare(operations, flush.changes)
        flush.flush_copy()
        _add_nameless(operations, flush.changes_after())


def _add_nameless(operations: Operations, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.new is not None and not change.new.name:
            # the rest of the directive is already done
            op = CreateCheckEnumOp(
                change.op.table_name,
                change.op.column_name,
                change.op.values,
                name="",
                schema=change.op.schema,
            )
            edit.run(operations, Change(op, new=change.new), [NAMELESS])


def _copy(operations: Operations, flush: Flush) -> None:
    batch.prepare(operations, flush.changes)
    flush.flush_ours()


def _choose(
    operations: Operations,
    changes: Sequence[Change],
    copy: Callable[[], None] | None,
) -> None:
    table = SQLiteTable.of(operations.get_bind(), changes[0].op)
    drops = names.require(table, changes)
    if _are_native(table, changes, drops):
        for change in changes:
            _alter_table(operations, table, change)
        return
    if copy is None:
        why = ["recreate='never'"]
    else:
        why = [
            *damages(operations, table),
            *_misnamed(changes, drops),
        ]
    if copy is None or why:
        for change in changes:
            edit.run(operations, change, why)
    else:
        copy()


def _misnamed(
    changes: Sequence[Change], drops: Mapping[Change, Sequence[PlacedCheck]]
) -> Iterator[str]:
    """Constraints that batch mode cannot find: it needs their exact names."""
    for change, (found, *_) in drops.items():
        assert change.old is not None
        if found.name != change.old.name:
            yield f"its constraint {found.name!r}, whose spelling differs"
    if any(c.new is not None and not c.new.name for c in changes):
        yield NAMELESS


def _are_native(
    table: SQLiteTable,
    changes: Sequence[Change],
    drops: Mapping[Change, Sequence[PlacedCheck]],
) -> bool:
    """Whether ALTER TABLE can do them. It drops by name, and cannot change a
    column's type or default.
    """
    version = table.connection.dialect.server_version_info or ()
    return (
        version >= ALTERS_CONSTRAINTS
        and not any(change.changes_column for change in changes)
        and all(change.old is None or change.old.name for change in changes)
        and all(len(found) == 1 for found in drops.values())
    )


def _alter_table(
    operations: Operations, table: SQLiteTable, change: Change
) -> None:
    if change.old is not None:
        emit_now(operations, DropConstraint(change.old))
    change.rows(operations)
    if change.new is not None:
        emit_now(operations, AddConstraint(_addable(table, change)))


def _addable(table: SQLiteTable, change: Change) -> CheckConstraint:
    """The new constraint, in a form that ADD CONSTRAINT accepts.

    It refuses rows for which the condition is NULL, although the constraint
    itself allows them (seen in SQLite 3.53.4).
    """
    assert change.new is not None
    name = change.op.column_name
    if not table.is_nullable(name):
        return change.new
    column = change.new.table.c[name]
    return sa.CheckConstraint(
        sa.or_(column.is_(None), change.new.sqltext), name=change.new.name
    )


@contextmanager
def _counted(
    connection: Connection, changes: Sequence[Change]
) -> Iterator[None]:
    """If rows violate ``changes``, raise an error that counts them."""
    try:
        yield
    except sa.exc.IntegrityError:
        for change in changes:
            change.require_none_left(connection)
        raise
