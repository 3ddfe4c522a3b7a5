"""What else names a value that a directive renames or removes."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum.alembic.ddl.postgresql.mentions import Look
from ckenum.exc import DirectiveError

from .online import alter
from .online import execute
from .online import run
from .roundtrip import Database
from .sqlite import recorded

pytestmark = pytest.mark.each_server

TABLE = """
    CREATE TABLE orders (
        id integer PRIMARY KEY, customer integer, kind varchar(20),
        status varchar(20) {default} CONSTRAINT ck_orders_status
            CHECK (status IN ('NEW', 'ACTIVE')){more}
    )
    """
ROWS = """
    INSERT INTO orders (id, customer, status)
    VALUES (1, 1, 'ACTIVE'), (2, 2, 'NEW')
    """

# How each begins in the warning, and what makes it, with a {} for a condition.
ON_BOTH = {
    "index 'one'": "CREATE UNIQUE INDEX one ON orders (customer) WHERE {}",
    "index 'two'": "CREATE INDEX two ON orders (customer, ({}))",
    "view 'seen'": "CREATE VIEW seen AS SELECT id FROM orders o WHERE {}",
    "view 'outer'": """
        CREATE VIEW "inner" AS SELECT id, kind, status FROM orders;
        CREATE VIEW "outer" AS SELECT id FROM "inner" WHERE {}
        """,
}
POSTGRESQL = {
    **ON_BOTH,
    "CHECK 'ck' of 'orders'": "ALTER TABLE orders ADD CONSTRAINT ck"
    " CHECK (customer IS NOT NULL OR NOT {})",
    "CHECK 'ck' of 'child'": """
        CREATE TABLE child () INHERITS (orders);
        ALTER TABLE child ADD CONSTRAINT ck CHECK (id > 0 OR NOT {})
        """,
    "CHECK 'ck' of 'notes'": """
        ALTER TABLE orders ADD UNIQUE (status), ADD UNIQUE (kind);
        CREATE TABLE notes (
            kind varchar(20) REFERENCES orders (kind) ON UPDATE CASCADE,
            status varchar(20) REFERENCES orders (status) ON UPDATE CASCADE,
            CONSTRAINT ck CHECK (status <> 'X' OR NOT {})
        )
        """,
    "policy 'own' of 'orders'": "CREATE POLICY own ON orders USING ({})",
    "policy 'put' of 'orders'": "CREATE POLICY put ON orders WITH CHECK ({})",
    "row filter of publication 'pub' of 'orders'": "CREATE PUBLICATION pub"
    " FOR TABLE orders WHERE ({}) WITH (publish = 'insert')",
    "view 'stored'": "CREATE MATERIALIZED VIEW stored AS"
    " SELECT count(*) FILTER (WHERE {}) FROM orders",
    "index 'stored_id'": """
        CREATE MATERIALIZED VIEW stored AS SELECT * FROM orders;
        CREATE INDEX stored_id ON stored (id) WHERE {}
        """,
    "rule 'no' of 'orders'": "CREATE RULE no AS ON DELETE TO orders"
    " WHERE (SELECT {} FROM orders LIMIT 1) DO INSTEAD NOTHING",
    "generated column 'live' of 'orders'": "ALTER TABLE orders"
    " ADD live boolean GENERATED ALWAYS AS ({}) STORED",
    "trigger 'tell' of 'orders'": """
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN new; END';
        CREATE TRIGGER tell BEFORE UPDATE OF status, kind ON orders
            FOR EACH ROW WHEN ({new}) EXECUTE FUNCTION tell()
        """,
    "rule 'also' of 'orders'": "CREATE RULE also AS ON DELETE TO orders"
    " DO ALSO (UPDATE orders SET customer = 1 WHERE {}; NOTIFY orders)",
    "function 'live'": "CREATE FUNCTION live() RETURNS bigint LANGUAGE sql"
    " BEGIN ATOMIC SELECT count(*) FROM orders WHERE {}; END",
}
SQLITE = {
    **ON_BOTH,
    "trigger 'tell' of 'orders'": "CREATE TRIGGER tell AFTER UPDATE ON orders"
    " WHEN {new} BEGIN SELECT 1; END",
    "trigger 'mend' of 'orders'": "CREATE TRIGGER mend AFTER DELETE ON orders"
    " BEGIN UPDATE orders SET customer = 1 WHERE {}; END",
    "trigger 'far' of 'others'": """
        CREATE TABLE others (status varchar(20));
        CREATE TRIGGER far AFTER INSERT ON others
            BEGIN DELETE FROM orders WHERE {}; END
        """,
    "CHECK 'ck' of 'notes'": """
        CREATE TABLE notes (
            kind varchar(20) REFERENCES orders (kind) ON UPDATE CASCADE,
            status varchar(20) REFERENCES orders (status) ON UPDATE CASCADE,
            CONSTRAINT ck CHECK (status <> 'X' OR NOT {})
        )
        """,
}
SQLITE_TABLES = {
    "CHECK 'ck' of 'orders'": ", CONSTRAINT ck CHECK (id > 0 OR {})",
    "CHECK '' of 'orders'": ", CHECK (id > 0 OR {})",
    "generated column 'live' of 'orders'": (
        ", live boolean GENERATED ALWAYS AS ({}) VIRTUAL"
    ),
}
NAMING = "status = 'ACTIVE'"
OTHERWISE = "status = 'NEW' OR kind = 'ACTIVE'"


def filled(text: str, condition: str) -> str:
    """``text`` with the condition, also of the new row in a trigger."""
    new = re.sub(r"\b(status|kind)\b", r"new.\1", condition)
    return text.replace("{new}", new).replace("{}", condition)


def create(
    db: Database, *statements: str, default: str = "", more: str = ""
) -> None:
    execute(db, TABLE.format(default=default, more=more), ROWS)
    for statement in statements:
        execute(db, *statement.split(";\n"))


def become(db: Database, **options: Any) -> None:
    """ACTIVE becomes LIVE."""
    options = {"online": False, "rename": {"ACTIVE": "LIVE"}, **options}
    run(db, alter(["NEW", "LIVE"], ["NEW", "ACTIVE"], **options))


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The objects that the one warning names; none where there is none."""
    warnings = [
        record.getMessage()
        for record in caplog.records
        if record.levelname == "WARNING"
    ]
    assert len(warnings) < 2
    return [
        line.partition(": ")[0]
        for warning in warnings
        for line in warning.split("\n  ")[1:]
    ]


