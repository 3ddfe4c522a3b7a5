"""Each directive, whoever commits: Alembic, the driver, or each statement.

There and back, and failing half way, after each of its statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from itertools import count
from itertools import product
import re
from typing import Any

from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from ckenum.alembic import ops
from ckenum.alembic.ops import native
from ckenum.exc import DirectiveError
from ckenum.exc import RowsRemainError
from ckenum.reflection import read_check

from .backends import POSTGRESQLS
from .backends import Servers
from .modes import AUTOCOMMIT
from .modes import engine_of
from .modes import Mode
from .modes import MODES
from .modes import OF_THE_DRIVER
from .modes import run
from .modes import SQLITE
from .modes import transaction
from .pairs import by_pairs
from .roundtrip import Database

DRIVERS = ["psycopg", "psycopg2", "asyncpg", "pg8000"]
RUNS = [("psycopg", mode) for mode in MODES] + [
    (driver, mode) for driver in DRIVERS[1:] for mode in sorted(OF_THE_DRIVER)
]
NUMBERS = count(1)
CHANGES = re.compile(
    "SET CON|ALTER|CREATE|DROP|UPDATE|DELETE|INSERT INTO (?!marks)|PRAGMA w"
)


class Fault(Exception):
    pass


@dataclass(frozen=True)
class Case:
    """A directive, and the columns ``status`` that it is for.

    :ivar column: the column and its constraint, of a table named ``{t}``.
    :ivar more: what else has to be there.
    :ivar before: a directive that has run before.
    """

    kind: type[Any]
    column: str
    options: dict[str, Any]
    values: list[list[str]]
    more: tuple[str, ...] = ()
    before: Case | None = None
    in_batch: bool = False
    reverses: bool = True

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


HELD = "VARCHAR(4) DEFAULT 'NEW' CONSTRAINT ck_{t} CHECK ({held})"
AS_HELD = {
    "postgresql": "status::text = ANY ('{NEW,PAID}'::text[])",
    "sqlite": "status IN ('NEW', 'PAID')",
}
"""As ckenum writes it."""

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
NATIVE = {**EXISTING, "enum_name": "enum_{t}", "length": 4}
TYPE = "CREATE TYPE enum_{t} AS ENUM ('NEW', 'PAID')"
ALTER = ops.AlterCheckEnumOp

CASES = {
    "create": Case(
        ops.CreateCheckEnumOp, "VARCHAR(4)", NAME, [["NEW", "PAID"]]
    ),
    "drop": Case(ops.DropCheckEnumOp, HELD, NAME, [["NEW", "PAID"]]),
    "add": Case(ALTER, HELD, EXISTING, [["NEW", "PAID", "DONE"]]),
    "rename": Case(ALTER, HELD, RENAME, [["NEW", "DONE"]]),
    "widen": Case(ALTER, HELD, WIDEN, [["OPEN", "FINISHED"]]),
}
IN_BATCH = {"rename in a batch": replace(CASES["rename"], in_batch=True)}
POSTGRESQL = {
    **CASES,
    **IN_BATCH,
    "validate": Case(
        ops.ValidateCheckEnumOp,
        "VARCHAR(4)",
        NAME,
        [["NEW", "PAID"]],
        ("ALTER TABLE {t} ADD CONSTRAINT ck_{t}" " CHECK ({held}) NOT VALID",),
        reverses=False,
    ),
    "drop trigger": Case(
        ops.DropCheckEnumTriggerOp,
        HELD,
        {},
        [],
        before=replace(
            CASES["rename"],
            options={**RENAME, "online": True, "keep_trigger": True},
        ),
        reverses=False,
    ),
    "replace": Case(
        native.ReplaceNativeEnumOp,
        "enum_{t} DEFAULT 'NEW'",
        {**NATIVE, "rename": {"PAID": "DONE"}},
        [["NEW", "DONE"]],
        ("CREATE INDEX ix_{t} ON {t} (id) WHERE status = 'NEW'",),
    ),
    "restore": Case(
        native.RestoreNativeEnumOp,
        HELD,
        {**NATIVE, "rename": {"PAID": "DONE"}},
        [["NEW", "DONE"]],
    ),
}


POSTGRESQL["replace in a batch"] = replace(
    POSTGRESQL["replace"], in_batch=True
)


def setup(case: Case, table: str) -> Iterator[str]:
    if "enum_{t}" in case.column:
        yield TYPE
    yield f"CREATE TABLE {{t}} (id INTEGER PRIMARY KEY, status {case.column})"
    yield "INSERT INTO {t} VALUES (1, 'NEW'), (2, 'PAID'), (3, 'PAID')"
    yield from case.more


kept_engine = lru_cache(None)(engine_of)
"""With what SQLAlchemy has compiled for it, and no connection."""


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
        if case.before is not None:
            with observer.connect() as connection:
                with transaction(connection) as op:
                    op.invoke(case.before.op(self.table))

    def execute(self, *statements: str) -> None:
        with self.observer.begin() as connection:
            for statement in statements:
                held = AS_HELD[connection.dialect.name]
                connection.exec_driver_sql(
                    statement.format(t=self.table, held=held)
                )

    @contextmanager
    def migrating(self, mode: Mode) -> Iterator[Operations]:
        with self.engine.connect() as connection, mode(connection) as op:
            yield op

    def commits_each(self, op: Operations) -> bool:
        """Whether what is run now is committed at once."""
        mark = next(NUMBERS)
        op.execute(f"INSERT INTO marks VALUES ({mark})")
        marks = f"SELECT count(*) FROM marks WHERE mark = {mark}"
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

    @contextmanager
    def writing_late(self) -> Iterator[None]:
        """Write a row after the first count of the rows."""
        rows = iter(["(7, 'PAID')"])

        def listener(*args: Any) -> None:
            if args[2].startswith(f"SELECT CAST({self.table}.status"):
                for row in rows:
                    self.execute(f"INSERT INTO {{t}} VALUES {row}")

        sa.event.listen(self.engine, "after_cursor_execute", listener)
        try:
            yield
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
    inspector = sa.inspect(connection)
    return (
        [
            repr(inspector.get_columns(table)),
            [
                (check["name"], read_check("sqlite", check["sqltext"]))
                for check in inspector.get_check_constraints(table)
            ],
        ],
        connection.exec_driver_sql(f"SELECT * FROM {table}").all(),
        connection.exec_driver_sql(
            f"SELECT name, sql FROM sqlite_master WHERE name LIKE '%{table}'"
        ).all(),
    )


COMMITS_EACH: dict[tuple[sa.Engine, Mode], bool] = {}
"""What a mode does without any directive."""


def there_and_back(site: Site, mode: Mode) -> None:
    """Fail after each statement, caught within the migration; then run."""
    case, table = site.case, site.table
    before = site.state()
    if (site.engine, mode) not in COMMITS_EACH:
        with site.migrating(mode) as op:
            COMMITS_EACH[site.engine, mode] = site.commits_each(op)
    for number in count(1):
        with site.failing_after(number) as sent, site.migrating(mode) as op:
            try:
                case.invoke(op, case.op(table))
            except Fault:
                pass
            else:
                assert site.commits_each(op) == COMMITS_EACH[site.engine, mode]
                break
        assert site.state() == before, sent
    assert number == len(sent) > 0 or number == len(sent) + 1
    after = site.state()
    assert after != before
    if case.reverses:
        with site.migrating(mode) as op:
            case.invoke(op, case.op(table).reverse())
        assert site.state()[0] == before[0]


@pytest.fixture(params=POSTGRESQLS, scope="module")
def observer(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[sa.Engine]:
    with servers.database(request.param) as url:
        engine = servers.engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE marks (mark INTEGER)")
        yield engine


@pytest.mark.parametrize(
    "case, driver, mode",
    by_pairs((case, *run) for case in POSTGRESQL for run in RUNS),
)
def test_postgresql(
    observer: sa.Engine, case: str, mode: str, driver: str
) -> None:
    """A directive is all or nothing, in every mode of every driver; it
    leaves the mode as it was, and its reverse leads back.
    """

    def test() -> None:
        engine = kept_engine(observer.url, driver)
        site = Site(observer, engine, POSTGRESQL[case])
        there_and_back(site, MODES[mode])

    run(driver, test)


SQLITES = {
    **{name: CASES[name] for name in ("create", "drop", "rename")},
    **IN_BATCH,
    "rename with a trigger": replace(
        CASES["rename"],
        more=(
            "CREATE TRIGGER of_{t} AFTER DELETE ON {t}"
            " BEGIN SELECT count(*); END",
        ),
    ),
    "replace": Case(
        native.ReplaceNativeEnumOp,
        "VARCHAR(4)",
        NATIVE,
        [["NEW", "PAID"]],
    ),
}


@pytest.fixture(scope="module")
def file(servers: Servers) -> Iterator[sa.Engine]:
    with servers.database("sqlite") as url:
        engine = servers.engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE marks (mark INTEGER)")
        yield engine


SQLITE_DRIVERS = ["pysqlite", "new", "aiosqlite"]
"""The second can alter constraints."""
SQLITE_MODES = [
    "transaction",
    "autocommit_block",
    "savepoint",
    "no transaction",
]


EACH_OF_SQLITE = by_pairs(
    each
    for each in product(SQLITES, SQLITE_MODES, SQLITE, SQLITE_DRIVERS)
    # autocommit is of Python's own driver
    if each[-1] != "new" or not each[-2].startswith("autocommit")
)


@pytest.mark.parametrize("case, mode, begins, driver", EACH_OF_SQLITE)
def test_sqlite(
    file: sa.Engine, case: str, mode: str, begins: str, driver: str
) -> None:
    """As :func:`test_postgresql`, in the modes of SQLite's drivers."""

    def test() -> None:
        engine = kept_engine(file.url, driver, begins)
        there_and_back(Site(file, engine, SQLITES[case]), MODES[mode])

    run(driver, test)


