"""The small models that most tests migrate."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.backend import backend_of


class Text(sa.TypeDecorator[str]):
    """A VARCHAR that compares exactly, on MariaDB and MySQL, too."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        string: Any = self.impl
        return backend_of(dialect).string(dialect, string.length)


def orders(
    *values: Any, convention: str | None = None, **options: Any
) -> sa.MetaData:
    """A table of orders whose status is a CheckEnum."""
    return orders_with(
        sa.Column("status", CheckEnum(*values, **options)),
        convention=convention,
    )


def orders_with(
    *items: Any, convention: str | None = None, schema: str | None = None
) -> sa.MetaData:
    """A table of orders with these columns and constraints."""
    naming = {"ck": convention} if convention else None
    metadata = sa.MetaData(naming_convention=naming)
    sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *items,
        schema=schema,
    )
    return metadata
