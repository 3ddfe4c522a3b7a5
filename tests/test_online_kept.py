"""The trigger that stays: found whatever became of its table and column."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ckenum import exc
from ckenum.alembic.ops import DropCheckEnumTriggerOp

from .models import orders
from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import functions
from .online import rename
from .online import run
from .online import triggers
from .online import written
from .roundtrip import Database

FUNCTION = "zz_ckenum_orders_status"

# as the first release made it
RELEASED = [
    f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN new.status := CASE WHEN (new.status = ''PAYED'') THEN ''PAID''"
    " END; RETURN new; END'",
    f"COMMENT ON FUNCTION {FUNCTION}() IS"
    """ '{"column": "status", "rename": {"PAYED": "PAID"}}'""",
    f"CREATE TRIGGER {FUNCTION} BEFORE INSERT OR UPDATE ON orders FOR EACH"
    f" ROW WHEN (new.status IN ('PAYED')) EXECUTE FUNCTION {FUNCTION}()",
]

CHANGES = {
    "table renamed": ["ALTER TABLE orders RENAME TO purchases"],
    "column renamed": ["ALTER TABLE orders RENAME status TO state"],
    "schema": ["CREATE SCHEMA s", "ALTER TABLE orders SET SCHEMA s"],
    "comment lost": [f"COMMENT ON FUNCTION {FUNCTION}() IS NULL"],
    "comment is no JSON": [f"COMMENT ON FUNCTION {FUNCTION}() IS 'ours'"],
    "comment is other JSON": [f"COMMENT ON FUNCTION {FUNCTION}() IS '[1]'"],
    "trigger renamed": [f"ALTER TRIGGER {FUNCTION} ON orders RENAME TO zz"],
    "column before it dropped": [
        "ALTER TABLE orders DROP id, ADD id integer",
        "ALTER TABLE orders RENAME status TO state",
    ],
}
KEEPS_RENAMES = [name for name in CHANGES if "comment" not in name]


def where(change: str) -> dict[str, str | None]:
    """Of the column, after it."""
    statements = " ".join(CHANGES[change])
    return {
        "table": "purchases" if "purchases" in statements else "orders",
        "column": "state" if "TO state" in statements else "status",
        "schema": "s" if "SCHEMA s" in statements else None,
    }


def dropping(change: str, online: bool) -> DropCheckEnumTriggerOp:
    at = where(change)
    return DropCheckEnumTriggerOp(
        str(at["table"]),
        str(at["column"]),
        schema=at["schema"],
        online=online,
    )


def written_after(change: str, db: Database, value: str) -> str | None:
    at = where(change)
    table = ".".join(filter(None, [at["schema"], at["table"]]))
    return written(db, value, table, str(at["column"]))


@pytest.fixture
def kept(any_postgresql: Database) -> Database:
    """PAYED was renamed to PAID, and old processes still write PAYED."""
    any_postgresql.create(orders("NEW", "PAYED"))
    run(any_postgresql, rename(keep_trigger=True))
    return any_postgresql


@pytest.fixture
def released(any_postgresql: Database) -> Database:
    """As the first release has left it."""
    any_postgresql.create(orders("NEW", "PAID"))
    execute(any_postgresql, *RELEASED)
    return any_postgresql


@pytest.mark.parametrize("change", CHANGES)
def test_dropped_after(kept: Database, change: str) -> None:
    """Its directive finds it, and leaves nothing."""
    execute(kept, *CHANGES[change])
    run(kept, dropping(change, online=len(change) % 2 == 0))
    assert triggers(kept) == functions(kept) == []


@pytest.mark.parametrize("change", CHANGES)
def test_of_the_first_release_dropped_after(
    released: Database, change: str
) -> None:
    """So it does with one that an earlier release has left."""
    execute(released, *CHANGES[change])
    run(released, dropping(change, online=len(change) % 2 == 0))
    assert triggers(released) == functions(released) == []


@pytest.mark.parametrize("change", CHANGES)
def test_goes_on_after(kept: Database, change: str) -> None:
    """The old value becomes the new one as before."""
    execute(kept, *CHANGES[change])
    assert written_after(change, kept, "PAYED") == "PAID"
    assert written_after(change, kept, "NEW") == "NEW"


@pytest.mark.parametrize("change", CHANGES)
def test_value_that_has_come_back_after(kept: Database, change: str) -> None:
    """Is stored as itself."""
    execute(kept, *CHANGES[change])
    back = ["NEW", "PAID", "PAYED"]
    run(kept, alter(back, ["NEW", "PAID"], **where(change)))
    assert written_after(change, kept, "PAYED") == "PAYED"
    assert triggers(kept) == functions(kept) == []


@pytest.mark.parametrize("change", KEEPS_RENAMES)
def test_of_the_first_release_follows_after(
    released: Database, change: str
) -> None:
    """What it renames becomes what that is renamed to."""
    execute(released, *CHANGES[change])
    then = ["NEW", "DONE"]
    op = alter(then, ["NEW", "PAID"], rename={"PAID": "DONE"}, **where(change))
    run(released, op)
    assert written_after(change, released, "PAYED") == "DONE"
    assert len(triggers(released)) == len(functions(released)) == 1


def test_of_the_first_release_without_its_comment(released: Database) -> None:
    """What it renames is not to be known, so no alteration passes it by."""
    execute(released, *CHANGES["comment lost"])
    back = alter(["NEW", "PAID", "PAYED"], ["NEW", "PAID"])
    with pytest.raises(exc.DirectiveError, match="op.drop_check_enum_trigger"):
        run(released, back)
    run(released, DropCheckEnumTriggerOp("orders", "status"), back)
    assert written(released, "PAYED") == "PAYED"


def test_of_the_first_release_is_replaced(released: Database) -> None:
    """By the next alteration, as it may store NULL."""
    more = alter(["NEW", "PAID", "X"], ["NEW", "PAID"])
    run(released, more)
    assert fetch(released, "SELECT tgnargs FROM pg_trigger") == [1]
    assert written(released, "PAYED") == "PAID"
    assert_rerun_changes_nothing(released, more)


def test_column_that_has_its_old_name(kept: Database) -> None:
    """Is another: neither is its value changed, nor its trigger."""
    execute(
        kept,
        "ALTER TABLE orders RENAME status TO state",
        "ALTER TABLE orders ADD status varchar CONSTRAINT ck2"
        " CHECK (status IN ('PAYED', 'X'))",
        "INSERT INTO orders (id, state, status) VALUES (1, 'PAYED', 'PAYED')",
    )
    assert fetch(kept, "SELECT state || status FROM orders") == ["PAIDPAYED"]
    run(
        kept,
        alter(
            ["PAID", "X"],
            ["PAYED", "X"],
            rename={"PAYED": "PAID"},
            keep_trigger=True,
            name="ck2",
        ),
    )
    assert len(triggers(kept)) == len(functions(kept)) == 2
    run(kept, DropCheckEnumTriggerOp("orders", "state"))
    assert written(kept, "PAYED") == "PAID"
    run(kept, DropCheckEnumTriggerOp("orders", "status"))
    assert triggers(kept) == functions(kept) == []


@pytest.mark.parametrize("statements", [[], RELEASED], ids=len)
def test_table_that_has_its_old_name(
    any_postgresql: Database, statements: list[str]
) -> None:
    """Has a function of its own."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    run(db, rename(keep_trigger=not statements))
    execute(
        db,
        *statements,
        "ALTER TABLE orders RENAME TO old",
        "ALTER TABLE old RENAME CONSTRAINT ck_orders_status TO ck",
        "ALTER INDEX orders_pkey RENAME TO old_pkey",
    )
    db.create(orders("NEW", "PAYED"))
    op = alter(
        ["NEW", "SETTLED"],
        ["NEW", "PAYED"],
        rename={"PAYED": "SETTLED"},
        keep_trigger=True,
    )
    run(db, op)
    assert_rerun_changes_nothing(db, op)
    assert written(db, "PAYED") == "SETTLED"
    assert written(db, "PAYED", "old") == "PAID"
    run(db, DropCheckEnumTriggerOp("orders", "status"))
    assert written(db, "PAYED", "old") == "PAID"
    run(db, DropCheckEnumTriggerOp("old", "status"))
    assert triggers(db) == functions(db) == []


