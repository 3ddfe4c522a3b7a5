"""The CHECK constraints of a table, as the comparison reads them."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from . import catalog
from ....reflection import Check

if TYPE_CHECKING:
    from sqlalchemy import Inspector


def checks(
    inspector: Inspector, schema: str | None, table: str
) -> list[Check]:
    """Those that the server enforces: one query for all tables of a schema."""
    cache: dict[Any, Any] = inspector.info_cache
    key = ("ckenum_checks", schema)
    if key not in cache:
        with inspector._operation_context() as connection:
            cache[key] = catalog.checks(connection, schema)
    return [
        Check(each.name, each.text)
        for each in cache[key]
        if each.table == table and each.is_enforced
    ]
