"""Native ENUMs: what stands in few models and few definitions."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import render_python_code
from alembic.operations.ops import MigrateOperation
from alembic.operations.ops import ModifyTableOps
from alembic.operations.ops import UpgradeOps
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects import postgresql as pg_dialect

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic.autogenerate.compare import defaults
from ckenum.alembic.autogenerate.compare.claims import leave_types_to_others
from ckenum.alembic.autogenerate.compare.native_types import native_type
from ckenum.alembic.ddl.postgresql.definitions import CannotRewriteError
from ckenum.alembic.ddl.postgresql.literals import literal
from ckenum.alembic.ddl.postgresql.literals import literal_items
from ckenum.alembic.ddl.postgresql.native_catalog import Dependent
from ckenum.alembic.ddl.postgresql.native_dependents import Around
from ckenum.alembic.ddl.postgresql.rewriting import Rewriting
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.alembic.ops.native_base import NativeEnumOp
from ckenum.shapes import in_turn

from .models import orders
from .models import orders_with
from .roundtrip import Database
from .test_native import checked
from .test_native import native
from .test_native import run
from .test_script import script


def quote(text: str) -> str:
    return f"'{text}'"


def rewriting(definition: str, rename: dict[str, str | None]) -> Rewriting:
    return Rewriting(definition, "status", "status", rename, quote, ["a", "b"])


def as_text(definition: str, rename: dict[str, str | None]) -> str:
    return rewriting(definition, rename).to_text()


def as_enum(definition: str) -> str:
    return rewriting(definition, {}).to_enum(["a", "b"])


ARRAY = "CHECK (status = ANY ('{a,b}'::status[]))"


def test_array_of_labels() -> None:
    """As a constant it becomes one of strings."""
    assert as_text(ARRAY, {}) == "CHECK (status = ANY ('{a,b}'::text[]))"
    assert "'{A,b}'::text[]" in as_text(ARRAY, {"a": "A"})


@pytest.mark.parametrize(
    "definition, rename, why",
    [
        (ARRAY.replace("{a", "{{a}"), {}, "its array cannot be read"),
        (ARRAY.replace("{a", "{NULL"), {}, "has a NULL in it"),
        ("CHECK (status = 'a'::status AND (x)", {}, "it cannot be read"),
        ("CHECK (status <> 'a'::status)", {"a": None}, "becomes NULL"),
        ("CHECK (enum_first(x) = status)", {}, r"it calls enum_first\(\)"),
    ],
)
def test_no_text(
    definition: str, rename: dict[str, str | None], why: str
) -> None:
    """What cannot be told of a text is refused."""
    with pytest.raises(CannotRewriteError, match=why):
        as_text(definition, rename)


@pytest.mark.parametrize(
    "definition",
    [
        "CHECK ((status)::text = upper('a'::text))",
        "CHECK ((status)::text = ANY (ARRAY[upper(x), lower(y)]))",
    ],
)
def test_comparison_of_text_stays(definition: str) -> None:
    """Where there is no label to compare with."""
    assert as_enum(definition) == definition


def test_parentheses_in_a_list() -> None:
    """They do not end it."""
    definition = (
        "((status)::text = ANY (ARRAY[('a'::character varying)::text,"
        " 'b'::character varying]))"
    )
    assert as_enum(definition) == (
        "((status) = ANY (ARRAY[('a'::status), 'b'::status]))"
    )


def test_other_literals() -> None:
    """An array constant is one of labels; a literal of another type stays."""
    assert as_enum("CHECK ((status)::text = ANY ('{a,b}'::text[]))") == (
        "CHECK ((status) = ANY ('{a,b}'::status[]))"
    )
    definition = "CHECK ((status)::text = 'a'::citext)"
    assert as_enum(definition) == definition


@pytest.mark.parametrize(
    "expression", ["'a' || 'b'", "'a'::text || 'b'::text", "lower('A')", ""]
)
def test_no_literal(expression: str) -> None:
    """An expression that only begins with a string is none."""
    assert literal("'a'::status") == "a"
    assert literal(expression) is None


def test_array_without_an_end() -> None:
    """It is no array."""
    assert literal_items("ARRAY['a'::status]") == ["a"]
    assert literal_items("ARRAY['a'::status") is None


@pytest.mark.parametrize("default", ["{", "a", "{a,NULL}"])
def test_no_default_of_strings(default: str) -> None:
    """A default that is no array, or holds NULL, is not ours to change."""
    type_ = sa.ARRAY(CheckEnum("a"))
    dialect = pg_dialect.dialect()  # type: ignore[no-untyped-call]

    def items(text: str) -> Any:
        column = sa.Column("moods", type_, server_default=text)
        return defaults.values(column, dialect, True)

    assert items("{a}") == ["a"]
    assert items(default) is None


def test_native_elsewhere() -> None:
    """A database without ENUM types has no column of one."""
    column = sa.Column("status", sa.Enum("a", name="status"))
    assert native_type(column, mssql.dialect(), False) is None


@pytest.mark.parametrize("side", ["labels", "checked_values"])
def test_common_part_is_no_operation(side: str) -> None:
    """Which values are whose, only the subclasses know."""
    op = NativeEnumOp.__new__(NativeEnumOp)
    with pytest.raises(NotImplementedError):
        getattr(op, side)


def test_index_stays_in_its_tablespace() -> None:
    """Also a partial one; its definition leaves that unsaid."""
    definition = "CREATE INDEX mine ON orders USING btree (id)"
    where = " WHERE status = 'a'"
    index = Dependent("index", "", "s", "mine", definition, None, "fast one")
    around = Around(
        pg_dialect.dialect(),  # type: ignore[no-untyped-call]
        indexes=[(index, definition), (index, definition + where)],
    )
    assert list(around.after("orders")) == [
        f'{definition} TABLESPACE "fast one"',
        f'{definition} TABLESPACE "fast one"{where}',
    ]


class DropEnumOp(MigrateOperation):
    """As alembic-postgresql-enum has it."""

    name = "status"


def test_type_of_another_plugin() -> None:
    """Who drops the type has to find it; other types are ours."""
    ops = [
        ReplaceNativeEnumOp(
            "orders",
            name,
            ["a"],
            existing_values=["a"],
            enum_name=name,
            name="ck",
        )
        for name in ("status", "mood")
    ]
    leave_types_to_others(
        UpgradeOps([ModifyTableOps("orders", ops), DropEnumOp()])
    )
    assert [op.drop_type for op in ops] == [False, True]
    status, mood = (render_python_code(UpgradeOps([op])) for op in ops)
    assert "drop_type=False," in status
    assert "drop_type" not in mood


def test_list_that_is_refused_stays(postgresql: Database) -> None:
    """A constraint that ``include_object`` refuses is left alone."""
    db = postgresql
    db.create(native("a", "b"))
    run(db, "ALTER TABLE orders ADD CONSTRAINT mine CHECK (status IN ('a'))")

    def include_object(item: Any, name: Any, *rest: Any) -> bool:
        return str(name) != "mine"

    after = orders("a", "b")
    assert "drop_check_enum" in db.autogenerate(after).upgrade
    migration = db.autogenerate(after, include_object=include_object)
    assert "replace_native_enum" in migration.upgrade
    assert "drop_check_enum" not in migration.upgrade


def test_order_of_labels_is_no_list(postgresql: Database) -> None:
    """It is not dropped; it stops the migration."""
    postgresql.create(native("a", "b"))
    run(
        postgresql,
        "ALTER TABLE orders ADD CONSTRAINT mine CHECK (status > 'a')",
    )
    after = orders("a", "b")
    migration = postgresql.autogenerate(after)
    assert "drop_check_enum" not in migration.upgrade
    with pytest.raises(exc.BlockedByObjectsError, match="the order of labels"):
        postgresql.upgrade(after, migration)


def test_second_list_goes(postgresql: Database) -> None:
    """A native type makes all of them needless."""
    before = orders("a", "b")
    postgresql.create(before)
    run(
        postgresql,
        "ALTER TABLE orders ADD CONSTRAINT mine"
        " CHECK (status IN ('a', 'b', 'c'))",
    )
    after = native("a", "b")
    migration = postgresql.autogenerate(after)
    assert "op.drop_check_enum(" in migration.upgrade
    postgresql.upgrade(after, migration)
    assert postgresql.diff(after) == []
    inspector = sa.inspect(postgresql.engine)
    assert inspector.get_check_constraints("orders") == []


def test_default_that_is_no_value_any_more(postgresql: Database) -> None:
    """The model's comes in its place, and the old one on the way back."""
    before = native("a", "b", default="b")
    postgresql.create(before)
    migration = postgresql.round_trip(before, checked("a", default="a"))
    assert 'server_default="a"' in migration.upgrade
    assert 'existing_server_default="b"' in migration.upgrade


