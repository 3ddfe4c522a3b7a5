"""From a column of codes to a CheckEnum, and back, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.util import CommandError
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .backends import Servers
from .models import orders_with
from .online import execute
from .online import fetch
from .online import run
from .roundtrip import Database
from .test_codes import CODES
from .test_codes import columns
from .test_codes import create
from .test_codes import default_of
from .test_codes import literal
from .test_codes import op_of
from .test_codes import SMALL
from .test_codes import VALUES
from .test_script import script

MASTER = "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name"
WAYS = {
    "copy": "SELECT 1",
    "edit": "CREATE INDEX late ON orders (id) WHERE id > 7",
}
"""A partial index is what a copy would lose."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CODES)
def test_up_and_down(any_sqlite: Database, name: str, way: str) -> None:
    """Rows, indexes and the whole schema are as before after both ways."""
    type_, codes = CODES[name]
    if isinstance(type_, sa.CHAR):
        codes = [code.replace("%", "") for code in codes]
    texts = [*map(literal, codes)]
    create(
        any_sqlite,
        f"{name} DEFAULT {texts[1]} NOT NULL",
        "CREATE UNIQUE INDEX by_status ON orders (status, id)",
        WAYS[way],
        f"INSERT INTO orders VALUES (1, {texts[0]}), (3, {texts[2]})",
        "INSERT INTO orders (id) VALUES (2)",
    )
    shape = sa.inspect(any_sqlite.engine).get_columns("orders")
    held = any_sqlite.column("orders")
    op = op_of(type_, codes)
    run(any_sqlite, op)
    assert any_sqlite.column("orders") == VALUES
    assert fetch(any_sqlite, "PRAGMA integrity_check") == ["ok"]
    execute(any_sqlite, "INSERT INTO orders (id) VALUES (4)")
    assert any_sqlite.column("orders")[3] == VALUES[1]
    with pytest.raises(sa.exc.IntegrityError):
        execute(any_sqlite, "UPDATE orders SET status = 'x'")
    run(any_sqlite, op.reverse())
    assert any_sqlite.column("orders") == [*held, codes[1]]
    assert fetch(any_sqlite, "PRAGMA integrity_check") == ["ok"]
    after = sa.inspect(any_sqlite.engine).get_columns("orders")
    assert str(after) == str(shape)


@pytest.mark.parametrize("rename", [{"N": "NEW", "P": "P"}, {"N": "NEW"}])
def test_blanks_at_the_end(sqlite: Database, rename: Any) -> None:
    """Blanks at the end of a code do not count, in rows and the default."""
    create(
        sqlite,
        "CHAR(3) DEFAULT 'P  '",
        "INSERT INTO orders VALUES (1, 'N'), (2, 'N  '), (3, 'P '), (4, NULL)",
    )
    run(sqlite, op_of(sa.CHAR(3), [], ["NEW", "P"], rename=rename))
    execute(sqlite, "INSERT INTO orders (id) VALUES (5)")
    assert sqlite.column("orders") == ["NEW", "NEW", "P", None, "P"]


@pytest.mark.parametrize("default", ["NULL", "(null)"])
@pytest.mark.parametrize("way", WAYS)
def test_default_null(sqlite: Database, way: str, default: str) -> None:
    """DEFAULT NULL is no default: it needs no value."""
    create(sqlite, f"SMALLINT DEFAULT {default}", WAYS[way])
    after = orders_with(sa.Column("status", CheckEnum("NEW")))
    assert "default" not in sqlite.autogenerate(after).upgrade
    op = op_of(SMALL, [1], ["NEW"])
    for step in (op, op.reverse()):
        run(sqlite, step)
        execute(sqlite, "INSERT INTO orders (id) VALUES (1)")
        assert sqlite.column("orders") == [None]
        execute(sqlite, "DELETE FROM orders")


@pytest.mark.parametrize("recreate", ["auto", "always"])
@pytest.mark.parametrize("way", WAYS)
def test_batch(sqlite: Database, recreate: Any, way: str) -> None:
    """In a batch it joins the copy that the batch makes."""
    create(
        sqlite,
        "SMALLINT DEFAULT 2",
        "INSERT INTO orders VALUES (1, 1), (2, NULL)",
        WAYS[way],
    )
    with (
        sqlite.operations() as operations,
        operations.batch_alter_table("orders", recreate=recreate) as batch,
    ):
        batch.replace_codes(
            "status",
            ["NEW", "PAID"],
            existing_type=SMALL,
            rename={1: "NEW", 2: "PAID"},
            name="ck",
        )
        batch.add_column(sa.Column("note", sa.String(9)))
    assert sqlite.column("orders") == ["NEW", None]
    assert sqlite.column("orders", "note") == [None, None]
    with (
        sqlite.operations() as operations,
        operations.batch_alter_table("orders", recreate=recreate) as batch,
    ):
        batch.restore_codes(
            "status",
            ["NEW", "PAID"],
            type_=SMALL,
            rename={"NEW": 1, "PAID": 2},
            name="ck",
        )
    assert sqlite.column("orders") == [1, None]


