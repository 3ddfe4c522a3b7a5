"""The second column takes the place of the first, under one short lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.ddl.base import ColumnDefault
from alembic.ddl.base import ColumnName
from alembic.ddl.base import ColumnNullable
import sqlalchemy as sa
from sqlalchemy.schema import DropConstraint

from ... import guards
from ...native_ddl import Verbatim
from .copies import checks
from .copies import statistics
from .ddl import StopMirror
from .expand import drop_column
from .expand import mirror_function
from .expand import mirror_trigger
from .expand import without_mirror
from .indexes import Index
from .indexes import indexes
from .not_null import not_null
from .pair import beside
from .rebuild import missing_checks
from .rebuild import missing_indexes
from .state import Stage
from .state import state_of

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from ..session import Session
    from .pair import Pair


class NotReadyError(Exception):
    """Somebody has made something on the first column meanwhile."""


def swapping(session: Session, pair: Pair) -> list[Executable]:
    """The statements, all for one transaction.

    Raises :class:`NotReadyError` if an index or a CHECK has no copy.
    """
    connection = session.connection
    state = state_of(connection, pair)
    if state.stage is not Stage.BESIDE:
        return []
    guards.require_no_views(connection, pair.op)
    if [*missing_indexes(connection, pair), *missing_checks(connection, pair)]:
        raise NotReadyError
    return [*_swap(session, pair)]


def _swap(session: Session, pair: Pair) -> Iterator[Executable]:
    connection, op, move = session.connection, pair.op, pair.move
    dialect, table = move.dialect, move.table_name
    quote = dialect.identifier_preparer.quote
    of_column = indexes(connection, pair, op.column_name)
    copied = checks(pair)
    of_several = statistics(connection, pair, op.column_name)
    # what needs no lock on the table comes first
    if op.keep_column:
        yield from mirror_function(pair.back)
    going = [index for index in of_column if _goes_at_once(pair, index)]
    for index in of_column:
        if index not in going:
            yield Verbatim(index.gives_way(dialect))
            yield from _taking_place(pair, index)
    # the guard proves that no row is NULL, so it goes later
    name_before, name_after = not_null(connection, pair)
    yield from name_before
    yield from _default(pair)
    for index in going:
        yield Verbatim(index.goes(dialect, table))
    for check in copied:
        name = quote(str(check.name))
        yield Verbatim(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for each in of_several:
        yield Verbatim(
            f"DROP STATISTICS {quote(each.schema)}.{quote(each.name)}"
        )
    yield from _columns(pair)
    yield from name_after
    for index in going:
        yield from _taking_place(pair, index)
    for check in copied:
        old, new = quote(beside(str(check.name))), quote(str(check.name))
        yield Verbatim(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
        yield from _comments(
            pair, "CONSTRAINT", new, f" ON {table}", check.comment
        )
    for each in of_several:
        schema = quote(each.schema)
        yield Verbatim(
            f"ALTER STATISTICS {schema}.{quote(beside(each.name))} "
            f"RENAME TO {quote(each.name)}"
        )
        yield from _comments(
            pair,
            "STATISTICS",
            f"{schema}.{quote(each.name)}",
            "",
            each.comment,
        )


def _goes_at_once(pair: Pair, index: Index) -> bool:
    """Whether it cannot stay until it is dropped concurrently.

    New rows have NULL in a column that is not kept, which a unique index
    may refuse.
    """
    is_key = index.constraint is not None
    return is_key or index.is_unique and not pair.op.keep_column


def _taking_place(pair: Pair, index: Index) -> Iterator[Executable]:
    dialect, table = pair.move.dialect, pair.move.table_name
    quote = dialect.identifier_preparer.quote
    for text in index.takes_place(dialect, table):
        yield Verbatim(text)
    yield from _comments(
        pair, "INDEX", index.sql_name(dialect), "", index.comment
    )
    yield from _comments(
        pair,
        "CONSTRAINT",
        quote(index.constraint or ""),
        f" ON {table}",
        index.constraint_comment,
    )


def _default(pair: Pair) -> Iterator[Executable]:
    default = pair.move.default()["default"]
    if default is None:
        return
    if isinstance(default, Verbatim):
        default = sa.literal_column(default.text)
    yield ColumnDefault(
        pair.op.table_name, pair.beside, default, schema=pair.op.schema
    )


def _columns(pair: Pair) -> Iterator[Executable]:
    op = pair.op
    if not op.keep_column:
        yield DropConstraint(pair.guard(not_null=False))
        yield StopMirror(pair)
    between = beside(pair.beside)
    # its constraint has the name that the other one gets
    yield ColumnNullable(op.table_name, op.column_name, True, schema=op.schema)
    yield ColumnDefault(op.table_name, op.column_name, None, schema=op.schema)
    yield _renamed(pair, op.column_name, between)
    yield _renamed(pair, pair.beside, op.column_name)
    yield _renamed(pair, between, pair.beside)
    if op.keep_column:
        yield from mirror_trigger(pair.back)


def _renamed(pair: Pair, old: str, new: str) -> ColumnName:
    return ColumnName(pair.op.table_name, old, new, schema=pair.op.schema)


def _comments(
    pair: Pair, kind: str, name: str, on: str, text: str | None
) -> Iterator[Executable]:
    if text is not None:
        literal = pair.move.literal(text)
        yield Verbatim(f"COMMENT ON {kind} {name}{on} IS {literal}")


def dropping_kept(session: Session, pair: Pair) -> list[Executable]:
    """Drop the first column, which the swap has kept."""
    state = state_of(session.connection, pair)
    if state.stage is not Stage.KEPT:
        return []
    drops: list[Any] = [*without_mirror(pair)]
    if state.guard is not None:
        drops.append(DropConstraint(pair.guard(not_null=False)))
    return [*drops, drop_column(pair)]
