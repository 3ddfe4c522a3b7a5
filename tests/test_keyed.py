"""Columns that Python calls otherwise than the database does."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum

from .models import orders_with
from .roundtrip import Database


def keyed(type_: Any, default: str | None = "NEW") -> sa.MetaData:
    return orders_with(
        sa.Column("status", type_, key="state", server_default=default)
    )


def checked(*values: str) -> Any:
    return sa.Enum(
        *values, name="kind", native_enum=False, create_constraint=True
    )


TYPES: dict[str, Any] = {
    "values": CheckEnum("NEW", "SENT"),
    "other values": CheckEnum("NEW"),
    "native": sa.Enum("NEW", "SENT", name="kind"),
    "stock": checked("NEW", "SENT"),
    "other stock": checked("NEW", "PAID", "SENT"),
    "without": sa.Enum("NEW", name="kind", native_enum=False, length=4),
}
PAIRS = [
    ("values", "other values"),
    ("values", "native"),
    ("native", "values"),
    ("stock", "other stock"),
    ("stock", "native"),
    ("native", "stock"),
    ("stock", "without"),
]


@pytest.mark.parametrize("before, after", PAIRS)
def test_moves(db: Database, before: str, after: str) -> None:
    """Their type changes as that of others, with a default that changes."""
    db.options["ckenum_enums"] = True
    old = keyed(TYPES[before])
    db.create(old)
    new = keyed(TYPES[after], None)
    db.round_trip(old, new, compare_server_default=True, render_as_batch=True)