@pytest.fixture
def postgresql(any_postgresql: Database) -> Database:
    return any_postgresql


@pytest.fixture
def sqlite(any_sqlite: Database) -> Database:
    return any_sqlite


@pytest.mark.parametrize("what", POSTGRESQL)
@pytest.mark.parametrize("condition", [NAMING, OTHERWISE])
def test_object_on_postgresql(
    postgresql: Database,
    caplog: pytest.LogCaptureFixture,
    what: str,
    condition: str,
) -> None:
    """One warning names it, if it names the value: not another value of the
    column, nor the value of another column. The rows are changed all the
    same.
    """
    create(postgresql, filled(POSTGRESQL[what], condition))
    become(postgresql)
    assert told(caplog) == ([what] if condition == NAMING else [])
    assert postgresql.column("orders") == ["LIVE", "NEW"]


@pytest.mark.parametrize("what", SQLITE)
@pytest.mark.parametrize("condition", [NAMING, OTHERWISE])
def test_object_on_sqlite(
    sqlite: Database,
    caplog: pytest.LogCaptureFixture,
    what: str,
    condition: str,
) -> None:
    """As on PostgreSQL."""
    create(sqlite, filled(SQLITE[what], condition))
    become(sqlite)
    assert told(caplog) == ([what] if condition == NAMING else [])
    assert sqlite.column("orders") == ["LIVE", "NEW"]


