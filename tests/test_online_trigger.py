"""The trigger that makes renamed values the new ones as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
import uuid

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumTriggerOp

from .models import orders
from .models import orders_with
from .online import alter
from .online import assert_rerun_changes_nothing
from .online import execute
from .online import fetch
from .online import fill
from .online import functions
from .online import not_validated
from .online import rename
from .online import run
from .online import state
from .online import triggers
from .online import watched
from .online import written
from .roundtrip import Database

TRIGGER = ["orders zz_ckenum_orders_status"]


@pytest.fixture
def kept(any_postgresql: Database) -> Database:
    """PAYED was renamed to PAID, and old processes still write PAYED."""
    any_postgresql.create(orders("NEW", "PAYED"))
    fill(any_postgresql, "NEW", "PAYED", None)
    run(any_postgresql, rename(keep_trigger=True))
    return any_postgresql


def assert_refused(db: Database, value: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        written(db, value)


def test_it_is_kept(kept: Database) -> None:
    """Old processes go on without an error, and the check is clean."""
    assert triggers(kept) == TRIGGER
    assert written(kept, "PAYED") == "PAID"
    assert written(kept, "NEW") == "NEW"
    assert kept.diff(orders("NEW", "PAID")) == []
    assert_rerun_changes_nothing(kept, rename(keep_trigger=True))


@pytest.mark.parametrize("online", [True, False])
def test_more_values(kept: Database, online: bool) -> None:
    """A later value leaves it where it is."""
    more = ["NEW", "PAID", "SHIPPED"]
    run(kept, alter(more, ["NEW", "PAID"], online=online))
    assert triggers(kept) == TRIGGER
    assert written(kept, "PAYED") == "PAID"
    assert written(kept, "SHIPPED") == "SHIPPED"
    assert kept.diff(orders(*more)) == []


@pytest.mark.parametrize("keep", [True, False])
def test_another_rename(kept: Database, keep: bool) -> None:
    """Composes: what became the renamed value becomes what that does."""
    op = alter(
        ["NEW", "DONE"],
        ["NEW", "PAID"],
        rename={"PAID": "DONE"},
        keep_trigger=keep,
    )
    run(kept, op)
    assert set(kept.column("orders")) == {"NEW", "DONE", None}
    assert written(kept, "PAYED") == "DONE"
    if keep:
        assert written(kept, "PAID") == "DONE"
    else:
        assert_refused(kept, "PAID")
    assert_rerun_changes_nothing(kept, op)


def test_another_rename_in_one_transaction(kept: Database) -> None:
    """Composes as well."""
    run(
        kept,
        alter(
            ["NEW", "DONE"],
            ["NEW", "PAID"],
            rename={"PAID": "DONE"},
            online=False,
        ),
    )
    assert written(kept, "PAYED") == "DONE"
    assert_refused(kept, "PAID")


def test_rename_to_null_after(kept: Database) -> None:
    """So what became the renamed value becomes NULL."""
    run(kept, alter(["NEW"], ["NEW", "PAID"], rename={"PAID": None}))
    assert written(kept, "PAYED") is None
    run(kept, alter(["NEW", "PAID"], ["NEW"]))
    assert written(kept, "PAYED") is None


def test_rename_to_null(any_postgresql: Database) -> None:
    """The trigger stores NULL."""
    any_postgresql.create(orders("NEW", "PAYED"))
    op = alter(
        ["NEW"], ["NEW", "PAYED"], rename={"PAYED": None}, keep_trigger=True
    )
    run(any_postgresql, op)
    assert written(any_postgresql, "PAYED") is None
    assert_rerun_changes_nothing(any_postgresql, op)


@pytest.mark.parametrize("rule", [{"delete": ["PAID"]}, {}])
def test_value_that_leaves(kept: Database, rule: dict[str, Any]) -> None:
    """What would become a value that is none any more is refused."""
    execute(kept, "DELETE FROM orders WHERE status = 'PAID'")
    run(kept, alter(["NEW"], ["NEW", "PAID"], **rule))
    assert triggers(kept) == functions(kept) == []
    assert_refused(kept, "PAYED")


@pytest.mark.parametrize("online", [True, False])
def test_downgrade(kept: Database, online: bool) -> None:
    """Takes it away: the old value is one again."""
    down = rename(keep_trigger=True).reverse()
    down.online = online
    run(kept, down)
    assert written(kept, "PAYED") == "PAYED"
    assert triggers(kept) == functions(kept) == []
    assert kept.diff(orders("NEW", "PAYED")) == []
    if online:
        assert_rerun_changes_nothing(kept, down)


@pytest.mark.parametrize("online", [True, False])
def test_downgrade_of_a_merge(any_postgresql: Database, online: bool) -> None:
    """Rows cannot be told any more, but the values are there again."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED", "PAID"))
    fill(db, "NEW", "PAYED", "PAID")
    op = alter(
        ["NEW", "PAID"],
        ["NEW", "PAYED", "PAID"],
        rename={"PAYED": "PAID"},
        keep_trigger=True,
    )
    run(db, op)
    assert written(db, "PAYED") == "PAID"
    down = op.reverse()
    down.online = online
    run(db, down)
    assert written(db, "PAYED") == "PAYED"
    assert triggers(db) == functions(db) == []


