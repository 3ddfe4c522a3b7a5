"""Compare strings as text, by PostgreSQL's own operators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa


def equal(column: sa.ColumnElement[Any], value: str) -> sa.ColumnElement[bool]:
    """Whether ``column``, as text, is ``value``."""
    same = sa.cast(column, sa.Text()).op(
        "OPERATOR(pg_catalog.=)", is_comparison=True
    )
    return same(sa.cast(sa.literal(value, sa.Text()), sa.Text()))


def among(
    column: sa.ColumnElement[Any], values: Iterable[str]
) -> sa.ColumnElement[bool]:
    """Whether ``column``, as text, is one of ``values``."""
    return sa.or_(*(equal(column, value) for value in values))
