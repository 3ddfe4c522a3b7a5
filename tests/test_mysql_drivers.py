"""MariaDB and MySQL by each driver that is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from importlib.util import find_spec

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from ckenum import exc
from ckenum.alembic.ddl.mysql.errors import CHECK_VIOLATED
from ckenum.alembic.ddl.mysql.errors import errno

from .backends import MYSQLS
from .backends import Servers
from .models import orders

MODULES = {
    "pymysql": "pymysql",
    "mysqldb": "MySQLdb",
    "mysqlconnector": "mysql.connector",
    "mariadbconnector": "mariadb",
    "aiomysql": "aiomysql",
    "asyncmy": "asyncmy",
}


def is_installed(module: str) -> bool:
    return find_spec(module.partition(".")[0]) is not None


DRIVERS = [driver for driver, of in MODULES.items() if is_installed(of)]


def run(url: sa.URL, work: Callable[[sa.Connection], None]) -> None:
    async def run_async() -> None:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            await connection.run_sync(work)
        await engine.dispose()

    if url.drivername.endswith(("+aiomysql", "+asyncmy")):
        asyncio.run(run_async())
    else:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            work(connection)
        engine.dispose()


def work(connection: sa.Connection) -> None:
    orders("a", "b").create_all(connection)
    insert = sa.text("INSERT INTO orders (status) VALUES (:status)")
    connection.execute(insert, [{"status": "a"}, {"status": "b"}])
    connection.commit()
    with pytest.raises(sa.exc.DatabaseError) as refused:
        connection.execute(insert, {"status": "B"})
    assert errno(refused.value) in CHECK_VIOLATED
    connection.rollback()
    op = Operations(MigrationContext.configure(connection))

    def alter(
        values: list[str], existing: list[str], **options: object
    ) -> None:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            values,
            existing_values=existing,
            name="ck_orders_status",
            **options,
        )

    alter(["a", "c"], ["a", "b"], rename={"b": "c"})
    with pytest.raises(exc.RowsRemainError):
        alter(["a"], ["a", "c"])
    status = sa.column("status")
    found = connection.scalars(
        sa.select(status).select_from(sa.table("orders"))
    )
    assert sorted(found) == ["a", "c"]


@pytest.fixture(params=MYSQLS)
def mysql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[sa.URL]:
    with servers.database(request.param) as url:
        yield url


@pytest.mark.parametrize("driver", DRIVERS)
def test_driver(mysql: sa.URL, driver: str) -> None:
    """A refused value is a DatabaseError whose number we know; directives
    run.
    """
    name = mysql.get_backend_name()
    run(mysql.set(drivername=f"{name}+{driver}"), work)