@pytest.mark.parametrize("what", SQLITE_TABLES)
@pytest.mark.parametrize("condition", [NAMING, OTHERWISE])
def test_definition_of_the_table_on_sqlite(
    sqlite: Database,
    caplog: pytest.LogCaptureFixture,
    what: str,
    condition: str,
) -> None:
    """Other CHECKs and generated columns are looked at likewise."""
    create(sqlite, more=filled(SQLITE_TABLES[what], condition))
    become(sqlite)
    assert told(caplog) == ([what] if condition == NAMING else [])


ONE_LIVE = f"CREATE UNIQUE INDEX one ON orders (customer) WHERE {NAMING}"


@pytest.mark.parametrize("online", [False, True])
def test_warning(
    db: Database, caplog: pytest.LogCaptureFixture, online: bool
) -> None:
    """It says what names which value in which words, and what to do."""
    create(db, ONE_LIVE)
    become(db, online=online)
    (warning,) = [
        record.getMessage()
        for record in caplog.records
        if record.name == "alembic.ckenum" and record.levelname == "WARNING"
    ]
    assert re.fullmatch(
        r"Check enum on 'orders.status' renames or removes 'ACTIVE', which "
        r"other objects still name\. .* Change them in this revision, .*:\n"
        r"  index 'one': .*status.* = 'ACTIVE'.* "
        r"\(drop it and create it again\)",
        warning,
    )


@pytest.mark.parametrize(
    "options",
    [{"rename": {}, "delete": ["ACTIVE"]}, {"rename": {"ACTIVE": None}}],
    ids=["delete", "null"],
)
def test_value_that_is_removed(
    db: Database, caplog: pytest.LogCaptureFixture, options: Any
) -> None:
    """It is told as one that is renamed."""
    create(db, ONE_LIVE)
    become(db, **options)
    assert told(caplog) == ["index 'one'"]


def test_value_that_is_added(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is looked for, and nothing told."""
    create(db, ONE_LIVE)
    add = alter(["NEW", "ACTIVE", "X"], ["NEW", "ACTIVE"], online=False)
    with recorded(db) as statements:
        run(db, add)
    assert told(caplog) == []
    assert not any("holding (relid" in text for text in statements)


def test_value_that_others_become(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """An index on the new value is right as it is."""
    create(db, ONE_LIVE.replace("ACTIVE", "LIVE"))
    become(db)
    assert told(caplog) == []


def test_native_enum_on_sqlite(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Labels that become other strings, and back, are told: no native type
    keeps others from naming them.
    """
    execute(
        sqlite,
        "CREATE TABLE orders (customer integer, status varchar(6))",
        ONE_LIVE,
        "CREATE INDEX two ON orders (customer) WHERE status = 'LIVE'",
    )
    move: Any = {
        "enum_name": "status",
        "name": "ck_orders_status",
    }
    with sqlite.operations() as op:
        op.replace_native_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", "LIVE"],
            existing_values=["NEW", "ACTIVE"],
            rename={"ACTIVE": "LIVE"},
            **move,
        )
    assert told(caplog) == ["index 'one'"]
    caplog.clear()
    with sqlite.operations() as op:
        op.restore_native_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", "ACTIVE"],
            existing_values=["NEW", "LIVE"],
            rename={"LIVE": "ACTIVE"},
            **move,
        )
    assert told(caplog) == ["index 'two'"]


