"""Others may create objects in a schema on the search path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ops import CreateCheckEnumOp

from .backends import POSTGRESQLS
from .backends import Servers
from .every_directive import CHANGES
from .every_directive import CK
from .every_directive import EVERYTHING
from .every_directive import HERE
from .every_directive import LOOKS
from .online import execute
from .pairs import firsts
from .planted import heard
from .planted import plant
from .planted import used
from .qualification import recorded
from .roundtrip import Database
from .test_qualified import constants

pytestmark = pytest.mark.each_server

PATHS = ["public", "public,pg_catalog"]
"""PostgreSQL looks into pg_catalog first where it is not in the path."""


@pytest.fixture(scope="module", params=firsts(POSTGRESQLS))
def planted_url(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[sa.URL]:
    """A database in whose public schema is another of each function and
    operator that our statements call.
    """
    with servers.database(request.param) as url:
        db = Database(url)
        with recorded(db.engine) as statements:
            for do in EVERYTHING:
                do(db)
        clear(db)
        with db.engine.begin() as connection:
            texts = [*statements, *dict(constants()).values()]
            plant(connection, used(texts))
        db.dispose()
        yield url


def clear(db: Database) -> None:
    execute(
        db,
        "DROP TABLE IF EXISTS orders CASCADE",
        "DROP TYPE IF EXISTS mood",
    )


@pytest.fixture(params=PATHS)
def planted(
    planted_url: sa.URL, request: pytest.FixtureRequest
) -> Iterator[Database]:
    options = f"-csearch_path={request.param}"
    db = Database(planted_url, connect_args={"options": options})
    yield db
    clear(db)
    db.dispose()


def test_decoys(planted: Database) -> None:
    """They are called by whoever does not say whose operator it is."""
    with heard(planted.engine, ours=False) as called:
        execute(planted, "SELECT 'a'::varchar = 'b'::varchar")
    (call,) = called
    assert call.startswith("planted =(")


@pytest.mark.parametrize(
    "planted",
    [pytest.param(PATHS[0], marks=pytest.mark.slow), PATHS[1]],
    indirect=True,
)
def test_that_none_is_called(planted: Database) -> None:
    """Neither by a directive nor by what looks at the database, nor by the
    constraints and triggers that are made.
    """
    with heard(planted.engine) as called:
        for do in CHANGES:
            do(planted)
    assert called == []


@pytest.mark.parametrize("planted", PATHS[:1], indirect=True)
def test_looks(planted: Database) -> None:
    """Nor by autogenerate, check and audit."""
    with heard(planted.engine) as called:
        for do in LOOKS:
            do(planted)
    assert called == []


def test_row_security(planted: Database) -> None:
    """A function that says there is none is not asked."""
    role = f"clerk_{planted.engine.url.database}"
    execute(
        planted,
        f"CREATE ROLE {role}",
        f"GRANT ALL ON SCHEMA public TO {role}",
        "CREATE TABLE orders (id INT, status VARCHAR(9))",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE orders OWNER TO {role}",
        "CREATE OR REPLACE FUNCTION public.row_security_active(regclass)"
        " RETURNS BOOLEAN LANGUAGE sql RETURN false",
    )
    try:
        with pytest.raises(exc.RowSecurityError):
            with planted.operations() as op:
                op.execute(f"SET LOCAL ROLE {role}")
                op.invoke(CreateCheckEnumOp(*HERE, ["NEW"], **CK))
    finally:
        execute(planted, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
