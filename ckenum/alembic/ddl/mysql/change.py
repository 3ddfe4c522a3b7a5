"""Change a constraint so that the table is never without one.

DDL commits. So the old list becomes the new one in three steps:

1. one ALTER TABLE replaces the old list by the old and the new values;
2. rows are updated and deleted;
3. one ALTER TABLE replaces that list by the new values.

Each ALTER takes effect as a whole or not at all. After a crash the list in the
table says how far the change got, and each step can run again.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
from contextlib import suppress
from functools import partial
import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import conv

from . import catalog
from . import chunks
from . import existing
from .. import rows
from ....backend.mysql import exact_collation
from ....constraint_names import final_name
from ..constraint import constraint_of
from .alteration import Change
from .ddl import Modify
from .errors import CHECK_VIOLATED
from .errors import errno
from .isolation import read_committed
from .lock_table import locked
from .session import having
from .session import SAFE_UPDATES
from .trigger import Triggers

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp
    from .definition import Definition

log = logging.getLogger("alembic.ckenum")

ATTEMPTS = 5
"""How often rows change again if others write old values meanwhile."""


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Replace ``old`` by ``new``, and change the column and the rows."""
    if old is not None and new is not None:
        _alter(operations, op, old, new)
    elif new is not None:
        _create(operations, op, new)
    elif old is not None:
        _drop(operations, op, old)


def _create(
    operations: Operations, op: CheckEnumOp, new: CheckConstraint
) -> None:
    """Add the constraint, and make the column compare exactly."""
    connection = operations.get_bind()
    there = existing.find(
        connection, op, [final_name(new, connection.dialect)]
    )
    change = Change(operations, op, there)
    if there is not None and not change.is_called(new):
        change.there = None  # a second one, which stays
    others = change.column_changes()
    column = catalog.column(connection, *catalog.place(op))
    collation = exact_collation(connection.dialect)
    if not op.is_inexact and column and column.collation != collation:
        definition = next(
            (each.definition for each in others if isinstance(each, Modify)),
            change.definition().with_default(op.server_default),
        )
        exact = definition.with_type(definition.type_, collation)
        others = [Modify(op.column_name, exact)]
    if not others and change.is_done(new, op.values):
        return
    change.to(new, *others)


def _drop(
    operations: Operations, op: CheckEnumOp, old: CheckConstraint
) -> None:
    """Drop the constraint, unless it is already gone. It is found by its name
    only, because another constraint of the column may stay.
    """
    connection = operations.get_bind()
    name = final_name(old, connection.dialect)
    there = existing.named(connection, op, name)
    if there is None:
        log.warning(
            "The constraint %r on '%s' is not there, so it is not dropped",
            name,
            op.where,
        )
    change = Change(operations, op, there)
    change.to(None, *change.column_changes())
    Triggers(operations, op).drop()


def _alter(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    """Change constraint, column and rows."""
    connection = operations.get_bind()
    names = [final_name(each, connection.dialect) for each in (old, new)]
    there = existing.find(connection, op, names)
    if there is None:
        raise op.error(
            f"the table has no constraint {names[0]!r}, nor another one that "
            f"holds the column to a list of values"
        )
    change = Change(operations, op, there)
    triggers = Triggers(operations, op)
    triggers.prepare()
    if op.changes_rows:
        _by_way_of_both(change, op, new, triggers)
    else:
        _replace(change, op, new)
    triggers.after()


def _by_way_of_both(
    change: Change, op: CheckEnumOp, new: CheckConstraint, triggers: Triggers
) -> None:
    before = change.there
    length = change.definition() if op.widens else None
    known = change.allowed()
    between = _union(change.operations, op, known)
    if op.widens or known is None or not known.issuperset(op.values):
        first = change.column_changes() if op.widens else []
        change.to(between, *first)
    triggers.during()
    try:
        _change_rows(change, op)
    except BaseException:
        _go_back(change, op, before, known, length, triggers)
        raise
    _narrow(change, op, new)


def _replace(change: Change, op: CheckEnumOp, new: CheckConstraint) -> None:
    """One ALTER TABLE; no row changes."""
    others = change.column_changes()
    if others or not change.is_done(new, op.values):
        change.to(new, *others)


def _union(
    operations: Operations,
    op: CheckEnumOp,
    known: set[str | None] | None,
) -> CheckConstraint:
    values = [*op.existing_values, *op.values]
    values += sorted(value for value in known or () if value is not None)
    strings = [value for value in dict.fromkeys(values) if value is not None]
    return constraint_of(operations, op, op.name, strings)


def _change_rows(change: Change, op: CheckEnumOp) -> None:
    connection = change.connection
    with read_committed(connection):
        if op.online:
            chunks.change(change.operations, op)
        else:
            change_rows(connection, op)


def _narrow(change: Change, op: CheckEnumOp, new: CheckConstraint) -> None:
    """Narrow the list. If others wrote old values while it still allowed them,
    change the rows again; unless it is online, nobody else can write then.
    """
    for attempt in range(ATTEMPTS):
        is_alone = attempt > 0 and not op.online
        try:
            with locked(change.operations, op) if is_alone else nullcontext():
                if is_alone:
                    _sweep(change, op)
                elif attempt:
                    _change_rows(change, op)
                last = [] if op.widens else change.column_changes()
                if last or not change.is_done(new, op.values):
                    change.to(new, *last)
            return
        except DBAPIError as error:
            if errno(error) not in CHECK_VIOLATED or attempt == ATTEMPTS - 1:
                raise


def _sweep(change: Change, op: CheckEnumOp) -> None:
    """Change the remaining rows without a transaction, because starting one
    would unlock the table.
    """
    with having(change.connection, SAFE_UPDATES, 0):
        for statement in rows.statements(op, change.connection.dialect):
            change.connection.execute(statement)


def _go_back(
    change: Change,
    op: CheckEnumOp,
    before: catalog.StoredCheck | None,
    values: set[str | None] | None,
    length: Definition | None,
    triggers: Triggers,
) -> None:
    """Restore the old list, which all rows still satisfy. If that fails, the
    list of old and new values stays, and the directive can run again.
    """
    if before is None or values is None or before == change.there:
        return
    listed = sorted(values, key=lambda value: value or "")
    old = constraint_of(change.operations, op, conv(before.name), listed)
    others = [Modify(op.column_name, length)] if length else []
    with suppress(SQLAlchemyError):
        triggers.back()
        change.to(old, *others)


def change_rows(connection: Connection, op: CheckEnumOp) -> None:
    """Change all rows that ``op`` has rules for, or none."""
    with having(connection, SAFE_UPDATES, 0), _whole(connection):
        for statement in rows.statements(op, connection.dialect):
            connection.execute(statement)


@contextmanager
def _whole(connection: Connection) -> Iterator[None]:
    """Make the block's changes of rows all or nothing."""
    undo: Callable[[], object]
    keep: Callable[[], object]
    if connection.scalar(sa.text("SELECT @@SESSION.autocommit")):
        connection.execute(sa.text("START TRANSACTION"))
        undo = partial(connection.execute, sa.text("ROLLBACK"))
        keep = partial(connection.execute, sa.text("COMMIT"))
    else:
        savepoint = connection.begin_nested()
        undo, keep = savepoint.rollback, savepoint.commit
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # a deadlock has undone all already
            undo()
        raise
    keep()


@contextmanager
def counted(count: Callable[[], None]) -> Iterator[None]:
    """Let ``count`` report the rows that violate a new constraint."""
    try:
        yield
    except DBAPIError as error:
        if errno(error) in CHECK_VIOLATED:
            count()
        raise
