"""Under asyncio: sessions, migrations, and Alembic's asynchronous project."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
import enum
import functools
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

import aiosqlite
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn
import sqlcipher3.dbapi2

from ckenum import CheckEnum
from ckenum.alembic import OnlineSettings
from ckenum.alembic.ddl.postgresql.online import migrator
from ckenum.exc import LockTimeoutError
from ckenum.exc import RowsRemainError

from .backends import BACKENDS
from .backends import Servers
from .interpreters import commands
from .models import orders
from .roundtrip import Database
from .sqlite import execute
from .sqlite import PLAIN
from .sqlite import recorded
from .sqlite import ROWS
from .sqlite import text
from .sqlite import TRIGGER
from .sqlite import way
from .test_project import ADDED
from .test_project import CREATED
from .test_project import held
from .test_project import Project
from .test_project import REMOVED
from .test_project import RENAMED


class NewAiosqlite(SQLiteDialect_aiosqlite):
    """Over a library that can alter constraints."""

    driver = "newaio"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        sqlite = sqlcipher3.dbapi2
        module: Any = SimpleNamespace(
            **{**vars(aiosqlite), **vars(sqlite)},
        )
        module.Connection = aiosqlite.Connection
        module.connect = lambda *args, **kw: aiosqlite.Connection(
            lambda: sqlite.connect(*args, **kw), iter_chunk_size=64
        )
        return AsyncAdapt_aiosqlite_dbapi(module, sqlite)


registry.register("sqlite.newaio", __name__, "NewAiosqlite")

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+new": "sqlite+newaio",
    "postgresql+psycopg": "postgresql+asyncpg",
}


def asynchronous(url: sa.URL) -> sa.URL:
    return url.set(drivername=DRIVERS[url.drivername])


def in_loop(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test as ``AsyncConnection.run_sync`` runs a function."""

    @functools.wraps(test)
    def run(*args: Any, **kw: Any) -> None:
        asyncio.run(greenlet_spawn(test, *args, **kw))

    return run


class AsyncDatabase(Database):
    """Of an asynchronous engine, within :func:`in_loop`."""

    def __init__(self, url: sa.URL, **options: Any) -> None:
        super().__init__(url)
        engine = create_async_engine(url, poolclass=NullPool, **options)
        self.engine = engine.sync_engine


@pytest.fixture
def aio(url: sa.URL) -> AsyncDatabase:
    return AsyncDatabase(asynchronous(url))


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


class Base(DeclarativeBase):
    type_annotation_map = {enum.Enum: CheckEnum(enum.Enum, persist="value")}


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status]


def test_session(url: sa.URL) -> None:
    """Members go in, are found, changed and come out."""

    async def use() -> None:
        engine = create_async_engine(asynchronous(url))
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add(Order(id=1, status=Status.NEW))
            session.add(Order(id=2, status=Status.PAID))
            await session.commit()
        async with AsyncSession(engine) as session:
            query = sa.select(Order).where(Order.status.in_([Status.NEW]))
            order = (await session.scalars(query)).one()
            assert (order.id, order.status) == (1, Status.NEW)
            order.status = Status.PAID
            await session.commit()
            await session.refresh(order)
            assert order.status is Status.PAID
        async with engine.connect() as connection:
            rows = await connection.stream_scalars(sa.select(Order.status))
            assert [row async for row in rows] == [Status.PAID, Status.PAID]
        await engine.dispose()

    asyncio.run(use())


def test_database_refuses_the_rest(url: sa.URL) -> None:
    """As an IntegrityError that names the constraint."""

    async def use() -> None:
        engine = create_async_engine(asynchronous(url))
        orders = sa.table("orders", sa.column("id"), sa.column("status"))
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with engine.connect() as connection:
            with pytest.raises(sa.exc.IntegrityError, match="orders_status"):
                await connection.execute(
                    orders.insert().values(id=1, status="NEW")
                )
        await engine.dispose()

    asyncio.run(use())


