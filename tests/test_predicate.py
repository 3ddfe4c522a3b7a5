"""How the condition is written, and that any way means the same."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from ckenum.predicate import membership
from ckenum.recognition import Expected
from ckenum.reflection import read_check
from ckenum.reflection import ValueList

from .backends import BACKENDS
from .models import orders
from .models import orders_with
from .psql import psql
from .reflect import accepted
from .reflect import reflected
from .roundtrip import Database
from .test_any import column_names
from .test_any import cut
from .test_any import hard
from .test_any import model
from .test_any import texts
from .test_script import script

pytestmark = pytest.mark.each_server

POSTGRESQL = [name for name in BACKENDS if "postgresql" in name]
HARD = ["50%", "it's", "a,b", "{a}", "NULL", "null", "", " a", "a\nb", "ünï"]
HARD += ["a :b", "a'); DROP TABLE t; --", "x::y", "a)b", "new", "NEW"]
WHERE = ("orders", "status")
NAME = "ck_orders_status"
IN = "status::text = ANY (ARRAY['a'::character varying, 'b'::character var"
CONSTANT = "status::text = ANY ('{a,b}'::text[])"


@pytest.fixture
def db(any_postgresql: Database) -> Database:
    return any_postgresql


@pytest.fixture
def one_db(one_postgresql: Database) -> Database:
    return one_postgresql


def text(db: Database) -> str:
    """The only CHECK of the table of orders."""
    (check,) = reflected(db.engine, "orders")
    return check.text


def run(db: Database, statement: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statement.replace("%", "%%"))


def compiled(values: list[Any], dialect: Any = None) -> str:
    condition = membership(sa.column("status"), values)
    return str(
        condition.compile(
            dialect=dialect, compile_kwargs={"literal_binds": True}
        )
    )


class TestForm:
    @pytest.mark.parametrize(
        "values, stored",
        [
            (["a"], "status::text = 'a'::text"),
            (["a", "b"], CONSTANT),
            (
                ["it's", "c d"],
                "status::text = ANY ('{it''s,\"c d\"}'::text[])",
            ),
        ],
    )
    def test_on_postgresql(
        self, db: Database, values: list[str], stored: str
    ) -> None:
        """One constant, of two values or more."""
        db.create(orders(*values))
        assert text(db) == stored

    @pytest.mark.parametrize("value", ["back\\slash", '"dq"', None])
    def test_that_needs_no_backslash(
        self, postgresql: Database, value: str | None
    ) -> None:
        """A script's reader may take one for an escape; and a NULL stays
        where it was found.
        """
        dialect = postgresql.engine.dialect
        assert ") ANY (CAST(ARRAY[" in compiled(["a", "b", value], dialect)

    @pytest.mark.parametrize("dialect", [None, mysql.dialect()])
    def test_elsewhere(self, dialect: Any) -> None:
        """The list that every database knows."""
        assert compiled(["a", "b"], dialect) == "status IN ('a', 'b')"

    def test_not(self, postgresql: Database) -> None:
        """Its opposite is that of the list."""
        condition = ~membership(sa.column("status"), ["a", "b"])
        rows = sa.values(sa.column("status", sa.String), name="rows")
        query = sa.select(rows.data([("a",), ("c",)])).where(condition)
        with postgresql.engine.connect() as connection:
            assert list(connection.scalars(query)) == ["c"]

    def test_in_a_query(self, db: Database) -> None:
        """No statement is taken from the cache for another's values."""
        db.create(orders("a", "b", "c"))
        for number, value in enumerate("abc"):
            db.insert("orders", id=number, status=value)
        column = sa.table("orders", sa.column("status")).c.status
        with db.engine.connect() as connection:
            for values in ["a", "b"], ["b", "c"]:
                query = sa.select(column).where(membership(column, values))
                assert list(connection.scalars(query)) == values


def create_table(op: Any) -> None:
    op.create_table("orders", *orders("a", "b").tables["orders"].columns)


def create_check_enum(op: Any) -> None:
    op.create_table("orders", sa.Column("status", sa.String(9)))
    op.create_check_enum(*WHERE, ["a", "b"], name=NAME)


def alter_check_enum(op: Any) -> None:
    op.create_table("orders", sa.Column("status", sa.String(9)))
    op.create_check_enum(*WHERE, ["a"], name=NAME)
    op.alter_check_enum(*WHERE, ["a", "b"], existing_values=["a"], name=NAME)


DIRECTIVES = [create_table, create_check_enum, alter_check_enum]