@pytest.mark.parametrize("online", [True, False])
def test_downgrade_renames_the_other_way(kept: Database, online: bool) -> None:
    """Where it is to keep its own trigger, it is that one which stays."""
    if online:
        down = rename(keep_trigger=True).reverse()
        down.keep_trigger = True
        run(kept, down)
        assert written(kept, "PAID") == "PAYED"
        assert_rerun_changes_nothing(kept, down)
    run(kept, rename(online=online, keep_trigger=online))
    assert written(kept, "PAID") == "PAID"


@pytest.mark.parametrize("online", [True, False])
def test_dropped_with_the_constraint(kept: Database, online: bool) -> None:
    """Then any value is one."""
    drop = DropCheckEnumOp(
        "orders",
        "status",
        ["NEW", "PAID"],
        name="ck_orders_status",
        online=online,
    )
    run(kept, drop)
    assert triggers(kept) == functions(kept) == []
    assert written(kept, "PAYED") == "PAYED"
    if online:
        assert_rerun_changes_nothing(kept, drop)


@pytest.mark.parametrize("online", [True, False])
def test_dropped_by_its_directive(kept: Database, online: bool) -> None:
    """When the old processes are gone; again, it does nothing."""
    drop = DropCheckEnumTriggerOp("orders", "status", online=online)
    run(kept, drop)
    assert triggers(kept) == functions(kept) == []
    assert_refused(kept, "PAYED")
    assert_rerun_changes_nothing(kept, drop)


@pytest.mark.parametrize("online", [True, False])
def test_wider_column(any_postgresql: Database, online: bool) -> None:
    """PostgreSQL alters no column that a trigger looks at: it is away for
    that one transaction.
    """
    db = any_postgresql
    db.create(orders("A", "B", length=1))
    run(db, alter(["B"], ["A", "B"], rename={"A": "B"}, keep_trigger=True))
    op = alter(
        ["B", "LONG"], ["B"], length=4, existing_length=1, online=online
    )
    run(db, op)
    assert triggers(db) == TRIGGER
    assert written(db, "A") == "B"
    assert db.diff(orders("B", "LONG", length=4)) == []
    if online:
        assert_rerun_changes_nothing(db, op)


def test_wider_column_of_the_rename(any_postgresql: Database) -> None:
    """So it is where the new value is the longer."""
    db = any_postgresql
    db.create(orders("A", length=1))
    fill(db, "A")
    op = alter(
        ["LONG"],
        ["A"],
        rename={"A": "LONG"},
        length=4,
        existing_length=1,
        keep_trigger=True,
    )
    run(db, op)
    assert written(db, "A") == "LONG"
    assert_rerun_changes_nothing(db, op)


