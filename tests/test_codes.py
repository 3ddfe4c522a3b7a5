"""From a column of codes to a CheckEnum, and back, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ops.codes import ReplaceCodesOp
from ckenum.alembic.ops.codes import RestoreCodesOp

from .backends import Servers
from .catalog import catalog
from .online import execute
from .online import run
from .roundtrip import Database
from .test_script import script

INTEGERS = {
    "SMALLINT": sa.SmallInteger(),
    "INTEGER": sa.Integer(),
    "BIGINT": sa.BigInteger(),
}
CODES = {
    **{name: (type_, [1, 2, -3]) for name, type_ in INTEGERS.items()},
    "CHAR(1)": (sa.CHAR(1), ["N", "P", "'"]),
    "CHAR(3)": (sa.CHAR(3), ["N", "P%", "\\"]),
}
VALUES = ["NEW", "PAID", "IT'S \\ %"]


@pytest.fixture(scope="module")
def one_postgresql(servers: Servers) -> Iterator[Database]:
    """One for all examples."""
    with servers.database("postgresql") as url:
        yield Database(servers.engine(url))


def op_of(
    type_: Any,
    codes: list[Any],
    values: list[str] = VALUES,
    **options: Any,
) -> ReplaceCodesOp:
    return ReplaceCodesOp(
        "orders",
        "status",
        values,
        existing_type=type_,
        rename=options.pop("rename", dict(zip(codes, values))),
        name="ck_orders_status",
        **options,
    )


SMALL = sa.SmallInteger()
TEXT = "CAST(status AS pg_catalog.text)"


def create(db: Database, column: str, *statements: str) -> None:
    execute(
        db,
        f"CREATE TABLE orders (id INT PRIMARY KEY, status {column})",
        *statements,
    )


def literal(code: Any) -> str:
    if isinstance(code, int):
        return str(code)
    return "'" + code.replace("'", "''") + "'"


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    return [
        (what, row)
        for what in before
        for row in {*map(repr, before[what])} ^ {*map(repr, after[what])}
    ]


AROUND = [
    "COMMENT ON COLUMN orders.status IS 'how far'",
    "CREATE INDEX by_status ON orders (status, id)",
    "CREATE UNIQUE INDEX one_new ON orders (id) WHERE status = {0}",
    "CREATE INDEX others ON orders (id) WHERE status <> {1} AND id > 1",
    "CREATE INDEX first_or_last ON orders ((status IN ({0}, {2})))",
    "ALTER TABLE orders ADD CONSTRAINT known CHECK (status IN ({0},{1},{2}))",
    "COMMENT ON CONSTRAINT known ON orders IS 'kept'",
    "ALTER TABLE orders ADD CHECK (status IS NOT NULL OR id > 0)",
    "GRANT UPDATE (status) ON orders TO PUBLIC",
]


@pytest.mark.parametrize("name", CODES)
def test_up_and_down(postgresql: Database, name: str) -> None:
    """What stands around the column goes along, and all of the catalog is
    as before after the way back.
    """
    type_, codes = CODES[name]
    texts = [*map(literal, codes)]
    create(
        postgresql,
        f"{name} NOT NULL DEFAULT {texts[1]}",
        *(text.format(*texts) for text in AROUND),
        f"INSERT INTO orders VALUES (1, {texts[0]}), (3, {texts[2]})",
        "INSERT INTO orders (id) VALUES (2)",
    )
    before = catalog(postgresql.engine)
    held = postgresql.column("orders")
    op = op_of(type_, codes)
    run(postgresql, op)
    assert postgresql.column("orders") == VALUES
    execute(
        postgresql,
        "INSERT INTO orders (id) VALUES (4)",
        "DELETE FROM orders WHERE id = 4 AND status = 'PAID'",
    )
    run(postgresql, op.reverse())
    assert postgresql.column("orders") == held
    assert differences(before, catalog(postgresql.engine)) == []


def test_definitions(postgresql: Database) -> None:
    """Comparisons with codes become comparisons with values."""
    create(
        postgresql,
        "SMALLINT",
        "CREATE INDEX one ON orders (id) WHERE status = 1",
        "CREATE INDEX two ON orders ((status IN (1, 2)))",
    )
    run(postgresql, op_of(SMALL, [1, 2], ["NEW", "PAID"]))
    rows = catalog(postgresql.engine)["indexes"]
    indexes = sorted(row[0] for row in rows)
    assert [text.partition(" USING btree ")[2] for text in indexes] == [
        "(id) WHERE ((status)::text = 'NEW'::text)",
        "((((status)::text = ANY ((ARRAY['NEW'::character varying, "
        "'PAID'::character varying])::text[]))))",
        "(id)",
    ]


OF_A_CHILD = {
    "index letter": "CREATE INDEX letter ON child (id) WHERE status = 'P'",
    "index expression": "CREATE INDEX expression ON child (lower(status))",
    "constraint own on": "ALTER TABLE child ADD CONSTRAINT own"
    " CHECK (status <> 'N' OR id > 0)",
    "default 'P'": "ALTER TABLE child ALTER status SET DEFAULT 'P'",
}


@pytest.mark.parametrize("named", OF_A_CHILD)
@pytest.mark.parametrize("is_partition", [False, True])
def test_of_a_child(
    postgresql: Database, is_partition: bool, named: str
) -> None:
    """What a partition or a child has of its own is not carried over: it
    would compare values with codes.
    """
    db = postgresql
    ends = (
        (" PARTITION BY RANGE (id)", "PARTITION OF orders DEFAULT")
        if is_partition
        else ("", "() INHERITS (orders)")
    )
    execute(
        db,
        "CREATE TABLE orders (id INT NOT NULL, status CHAR(1) DEFAULT 'N',"
        f" CHECK (status <> 'P' OR id > 1)){ends[0]}",
        f"CREATE TABLE child {ends[1]}",
        "CREATE INDEX plain ON child (status)",
        "CREATE INDEX of_null ON child (id) WHERE status IS NULL",
        OF_A_CHILD[named],
        "INSERT INTO orders VALUES (1, 'N'), (2, 'P')",
    )
    op = op_of(sa.CHAR(1), ["N", "P"], ["NEW", "PAID"])
    before = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError, match=re.escape(named)):
        run(db, op)
    assert differences(before, catalog(db.engine)) == []
    execute(
        db,
        "DROP INDEX IF EXISTS letter, expression",
        "ALTER TABLE child DROP CONSTRAINT IF EXISTS own",
        "ALTER TABLE child ALTER status SET DEFAULT 'N'",
    )
    run(db, op)
    assert db.column("orders") == ["NEW", "PAID"]
    run(db, op.reverse())
    assert db.column("orders") == ["N", "P"]


def test_unmapped(postgresql: Database) -> None:
    """A code that the mapping lacks stops it first, with its count."""
    create(
        postgresql,
        "SMALLINT",
        "INSERT INTO orders VALUES (1, 1), (2, 7), (3, 7), (4, NULL)",
    )
    before = catalog(postgresql.engine)
    with pytest.raises(exc.RowsRemainError) as error:
        run(postgresql, op_of(SMALL, [1, 2]))
    assert error.value.counts == {7: 2}
    assert "7 in 2 rows" in str(error.value)
    assert "replace_codes() what each of them means" in str(error.value)
    assert differences(before, catalog(postgresql.engine)) == []


def test_errors_show_codes() -> None:
    """An error about the arguments has a code as the migration has it."""
    with pytest.raises(exc.DirectiveError, match="rename turns 7 into 'X'"):
        op_of(SMALL, [], ["NEW"], rename={7: "X"})
    with pytest.raises(exc.DirectiveError, match=r"=9 is not .*: \[1\]"):
        RestoreCodesOp(
            "orders",
            "status",
            ["NEW"],
            type_=SMALL,
            rename={"NEW": 1},
            name="ck_orders_status",
            server_default=9,
        )


def test_null(postgresql: Database) -> None:
    """NULL stays NULL, and a code may become NULL, which is lost."""
    create(postgresql, "INT", "INSERT INTO orders VALUES (1, 1), (2, NULL)")
    op = op_of(sa.Integer, [], ["NEW"], rename={1: None, 2: "NEW"})
    run(postgresql, op)
    assert postgresql.column("orders") == [None, None]
    back = op.reverse()
    assert back.remarks == ["# Lost: 1 became NULL and stay NULL."]
    run(postgresql, back)
    assert postgresql.column("orders") == [None, None]


def test_merged(postgresql: Database) -> None:
    """Codes that became one value are the first of them again."""
    create(postgresql, "INT", "INSERT INTO orders VALUES (1, 1), (2, 2)")
    op = op_of(sa.Integer, [], ["NEW"], rename={2: "NEW", 1: "NEW"})
    run(postgresql, op)
    back = op.reverse()
    assert back.remarks == [
        "# Lost: 2 and 1 became 'NEW': all of them become 2."
    ]
    run(postgresql, back)
    assert postgresql.column("orders") == [2, 2]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("CREATE INDEX i ON orders (abs(status))", "index i .*does more"),
        ("CREATE INDEX i ON orders (id) WHERE status > 1", "does more"),
        ("CREATE INDEX i ON orders (id) WHERE status = 7", "7, which rename"),
        ("CREATE INDEX i ON orders (id) WHERE status = 1", "3 becomes the s"),
        ("CREATE INDEX i ON orders (id) WHERE status = 1 + id", "calculates"),
        ("CREATE INDEX i ON orders (id) WHERE status = id", "no literal"),
        ("CREATE INDEX i ON orders (id) WHERE id = status", "does more"),
        (
            "ALTER TABLE orders ADD CONSTRAINT c CHECK (status::text < 'x')",
            "constraint c .*does more",
        ),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (status) REFERENCES orders",
            "orders_status_fkey",
        ),
        (
            "ALTER TABLE orders ADD x INT GENERATED ALWAYS AS (status) STORED",
            "column x",
        ),
        (
            "CREATE INDEX i ON orders (status int2_ops)",
            None,
        ),
    ],
)
def test_blocked(
    postgresql: Database, statement: str, why: str | None
) -> None:
    """What else depends on the codes is named, and nothing changes."""
    create(postgresql, "SMALLINT", statement)
    before = catalog(postgresql.engine)
    op = op_of(
        SMALL, [], ["NEW", "PAID"], rename={1: "NEW", 2: "PAID", 3: "NEW"}
    )
    if why is None:  # the usual class is not shown
        run(postgresql, op)
        return
    with pytest.raises(exc.BlockedByObjectsError, match=why):
        run(postgresql, op)
    assert differences(before, catalog(postgresql.engine)) == []


def test_view(postgresql: Database) -> None:
    """A view that selects the column stops it."""
    create(postgresql, "INT", "CREATE VIEW v AS SELECT status FROM orders")
    with pytest.raises(exc.BlockedByViewsError):
        run(postgresql, op_of(sa.Integer, [1]))


@pytest.mark.parametrize(
    ("column", "error"),
    [
        ("INT", r"of type integer, not of existing_type=SmallInteger\(\)"),
        ("TEXT", "of type text, not of existing_type"),
        ("INT GENERATED ALWAYS AS IDENTITY", "an identity column"),
        ("SMALLINT DEFAULT 1 + 1", r"its default \(1 \+ 1\) is not in rename"),
        ("SMALLINT DEFAULT 7", "its default 7 is not in rename"),
        ("SMALLSERIAL", "its default nextval"),
    ],
)
def test_other_columns(postgresql: Database, column: str, error: str) -> None:
    """A column that is not what the directive says is refused."""
    create(postgresql, column)
    before = catalog(postgresql.engine)
    with pytest.raises(exc.DirectiveError, match=error):
        run(postgresql, op_of(SMALL, [1, 2]))
    assert differences(before, catalog(postgresql.engine)) == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"rename": {"1": "NEW"}}, "is of type int"),
        ({"rename": {True: "NEW"}}, "is of type int"),
        ({"rename": {40000: "NEW"}}, "does not fit"),
        ({"rename": {1: "SENT"}}, "'SENT', which is not in values"),
        ({"rename": [1]}, "rename must be a mapping"),
        ({"type_": sa.Date()}, "must be an integer type or a CHAR"),
        ({"type_": sa.String(1)}, "must be an integer type or a CHAR"),
        ({"type_": sa.CHAR(1), "rename": {"NN": "NEW"}}, "does not fit"),
        ({"type_": sa.CHAR(2), "rename": {"N": "NEW", "N ": "PAID"}}, "more"),
        ({"values": []}, "values is empty"),
        ({"values": "NEW"}, "must be a list"),
        ({"server_default": "SENT"}, "not one of the values"),
        ({"existing_server_default": "1"}, "is of type int"),
        ({"keep_column": True}, "keep_column needs online=True"),
        (
            {"keep_column": True, "online": True, "rename": {1: "NEW"}},
            "each value needs a code of its own",
        ),
    ],
)
def test_arguments(options: dict[str, Any], error: str) -> None:
    """What contradicts itself is refused when the directive is called."""
    options = {"type_": SMALL, "codes": [1, 2], **options}
    with pytest.raises(exc.DirectiveError, match=error):
        op_of(**options)


def test_script() -> None:
    """A script is what runs, but for what has to be looked at."""
    op = op_of(
        SMALL,
        [1, 2],
        ["NEW", "PAID"],
        server_default="NEW",
        existing_server_default=1,
    )
    assert script(
        "postgresql",
        lambda operations: operations.invoke(op),
        lambda operations: operations.invoke(op.reverse()),
    ).split("\n\n")[1::2] == [
        "ALTER TABLE orders ALTER COLUMN status DROP DEFAULT, "
        "ALTER COLUMN status TYPE VARCHAR(255) USING CASE "
        f"WHEN ({TEXT} OPERATOR(pg_catalog.=) '1') THEN 'NEW' "
        f"WHEN ({TEXT} OPERATOR(pg_catalog.=) '2') THEN 'PAID' "
        f"ELSE {TEXT} END, "
        "ALTER COLUMN status SET DEFAULT 'NEW', "
        "ADD CONSTRAINT ck_orders_status CHECK "
        "(status OPERATOR(pg_catalog.=) ANY ('{NEW,PAID}'));",
        "ALTER TABLE orders DROP CONSTRAINT ck_orders_status, "
        "ALTER COLUMN status DROP DEFAULT, "
        "ALTER COLUMN status TYPE SMALLINT USING CAST(CASE "
        f"WHEN ({TEXT} OPERATOR(pg_catalog.=) 'NEW') THEN '1' "
        f"WHEN ({TEXT} OPERATOR(pg_catalog.=) 'PAID') THEN '2' "
        f"ELSE {TEXT} END AS SMALLINT), "
        "ALTER COLUMN status SET DEFAULT 1;",
    ]


def test_too_long(postgresql: Database) -> None:
    """A script does not cut off what no CHAR can hold."""
    create(
        postgresql,
        "VARCHAR(9)",
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_status CHECK (id > 0)",
        "INSERT INTO orders VALUES (1, 'NEW')",
    )
    back = op_of(sa.CHAR(1), ["P"], ["PAID"]).reverse()
    text = script("postgresql", lambda operations: operations.invoke(back))
    with pytest.raises(sa.exc.DataError, match="too long"):
        execute(postgresql, text)
    assert postgresql.column("orders") == ["NEW"]


def default_of(code: Any) -> Any:
    """As a model declares it: SQLAlchemy quotes a string."""
    return sa.text(str(code)) if isinstance(code, int) else code


@st.composite
def columns(draw: st.DrawFn) -> tuple[Any, dict[Any, str], list[Any], Any]:
    """A type, a mapping, what rows hold, and the default."""
    type_ = draw(st.sampled_from([sa.BigInteger(), sa.CHAR(4)]))
    if isinstance(type_, sa.CHAR):
        code: Any = st.text(
            st.characters(exclude_categories=["Cs", "Cc"]), max_size=4
        ).map(lambda text: text.rstrip(" "))
    else:
        code = st.integers(-(2**63), 2**63 - 1)
    value = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
    rename = draw(st.dictionaries(code, value, min_size=1, max_size=5))
    if len({*rename.values()}) < len(rename):
        rename = {code: f"{code}: {text}" for code, text in rename.items()}
    one = st.sampled_from([*rename])
    rows = draw(st.lists(st.one_of(st.none(), one), max_size=9))
    return type_, rename, rows, draw(st.one_of(st.none(), one))


@given(columns())
def test_any_codes(one_postgresql: Database, column: Any) -> None:
    """Rows, default and catalog survive the way there and back."""
    db = one_postgresql
    type_, rename, rows, default = column
    table = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "status",
            type_,
            server_default=default_of(default),
        ),
    )
    table.drop(db.engine, checkfirst=True)
    db.create(table.metadata)
    with db.engine.begin() as connection:
        for i, code in enumerate(rows):
            connection.execute(table.insert().values(id=i, status=code))
    before = catalog(db.engine)
    held = db.column("orders")
    op = op_of(type_, [], [*rename.values()], rename=rename)
    run(db, op)
    expected = [None if code is None else rename[code] for code in rows]
    assert db.column("orders") == expected
    with db.engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO orders (id) VALUES (99)"))
        stored = connection.scalar(
            sa.text("SELECT status FROM orders WHERE id = 99")
        )
    assert stored == (None if default is None else rename[default])
    run(db, op.reverse())
    assert db.column("orders") == held
    assert differences(before, catalog(db.engine)) == []