def test_default_of_a_native_enum_on_sqlite(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It is renamed with its label, as on PostgreSQL."""
    execute(
        sqlite,
        "CREATE TABLE orders (id integer, status varchar(6) DEFAULT 'ACTIVE')",
    )
    with sqlite.operations() as op:
        op.replace_native_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["NEW", "LIVE"],
            existing_values=["NEW", "ACTIVE"],
            rename={"ACTIVE": "LIVE"},
            enum_name="status",
            name="ck_orders_status",
        )
    execute(sqlite, "INSERT INTO orders (id) VALUES (1)")
    assert sqlite.column("orders") == ["LIVE"]
    assert told(caplog) == []


# -- the column's default -----------------------------------------------------


ADD = (
    r"This directive changed nothing\. "
    "Add server_default='LIVE', existing_server_default='ACTIVE'"
)


@pytest.mark.parametrize("online", [False, True])
def test_default_that_would_be_refused(db: Database, online: bool) -> None:
    """It is an error before anything changes, with the argument to add."""
    create(db, default="DEFAULT 'ACTIVE'")
    with pytest.raises(DirectiveError, match=ADD):
        become(db, online=online)
    assert db.column("orders") == ["ACTIVE", "NEW"]
    execute(db, "INSERT INTO orders (id) VALUES (3)")


def test_default_that_is_given(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """With that argument the directive runs, and there is nothing to tell."""
    create(db, default="DEFAULT 'ACTIVE'")
    become(db, server_default="LIVE", existing_server_default="ACTIVE")
    execute(db, "INSERT INTO orders (id) VALUES (3)")
    assert db.column("orders") == ["LIVE", "NEW", "LIVE"]
    assert told(caplog) == []


def test_default_of_a_value_that_is_removed(db: Database) -> None:
    """It has no successor: none is proposed."""
    create(db, default="DEFAULT 'ACTIVE'")
    with pytest.raises(DirectiveError, match="Add server_default=None, "):
        become(db, rename={}, delete=["ACTIVE"])


def test_default_that_stays_allowed(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Where its rows are renamed and it is still a value, it is told."""
    create(db, default="DEFAULT 'ACTIVE'")
    merge = alter(
        ["NEW", "ACTIVE"],
        ["NEW", "ACTIVE"],
        rename={"ACTIVE": "NEW"},
        online=False,
    )
    run(db, merge)
    assert told(caplog) == ["default 'status' of 'orders'"]


def test_default_that_is_another_value(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no error."""
    create(db, default="DEFAULT 'NEW'")
    become(db)
    assert told(caplog) == []


def test_default_that_the_same_batch_changes(db: Database) -> None:
    """It is the new one that counts."""
    create(db, default="DEFAULT 'ACTIVE'")
    with db.operations() as op, op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("status", server_default="LIVE")
        batch_op.alter_check_enum(  # type: ignore[attr-defined]
            "status",
            ["NEW", "LIVE"],
            existing_values=["NEW", "ACTIVE"],
            name="ck_orders_status",
            rename={"ACTIVE": "LIVE"},
        )
    execute(db, "INSERT INTO orders (id) VALUES (3)")
    assert db.column("orders") == ["LIVE", "NEW", "LIVE"]


@pytest.mark.parametrize(
    "default", ["('ACTIVE')", '"ACTIVE"', "ACTIVE"], ids=str
)
def test_default_as_sqlite_has_it(sqlite: Database, default: str) -> None:
    """However it is spelled."""
    create(sqlite, default=f"DEFAULT {default}")
    with pytest.raises(DirectiveError, match=ADD):
        become(sqlite)


@pytest.mark.parametrize("default", ["", "DEFAULT 'NEW'"])
def test_default_of_a_domain(postgresql: Database, default: str) -> None:
    """It counts where the column has none of its own."""
    create(
        postgresql,
        "CREATE DOMAIN short AS varchar(20) DEFAULT 'ACTIVE'",
        "ALTER TABLE orders ALTER status TYPE short",
        default=default,
    )
    if default:
        become(postgresql)
        return
    with pytest.raises(DirectiveError, match=ADD):
        become(postgresql)
    become(postgresql, server_default="LIVE", existing_server_default="ACTIVE")
    execute(postgresql, "INSERT INTO orders (id) VALUES (3)")


def test_default_of_a_table_that_inherits(postgresql: Database) -> None:
    """It is refused there as well, and changed with the parent's."""
    create(
        postgresql,
        "CREATE TABLE child () INHERITS (orders)",
        "ALTER TABLE child ALTER status SET DEFAULT 'ACTIVE'",
    )
    with pytest.raises(DirectiveError, match=f"of table 'child'.*{ADD}"):
        become(postgresql)
    become(postgresql, server_default="LIVE", existing_server_default="ACTIVE")
    execute(postgresql, "INSERT INTO child (id) VALUES (3)")


def test_default_of_an_array(postgresql: Database) -> None:
    """An item that is refused is replaced in what is proposed."""
    execute(
        postgresql,
        "CREATE TABLE orders (status varchar(20)[]"
        " DEFAULT '{NEW,ACTIVE}' CONSTRAINT ck_orders_status"
        " CHECK (status <@ '{NEW,ACTIVE}'))",
    )
    with pytest.raises(
        DirectiveError, match=re.escape("""server_default='{"NEW","LIVE"}'""")
    ):
        become(postgresql, array=True)


# -- schemas ------------------------------------------------------------------


def test_other_schema(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The table of the schema is looked at, and no other of its name."""
    create(postgresql, ONE_LIVE)
    execute(
        postgresql,
        "CREATE SCHEMA far",
        TABLE.format(default="", more="").replace("orders (", "far.orders ("),
        f"CREATE VIEW far.seen AS SELECT id FROM far.orders WHERE {NAMING}",
    )
    become(postgresql, schema="far")
    assert told(caplog) == ["view 'seen'"]


def test_attached_database(
    sqlite: Database, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Likewise of a database that is attached."""
    create(sqlite, ONE_LIVE)
    with sqlite.operations() as op:
        connection = op.get_bind()
        connection.commit()
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'far.db'}' AS far")
        connection.exec_driver_sql(
            TABLE.format(default="", more="").replace(
                "orders (", "far.orders ("
            )
        )
        connection.exec_driver_sql(
            f"CREATE INDEX far.two ON orders (customer) WHERE {NAMING}"
        )
        op.invoke(
            alter(
                ["NEW", "LIVE"],
                ["NEW", "ACTIVE"],
                rename={"ACTIVE": "LIVE"},
                online=False,
                schema="far",
            )
        )
    assert told(caplog) == ["index 'two'"]


# -- more of PostgreSQL -------------------------------------------------------


def test_check_of_a_domain(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The domain that a column is of may name its values."""
    create(
        postgresql,
        "CREATE DOMAIN short AS varchar(20)"
        " CONSTRAINT listed CHECK (VALUE <> 'ACTIVE' OR VALUE <> 'X')",
        "ALTER TABLE orders ALTER status TYPE short",
    )
    become(postgresql)
    assert told(caplog) == ["CHECK 'listed' of 'domain short'"]


def test_partition_of_the_value(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A LIST partition names values; indexes and CHECKs of partitions are
    told once, of the table that they come from.
    """
    execute(
        postgresql,
        "CREATE TABLE orders (status varchar(20) CONSTRAINT ck_orders_status"
        " CHECK (status IN ('NEW', 'ACTIVE')), CONSTRAINT ck"
        " CHECK (status <> 'ACTIVE' OR status <> 'X'))"
        " PARTITION BY LIST (status)",
        "CREATE TABLE old PARTITION OF orders FOR VALUES IN ('ACTIVE')",
        "CREATE TABLE rest PARTITION OF orders DEFAULT",
        f"CREATE INDEX one ON orders (status) WHERE {NAMING}",
    )
    become(postgresql)
    assert told(caplog) == [
        "CHECK 'ck' of 'orders'",
        "index 'one'",
        "partition 'old'",
    ]


def test_look_leaves_no_lock(postgresql: Database) -> None:
    """Not on the table, while others have it."""
    create(postgresql, ONE_LIVE)
    with postgresql.engine.begin() as connection:
        connection.exec_driver_sql("LOCK orders IN SHARE MODE")
        with postgresql.engine.connect() as other:
            op = alter(["NEW", "LIVE"], ["NEW", "ACTIVE"])
            Look.at(other, op, ("ACTIVE",), frozenset())
            held = other.scalars(
                sa.text(
                    "SELECT relation::regclass::text FROM pg_locks"
                    " WHERE pid = pg_backend_pid() AND"
                    " relation::regclass::text = 'orders'"
                )
            )
            assert list(held) == []


def test_nothing_of_ours_is_told(
    postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the constraint nor the trigger of an online rename."""
    create(postgresql)
    become(postgresql, online=True, keep_trigger=True)
    back = alter(["NEW", "ACTIVE"], ["NEW", "LIVE"], rename={"LIVE": "ACTIVE"})
    run(postgresql, back)
    assert told(caplog) == []