@in_loop
def test_migration(aio: AsyncDatabase) -> None:
    """What autogenerate writes leads there and back."""
    aio.create(orders("a", "b"))
    aio.insert("orders", id=1, status="a")
    aio.round_trip(orders("a", "b"), orders("a", "b", "c"))
    aio.insert("orders", id=2, status="c")
    assert aio.column("orders") == ["a", "c"]


@in_loop
def test_rows_that_remain(aio: AsyncDatabase) -> None:
    """Stop a migration before it has changed anything."""
    aio.create(orders("a", "b"))
    aio.insert("orders", id=1, status="b")
    migration = aio.autogenerate(orders("a"))
    with pytest.raises(RowsRemainError, match="'b' in 1 row"):
        aio.upgrade(orders("a"), migration)
    assert aio.column("orders") == ["b"]
    assert aio.diff(orders("a", "b")) == []


WAYS = [
    ("native", "sqlite-3.53", [PLAIN, ROWS]),
    ("copy", "sqlite", [PLAIN, ROWS]),
    ("edit", "sqlite", [PLAIN, TRIGGER, ROWS]),
]


@pytest.fixture
def prepared(servers: Servers, request: Any) -> Iterator[AsyncDatabase]:
    """The tables that SQLite changes in each of its ways."""
    _, backend, statements = request.param
    with servers.database(backend) as url:
        database = AsyncDatabase(asynchronous(url))
        asyncio.run(greenlet_spawn(execute, database, *statements))
        yield database


@pytest.mark.parametrize(
    "prepared", WAYS, ids=lambda way: way[0], indirect=True
)
@in_loop
def test_ways_of_sqlite(
    prepared: AsyncDatabase, request: pytest.FixtureRequest
) -> None:
    """Each renames the rows and holds the column to the new values."""
    with recorded(prepared) as statements:
        with prepared.operations() as op:
            rename(op)
    assert way(statements) == request.node.callspec.id
    assert prepared.column("orders") == ["NEW", "DONE"]
    with pytest.raises(sa.exc.IntegrityError):
        prepared.insert("orders", id=3, status="PAID")


@pytest.mark.parametrize(
    "prepared", WAYS, ids=lambda way: way[0], indirect=True
)
@in_loop
def test_failure_afterwards(prepared: AsyncDatabase) -> None:
    """Takes the whole migration back."""
    before = text(prepared)
    with pytest.raises(ZeroDivisionError):
        with prepared.operations() as op:
            rename(op)
            1 / 0
    assert text(prepared) == before
    assert prepared.column("orders") == ["NEW", "PAID"]


MODES: list[dict[str, Any]] = [
    {"isolation_level": "AUTOCOMMIT"},
    {"connect_args": {"isolation_level": None}},
]
if sys.version_info >= (3, 12):
    MODES.append({"connect_args": {"autocommit": True}})
    MODES.append({"connect_args": {"autocommit": False}})


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("statements", [[PLAIN], [PLAIN, TRIGGER]], ids=len)
@in_loop
def test_modes_of_sqlite(
    sqlite_url: sa.URL, mode: dict[str, Any], statements: list[str]
) -> None:
    """Who commits depends on the connection; what was done stays."""
    aio = AsyncDatabase(asynchronous(sqlite_url), **mode)
    execute(aio, *statements, ROWS)
    with aio.operations() as op:
        rename(op)
    assert aio.column("orders") == ["NEW", "DONE"]


def rename(op: Any, name: str = "ck", **options: Any) -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "DONE"],
        existing_values=["NEW", "PAID"],
        name=name,
        rename={"PAID": "DONE"},
        **options,
    )


@pytest.fixture
def online(postgresql: Database) -> AsyncDatabase:
    """Forty rows, of a table whose lock is waited for but shortly."""
    postgresql.create(orders("NEW", "PAID"))
    execute(
        postgresql,
        "INSERT INTO orders SELECT i, 'PAID' FROM generate_series(1, 40) AS i",
    )
    aio = AsyncDatabase(asynchronous(postgresql.engine.url))
    aio.options["ckenum_online_settings"] = OnlineSettings(deadline=0.2)
    return aio


