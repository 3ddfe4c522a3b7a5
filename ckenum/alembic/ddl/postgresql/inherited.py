"""PostgreSQL: the CHECK constraints that tables inherit."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Inspector

_INHERITED = sa.text("""
    SELECT n.nspname, r.relname, c.conname
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) c.conrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    WHERE c.contype OPERATOR(pg_catalog.=) 'c'
      AND c.coninhcount OPERATOR(pg_catalog.>) 0
    """)


def inherited_checks(inspector: Inspector) -> set[tuple[str, str, str]]:
    """The schema, table and name of each; the inspector caches them."""
    cache: dict[Any, Any] = inspector.info_cache
    key = ("ckenum_inherited",)
    if key not in cache:
        with inspector._operation_context() as connection:
            cache[key] = {tuple(row) for row in connection.execute(_INHERITED)}
    found: set[tuple[str, str, str]] = cache[key]
    return found
