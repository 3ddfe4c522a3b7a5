"""What a copy of a SQLite table loses or breaks, and ckenum does not.

Each case is run twice on the same table: with plain Alembic batch, which
has to fail or to change what the probe sees, and with ckenum.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
import sqlite3
from typing import Any
import warnings

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa
from sqlglot.errors import TokenError

from ckenum.alembic.ddl.sqlite import strategy
from ckenum.alembic.ddl.sqlite.change import Change
from ckenum.alembic.ddl.sqlite.table_text import TableText
from ckenum.exc import DirectiveError
from ckenum.exc import SchemaEditError

from .backends import Servers
from .roundtrip import Database
from .sqlite import dump
from .sqlite import execute
from .sqlite import PLAIN
from .sqlite import recorded
from .sqlite import rename as rename_plain
from .sqlite import ROWS as TWO_ROWS
from .sqlite import TRIGGER
from .sqlite import way

CHECK = "CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAID'))"
ORDERS = f"""CREATE TABLE orders (
    id INTEGER NOT NULL,
    status VARCHAR(255),
    PRIMARY KEY (id),
    {CHECK}
)"""
STRICT = sqlite3.sqlite_version_info >= (3, 37)


def scalar(connection: sa.Connection, query: str) -> Any:
    return connection.exec_driver_sql(query).scalar()


def accepts(*statements: str) -> Callable[[sa.Connection], Any]:
    """A probe: whether they run, and what the last one gives."""

    def probe(connection: sa.Connection) -> Any:
        with connection.begin_nested() as savepoint:
            try:
                for statement in statements:
                    result = connection.exec_driver_sql(statement)
                return result.all() if result.returns_rows else True
            except sa.exc.IntegrityError as error:
                return str(error.orig)
            finally:
                savepoint.rollback()

    return probe


def query(text: str) -> Callable[[sa.Connection], Any]:
    return lambda connection: connection.exec_driver_sql(text).all()


def orders(columns: str = "", constraints: str = "", options: str = "") -> str:
    return (
        f"CREATE TABLE orders (id INTEGER NOT NULL, status VARCHAR(255), "
        f"{columns + ', ' if columns else ''}PRIMARY KEY (id), {CHECK}"
        f"{', ' + constraints if constraints else ''}) {options}"
    )


def child(action: str) -> str:
    return (
        f"CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER "
        f"DEFAULT 2 REFERENCES orders (id) {action})"
    )


@dataclass(frozen=True)
class Case:
    """
    :ivar setup: makes the table and what depends on it, with the rows 1
        (NEW) and 2 (PAID), or lets those be made.
    :ivar probe: sees what must not change.
    :ivar foreign_keys: whether they are enforced.
    """

    name: str
    setup: Sequence[str]
    probe: Callable[[sa.Connection], Any] = query(
        "SELECT count(*) FROM orders"
    )
    foreign_keys: bool = False


ROWS = "INSERT INTO orders (id, status) VALUES (1, 'NEW'), (2, 'PAID')"
ITEMS = "INSERT INTO items (order_id) VALUES (1), (2)"

DAMAGED = [
    Case(
        "trigger",
        [
            ORDERS,
            "CREATE TABLE log (id INTEGER)",
            "CREATE TRIGGER logged AFTER INSERT ON orders BEGIN "
            "INSERT INTO log VALUES (new.id); END",
        ],
        accepts(
            "INSERT INTO orders (id) VALUES (9)",
            "SELECT * FROM log WHERE id = 9",
        ),
    ),
    Case(
        "temporary trigger",
        [
            ORDERS,
            "CREATE TEMP TRIGGER logged BEFORE INSERT ON main.orders "
            "WHEN new.id = 9 BEGIN SELECT raise(ABORT, 'no'); END",
        ],
        accepts("INSERT INTO orders (id) VALUES (9)"),
    ),
    Case(
        "trigger of another table",
        [
            ORDERS,
            "CREATE TABLE log (id INTEGER)",
            "CREATE TRIGGER ordered AFTER INSERT ON log BEGIN "
            "INSERT INTO orders (id) VALUES (new.id); END",
        ],
    ),
    Case("view", [ORDERS, "CREATE VIEW paid AS SELECT * FROM [Orders]"]),
    Case(
        "AUTOINCREMENT",
        [
            f"CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, "
            f"status VARCHAR(255), {CHECK})",
            "INSERT INTO orders (id) VALUES (7)",
            "DELETE FROM orders",
        ],
        accepts(
            "INSERT INTO orders (status) VALUES ('NEW')",
            "SELECT max(id) FROM orders",
        ),
    ),
    Case(
        "COLLATE",
        [orders("code VARCHAR(9) DEFAULT 'abc' COLLATE NOCASE")],
        query("SELECT id FROM orders WHERE code = 'ABC'"),
    ),
    Case(
        "expression index",
        [
            orders("code VARCHAR(9)"),
            "CREATE INDEX ix ON orders (lower(code))",
        ],
        query("SELECT sql FROM sqlite_master WHERE name = 'ix'"),
    ),
    Case(
        "descending index",
        [orders("code VARCHAR(9)"), "CREATE INDEX ix ON orders (code DESC)"],
        query("SELECT \"desc\" FROM pragma_index_xinfo('ix')"),
    ),
    Case(
        "index with COLLATE",
        [
            orders("code VARCHAR(9)"),
            "CREATE UNIQUE INDEX ix ON orders (code COLLATE NOCASE)",
        ],
        query("SELECT coll FROM pragma_index_xinfo('ix')"),
    ),
    Case(
        "generated column",
        [orders("twice INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL")],
        query("SELECT twice FROM orders"),
    ),
    Case(
        "stored generated column",
        [orders("twice INTEGER AS (id * 2) STORED")],
        query("SELECT twice FROM orders"),
    ),
    Case(
        "ON CONFLICT",
        [orders("code TEXT", "UNIQUE (code) ON CONFLICT IGNORE")],
        accepts(
            "INSERT INTO orders (code) VALUES ('a'), ('a')",
            "SELECT count(*) FROM orders",
        ),
    ),
    Case(
        "CHECK without a name",
        [orders("", "CHECK (id < 9)")],
        accepts("INSERT INTO orders (id) VALUES (9)"),
    ),
    Case(
        "comments",
        [f"CREATE TABLE orders (id INTEGER -- key\n, status TEXT, {CHECK})"],
        query("SELECT sql LIKE '%-- key%' FROM sqlite_master"),
    ),
    Case(
        "what looks like a constraint",
        [orders("note TEXT DEFAULT 'CONSTRAINT b CHECK (id < 9)'")],
        accepts("INSERT INTO orders (id) VALUES (9)"),
    ),
    Case(
        "INT PRIMARY KEY",
        [f"CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, {CHECK})"],
        accepts("INSERT INTO orders (id) VALUES ('nine')"),
    ),
    Case(
        "unknown type",
        [orders("amount MONEY")],
        query("SELECT type FROM pragma_table_info('orders')"),
    ),
    Case("column without a type", [orders("note")]),
    Case("double-quoted default", [orders('note TEXT DEFAULT "x"')]),
    Case("foreign key into nothing", [orders("x INTEGER REFERENCES y (x)")]),
    Case(
        "deferred foreign key without columns",
        [
            "CREATE TABLE customers (id INTEGER PRIMARY KEY)",
            orders(
                "customer INTEGER REFERENCES customers DEFERRABLE INITIALLY "
                "DEFERRED"
            ),
        ],
        accepts("INSERT INTO orders (customer) VALUES (9)"),
        foreign_keys=True,
    ),
    Case(
        "statistics",
        [ORDERS, "CREATE INDEX ix ON orders (status)", ROWS, "ANALYZE"],
        query("SELECT * FROM sqlite_stat1"),
    ),
    Case(
        "ON DELETE CASCADE",
        [ORDERS, child("ON DELETE CASCADE"), ROWS, ITEMS],
        query("SELECT order_id FROM items"),
        foreign_keys=True,
    ),
    Case(
        "ON DELETE SET NULL",
        [ORDERS, child("ON DELETE SET NULL"), ROWS, ITEMS],
        query("SELECT order_id FROM items"),
        foreign_keys=True,
    ),
    Case(
        "ON DELETE RESTRICT",
        [ORDERS, child("ON DELETE RESTRICT"), ROWS, ITEMS],
        query("SELECT order_id FROM items"),
        foreign_keys=True,
    ),
    Case(
        "a child that has no action",
        [ORDERS, child(""), ROWS, ITEMS],
        query("SELECT order_id FROM items"),
        foreign_keys=True,
    ),
    Case(
        "self-reference",
        [
            orders("first INTEGER REFERENCES orders (id) ON DELETE CASCADE"),
            ROWS,
            "UPDATE orders SET first = 1 WHERE id = 2",
        ],
        query("SELECT id, first FROM orders"),
        foreign_keys=True,
    ),
    Case(
        "full-text index of its rowids",
        [
            f"CREATE TABLE orders (code TEXT PRIMARY KEY, "
            f"status VARCHAR(255), {CHECK})",
            "INSERT INTO orders VALUES ('a', NULL), ('b', NULL)",
            "CREATE VIRTUAL TABLE found USING fts5(code, content='orders')",
            "INSERT INTO found (found) VALUES ('rebuild')",
            "DELETE FROM orders WHERE code = 'a'",
        ],
        query("SELECT code FROM found WHERE found MATCH 'b'"),
    ),
]
KEPT = [
    Case(
        "WITHOUT ROWID",
        [orders(options="WITHOUT ROWID")],
        query("SELECT sql LIKE '%WITHOUT ROWID%' FROM sqlite_master"),
    ),
    Case(
        "partial index",
        [
            orders("code VARCHAR(9)"),
            "CREATE UNIQUE INDEX ix ON orders (code) WHERE status = 'NEW'",
        ],
        query("SELECT sql FROM sqlite_master WHERE name = 'ix'"),
    ),
]
if STRICT:
    KEPT.append(
        Case(
            "STRICT",
            [f"CREATE TABLE orders (id INTEGER, status TEXT, {CHECK}) STRICT"],
            accepts("INSERT INTO orders (id) VALUES ('nine')"),
        )
    )


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in cases]


@pytest.fixture(params=["sqlite", "sqlite-3.53", "sqlite-3.53-native"])
def engine(
    request: pytest.FixtureRequest,
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[sa.Engine]:
    """Of both libraries; with and without ALTER for constraints."""
    if not request.param.endswith("native"):
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    with servers.database(request.param.removesuffix("-native")) as url:
        engine = sa.create_engine(url)
        yield engine
        engine.dispose()


def prepared(engine: sa.Engine, case: Case) -> sa.Connection:
    connection = engine.connect()
    if case.foreign_keys:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    for statement in case.setup:
        connection.exec_driver_sql(statement)
    if not any("INTO orders" in statement for statement in case.setup):
        connection.exec_driver_sql(ROWS)
    connection.commit()
    return connection


def op(connection: sa.Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


def plainly(connection: sa.Connection) -> None:
    """What one would write without ckenum."""
    with op(connection).batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint("ck_orders_status", type_="check")
        batch_op.create_check_constraint(
            "ck_orders_status",
            sa.column("status").in_(["NEW", "PAID", "DONE"]),
        )


def rename(connection: sa.Connection) -> None:
    op(connection).alter_check_enum(
        "orders",
        "status",
        ["NEW", "DONE"],
        existing_values=["NEW", "PAID"],
        name="ck_orders_status",
        rename={"PAID": "DONE"},
    )


@pytest.mark.parametrize("case", named(DAMAGED))
def test_plain_batch_damages(case: Case, sqlite_url: sa.URL) -> None:
    """Plain batch mode fails, or loses what the probe sees."""
    engine = sa.create_engine(sqlite_url)
    with prepared(engine, case) as connection:
        before = case.probe(connection)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plainly(connection)
                connection.commit()
                after = case.probe(connection)
        except sa.exc.SQLAlchemyError:
            after = None  # it does not even come to an end
        assert after != before
    engine.dispose()


@pytest.mark.parametrize("case", named(DAMAGED + KEPT))
def test_nothing_is_damaged(case: Case, engine: sa.Engine) -> None:
    """The constraint and the rows change, and nothing else."""
    with prepared(engine, case) as connection:
        before = case.probe(connection)
        held = connection.exec_driver_sql("SELECT status FROM orders").all()
        rename(connection)
        connection.commit()
        assert case.probe(connection) == before
        assert connection.exec_driver_sql(
            "SELECT status FROM orders"
        ).all() == [("DONE",) if row == ("PAID",) else row for row in held]
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql(
                "INSERT INTO orders (status) VALUES ('PAID')"
            )
        connection.rollback()
        assert scalar(connection, "PRAGMA integrity_check") == "ok"


def refuse_edits(connection: sa.Connection) -> None:
    """As a build in defensive mode does."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "setconfig"):
        driver.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        return

    def authorize(action: int, name: Any, value: Any, *rest: Any) -> int:
        edits = (action, name, value) == (
            sqlite3.SQLITE_PRAGMA,
            "writable_schema",
            "ON",
        )
        return sqlite3.SQLITE_DENY if edits else sqlite3.SQLITE_OK

    driver.set_authorizer(authorize)


