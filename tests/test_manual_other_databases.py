"""docs/how-to/other_databases.md: its lines for env.py."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects import postgresql

from ckenum.alembic import register_backend
from ckenum.alembic.ddl import impl
from ckenum.backend import base

from .pages import Block
from .pages import page

PAGE = page("docs/how-to/other_databases.md")


@pytest.fixture(autouse=True)
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(impl, "_IMPLS", dict(impl._IMPLS))
    monkeypatch.setattr(base, "_BACKENDS", dict(base._BACKENDS))


def test_unknown() -> None:
    """Nobody describes these databases unless these lines do."""
    assert not impl.is_known(roach())
    assert not impl.is_known(mssql.dialect())


def roach() -> sa.Dialect:
    dialect = postgresql.dialect()
    dialect.name = "cockroachdb"
    return dialect


@PAGE.executes(block='like="postgresql"')
def test_like_postgresql(block: Block) -> None:
    """Directives run under the other name as on PostgreSQL."""
    exec(block)
    assert isinstance(impl.impl_of(roach()), type(impl.named("postgresql")))


@PAGE.executes(block='register_backend("mssql"')
def test_standard_sql(block: Block) -> None:
    """Directives run on a database that nobody had described."""
    exec(block, {"register_backend": register_backend})
    assert impl.is_known(mssql.dialect())
