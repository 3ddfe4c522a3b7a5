"""The second column: with its constraints, and a trigger that fills it."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.ddl.base import AddColumn
from alembic.ddl.base import ColumnDefault
from alembic.ddl.base import DropColumn
import sqlalchemy as sa

from . import bridge
from . import details
from ...native_ddl import Verbatim
from ...trigger_ddl import DropFunction
from ...trigger_ddl import DropTrigger
from .ddl import AddNotValid
from .ddl import AlwaysMirror
from .ddl import CommentOnMirror
from .ddl import CreateMirror
from .ddl import CreateMirrorTrigger
from .rebuild import missing_checks
from .state import Stage
from .state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from ..session import Session
    from .pair import Pair
    from .state import State


def expanding(
    session: Session, pair: Pair, common: str | None
) -> list[Executable]:
    """What is missing of it.

    :param common: the value that most rows get, as text: PostgreSQL stores
        it in the catalog, so these rows are not rewritten ("ALTER TABLE",
        Notes, in its manual).
    """
    connection = session.connection
    state = state_of(connection, pair)
    has_mirror = state.mirror == pair.says
    return [
        # what needs no lock on the table comes first
        *_type(pair),
        *bridge.building(connection, pair),
        *([] if has_mirror else mirror_function(pair)),
        *_column(connection, pair, state, common),
        *_constraints(connection, pair, state),
        *missing_checks(connection, pair),
        *([] if has_mirror else mirror_trigger(pair)),
    ]


def taking_back(session: Session, pair: Pair) -> list[Executable]:
    """Drop the second column and all that came with it."""
    state = state_of(session.connection, pair)
    if state.stage is not Stage.BESIDE:
        return []
    drops: list[Any] = [*without_mirror(pair), drop_column(pair)]
    if not pair.becomes_text:
        drops += pair.move.dropping_type(pair.beside)
    return drops


def _type(pair: Pair) -> Iterator[Executable]:
    if not pair.becomes_text:
        yield from pair.move.creating_type()


def _column(
    connection: Connection, pair: Pair, state: State, common: str | None
) -> Iterator[Executable]:
    if state.beside is not None:
        return
    op = pair.op
    column: sa.Column[Any] = sa.Column(
        pair.beside, pair.type, server_default=common
    )
    yield AddColumn(op.table_name, column, schema=op.schema)
    if common is not None:
        yield ColumnDefault(op.table_name, pair.beside, None, schema=op.schema)
    for text in details.statements(connection, pair):
        yield Verbatim(text)


def _constraints(
    connection: Connection, pair: Pair, state: State
) -> Iterator[Executable]:
    if pair.check is not None and not state.has_check:
        yield AddNotValid(pair.check, replaces=False)
    if state.guard != pair.says:
        not_null = state.column is not None and state.column.is_not_null
        guard = pair.guard(not_null)
        yield AddNotValid(guard, replaces=state.guard is not None)
        yield sa.schema.SetConstraintComment(_commented(guard, pair.says))


def _commented(guard: sa.CheckConstraint, text: str) -> sa.CheckConstraint:
    guard.comment = text
    return guard


def mirror_function(pair: Pair) -> Iterator[Executable]:
    yield CreateMirror(pair)
    yield CommentOnMirror(pair)


def mirror_trigger(pair: Pair) -> Iterator[Executable]:
    yield CreateMirrorTrigger(pair)
    yield AlwaysMirror(pair)


def without_mirror(pair: Pair) -> Iterator[Executable]:
    yield DropTrigger(pair.trigger_name, pair.move.table)
    yield DropFunction(sa.table(pair.trigger_name, schema=pair.op.schema))


def drop_column(pair: Pair) -> DropColumn:
    column: sa.Column[Any] = sa.Column(pair.beside, pair.type)
    return DropColumn(pair.op.table_name, column, schema=pair.op.schema)