class TestEveryPath:
    @pytest.mark.parametrize("directive", DIRECTIVES)
    def test_of_a_migration(self, db: Database, directive: Any) -> None:
        with db.operations() as op:
            directive(op)
        assert text(db) == CONSTANT

    @pytest.mark.parametrize("directive", DIRECTIVES)
    def test_of_a_script(self, postgresql: Database, directive: Any) -> None:
        psql(postgresql, script("postgresql", directive))
        assert text(postgresql) == CONSTANT

    @pytest.mark.parametrize("setting", ["on", "off"])
    def test_of_a_script_with_hard_values(
        self, postgresql: Database, setting: str
    ) -> None:
        """Whatever the reader takes a backslash for."""

        def directive(op: Any) -> None:
            op.create_table("orders", sa.Column("status", sa.String(99)))
            op.create_check_enum(*WHERE, HARD, name=NAME)

        psql(
            postgresql,
            f"SET standard_conforming_strings = {setting};\n"
            + script("postgresql", directive),
        )
        read = read_check("postgresql", text(postgresql))
        assert read == ValueList("status", tuple(HARD))


class TestChangeOfForm:
    def test_database_with_the_list(self, db: Database) -> None:
        """Of an earlier release, or made by Alembic alone, is as declared;
        its next change writes the constant, and there is a way back.
        """
        before = orders_with(
            sa.Column("status", sa.String(255)),
            sa.CheckConstraint("status IN ('a', 'b')", name=NAME),
        )
        db.create(before)
        assert text(db).startswith(IN)
        assert db.diff(orders("a", "b")) == []
        db.round_trip(orders("a", "b"), orders("a", "b", "c"))
        assert text(db) == "status::text = ANY ('{a,b,c}'::text[])"

    def test_database_with_the_constant(self, db: Database) -> None:
        """Is as declared where the model writes the list."""
        run(
            db,
            "CREATE TABLE orders (id serial PRIMARY KEY,"
            f" status varchar(255) CONSTRAINT {NAME}"
            """ CHECK (status = ANY (E'{a,"\\\\"dq\\\\"",b\\\\\\\\s}')))""",
        )
        assert db.diff(orders("a", '"dq"', "b\\s")) == []

    def test_history(self, db: Database) -> None:
        """Of lists that are written each in another form."""
        lists = [["a"], ["a", "b"], ["a", "b", '"'], [*HARD, "a"], ["a", "\\"]]
        db.create(orders(*lists[0]))
        for before, after in itertools.pairwise([*lists, lists[0]]):
            db.round_trip(orders(*before), orders(*after))
            tried = {*before, *after, "stranger"}
            taken = accepted(db.engine, "orders", "status", tried)
            assert taken == set(after)

    def test_migrations_of_alembic_alone(self, db: Database) -> None:
        """Write the list, which is as declared."""
        db.options["ckenum_render"] = "alembic"
        for before, after in itertools.pairwise(
            [sa.MetaData(), orders("a", "b"), orders("a", "b", "c")]
        ):
            migration = db.round_trip(before, after)
            assert "'{" not in migration.source
            assert text(db).startswith(IN)


class TestColumnsOfOthers:
    @pytest.mark.parametrize(
        "type_, stored",
        [
            ("text", "status = ANY ('{a,b}'::text[])"),
            ("char(9)", "status = ANY ('{a,b}'::bpchar[])"),
            ('varchar(9) COLLATE "C"', CONSTANT),
        ],
    )
    def test_have_a_constant_of_their_type(
        self, db: Database, type_: str, stored: str
    ) -> None:
        """They are compared as an IN list would, blanks of a char
        included.
        """
        run(db, f"CREATE TABLE orders (id int PRIMARY KEY, status {type_})")
        with db.operations() as op:
            create: Any = getattr(op, "create_check_enum")
            create(*WHERE, ["a", "b"], name=NAME)
        assert text(db) == stored
        assert read_check("postgresql", text(db)) == ValueList(
            "status", ("a", "b")
        )
        taken = accepted(db.engine, "orders", "status", ["a", "b", "c"])
        assert taken == {"a", "b"}


numbers = itertools.count()
DEFINITIONS = sa.text(
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = to_regclass(:name) AND contype = 'c' ORDER BY oid"
)


@given(
    column=column_names.map(cut).filter(lambda name: name.lower() != "id"),
    values=st.lists(texts | hard, min_size=1, max_size=50, unique=True),
)
def test_any(one_db: Database, column: str, values: list[str]) -> None:
    """What the server tells is recognised as it is, and means the same
    values; also where it was put back in, as pg_dump does. Of constants the
    server then tells the very same.
    """
    db = one_db
    table = f"t{next(numbers)}"
    metadata = model(table, column, values, None)
    db.create(metadata)
    with db.engine.connect() as connection:
        told = connection.scalar(DEFINITIONS, {"name": table})
        run(db, f"ALTER TABLE {table} ADD CONSTRAINT again {told}")
        _, again = connection.scalars(DEFINITIONS, {"name": table})
    checks = reflected(db.engine, table)
    metadata.drop_all(db.engine)

    signs = set("".join(values))
    assert again == told or signs & {"\\", '"'}
    reading = ValueList(column, tuple(values))
    for check in checks:
        assert read_check("postgresql", check.text) == reading
        declared = (check.name or "", column, values, False)
        found = Expected(db.engine.dialect, [declared]).reading(check)
        assert found == (None if "\\" in signs else reading)
