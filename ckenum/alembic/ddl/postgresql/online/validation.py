"""The constraint that a table has, and its validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from .. import catalog
from ... import rows
from .....constraint_names import final_name
from ..ddl import ValidateConstraint
from ..sqlstate import CHECK_VIOLATION
from ..sqlstate import NOT_SUPPORTED
from ..sqlstate import sqlstate
from .session import log
from .session import Session

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint


def held(session: Session, constraint: CheckConstraint) -> catalog.Held | None:
    """What the database has by the name of ``constraint``."""
    name = final_name(constraint, session.connection.dialect)
    return catalog.held(session.connection, session.op, name)


def validate(
    session: Session,
    constraint: CheckConstraint,
    values: Sequence[str | None],
    advice: str,
) -> None:
    """Validate the constraint on every table, first on those that inherit.

    Each table has its own transaction; readers and writers go on. Where a
    table that inherits cannot be altered by itself, such as a chunk of
    TimescaleDB, it is validated with the one that it inherits from.
    """
    connection = session.connection
    name = final_name(constraint, connection.dialect)
    tables = catalog.tree(connection, session.op)
    for table in reversed(catalog.not_validated(connection, tables, name)):
        log.info("Validating %r on %s.%s", name, table.schema, table.name)
        try:
            with session.waiting():
                connection.execute(
                    ValidateConstraint(constraint, table.clause)
                )
        except DBAPIError as error:
            if sqlstate(error) == NOT_SUPPORTED and table != tables[0]:
                continue
            if sqlstate(error) != CHECK_VIOLATION:
                raise
            with session.waiting():
                rows.require_none_left(
                    connection,
                    session.op,
                    strings(values),
                    advice,
                    taken_back=True,
                )
            raise


def strings(values: Sequence[str | None]) -> list[str]:
    return [value for value in values if value is not None]