@in_loop
def test_online(online: AsyncDatabase) -> None:
    """Rows are changed and checked in transactions of their own."""
    with recorded(online) as statements:
        with online.operations() as op:
            rename(op, "ck_orders_status", online=True)
    assert statements.count("COMMIT") > 2
    assert any("VALIDATE CONSTRAINT" in sent for sent in statements)
    assert set(online.column("orders")) == {"DONE"}
    assert online.diff(orders("NEW", "DONE")) == []


@in_loop
def test_online_waits_for_the_lock(
    online: AsyncDatabase, postgresql: Database
) -> None:
    """Not for ever; once it is free, the same change goes through."""
    with postgresql.engine.begin() as reader:
        reader.execute(sa.select(sa.table("orders", sa.column("id"))))
        with pytest.raises(LockTimeoutError, match="orders"):
            with online.operations() as op:
                rename(op, "ck_orders_status", online=True)
    with online.operations() as op:
        rename(op, "ck_orders_status", online=True)
    assert online.diff(orders("NEW", "DONE")) == []


class Pauses:
    """Of a change in an event loop, each after a statement that begins so.

    :ivar count: how many began.
    :ivar used: in how many the loop did something else.
    """

    def __init__(
        self, db: AsyncDatabase, after: str, act: Callable[[int], object]
    ) -> None:
        self.after = after
        self.act = act
        self.count = 0
        self.used = 0
        self._ticks = 0
        self._began: int | None = None
        sa.event.listen(db.engine, "before_cursor_execute", self._end)
        sa.event.listen(db.engine, "after_cursor_execute", self._begin)

    async def during(self, work: Callable[[], None]) -> None:
        ticking = asyncio.create_task(self._tick())
        await greenlet_spawn(work)
        ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.001)
            self._ticks += 1

    def _begin(self, *args: Any) -> None:
        if args[2].lstrip().startswith(self.after):
            self.count += 1
            self.act(self.count)
            self._began = self._ticks

    def _end(self, *_: Any) -> None:
        if self._began is not None:
            self.used += self._ticks > self._began
            self._began = None


LOCKS = {
    "a reader": (
        "LOCK orders IN ACCESS SHARE MODE",
        "ROLLBACK TO SAVEPOINT ckenum",
    ),
    "another migrator": (
        "SELECT pg_advisory_xact_lock("
        f"{migrator.KEY}, 'orders'::regclass::oid::int)",
        "SELECT pg_catalog.pg_try_advisory_lock(",
    ),
}


@pytest.mark.parametrize("lock, after", LOCKS.values(), ids=LOCKS)
def test_loop_goes_on_while_a_lock_is_waited_for(
    online: AsyncDatabase, postgresql: Database, lock: str, after: str
) -> None:
    """After each of three attempts."""
    online.options["ckenum_online_settings"] = OnlineSettings(pause=0.05)

    def change() -> None:
        with online.operations() as op:
            rename(op, "ck_orders_status", online=True)

    with postgresql.engine.begin() as other:
        other.exec_driver_sql(lock)
        pauses = Pauses(
            online, after, lambda count: count == 3 and other.rollback()
        )
        asyncio.run(pauses.during(change))
    assert pauses.used >= 3


def test_loop_goes_on_between_chunks(online: AsyncDatabase) -> None:
    """After each of the four."""
    online.options["ckenum_online_settings"] = OnlineSettings(
        chunk_pause=0.05, rows_per_chunk=10
    )

    def change() -> None:
        with online.operations() as op:
            rename(op, "ck_orders_status", online=True)

    pauses = Pauses(online, "COMMIT", lambda count: None)
    asyncio.run(pauses.during(change))
    assert pauses.used >= 4
    assert (
        asyncio.run(greenlet_spawn(online.column, "orders")) == ["DONE"] * 40
    )


