"""A backend that nobody has described, which takes standard SQL.

Where DDL is transactional, a directive drops the constraint, changes the
rows and adds the constraint. Where DDL commits, the table is never without a
constraint, and a directive that a crash has stopped may run again:

1. a constraint of a name of ckenum's own is added, with old and new values;
2. the old constraint is dropped, and rows are changed;
3. the new constraint is added, and the one of step 1 is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
import hashlib
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DropConstraint
from sqlalchemy.sql.elements import conv

from . import rows
from ...backend import backend_of
from ...constraint_names import final_name
from ...reflection import read_check
from ...reflection import ValueList
from .column import column_changes
from .constraint import constraint_of
from .emit import as_text
from .emit import emit
from .impl import DefaultImpl

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...reflection import Check
    from ..ops import CheckEnumOp


class GenericImpl(DefaultImpl):
    """Whatever takes ``ADD CONSTRAINT`` and ``DROP CONSTRAINT``."""

    def require_possible(
        self, operations: Operations, op: CheckEnumOp
    ) -> None:
        again = op.renames_again
        if again and not is_transactional(operations):
            raise op.error(
                f"rename produces values that it also renames ({again!r}), "
                f"so it must not run twice, and DDL commits here: use two "
                f"revisions, with another value in between"
            )

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        if not is_transactional(operations):
            if old is not None and new is not None:
                steps = [*_by_way_of_both(operations, op, old, new)]
                _run(operations, op, steps)
                return
            if new is not None and _is_there(operations, op, new):
                return  # by an earlier run, which was not recorded
            if old is not None and _is_gone(operations, op, old):
                old = None
        dropped = [] if old is None else [DropConstraint(old)]
        added = [] if new is None else [AddConstraint(new)]
        steps = [*dropped, *_column_and_rows(operations, op), *added]
        _run(operations, op, steps)


def _is_there(
    operations: Operations, op: CheckEnumOp, new: CheckConstraint
) -> bool:
    """Whether the table has a constraint of that name with those values."""
    there = _named(operations, op, new)
    if there is None:
        return False
    found = read_check(_dialect(operations).name, there.text)
    return isinstance(found, ValueList) and {*found.values} == {*op.values}


def _is_gone(
    operations: Operations, op: CheckEnumOp, old: CheckConstraint
) -> bool:
    """Whether the table is seen not to have a constraint of that name."""
    is_seen = _checks(operations, op) is not None
    return is_seen and _named(operations, op, old) is None


def is_transactional(operations: Operations) -> bool:
    """Whether DDL is rolled back with the transaction that it is in."""
    context = operations.migration_context
    connection = context.connection
    level = None
    if connection is not None and not context.as_sql:
        level = connection.get_execution_options().get("isolation_level")
        level = level or connection.engine.dialect._on_connect_isolation_level
    return bool(context.impl.transactional_ddl) and level != "AUTOCOMMIT"


def _by_way_of_both(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> Iterator[Any]:
    """The steps that are left, whatever an earlier run has done."""
    values = [*dict.fromkeys([*op.existing_values, *op.values])]
    both = constraint_of(operations, op, _name_of_both(operations, op), values)
    names = {final_name(c, _dialect(operations)) for c in (old, new)}
    checks = _checks(operations, op)
    if checks is None:  # they cannot be seen: this is the first run
        there = {final_name(old, _dialect(operations))}
    else:
        there = {name for name in names if _has(checks, name)}
    if checks is None or not _has(checks, str(both.name)):
        yield AddConstraint(both)
    for constraint in {c.name: c for c in (old, new)}.values():
        if final_name(constraint, _dialect(operations)) in there:
            yield DropConstraint(constraint)
    yield from _column_and_rows(operations, op)
    yield AddConstraint(new)
    yield DropConstraint(both)


def _column_and_rows(operations: Operations, op: CheckEnumOp) -> Iterator[Any]:
    """A VARCHAR is widened before longer values are stored, and narrowed
    after they are gone.
    """
    if op.widens:
        yield from column_changes(op)
    yield from rows.statements(op, _dialect(operations))
    if not op.widens:
        yield from column_changes(op)


def _run(operations: Operations, op: CheckEnumOp, steps: list[Any]) -> None:
    """Run ``steps``, if the backend has SQL for each of them."""
    for step in steps:
        try:
            as_text(step, _dialect(operations))
        except (CompileError, NotImplementedError) as error:
            raise op.error(
                f"{_dialect(operations).name} has no SQL for a step of it "
                f"({type(step).__name__}): {error}. This directive changed "
                f"nothing"
            ) from error
    for step in steps:
        emit(operations, step)


def _dialect(operations: Operations) -> sa.Dialect:
    return operations.migration_context.dialect


def _name_of_both(operations: Operations, op: CheckEnumOp) -> conv:
    digest = hashlib.sha256(op.where.encode()).hexdigest()[:12]
    name = f"zz_ckenum_{digest}"
    return conv(backend_of(_dialect(operations)).stored_name(name))


def _checks(operations: Operations, op: CheckEnumOp) -> list[Check] | None:
    """The CHECKs of the table; ``None`` if they cannot be seen."""
    if operations.migration_context.as_sql:
        return None
    inspector = sa.inspect(operations.get_bind())
    try:
        return DefaultImpl().checks(inspector, op.schema, op.table_name)
    except NotImplementedError:
        return None


def _named(
    operations: Operations, op: CheckEnumOp, constraint: CheckConstraint
) -> Check | None:
    """The CHECK of the table that has the name of ``constraint``."""
    name = final_name(constraint, _dialect(operations))
    checks = _checks(operations, op) or []
    return next((each for each in checks if _is(each, name)), None)


def _has(checks: list[Check], name: str) -> bool:
    return any(_is(check, name) for check in checks)


def _is(check: Check, name: str) -> bool:
    """Whether it has that name, which some databases fold."""
    return (check.name or "").casefold() == name.casefold()
