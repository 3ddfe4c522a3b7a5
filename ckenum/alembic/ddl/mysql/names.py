"""Checks of constraints' names before one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from . import catalog
from . import existing
from ....backend import backend_of
from ....constraint_names import final_name
from ..owner import name_conflict
from ..owner import Named
from ..owner import require_own
from ..owner import tell_of_others

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...ops import CheckEnumOp


def require(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``old`` is not the
    column's, or if the name of ``new`` is taken.

    A directive that was interrupted finds its own new constraint.
    """
    connection = operations.get_bind()
    dialect = connection.dialect
    same = backend_of(dialect).same_name
    stored = catalog.checks(connection, op.schema)
    here = [each for each in stored if each.table == op.table_name]
    if old is not None:
        for each in here:
            if same(each.name, final_name(old, dialect)):
                named = _named(each)
                require_own(op, named, same)
                tell_of_others(op, named, dialect.name)
    if new is None:
        return
    adds = final_name(new, dialect)
    if old is not None and same(adds, final_name(old, dialect)):
        return
    # on MariaDB names are unique in a table only
    is_mariadb = dialect.is_mariadb  # type: ignore[attr-defined]
    for each in here if is_mariadb else stored:
        if same(each.name, adds) and not (
            each.table == op.table_name
            and existing.reading(connection, op, each)
        ):
            raise name_conflict(op, _named(each))


def _named(check: catalog.StoredCheck) -> Named:
    definition = f"CHECK ({check.text}) of table {check.table!r}"
    return Named(check.name, definition, {*_columns(check.text)}, check.text)


def _columns(text: str) -> Iterator[str]:
    try:
        tree = sqlglot.parse_one(f"({text})", read="mysql")
    except (SqlglotError, ValueError, RecursionError):
        return
    for column in tree.find_all(exp.Column):
        yield column.name