def test_edit_refused(
    sqlite_url: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that lets nobody edit the schema gets an error that says what
    is in the way of a copy; nothing has changed, and writable_schema is off.
    """
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    engine = sa.create_engine(sqlite_url)
    trigger = DAMAGED[0]
    with prepared(engine, trigger) as connection:
        before = dump(engine)
        refuse_edits(connection)
        with pytest.raises(SchemaEditError) as caught:
            rename(connection)
        assert caught.value.table == "orders"
        assert caught.value.reasons == ("its trigger 'logged'",)
        assert "This directive changed nothing" in str(caught.value)
        connection.rollback()
        assert dump(engine) == before
        assert not scalar(connection, "PRAGMA writable_schema")
    engine.dispose()


@pytest.mark.parametrize(
    "old, new, cause",
    [
        ("id INTEGER NOT NULL", "id INTEGER NOT", "malformed"),
        ("id INTEGER", "id TEXT", "more than the constraint"),
        ("    status", "    states", "malformed"),
        ("PRIMARY KEY (id),", "", "more than the constraint"),
    ],
)
def test_edit_checked(
    sqlite_url: sa.URL,
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
    cause: str,
) -> None:
    """An edit that would make nonsense of the table, or change more of it
    than the constraint, is taken back.
    """
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    monkeypatch.setattr(
        Change,
        "rewrite",
        lambda self, text, dialect: TableText(text.text.replace(old, new)),
    )
    engine = sa.create_engine(sqlite_url)
    with prepared(engine, DAMAGED[0]) as connection:
        before = dump(engine)
        with pytest.raises(SchemaEditError, match=cause):
            rename(connection)
        connection.commit()
        assert dump(engine) == before
        connection.exec_driver_sql("INSERT INTO orders (id) VALUES (8)")
        connection.rollback()
    engine.dispose()


def test_unreadable_table(
    sqlite_url: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that cannot be taken apart is an error, not a guess."""

    def tokenize(*args: Any, **options: Any) -> Any:
        raise TokenError("no")

    monkeypatch.setattr("sqlglot.tokenize", tokenize)
    engine = sa.create_engine(sqlite_url)
    with prepared(engine, Case("", [ORDERS])) as connection:
        before = dump(engine)
        with pytest.raises(SchemaEditError, match="cannot be read"):
            rename(connection)
        connection.rollback()
        assert dump(engine) == before
    engine.dispose()


@pytest.fixture
def old(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A SQLite that cannot alter constraints."""
    monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
    return sqlite


def test_null_in_the_list(old: Database) -> None:
    """It rejects nothing, so no row stands against it."""
    execute(old, PLAIN, TRIGGER, TWO_ROWS)
    with old.operations() as op:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", None],
            existing_values=["NEW", "PAID"],
            name="ck",
        )
    execute(old, "INSERT INTO orders VALUES (3, 'OTHER')")
    assert old.column("orders") == ["NEW", "PAID", "OTHER"]


def test_column_that_is_not_there(old: Database) -> None:
    """The error says so; nothing has changed."""
    execute(old, PLAIN, TRIGGER, TWO_ROWS)
    before = dump(old.engine)
    with pytest.raises(DirectiveError, match="has no column 'nope'"):
        with old.operations() as op:
            op.drop_check_enum(  # type: ignore[attr-defined]
                "orders",
                "nope",
                existing_values=["NEW", "PAID"],
                name="ck",
                length=20,
                existing_length=10,
            )
    assert dump(old.engine) == before


def test_default_of_old_rows(old: Database) -> None:
    """Rows from before ADD COLUMN keep the old default, also where the
    migration does not name it.
    """
    execute(
        old,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY)",
        "INSERT INTO orders VALUES (1)",
        "ALTER TABLE orders ADD COLUMN status VARCHAR(10) DEFAULT 'PAID'"
        " CONSTRAINT ck CHECK (status IN ('NEW', 'PAID'))",
        TRIGGER,
    )
    with old.operations() as op:
        op.alter_check_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", "PAID", "SHIPPED"],
            existing_values=["NEW", "PAID"],
            name="ck",
            server_default="NEW",
        )
    execute(old, "INSERT INTO orders (id) VALUES (2)")
    assert old.column("orders") == ["PAID", "NEW"]


def test_statistics_of_another_table(old: Database) -> None:
    """They are no reason against a copy."""
    execute(
        old,
        PLAIN,
        "CREATE TABLE other (id INTEGER PRIMARY KEY)",
        "INSERT INTO other VALUES (1)",
        "ANALYZE other",
    )
    with recorded(old) as statements, old.operations() as op:
        rename_plain(op, "orders")
    assert way(statements) == "copy"


def test_view_that_cannot_be_read(old: Database) -> None:
    """It may name the table; a comment without an end is fine in SQLite."""
    execute(old, PLAIN, "CREATE VIEW seen AS SELECT id FROM orders /* all")
    with recorded(old) as statements, old.operations() as op:
        rename_plain(op, "orders")
    assert way(statements) == "edit"
    execute(old, "SELECT * FROM seen")


@pytest.mark.parametrize(
    "table", ["orders", '"orders"', "'orders'", "[orders]", "`Orders`"]
)
def test_view_however_it_names_the_table(
    engine: sa.Engine, table: str
) -> None:
    """A view is there afterwards, also where its table is quoted as only
    SQLite reads it.
    """
    view = f"CREATE VIEW v AS SELECT status FROM {table}"
    with engine.connect() as connection:
        for statement in (ORDERS, ROWS, view):
            connection.exec_driver_sql(statement)
        connection.commit()
        rename(connection)
        connection.commit()
        rows = connection.exec_driver_sql("SELECT status FROM v").scalars()
        assert "DONE" in rows.all()