def test_names_that_run_together(any_postgresql: Database) -> None:
    """Tables and columns whose names make the same, joined, have a function
    each.
    """
    db = any_postgresql
    for table, column in [("order", "item_status"), ("order_item", "status")]:
        execute(
            db,
            f'CREATE TABLE "{table}" (id integer PRIMARY KEY,'
            f" {column} varchar CONSTRAINT ck_{table}"
            f" CHECK ({column} IN ('NEW', 'PAYED')))",
        )
        run(
            db,
            rename(
                table=table,
                column=column,
                name=f"ck_{table}",
                keep_trigger=True,
            ),
        )
    for table, column in [("order", "item_status"), ("order_item", "status")]:
        execute(db, f"INSERT INTO \"{table}\" VALUES (1, 'PAYED')")
        assert fetch(db, f'SELECT {column} FROM "{table}"') == ["PAID"]
        run(db, DropCheckEnumTriggerOp(table, column))
    assert functions(db) == []


def test_triggers_of_others(any_postgresql: Database) -> None:
    """It is the last, for another may write the old value."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    execute(
        db,
        "CREATE FUNCTION writes_old() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.status IS NULL THEN new.status := 'PAYED'; END IF;"
        " RETURN new; END$$",
        "CREATE TRIGGER audit BEFORE INSERT OR UPDATE ON orders"
        " FOR EACH ROW EXECUTE FUNCTION writes_old()",
        "CREATE TRIGGER zoo BEFORE INSERT OR UPDATE ON orders"
        " FOR EACH ROW EXECUTE FUNCTION writes_old()",
    )
    fill(db, "NEW", None)
    run(db, rename(keep_trigger=True))
    execute(db, "INSERT INTO orders VALUES (1000, NULL)")
    assert set(db.column("orders")) == {"NEW", "PAID"}
    run(db, DropCheckEnumTriggerOp("orders", "status"))
    assert triggers(db) == ["orders audit", "orders zoo"]
    assert functions(db) == ["writes_old"]


AWKWARD = [
    "it's",
    "50%",
    "%s %(x)s",
    "a :b",
    "back\\slash",
    '"dq"',
    "{a,b}",
    "$1 $$ $body$",
    "line\nbreak",
    "ünï 🎈",
    "",
    " blank ",
    "NULL",
    "a'); DROP TABLE orders; --",
]


def test_awkward_values(any_postgresql: Database) -> None:
    """Old and new, they are strings as any other."""
    db = any_postgresql
    news = [f"{value}!" for value in AWKWARD]
    db.create(orders(*AWKWARD))
    fill(db, *AWKWARD, each=2)
    op = alter(
        news,
        AWKWARD,
        rename=dict(zip(AWKWARD, news, strict=True)),
        keep_trigger=True,
    )
    run(db, op)
    assert db.column("orders") == news * 2
    for number, value in enumerate(AWKWARD, start=1000):
        db.insert("orders", id=number, status=value)
    assert db.column("orders") == news * 3
    assert db.diff(orders(*news)) == []
    assert_rerun_changes_nothing(db, op)
    run(db, op.reverse())
    assert db.column("orders") == AWKWARD * 3
    assert triggers(db) == []


texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=9,
)


@given(values=st.lists(texts, min_size=2, max_size=6, unique=True))
def test_any_values(one_postgresql: Database, values: list[str]) -> None:
    """Whatever the strings are, there and back."""
    db = one_postgresql
    metadata = orders(*values[::2], length=9)
    try:
        db.create(metadata)
        fill(db, *values[::2], each=1)
        new, old = values[1::2], values[: len(values) // 2 * 2 : 2]
        op = alter(
            [*new, *values[len(old) * 2 :]],
            values[::2],
            rename=dict(zip(old, new, strict=True)),
            keep_trigger=True,
        )
        run(db, op)
        held = db.column("orders")
        assert held == [op.rename.get(v, v) for v in values[::2]]
        for number, value in enumerate(old, start=1000):
            db.insert("orders", id=number, status=value)
        assert db.column("orders") == [*held, *new]
        run(db, op.reverse())
        assert db.column("orders") == [*values[::2], *old]
    finally:
        metadata.drop_all(db.engine)


def arrays(*values: str) -> sa.MetaData:
    return orders_with(sa.Column("status", sa.ARRAY(CheckEnum(*values))))


def test_arrays(any_postgresql: Database) -> None:
    """Items are renamed, in the rows that are there and in new ones; taken
    out; and values are added.
    """
    db = any_postgresql
    db.create(arrays("A", "B", "C"))
    table = arrays("A", "B", "C").tables["orders"]
    held = [["A", "B"], [], None, ["A", "A"], ["B", "C"]] * 6
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(table),
            [{"id": n, "status": items} for n, items in enumerate(held)],
        )
    op = alter(
        ["it's", "B", "D"],
        ["A", "B", "C"],
        rename={"A": "it's"},
        delete=["C"],
        array=True,
        keep_trigger=True,
    )
    with watched(db) as ran:
        run(db, op)
    changed = [r.rows for r in ran if r.text.startswith("UPDATE")]
    assert sum(changed) == 18 and max(changed) <= 10
    there = [["it's", "B"], [], None, ["it's", "it's"], ["B"]] * 6
    assert db.column("orders") == there
    execute(db, "INSERT INTO orders VALUES (99, '{B,A,D,A}')")
    assert db.column("orders")[-1] == ["B", "it's", "D", "it's"]
    with pytest.raises(sa.exc.IntegrityError):
        execute(db, "INSERT INTO orders VALUES (100, '{B,C}')")
    assert_rerun_changes_nothing(db, op)
    execute(db, "DELETE FROM orders WHERE id = 99")
    down = op.reverse()
    run(db, down)
    assert db.column("orders") == [
        items and [item.replace("it's", "A") for item in items]
        for items in there
    ]
    assert triggers(db) == not_validated(db) == []
    assert_rerun_changes_nothing(db, down)


def test_arrays_without_a_trigger(any_postgresql: Database) -> None:
    """Where there may be none, items are renamed between two lists."""
    db = any_postgresql
    db.create(arrays("A", "B"))
    execute(
        db,
        "INSERT INTO orders SELECT n, '{A,B}' FROM generate_series(1, 25) n",
    )
    op = alter(["B", "C"], ["A", "B"], rename={"A": "C"}, array=True)
    with owner(db, "TRIGGER") as as_owner:
        run(as_owner, op)
        assert_rerun_changes_nothing(as_owner, op)
    assert db.column("orders") == [["C", "B"]] * 25
    assert not_validated(db) == triggers(db) == []


@contextmanager
def role(db: Database) -> Iterator[tuple[str, Database]]:
    """One that may log in, and what it sees."""
    name = f"clerk_{uuid.uuid4().hex}"
    execute(db, f"CREATE ROLE {name} LOGIN")
    as_role = Database(db.engine.url.set(username=name))
    try:
        yield name, as_role
    finally:
        as_role.dispose()
        execute(db, f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


@contextmanager
def owner(db: Database, lacks: str) -> Iterator[Database]:
    """The owner of ``orders``, who lacks a privilege."""
    with role(db) as (name, as_role):
        execute(
            db,
            f"GRANT ALL ON SCHEMA public TO {name}",
            f"ALTER TABLE orders OWNER TO {name}",
        )
        if lacks == "TRIGGER":
            execute(as_role, f"REVOKE TRIGGER ON orders FROM {name}")
        elif lacks == "CREATE":
            execute(db, f"REVOKE CREATE ON SCHEMA public FROM {name}, public")
        else:
            execute(db, f"REVOKE USAGE ON LANGUAGE {lacks} FROM public")
        try:
            yield as_role
        finally:
            execute(
                db,
                "ALTER TABLE orders OWNER TO CURRENT_USER",
                "GRANT USAGE ON LANGUAGE plpgsql TO public",
            )


@pytest.mark.parametrize("lacks", ["TRIGGER", "CREATE", "plpgsql"])
def test_without_a_privilege(any_postgresql: Database, lacks: str) -> None:
    """Without one, it is both lists first, then rows, then the new list."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "NEW", "PAYED", None)
    with owner(db, lacks) as as_owner:
        with watched(as_owner) as ran:
            run(as_owner, rename())
        assert_rerun_changes_nothing(as_owner, rename())
        swaps = [r.text for r in ran if "DROP CONSTRAINT" in r.text]
        assert ["PAYED" in swap for swap in swaps] == [True, False]
        assert not any(r.text.startswith("CREATE") for r in ran)
        assert db.column("orders") == ["NEW", "PAID", None] * 12
        assert db.diff(orders("NEW", "PAID")) == []
        run(as_owner, rename().reverse())
    assert db.column("orders") == ["NEW", "PAYED", None] * 12
    assert not_validated(db) == []


