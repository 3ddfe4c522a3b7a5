"""From an operation to what is run: checks first, then the backend's way."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.operations.base import Operations
from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa

from .postgresql import alter
from .postgresql import guards
from . import rows
from .sqlite import strategy
from .postgresql.online import run as online
from .postgresql.online import offline as online_script
from .constraint import constraint_of
from . import mentions
from . import names
from .postgresql.directive import whole
from .repeat import require_repeatable
from .table import before_batch
from .table import on_one_table
from ..ops import AlterCheckEnumOp
from ..ops import CheckEnumOp
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from ..ops import DropCheckEnumTriggerOp
from ..ops import ValidateCheckEnumOp

if TYPE_CHECKING:
    from types import ModuleType


@Operations.implementation_for(CreateCheckEnumOp)
@on_one_table
def _create(operations: Operations, op: CreateCheckEnumOp) -> None:
    def count() -> None:
        if not isinstance(operations.impl, BatchOperationsImpl):
            # a batch may be about to add the column, or to alter its type
            require_only(operations, op, op.values, rows.CHANGE_THEM)

    def check() -> None:
        _require_possible(operations, before_batch(operations, op))
        count()

    with _checked(operations, op, check, count):
        new = constraint_of(operations, op, op.name, op.values)
        names.require(operations, before_batch(operations, op), new=new)
        _strategy(operations, op).create(operations, op, new)


@Operations.implementation_for(DropCheckEnumOp)
@on_one_table
def _drop(operations: Operations, op: DropCheckEnumOp) -> None:
    def check() -> None:
        _require_possible(operations, before_batch(operations, op))

    with _checked(operations, op, check):
        old = _existing(operations, op, op.name, op.existing_values)
        names.require(operations, before_batch(operations, op), old=old)
        _strategy(operations, op).drop(operations, op, old)


@Operations.implementation_for(AlterCheckEnumOp)
@on_one_table
def _alter(operations: Operations, op: AlterCheckEnumOp) -> None:
    require_repeatable(operations, op)
    now = before_batch(operations, op)

    def count() -> None:
        accepted = [*op.values, *op.rename, *op.delete]
        require_only(operations, now, accepted, rows.ways_out(op))

    def check() -> None:
        _require_possible(operations, now)
        if op.leaving:
            count()

    with _checked(operations, op, check, count):
        old = _existing(operations, op, op.drop_name, op.existing_values)
        new = constraint_of(operations, op, op.name, op.values)
        names.require(operations, now, old=old, new=new)
        mentions.look(operations, now, old, new)
        _strategy(operations, op).alter(operations, op, old, new)


@Operations.implementation_for(ValidateCheckEnumOp)
@on_one_table
def _validate(operations: Operations, op: ValidateCheckEnumOp) -> None:
    def count() -> None:
        require_only(operations, op, op.existing_values, rows.CHANGE_THEM)

    def check() -> None:
        _require_possible(operations, before_batch(operations, op))
        count()

    require_arrays(operations, op)
    if operations.migration_context.dialect.name != "postgresql":
        return  # a constraint is valid from the start
    with _checked(operations, op, check, count):
        alter.validate(
            operations, _existing(operations, op, op.name, op.existing_values)
        )


@Operations.implementation_for(DropCheckEnumTriggerOp)
@on_one_table
def _drop_trigger(operations: Operations, op: DropCheckEnumTriggerOp) -> None:
    if operations.migration_context.dialect.name == "postgresql":
        with _checked(operations, op, lambda: None):
            _strategy(operations, op).drop_trigger(operations, op)


@contextmanager
def _checked(
    operations: Operations,
    op: CheckEnumOp,
    check: Callable[[], None],
    count: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """``check`` before anything is changed; all or nothing, where it is not
    for the backend's strategy to see to that.

    :param count: raises where a row violates the new constraint.
    """
    if _strategy(operations, op) is alter and (
        operations.migration_context.dialect.name == "postgresql"
    ):
        with whole(operations, check, count):
            yield
    else:
        check()
        yield


def _strategy(operations: Operations, op: CheckEnumOp) -> ModuleType:
    dialect = operations.migration_context.dialect.name
    if dialect == "sqlite":
        return strategy
    if (
        op.online
        and dialect == "postgresql"
        and not isinstance(operations.impl, BatchOperationsImpl)
    ):
        as_sql = operations.migration_context.as_sql
        return online_script if as_sql else online
    return alter


def _require_possible(operations: Operations, op: CheckEnumOp) -> None:
    """Ask the catalog for what would stop it half way, or hide rows."""
    require_arrays(operations, op)
    context = operations.migration_context
    if context.as_sql or context.dialect.name != "postgresql":
        return
    connection = operations.get_bind()
    if op.online:
        guards.look_alone(connection)
    if op.changes_length:
        guards.require_no_views(connection, op)
    if isinstance(op, AlterCheckEnumOp):
        guards.require_nullable(connection, op)
    if not isinstance(op, DropCheckEnumOp):
        guards.require_all_rows(connection, op)


def require_arrays(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where there are none."""
    dialect = operations.migration_context.dialect
    if op.array and dialect.name != "postgresql":
        raise op.error(
            f"PostgreSQL has arrays, {dialect.name} has none: run it where "
            f"op.get_context().dialect.name is 'postgresql' only"
        )


def require_only(
    operations: Operations,
    op: CheckEnumOp,
    accepted: Sequence[str | None],
    advice: str,
) -> None:
    """Where there are rows to look at, look before anything changes."""
    if operations.migration_context.as_sql:
        return
    strings = [value for value in accepted if value is not None]
    if len(strings) == len(accepted):
        rows.require_none_left(operations.get_bind(), op, strings, advice)


def _existing(
    operations: Operations,
    op: CheckEnumOp,
    name: str,
    values: Sequence[str | None],
) -> sa.CheckConstraint:
    if not name and operations.migration_context.dialect.name != "sqlite":
        raise op.error("a constraint without a name cannot be dropped here")
    return constraint_of(operations, op, name, values)
