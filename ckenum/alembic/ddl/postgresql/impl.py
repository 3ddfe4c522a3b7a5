"""How PostgreSQL runs the operations: in one transaction, or online."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from . import catalog
from . import engine
from . import foreign
from . import guards
from . import inherited
from . import mentions
from . import names
from . import native
from . import shape
from . import transaction
from . import trigger
from ...ops import AlterCheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ..checks import require_only
from ..checks import require_possible
from ..emit import emit
from ..impl import DefaultImpl
from ..table import before_batch
from .ddl import RenameConstraint
from .ddl import SwapConstraint
from .ddl import ValidateConstraint
from .directive import whole
from .keys import Column
from .keys import foreign_keys
from .online import offline
from .online import run
from .online.native.run import move as online_move

if TYPE_CHECKING:
    from types import ModuleType

    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection
    from sqlalchemy import Inspector

    from ...ops import CheckEnumOp
    from ...ops import DropCheckEnumTriggerOp
    from ...ops import ValidateCheckEnumOp
    from ...ops.move import TypeMoveOp


class PostgreSQLImpl(DefaultImpl):
    """PostgreSQL, whose DDL is transactional."""

    leaves_triggers = True
    moves_codes = True
    online = "runs"

    inherited_checks = staticmethod(inherited.inherited_checks)
    require_names = staticmethod(names.require)
    mentions_of = staticmethod(mentions.Look.at)
    commits_by_itself = staticmethod(transaction.commits_by_itself)

    def followers(
        self, inspector: Inspector, schema: str | None, table: str, column: str
    ) -> list[Column]:
        place = (schema, table, column)
        with inspector._operation_context() as connection:
            return [
                follower
                for key in foreign_keys(connection, [place])
                if key.options.get("onupdate") == "CASCADE"
                for follower, referred in key.pairs
                if referred == place
            ]

    def is_inexact(
        self, connection: Connection, op: CheckEnumOp, collation: str | None
    ) -> bool:
        if collation is not None:
            return guards.is_nondeterministic(connection, collation)
        return guards.takes_for_equal(connection, op)

    # -- before anything changes -----------------------------------------

    def columns(
        self, connection: Connection, op: CheckEnumOp
    ) -> list[str] | None:
        return catalog.columns(connection, op)

    def require_possible(
        self, operations: Operations, op: CheckEnumOp
    ) -> None:
        connection = operations.get_bind()
        if op.online:
            guards.disable_parallel_query(connection)
        if op.changes_length:
            guards.require_no_views(connection, op)
        if isinstance(op, AlterCheckEnumOp):
            guards.require_nullable(connection, op)
            if op.changes_shape:
                shape.require_possible(operations, op)
        if not isinstance(op, DropCheckEnumOp):
            guards.require_all_rows(connection, op)
        foreign.require_agreement(operations, op)

    @contextmanager
    def whole(
        self,
        operations: Operations,
        op: CheckEnumOp,
        check: Callable[[], None],
        count: Callable[[], None],
    ) -> Iterator[None]:
        place = _place(operations, op)
        if _online(operations, op) is not None:
            check()  # each of its steps is a transaction
            yield
        else:
            if place.in_shards:
                check = partial(_prepared, operations, check)
            with whole(operations, check, count):
                yield

    # -- what is run -----------------------------------------------------

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        online = _online(operations, op)
        if online is not None:
            online.change(operations, op, old, new)
            return
        guards.fire_deferred_triggers(operations, op)
        with _trigger(operations, op):
            if op.changes_shape and old is not None and new is not None:
                shape.change(operations, op, old, new)
            else:
                super().change(operations, op, old, new)

    def swap(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint,
        new: CheckConstraint,
    ) -> None:
        if _place(operations, op).in_shards:
            super().swap(operations, op, old, new)
        elif op.only_renames_constraint:
            emit(operations, RenameConstraint(old, new))
        else:
            emit(operations, SwapConstraint(old, new))

    def validate(
        self,
        operations: Operations,
        op: ValidateCheckEnumOp,
        existing: CheckConstraint,
    ) -> None:
        def count() -> None:
            values = op.existing_values
            require_only(operations, op, values, op.ways_out)

        def check() -> None:
            require_possible(operations, before_batch(operations, op))
            if not operations.migration_context.as_sql:
                names.require_there(operations, op, existing)
            count()

        with self.whole(operations, op, check, count):
            emit(operations, ValidateConstraint(existing))

    def drop_trigger(
        self, operations: Operations, op: DropCheckEnumTriggerOp
    ) -> None:
        with self.whole(operations, op, lambda: None, lambda: None):
            online = _online(operations, op)
            if online is not None:
                online.drop_trigger(operations, op)
            elif operations.migration_context.as_sql:
                for statement in trigger.drop_blindly(op):
                    emit(operations, statement)
            else:
                with _trigger(operations, op):
                    pass

    def move_native(self, operations: Operations, op: TypeMoveOp) -> None:
        if not operations.migration_context.as_sql:
            engine.require_native(operations.get_bind(), op)
        if op.online and not isinstance(operations.impl, BatchOperationsImpl):
            online_move(operations, op)
        else:
            native.move(operations, op)

    move_codes = move_native


def _place(operations: Operations, op: CheckEnumOp) -> engine.Place:
    """Where the rows are; a script cannot ask.

    Raises :class:`~ckenum.exc.DirectiveError` if that cannot do what ``op``
    wants.
    """
    if operations.migration_context.as_sql:
        return engine.Place()
    connection = operations.get_bind()
    engine.require_able(connection, op)
    place = engine.place_of(connection, op)
    engine.require_reshaped(place, op)
    return place


def _prepared(operations: Operations, check: Callable[[], None]) -> None:
    engine.one_shard_after_another(operations.get_bind())
    check()


def _online(operations: Operations, op: CheckEnumOp) -> ModuleType | None:
    """The module that runs ``op`` online, or ``None``.

    A batch is one transaction, and nothing can be online in it.
    """
    if not op.online or isinstance(operations.impl, BatchOperationsImpl):
        return None
    return offline if operations.migration_context.as_sql else run


@contextmanager
def _trigger(operations: Operations, op: CheckEnumOp) -> Iterator[None]:
    """Have the trigger that an online rename may have left follow the change.

    A script cannot look for it, and a column without a constraint has none.
    """
    is_new = isinstance(op, CreateCheckEnumOp)
    if is_new or operations.migration_context.as_sql:
        yield
        return
    first, last = trigger.follow(operations.get_bind(), op)
    for statement in first:
        emit(operations, statement)
    yield
    for statement in last:
        emit(operations, statement)
