"""Give the rows their second value, chunk by chunk."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import chunks
from ... import catalog
from .users_triggers import parameters

if TYPE_CHECKING:
    from ..session import Session
    from .pair import Pair


def changes(
    session: Session, pair: Pair, where: sa.ColumnElement[bool]
) -> list[chunks.Change]:
    """The statement that fills rows.

    :param where: which.
    """
    (table,) = catalog.tree(session.connection, pair.op)
    second: sa.ColumnClause[Any] = sa.column(pair.beside)
    second.key = "value"  # it names a parameter
    statement = (
        sa.update(sa.table(table.name, second, schema=table.schema))
        .where(where)
        .values({second: pair.value()})
        .with_hint("ONLY", dialect_name="postgresql")
    )
    return [
        chunks.Change(
            session,
            table,
            statement,
            only=True,
            parameters=parameters(session, pair),
        )
    ]


def backfill(session: Session, pair: Pair) -> None:
    wanted = changes(session, pair, sa.not_(pair.in_step()))
    chunks.change_all(session, wanted, f"Fill {pair.op.where}")


def most_common(session: Session, pair: Pair) -> str | None:
    """The value that most rows get, as text; ``None`` if that is NULL, or if
    there is no row.
    """
    value: Any = sa.cast(pair.move.using(), sa.Text()).label("value")
    table = sa.table(pair.op.table_name, schema=pair.op.schema)
    # not grouped by the expression itself: some drivers number its
    # parameters twice
    values = sa.select(value).select_from(table).subquery()
    query = (
        sa.select(values.c.value)
        .group_by(values.c.value)
        .order_by(sa.func.count().desc(), values.c.value)
        .limit(1)
    )
    for (found,) in session.read(query):
        return None if found is None else str(found)
    return None