def test_other_changes_of_the_column(postgresql: Database) -> None:
    """They stay Alembic's."""
    before = native("a")
    postgresql.create(before)
    after = orders_with(sa.Column("status", CheckEnum("a"), nullable=False))
    migration = postgresql.round_trip(before, after)
    assert "replace_native_enum" in migration.upgrade
    assert "op.alter_column('orders', 'status'" in migration.upgrade
    assert "type_=" not in migration.upgrade


@pytest.mark.parametrize(
    "directive", ["replace_native_enum", "restore_native_enum"]
)
def test_script_without_a_default(directive: str) -> None:
    """Where the migration names none, the column keeps what it has."""

    def call(op: Any) -> None:
        getattr(op, directive)(
            "orders",
            "status",
            ["a"],
            existing_values=["a"],
            enum_name="status",
            name="ck",
        )

    text = script("postgresql", call)
    assert "ALTER COLUMN status TYPE" in text
    assert "DEFAULT" not in text


def test_no_length_on_sqlite(sqlite: Database) -> None:
    """Of a VARCHAR without one, the length stays that of the labels."""
    sqlite.create(native("a", "bcd"))
    with sqlite.operations() as op:
        op.replace_native_enum(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["a", "bcd"],
            existing_values=["a", "bcd"],
            enum_name="status",
            name="ck_orders_status",
            length=None,
        )
    columns = sa.inspect(sqlite.engine).get_columns("orders")
    assert str(columns[-1]["type"]) == "VARCHAR(3)"
    with pytest.raises(sa.exc.IntegrityError):
        sqlite.insert("orders", id=1, status="no")