REFUSES = (
    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE 'not this row'; END $$",
    "CREATE TRIGGER refuses BEFORE UPDATE OR DELETE ON {t} FOR EACH ROW"
    " WHEN (old.id = 3) EXECUTE FUNCTION refuse()",
)


@pytest.mark.parametrize("driver, mode", RUNS)
def test_refused_row(observer: sa.Engine, mode: str, driver: str) -> None:
    """A row that a trigger refuses leaves the constraint and the rows as
    they were; without the trigger the same directive runs.
    """

    def test() -> None:
        engine = kept_engine(observer.url, driver)
        site = Site(observer, engine, CASES["rename"])
        before = site.state()
        directive = site.case.op(site.table)
        site.execute(*REFUSES)
        with site.migrating(MODES[mode]) as op:
            with pytest.raises(sa.exc.DBAPIError, match="not this row"):
                site.case.invoke(op, directive)
        site.execute("DROP TRIGGER refuses ON {t}")
        assert site.state() == before
        with site.migrating(MODES[mode]) as op:
            site.case.invoke(op, directive)
        assert site.state() != before

    run(driver, test)


REMOVE = Case(ALTER, HELD, EXISTING, [["NEW"]])
LATE = {
    "alter": REMOVE,
    "alter in a batch": replace(REMOVE, in_batch=True),
    "create": replace(CASES["create"], values=[["NEW"]]),
}