def test_long_name_that_is_taken(any_postgresql: Database) -> None:
    """Is cut where PostgreSQL would, before the number."""
    db = any_postgresql
    table = "t" + "ü" * 30
    for name in (table, "old"):
        execute(
            db,
            f'CREATE TABLE "{table}" (status varchar'
            " CONSTRAINT ck CHECK (status IN ('NEW', 'PAYED')))",
        )
        run(db, rename(table=table, name="ck", keep_trigger=True))
        execute(db, f'ALTER TABLE "{table}" RENAME TO "{name}_"')
    assert len({*functions(db)}) == len(triggers(db)) == 2


@pytest.mark.parametrize("value", ["PAYED", "payed"])
def test_writers_that_compare_in_another_way(
    any_postgresql: Database, value: str
) -> None:
    """The exact text is compared, and what matches nothing is itself: also
    for citext in a schema that the writer does not have on its path.
    """
    db = any_postgresql
    execute(
        db,
        "CREATE SCHEMA ext",
        "CREATE EXTENSION citext SCHEMA ext",
        "CREATE TABLE orders (id integer PRIMARY KEY, status ext.citext"
        " CONSTRAINT ck_orders_status"
        " CHECK (status::text IN ('NEW', 'PAYED')))",
    )
    migrator = Database(
        db.engine.url,
        connect_args={"options": "-c search_path=public,ext"},
    )
    run(migrator, rename(keep_trigger=True))
    migrator.dispose()
    execute(db, "ALTER TABLE orders DROP CONSTRAINT ck_orders_status")
    assert written(db, value) == {"PAYED": "PAID"}.get(value, value)