@pytest.mark.parametrize("way", WAYS)
def test_unmapped(any_sqlite: Database, way: str) -> None:
    """A code, or a value, without a rule stops it with its count."""
    create(
        any_sqlite,
        "INT",
        WAYS[way],
        "INSERT INTO orders VALUES (1, 1), (2, 7), (3, 7), (4, NULL)",
    )
    before = fetch(any_sqlite, MASTER)
    with pytest.raises(exc.RowsRemainError) as error:
        run(any_sqlite, op_of(sa.Integer(), [1]))
    assert error.value.counts == {7: 2}
    op = op_of(sa.Integer(), [1, 7])
    run(any_sqlite, op)
    back = op.reverse()
    del back.rename["PAID"]
    with pytest.raises(exc.RowsRemainError) as error:
        run(any_sqlite, back)
    assert error.value.counts == {"PAID": 2}
    assert any_sqlite.column("orders") == ["NEW", "PAID", "PAID", None]
    run(any_sqlite, op.reverse())
    assert any_sqlite.column("orders") == [1, 7, 7, None]
    assert len(fetch(any_sqlite, MASTER)) == len(before)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE INDEX i ON orders (id) WHERE status = 1", "index i"),
        ("CREATE INDEX i ON orders (status + 1)", "index i"),
        ("CREATE VIEW v AS SELECT status FROM orders", "view v"),
        (
            "CREATE TRIGGER t AFTER UPDATE OF status ON orders"
            " BEGIN SELECT 1; END",
            "trigger t",
        ),
        (
            "CREATE TABLE child (s REFERENCES orders (status))",
            "the foreign key of child",
        ),
    ],
)
def test_blocked(sqlite: Database, statement: str, what: str) -> None:
    """What may compare the column with codes is named."""
    create(sqlite, "INT UNIQUE", statement)
    with pytest.raises(exc.BlockedByObjectsError) as error:
        run(sqlite, op_of(sa.Integer(), [1]))
    assert error.value.objects == (what,)


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("INT CHECK (status > 0)", "constraint status > 0"),
        ("INT, x AS (status + 1)", "generated column x"),
        ("INT REFERENCES orders (id)", "the foreign key to orders"),
    ],
)
def test_blocked_by_the_table(
    sqlite: Database, column: str, what: str
) -> None:
    """So is what the table itself says of the column."""
    create(sqlite, column)
    with pytest.raises(exc.BlockedByObjectsError) as error:
        run(sqlite, op_of(sa.Integer(), [1]))
    assert error.value.objects == (what,)


def test_strict(sqlite: Database) -> None:
    """A STRICT table has no VARCHAR."""
    execute(
        sqlite,
        "CREATE TABLE orders (id INT PRIMARY KEY, status INT) STRICT",
    )
    with pytest.raises(exc.BlockedByObjectsError, match="STRICT"):
        run(sqlite, op_of(sa.Integer(), [1]))


@pytest.mark.parametrize("value", ["7", "007", " 1.50 ", "1e3"])
def test_values_like_numbers(sqlite: Database, value: str) -> None:
    """SQLite would store them as numbers on the way."""
    create(sqlite, "INT")
    with pytest.raises(exc.DirectiveError, match="takes .* for a number"):
        run(sqlite, op_of(sa.Integer(), [1], [value]))


def test_old_rows(sqlite: Database) -> None:
    """Rows that are older than the column read its default, and keep it."""
    execute(
        sqlite,
        "CREATE TABLE orders (id INT PRIMARY KEY)",
        "CREATE INDEX late ON orders (id) WHERE id > 7",
        "INSERT INTO orders VALUES (1)",
        "ALTER TABLE orders ADD status INT DEFAULT 2",
    )
    op = op_of(sa.Integer(), [1, 2])
    op.server_default, op.existing_server_default = "NEW", "2"
    run(sqlite, op)
    assert sqlite.column("orders") == ["PAID"]
    run(sqlite, op.reverse())
    assert sqlite.column("orders") == [2]


def test_script(sqlite: Database) -> None:
    """A script cannot read the table that it would copy."""
    with pytest.raises(CommandError, match="cannot change the constraint"):
        script("sqlite", lambda op: op.invoke(op_of(SMALL, [1])))


@pytest.fixture(scope="module")
def one_sqlite(servers: Servers) -> Iterator[Database]:
    """One for all examples."""
    with servers.database("sqlite") as url:
        yield Database(servers.engine(url))


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@given(columns(), st.sampled_from(list(WAYS.values())))
def test_any_codes(one_sqlite: Database, column: Any, way: str) -> None:
    """Rows and default survive the way there and back."""
    db = one_sqlite
    type_, rename, rows, default = column
    assume(not any(map(is_number, rename.values())))
    status = sa.Column("status", type_, server_default=default_of(default))
    table = orders_with(status).tables["orders"]
    table.drop(db.engine, checkfirst=True)
    db.create(table.metadata)
    execute(db, way)
    with db.engine.begin() as connection:
        for i, code in enumerate(rows):
            connection.execute(table.insert().values(id=i, status=code))
    op = op_of(type_, [], [*rename.values()], rename=rename)
    run(db, op)
    expected = [None if code is None else rename[code] for code in rows]
    assert db.column("orders") == expected
    assert fetch(db, "PRAGMA integrity_check") == ["ok"]
    execute(db, "INSERT INTO orders (id) VALUES (99)")
    assert db.column("orders")[-1] == rename.get(default)
    run(db, op.reverse())
    assert db.column("orders") == [*rows, default]
    assert fetch(db, "PRAGMA integrity_check") == ["ok"]
