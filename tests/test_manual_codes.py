"""What the manual says of integer codes is so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from .models import orders_with
from .online import execute
from .pages import executed
from .pages import page
from .roundtrip import Database

PAGE = page("docs/how-to/codes.md")
IMPORTS = """
import enum
from ckenum import CheckEnum
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """SQLite and PostgreSQL in turn."""
    found: Database = request.getfixturevalue(request.param)
    return found


@PAGE.executes(model="class Status", directive="op.replace_codes(")
def test_model(db: Database, model: str, directive: str) -> None:
    """Autogenerate writes the directive for the model, and it goes back."""
    after: sa.MetaData = executed(IMPORTS, model)["Base"].metadata
    before = orders_with(
        sa.Column(
            "status",
            sa.SmallInteger(),
            nullable=False,
            server_default=sa.text("1"),
        )
    )
    db.create(before)
    execute(db, "INSERT INTO orders VALUES (1, 1), (2, 2)")
    migration = db.round_trip(before, after)
    assert directive.strip() in migration.upgrade
    assert db.column("orders") == ["NEW", "PAID"]