class AsyncProject(Project):
    """From ``alembic init -t async`` on."""

    def __init__(self, directory: Path, url: sa.URL) -> None:
        self.directory = directory
        self.user = commands()
        self.revision = 0
        self.alembic("init", "-t", "async", "migrations")
        self.edit(
            "migrations/env.py",
            "target_metadata = None\n",
            "from models import Base\ntarget_metadata = Base.metadata\n",
        )
        self.edit(
            "migrations/env.py",
            "(connection=connection, target_metadata=target_metadata)\n",
            "(connection=connection, target_metadata=target_metadata,\n"
            '    autogenerate_plugins=["alembic.autogenerate.*", "ckenum"])\n',
        )
        written = url.render_as_string(hide_password=False)
        self.edit(
            "alembic.ini",
            "sqlalchemy.url = driver://user:pass@localhost/dbname\n",
            f"sqlalchemy.url = {written.replace('%', '%%')}\n",
        )


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow if name == "sqlite" else ())
        for name in BACKENDS
        if name != "sqlite-3.53"
    ]
)
def old(servers: Servers, request: Any) -> Iterator[Database]:
    """One that commands can open by its URL."""
    with servers.database(request.param) as url:
        database = Database(url)
        yield database
        database.dispose()


def test_project(old: Database, tmp_path: Path) -> None:
    """Create, add, rename by alias, remove with rows in the way and with a
    rule, and all the way back; ``alembic check`` clean at each step.
    """
    project = AsyncProject(tmp_path, asynchronous(old.engine.url))
    project.model(CREATED)
    project.autogenerate()
    project.upgrade()
    for status in "NEW", "PAYED", "JUNK":
        old.insert("orders", status=status)

    project.model(ADDED)
    project.autogenerate()
    project.add_rule(
        'existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"]',
        'rename={"SHIPPED": "PAYED"}',
    )
    project.upgrade()
    old.insert("orders", status="SHIPPED")

    project.model(RENAMED)
    assert "renamed 'PAYED' to 'PAID'" in project.autogenerate()
    project.upgrade()
    assert held(old) == ["JUNK", "NEW", "PAID", "SHIPPED"]

    project.model(REMOVED)
    project.autogenerate()
    said = project.alembic_fails("upgrade", "head")
    assert "'JUNK' in 1 row" in said
    assert held(old) == ["JUNK", "NEW", "PAID", "SHIPPED"]
    project.add_rule(
        'existing_values=["NEW", "PAID", "JUNK", "SHIPPED"]',
        'delete=["JUNK"]',
    )
    project.upgrade()
    assert held(old) == ["NEW", "PAID", "SHIPPED"]

    project.take_back(RENAMED)
    project.take_back(ADDED)
    assert held(old) == ["NEW", "PAYED", "SHIPPED"]
    project.take_back(CREATED)
    assert held(old) == ["NEW", "PAYED", "PAYED"]
    project.alembic("downgrade", "base")
    assert not sa.inspect(old.engine).has_table("orders")


@pytest.mark.slow
def test_online_in_a_project(postgresql: Database, tmp_path: Path) -> None:
    """There and back, through the environment that Alembic made."""
    project = AsyncProject(tmp_path, asynchronous(postgresql.engine.url))
    project.model(CREATED)
    project.autogenerate()
    project.upgrade()
    project.model(ADDED)
    project.autogenerate()
    for existing in (
        'existing_values=["NEW", "PAYED", "JUNK"]',
        'existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"]',
    ):
        project.add_rule(existing, "online=True")
    project.upgrade()
    postgresql.insert("orders", status="SHIPPED")
    said = project.alembic_fails("downgrade", "-1")
    assert "'SHIPPED' in 1 row" in said
    project.add_rule(
        'existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"]',
        'delete=["SHIPPED"]',
    )
    project.take_back(CREATED)
    assert held(postgresql) == []
