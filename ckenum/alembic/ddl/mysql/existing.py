"""Finds a column's present constraint: by its name, else by what it says.

gh-ost and Vitess rename the CHECKs of the tables that they copy, because
MySQL allows each name only once in a schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import catalog
from ....backend import backend_of
from ....reflection import read_check
from ....reflection import ValueList

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


def find(
    connection: Connection, op: CheckEnumOp, names: Sequence[str]
) -> catalog.StoredCheck | None:
    """The constraint of the column of ``op``.

    :param names: the names that it may have, the likeliest first.
    """
    for name in names:
        found = named(connection, op, name)
        if found is not None:
            return found
    stored = catalog.checks(connection, op.schema, op.table_name)
    listed = [each for each in stored if reading(connection, op, each)]
    return listed[0] if len(listed) == 1 else None


def named(
    connection: Connection, op: CheckEnumOp, name: str
) -> catalog.StoredCheck | None:
    """The table's constraint called ``name``."""
    same = backend_of(connection.dialect).same_name
    for each in catalog.checks(connection, op.schema, op.table_name):
        if same(each.name, name):
            return each
    return None


def reading(
    connection: Connection, op: CheckEnumOp, check: catalog.StoredCheck
) -> ValueList | None:
    """The values to which ``check`` limits the column of ``op``, if any."""
    dialect = connection.dialect
    found = read_check(dialect.name, check.text)
    if (
        check.doubt is None
        and isinstance(found, ValueList)
        and backend_of(dialect).same_name(found.column, op.column_name)
    ):
        return found
    return None