def test_writers_of_the_old_value_without_a_trigger(
    any_postgresql: Database,
) -> None:
    """Rows that they write between two steps are found by a later one."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "NEW", "PAYED")
    other = sa.create_engine(db.engine.url)
    refused = []

    def write(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            return
        number = 100 + len(writes)
        writes.append(number)
        try:
            with other.begin() as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO orders VALUES ({number}, 'PAYED')"
                )
        except sa.exc.IntegrityError:
            refused.append(number)

    writes: list[int] = []
    with owner(db, "TRIGGER") as as_owner:
        sa.event.listen(as_owner.engine, "before_cursor_execute", write)
        run(as_owner, rename())
    other.dispose()
    taken = set(writes) - set(refused)
    assert 100 in taken and refused
    assert fetch(db, "SELECT id FROM orders WHERE id >= 100 ORDER BY 1") == (
        sorted(taken)
    )
    assert set(db.column("orders")) == {"NEW", "PAID"}
    assert not_validated(db) == []


def test_stopped_without_a_trigger(any_postgresql: Database) -> None:
    """Between two lists, it goes on from there."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "NEW", "PAYED")
    with owner(db, "TRIGGER") as as_owner:
        execute(
            db,
            "ALTER TABLE orders ADD CONSTRAINT x CHECK (id <> 24"
            " OR status <> 'PAID')",
        )
        with pytest.raises(exc.OnlineUndoneError, match="id = '24'"):
            run(as_owner, rename())
        assert {*db.column("orders")} == {"NEW", "PAYED", "PAID"}
        execute(db, "ALTER TABLE orders DROP CONSTRAINT x")
        with watched(as_owner) as ran:
            run(as_owner, rename())
    assert [r.text for r in ran if "'{NEW,PAID,PAYED}'" in r.text] == []
    assert db.column("orders") == ["NEW", "PAID"] * 12
    assert db.diff(orders("NEW", "PAID")) == []