def test_operators_of_others(kept: Database) -> None:
    """Neither function nor operator is looked up on the writer's path."""
    execute(
        kept,
        "CREATE SCHEMA evil",
        "CREATE FUNCTION evil.no(text, text) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT false'",
        "CREATE OPERATOR evil.= (leftarg = text, rightarg = text,"
        " function = evil.no)",
    )
    writer = Database(
        kept.engine.url,
        connect_args={"options": "-c search_path=evil,pg_catalog,public"},
    )
    assert written(writer, "PAYED", "public.orders") == "PAID"
    writer.dispose()


def test_backslashes_as_the_writer_reads_them(
    any_postgresql: Database,
) -> None:
    """The function has them its own way."""
    db = any_postgresql
    db.create(orders("NEW", "a"))
    op = alter(
        ["NEW", "\\n"], ["NEW", "a"], rename={"a": "\\n"}, keep_trigger=True
    )
    run(db, op)
    execute(
        db,
        "SET standard_conforming_strings = off; "
        "INSERT INTO orders VALUES (1, 'a')",
    )
    assert db.column("orders") == ["\\n"]


def test_arrays_after_a_rename(any_postgresql: Database) -> None:
    """Each item, in arrays of any dimensions and bounds."""
    db = any_postgresql
    execute(
        db,
        "CREATE TABLE orders (id integer PRIMARY KEY, status varchar[]"
        " CONSTRAINT ck_orders_status"
        " CHECK (status <@ '{NEW,PAYED}'::varchar[]))",
    )
    run(db, rename(array=True, keep_trigger=True))
    given = "[0:1][1:2]={{NEW,PAYED},{PAYED,NEW}}"
    became = given.replace("PAYED", "PAID")
    for column in ("status", "state"):
        execute(db, f"INSERT INTO orders VALUES (1, '{given}')")
        text = f"SELECT {column}::text FROM orders"
        assert fetch(db, text) == [became]
        execute(db, "DELETE FROM orders")
        if column == "status":
            execute(db, "ALTER TABLE orders RENAME status TO state")
    run(db, DropCheckEnumTriggerOp("orders", "state"))
    assert triggers(db) == functions(db) == []


def test_partitions_after_a_rename(any_postgresql: Database) -> None:
    """Whatever the column's number is there, and two levels below."""
    db = any_postgresql
    execute(
        db,
        "CREATE TABLE orders (id integer, status varchar CONSTRAINT"
        " ck_orders_status CHECK (status IN ('NEW', 'PAYED')))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE middle (gone integer, status varchar, id integer,"
        " CONSTRAINT ck_orders_status CHECK (status IN ('NEW', 'PAYED')))"
        " PARTITION BY RANGE (id)",
        "ALTER TABLE middle DROP gone",
        "ALTER TABLE orders ATTACH PARTITION middle FOR VALUES FROM (1) TO"
        " (2000)",
        "CREATE TABLE leaf PARTITION OF middle FOR VALUES FROM (1) TO (2000)",
    )
    run(db, rename(keep_trigger=True))
    assert written(db, "PAYED") == "PAID"
    execute(db, "ALTER TABLE orders RENAME status TO state")
    assert written(db, "PAYED", column="state") == "PAID"
    assert written(db, "PAYED", "leaf", "state") == "PAID"
    run(db, DropCheckEnumTriggerOp("orders", "state"))
    assert triggers(db) == functions(db) == []


def test_child_that_inherited_later(kept: Database) -> None:
    """The next alteration gives it a trigger too; all go together."""
    execute(kept, "CREATE TABLE child () INHERITS (orders)")
    with pytest.raises(sa.exc.IntegrityError):
        written(kept, "PAYED", "child")
    more = alter(["NEW", "PAID", "X"], ["NEW", "PAID"])
    run(kept, more)
    assert written(kept, "PAYED", "child") == "PAID"
    assert_rerun_changes_nothing(kept, more)
    run(kept, DropCheckEnumTriggerOp("orders", "status"))
    assert triggers(kept) == functions(kept) == []


def test_child_that_inherits_no_more(kept: Database) -> None:
    """Keeps the function that both triggers call, until its own goes."""
    execute(kept, "CREATE TABLE child () INHERITS (orders)")
    run(kept, alter(["NEW", "PAID", "X"], ["NEW", "PAID"]))
    execute(kept, "ALTER TABLE child NO INHERIT orders")
    run(kept, DropCheckEnumTriggerOp("orders", "status"))
    assert written(kept, "PAYED", "child") == "PAID"
    run(kept, DropCheckEnumTriggerOp("child", "status"))
    assert triggers(kept) == functions(kept) == []
