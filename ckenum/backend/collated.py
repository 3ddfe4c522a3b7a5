"""Text that is compared by a collation."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.elements import CollationClause
from sqlalchemy.sql.elements import quoted_name

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def collated(text: ColumnElement[Any], collation: str) -> Any:
    """``text``, compared by ``collation``, which is SQL and may name a
    schema; :func:`sqlalchemy.collate` cannot.

    Alembic's batch mode would take a literal for a column.
    """
    name = quoted_name(collation, quote=False)
    clause: Any = CollationClause(name)  # type: ignore[no-untyped-call]
    return BinaryExpression(text, clause, operators.collate, type_=text.type)
