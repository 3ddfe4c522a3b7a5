"""Text that is compared by a collation."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def collated(text: ColumnElement[Any], collation: str) -> Any:
    """``text``, compared by ``collation``, which is SQL and may name a
    schema: :func:`sqlalchemy.collate` knows none.
    """
    name: Any = sa.literal_column(collation)
    return BinaryExpression(text, name, operators.collate, type_=text.type)