def test_default_of_the_old_type(postgresql: Database) -> None:
    """An expression that comes as a default is set by Alembic."""
    run(
        postgresql,
        "CREATE TYPE status AS ENUM ('a', 'b')",
        "CREATE FUNCTION first() RETURNS status"
        " LANGUAGE sql AS 'SELECT ''b''::status'",
        "CREATE TABLE orders (id integer PRIMARY KEY, status status)",
    )
    after = orders_with(
        sa.Column(
            "status", CheckEnum("a", "b"), server_default=sa.text("first()")
        )
    )
    options = {"compare_server_default": True}
    migration = postgresql.autogenerate(after, **options)
    assert "server_default=sa.text('first()')" in migration.upgrade
    postgresql.upgrade(after, migration)
    run(postgresql, "INSERT INTO orders (id) VALUES (1)")
    assert postgresql.column("orders") == ["b"]


def test_circle_through_a_taken_name() -> None:
    """Two values change places by a third, which is neither."""
    between = [new for _, new in in_turn({"a": "b", "b": "a"})][0]
    array = ["a", between]
    for old, new in in_turn({"a": between, between: "a"}):
        array = [new if item == old else item for item in array]
    assert array == [between, "a"]


def test_default_that_becomes_text_of_an_expression(
    postgresql: Database,
) -> None:
    """Autogenerate compares it with no label; a revision of its own, after
    that of the type, changes it.
    """
    status = sa.Enum("A", "B", name="status")
    before = orders_with(sa.Column("status", status, server_default="B"))
    upper = sa.text("upper('a')")
    after = orders_with(
        sa.Column("status", CheckEnum("A", "B"), server_default=upper)
    )
    postgresql.create(before)
    for _ in range(2):
        migration = postgresql.autogenerate(after, compare_server_default=True)
        postgresql.upgrade(after, migration)
    assert postgresql.diff(after, compare_server_default=True) == []


def test_value_that_no_list_has(postgresql: Database) -> None:
    """No rule is proposed for it, as none could name it."""
    db = postgresql
    db.create(orders_with(sa.Column("status", sa.String(9))))
    db.insert("orders", status="ODD")
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE orders ADD CONSTRAINT ck"
            " CHECK (status IN ('NEW', 'PAID')) NOT VALID"
        )
    with db.operations() as op:
        with pytest.raises(exc.RowsRemainError) as caught:
            op.restore_native_enum(  # type: ignore[attr-defined]
                "orders",
                "status",
                ["NEW", "PAID"],
                existing_values=["NEW", "PAID"],
                name="ck",
                enum_name="status",
            )
    assert str(caught.value).endswith(
        "'ODD' in 1 row. This directive changed nothing. "
        "Change those rows first, or add the values."
    )
