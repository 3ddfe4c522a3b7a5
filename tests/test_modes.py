"""Each directive, whoever commits: Alembic, the driver, or each statement.

There and back, and failing half way, after each of its statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
import re
from typing import Any

from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum.alembic import ops
from ckenum.exc import DirectiveError

from .backends import POSTGRESQLS
from .backends import Servers
from .modes import AUTOCOMMIT
from .modes import Mode
from .modes import MODES
from .modes import engine_of
from .modes import run

DRIVERS = ["psycopg", "psycopg2", "asyncpg", "pg8000"]
NUMBERS = count(1)
CHANGES = re.compile("SET CON|ALTER|CREATE|DROP|UPDATE|DELETE|INSERT|PRAGMA w")


class Fault(Exception):
    pass


@dataclass(frozen=True)
class Case:
    """A directive, and the columns ``status`` that it is for.

    :ivar column: the column and its constraint, of a table named ``{t}``.
    :ivar more: what else has to be there.
    """

    kind: type[Any]
    column: str
    options: dict[str, Any]
    values: list[list[str]]
    more: tuple[str, ...] = ()
    in_batch: bool = False

    def op(self, table: str, **options: Any) -> Any:
        filled = {
            key: value.format(t=table) if isinstance(value, str) else value
            for key, value in {**self.options, **options}.items()
        }
        return self.kind(table, "status", *self.values, **filled)

    def invoke(self, operations: Operations, op: Any) -> None:
        if not self.in_batch:
            operations.invoke(op)
            return
        with operations.batch_alter_table(op.table_name) as batch_op:
            batch_op.invoke(op)


CHECK = "VARCHAR(4) DEFAULT 'NEW' CONSTRAINT ck_{t} CHECK (%s)"
HELD = CHECK % "status IN ('NEW', 'PAID')"
NAME = {"name": "ck_{t}"}
EXISTING = {**NAME, "existing_values": ["NEW", "PAID"]}
RENAME = {**EXISTING, "rename": {"PAID": "DONE"}}
WIDEN = {
    **EXISTING,
    "rename": {"PAID": "FINISHED", "NEW": "OPEN"},
    "length": 10,
    "existing_length": 4,
    "server_default": "OPEN",
    "existing_server_default": "NEW",
}
NATIVE = {**EXISTING, "enum_name": "enum_{t}"}
TYPE = "CREATE TYPE enum_{t} AS ENUM ('NEW', 'PAID')"
ALTER = ops.AlterCheckEnumOp

CASES = {
    "create": Case(
        ops.CreateCheckEnumOp, "VARCHAR(4)", NAME, [["NEW", "PAID"]]
    ),
    "drop": Case(ops.DropCheckEnumOp, HELD, NAME, [["NEW", "PAID"]]),
    "add": Case(ALTER, HELD, EXISTING, [["NEW", "PAID", "DONE"]]),
    "rename": Case(ALTER, HELD, RENAME, [["NEW", "DONE"]]),
    "delete": Case(ALTER, HELD, {**EXISTING, "delete": ["PAID"]}, [["NEW"]]),
    "widen": Case(ALTER, HELD, WIDEN, [["OPEN", "FINISHED"]]),
}


def setup(case: Case, table: str) -> Iterator[str]:
    if "enum_{t}" in case.column:
        yield TYPE
    yield f"CREATE TABLE {{t}} (id INTEGER PRIMARY KEY, status {case.column})"
    yield "INSERT INTO {t} VALUES (1, 'NEW'), (2, 'PAID'), (3, 'PAID')"
    yield from case.more


class Site:
    """A table of a database, and an engine that migrates it.

    :ivar observer: an engine that sees what is committed.
    """

    def __init__(
        self, observer: sa.Engine, engine: sa.Engine, case: Case
    ) -> None:
        self.observer = observer
        self.engine = engine
        self.case = case
        self.table = f"t{next(NUMBERS)}"
        self.execute(*setup(case, self.table))

    def execute(self, *statements: str) -> None:
        with self.observer.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.format(t=self.table))

    @contextmanager
    def migrating(self, mode: Mode) -> Iterator[Operations]:
        with self.engine.connect() as connection, mode(connection) as op:
            yield op

    def is_marked(self) -> bool:
        marks = f"SELECT count(*) FROM marks WHERE mark = '{self.table}'"
        with self.observer.connect() as connection:
            return bool(connection.exec_driver_sql(marks).scalar())

    def state(self) -> Any:
        with self.observer.connect() as connection:
            if connection.dialect.name == "sqlite":
                return _sqlite_state(connection, self.table)
            return connection.execute(_STATE, {"t": self.table}).one(), (
                connection.exec_driver_sql(
                    f"SELECT id, status::text FROM {self.table} ORDER BY id"
                ).all()
            )

    @contextmanager
    def failing_after(self, number: int) -> Iterator[list[str]]:
        """Raise after that many changes; all changes that were sent."""
        sent: list[str] = []

        def listener(*args: Any) -> None:
            if CHANGES.match(args[2]):
                sent.append(args[2])
                if len(sent) == number:
                    raise Fault

        sa.event.listen(self.engine, "after_cursor_execute", listener)
        try:
            yield sent
        finally:
            sa.event.remove(self.engine, "after_cursor_execute", listener)


_STATE = sa.text("""
    SELECT
        (SELECT array_agg(conname || pg_get_constraintdef(oid) || convalidated
                          ORDER BY conname)
         FROM pg_constraint WHERE conrelid = c.oid),
        (SELECT array_agg(concat(format_type(atttypid, atttypmod),
                                 pg_get_expr(adbin, adrelid)) ORDER BY attnum)
         FROM pg_attribute LEFT JOIN pg_attrdef
           ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
        (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid)
         FROM pg_index WHERE indrelid = c.oid),
        (SELECT array_agg(tgname ORDER BY tgname)
         FROM pg_trigger WHERE tgrelid = c.oid),
        to_regtype('enum_' || :t)::text
    FROM pg_class c WHERE c.oid = to_regclass(:t)
    """)


def _sqlite_state(connection: sa.Connection, table: str) -> Any:
    master = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ?"
    return (
        connection.exec_driver_sql(master, (table,)).all(),
        connection.exec_driver_sql(f"SELECT * FROM {table}").all(),
        connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE name LIKE '_alembic%'"
        ).all(),
    )


@pytest.fixture(params=POSTGRESQLS, scope="module")
def observer(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[sa.Engine]:
    with servers.database(request.param) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE marks (mark TEXT)")
        yield engine
        engine.dispose()


REFUSED = {
    "savepoint": "inside a SAVEPOINT",
    "outer transaction": "outside of Alembic",
    "no transaction": "outside of Alembic",
}
"""Modes in which an online change can have no transactions of its own."""


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", ["create", "rename", "drop"])
def test_online(
    observer: sa.Engine, case: str, mode: str, driver: str
) -> None:
    """An online change runs, and leaves the mode as it was, or it says why
    it does not, before it changes anything.
    """

    def test() -> None:
        site = Site(observer, engine_of(observer.url, driver), CASES[case])
        before = site.state()
        with site.migrating(MODES[mode]) as op:
            directive = site.case.op(site.table, online=True)
            if mode in REFUSED:
                with pytest.raises(DirectiveError, match=REFUSED[mode]):
                    op.invoke(directive)
            else:
                op.invoke(directive)
            op.execute(f"INSERT INTO marks VALUES ('{site.table}')")
            assert site.is_marked() == (mode in AUTOCOMMIT)
        assert (site.state() == before) == (mode in REFUSED)

    run(driver, test)