def test_none_can_be_kept_without_a_privilege(
    any_postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so."""
    any_postgresql.create(orders("NEW", "PAYED"))
    with owner(any_postgresql, "TRIGGER") as as_owner:
        run(as_owner, rename(keep_trigger=True))
    assert "No trigger is kept on 'orders.status'" in caplog.text
    assert any_postgresql.diff(orders("NEW", "PAID")) == []


def test_role_that_does_not_own_the_table(any_postgresql: Database) -> None:
    """It is told whose the table is, and nothing is changed."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED")
    before = state(db)
    with role(db) as (name, as_role):
        execute(
            db,
            f"GRANT ALL ON orders TO {name}",
            f"GRANT ALL ON SCHEMA public TO {name}",
        )
        for op in (rename(), alter(["NEW", "PAYED", "X"], ["NEW", "PAYED"])):
            with pytest.raises(exc.OnlineBlockedError, match="belongs to"):
                run(as_role, op)
    assert state(db)[1:] == before[1:]
    assert fetch(
        db,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conname = 'ck_orders_status' AND convalidated",
    )


def test_row_level_security(any_postgresql: Database) -> None:
    """Rows may be hidden: an error before anything is changed."""
    db = any_postgresql
    db.create(orders("NEW", "PAYED"))
    fill(db, "PAYED")
    execute(
        db,
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
        "CREATE POLICY none ON orders USING (false)",
    )
    with owner(db, "TRIGGER") as as_owner:
        before = state(db)
        with pytest.raises(
            exc.RowSecurityError, match="This directive changed nothing"
        ):
            run(as_owner, rename())
        assert state(db) == before