@pytest.mark.parametrize(
    "case, mode, driver",
    by_pairs(product(LATE, ["transaction", "AUTOCOMMIT"], DRIVERS)),
)
def test_late_row(
    observer: sa.Engine, case: str, mode: str, driver: str
) -> None:
    """A value that is written between the count and the lock is reported,
    and the table keeps the constraint that it had.
    """

    def test() -> None:
        engine = kept_engine(observer.url, driver)
        site = Site(observer, engine, LATE[case])
        site.execute("DELETE FROM {t} WHERE status = 'PAID'")
        before = site.state()[0]

        with site.migrating(MODES[mode]) as op, site.writing_late():
            with pytest.raises(RowsRemainError, match="'PAID' in 1 row"):
                site.case.invoke(op, site.case.op(site.table))
        assert site.state()[0] == before

    run(driver, test)


REFUSED = {
    "savepoint": "inside a SAVEPOINT",
    "outer transaction": "outside of Alembic",
    "no transaction": "outside of Alembic",
}
"""Modes in which an online change can have no transactions of its own."""


@pytest.mark.parametrize(
    "case, driver, mode",
    by_pairs((case, *run) for case in ("create", "rename") for run in RUNS),
)
def test_online(
    observer: sa.Engine, case: str, mode: str, driver: str
) -> None:
    """An online change runs, and leaves the mode as it was, or it says why
    it does not, before it changes anything.
    """

    def test() -> None:
        site = Site(observer, kept_engine(observer.url, driver), CASES[case])
        before = site.state()
        with site.migrating(MODES[mode]) as op:
            directive = site.case.op(site.table, online=True)
            if mode in REFUSED:
                with pytest.raises(DirectiveError, match=REFUSED[mode]):
                    op.invoke(directive)
            else:
                op.invoke(directive)
            assert site.commits_each(op) == (mode in AUTOCOMMIT)
        assert (site.state() == before) == (mode in REFUSED)

    run(driver, test)


@pytest.mark.parametrize("mode", ["transaction", "autocommit_block"])
def test_error_after_another_directive(observer: sa.Engine, mode: str) -> None:
    """An error says of its own directive alone that it changed nothing."""
    site = Site(observer, kept_engine(observer.url, "psycopg"), CASES["add"])
    case = site.case
    remove = replace(case, values=[["NEW"]])
    with site.migrating(MODES[mode]) as op:
        case.invoke(op, case.op(site.table))
        with pytest.raises(
            RowsRemainError, match="This directive changed nothing"
        ):
            remove.invoke(op, remove.op(site.table))
    assert "DONE" in str(site.state())


AGAIN = {
    "swap": (["NEW", "PAID"], {"NEW": "PAID", "PAID": "NEW"}),
    "chain": (["PAID", "DONE"], {"NEW": "PAID", "PAID": "DONE"}),
}


@pytest.mark.parametrize("mode", ["transaction", "autocommit_block"])
@pytest.mark.parametrize("values, rename", AGAIN.values(), ids=AGAIN)
def test_renames_that_cannot_be_repeated(
    db: Database,
    values: list[str],
    rename: dict[str, str],
    mode: str,
) -> None:
    """A swap or a chain is refused where it is committed before Alembic
    records the revision: a second run would do it to its own outcome.
    """
    options = {**EXISTING, "rename": rename}
    column = HELD.replace("DEFAULT 'NEW' ", "")
    case = Case(ALTER, column, options, [values])
    site = Site(db.engine, db.engine, case)
    before = site.state()
    with site.migrating(MODES[mode]) as op:
        directive = site.case.op(site.table)
        if mode == "autocommit_block":
            with pytest.raises(DirectiveError, match="must not run twice"):
                op.invoke(directive)
        else:
            op.invoke(directive)
    assert (site.state() == before) == (mode == "autocommit_block")
