"""What looks at types, or works with any of them, finds a CheckEnum right."""

from __future__ import annotations

from collections.abc import Iterator
import copy
import enum
import pickle
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from ckenum import CheckEnum
from ckenum.exc import UnknownValueError

from .roundtrip import Database


class Status(str, enum.Enum):
    NEW = "new"
    PAID = "paid"


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


STATUS = CheckEnum(Status, persist="value")


def table_of(*columns: sa.Column[Any]) -> sa.Table:
    id_ = sa.Column("id", sa.Integer, primary_key=True)
    return sa.Table("orders", sa.MetaData(), id_, *columns)


@pytest.fixture
def table() -> sa.Table:
    return table_of(sa.Column("status", STATUS), sa.Column("data", sa.JSON))


@pytest.fixture
def connection(db: Database, table: sa.Table) -> Iterator[sa.Connection]:
    """Rows 1 to 3: NEW, PAID, NULL, each with its status in JSON as well."""
    db.create(table.metadata)
    with db.engine.connect() as connection:
        connection.execute(
            table.insert(),
            [
                {"id": id_, "status": status, "data": {"status": status}}
                for id_, status in enumerate([*Status, None], 1)
            ],
        )
        yield connection


def ids(connection: sa.Connection, table: sa.Table, where: Any) -> list[int]:
    """Those of the rows that meet a condition, in order."""
    query = sa.select(table.c.id).where(where).order_by(table.c.id)
    found = list(connection.scalars(query))
    inline = query.compile(connection, compile_kwargs={"literal_binds": True})
    again = connection.exec_driver_sql(str(inline))
    assert list(again.scalars()) == found
    return found


class TestTools:
    def test_see_an_enum_on_a_mapped_class(self) -> None:
        """Forms and APIs list the choices from it."""

        class Order(orm.declarative_base()):  # type: ignore[misc]
            __tablename__ = "orders"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            status = orm.mapped_column(STATUS)

        type_ = sa.inspect(Order).columns.status.type
        assert isinstance(type_, sa.Enum)
        assert type_.enums == ["new", "paid"]
        assert type_.enum_class is Status

    def test_see_it_on_each_dialect(self, db: Database) -> None:
        """Those that ask for the dialect's own type."""
        type_: Any = STATUS.dialect_impl(db.engine.dialect)
        assert isinstance(type_, CheckEnum)
        assert type_.enums == ["new", "paid"]
        assert type_.enum_class is Status

    def test_make_a_generic_type_of_it(self) -> None:
        """as_generic() of SQLAlchemy: the same strings."""
        generic: Any = STATUS.as_generic()
        assert type(generic) is sa.Enum
        assert generic.enums == ["new", "paid"]

    def test_reflect_a_varchar(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """That is what there is; the values are in the constraint."""
        columns = sa.inspect(connection).get_columns("orders")
        assert type(columns[1]["type"]) is sa.VARCHAR

    def test_are_told_of_the_class_by_the_repr_of_a_column(self) -> None:
        column = sa.Column("status", STATUS)
        assert "CheckEnum(Status, persist='value')" in repr(column)


class TestCopies:
    @pytest.mark.parametrize(
        "duplicate",
        [
            lambda table: pickle.loads(pickle.dumps(table)),
            lambda table: pickle.loads(pickle.dumps(table.c.status)).table,
            copy.deepcopy,
        ],
    )
    def test_of_a_table_work_on(
        self, db: Database, table: sa.Table, duplicate: Any
    ) -> None:
        """With their constraint, before and after use."""
        stale = STATUS._cached_result_processor(db.engine.dialect, None)
        assert stale is not None
        copied = duplicate(table)
        db.create(copied.metadata)
        with db.engine.begin() as connection:
            connection.execute(copied.insert().values(status="paid"))
            query = sa.select(copied.c.status)
            assert connection.scalar(query) is Status.PAID
        with pytest.raises(sa.exc.IntegrityError):
            db.insert("orders", status="junk")


class TestStatementCache:
    def entries(self, connection: sa.Connection, *types: Any) -> int:
        """How many statements are compiled to read with these types."""
        cache: dict[Any, Any] = {}
        connection = connection.execution_options(compiled_cache=cache)
        for type_ in types:
            status = sa.column("status", type_)
            orders = sa.table("orders", sa.column("id"), status)
            connection.execute(sa.select(status).where(orders.c.id == 1))
        return len(cache)

    def test_is_shared_by_equal_types(self, connection: sa.Connection) -> None:
        one = CheckEnum(Status, persist="value")
        assert self.entries(connection, STATUS, one, STATUS.copy()) == 1

    @pytest.mark.parametrize(
        "other",
        [
            CheckEnum("new"),
            CheckEnum("new", "paid"),
            CheckEnum("new", "paid", "done"),
            CheckEnum(Status, values_callable=lambda e: ["n", "p"]),
            CheckEnum(Status, persist="value", unknown=Status.NEW),
            CheckEnum(Status, persist="value", validate_strings=False),
            CheckEnum(Status, persist="value", length=9),
            sa.Enum(Status, values_callable=lambda e: ["n", "p"]),
            sa.String(255),
        ],
    )
    def test_is_not_shared_by_others(
        self, connection: sa.Connection, other: Any
    ) -> None:
        """Either would read as the other does."""
        assert self.entries(connection, STATUS, other) == 2

    def test_reads_by_the_type_at_hand(
        self, connection: sa.Connection
    ) -> None:
        """What it is there for."""
        found = []
        for type_ in (STATUS, CheckEnum("new"), STATUS):
            status = sa.column("status", type_)
            orders = sa.table("orders", sa.column("id"), status)
            query = sa.select(status).where(orders.c.id == 1)
            found.append(type(connection.scalar(query)))
        assert found == [Status, str, Status]


class TestExpressions:
    @pytest.mark.parametrize("values", [Status, ["new", "paid"]])
    def test_take_a_list_at_run_time(
        self, connection: sa.Connection, table: sa.Table, values: Any
    ) -> None:
        """bindparam(expanding=True), with members and with strings."""
        parameter = sa.bindparam("statuses", expanding=True)
        query = sa.select(table.c.id).where(table.c.status.in_(parameter))
        for some, expected in ((values, 2), ([], 0)):
            found = connection.execute(query, {"statuses": list(some)})
            assert len(found.all()) == expected

    def test_take_members_by_the_type_that_they_are_given(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """literal, type_coerce, cast."""
        for make in (sa.literal, sa.type_coerce, sa.cast):
            for value in (Status.PAID, "paid"):
                condition = table.c.status == make(value, STATUS)
                assert ids(connection, table, condition) == [2]

    def test_read_members_by_the_type_that_they_are_given(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """Of any text: JSON's, and the result of a function."""
        text = table.c.data["status"].as_string()
        for expression in (
            sa.type_coerce(text, STATUS),
            sa.cast(text, STATUS),
            sa.func.lower(table.c.status, type_=STATUS),
            sa.func.max(table.c.status),
        ):
            query = sa.select(expression).where(table.c.id == 2)
            assert connection.scalar(query) is Status.PAID

    def test_read_text_on_demand(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        for make in (sa.type_coerce, sa.cast):
            text = make(table.c.status, sa.String)
            found = connection.scalar(sa.select(text).where(text == "new"))
            assert (found, type(found)) == ("new", str)

    def test_compare_with_text_in_json(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """Members that are strings, on either side."""
        text = table.c.data["status"].as_string()
        assert ids(connection, table, text == Status.PAID) == [2]
        assert ids(connection, table, text.in_(list(Status))) == [1, 2]
        assert ids(connection, table, table.c.status == text) == [1, 2]

    def test_are_stored_in_json_as_their_strings(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        query = sa.select(table.c.data).where(table.c.id == 1)
        assert connection.scalar(query) == {"status": "new"}

    def test_are_literals_of_any_text(self, db: Database) -> None:
        """literal_binds, with what SQL and drivers give a meaning."""
        values = ["it's", 'a "b"', "50%", "%s", ":x", "a\\b", "", "ü", "?"]
        table = table_of(sa.Column("status", CheckEnum(*values)))
        db.create(table.metadata)
        for id_, value in enumerate(values):
            db.insert("orders", id=id_, status=value)
        with db.engine.connect() as connection:
            for id_, value in enumerate(values):
                where = table.c.status == value
                assert ids(connection, table, where) == [id_]


class TestNumbers:
    @pytest.mark.parametrize("operator", ["__eq__", "__ne__", "in_"])
    def test_are_no_members_themselves(
        self, db: Database, operator: str
    ) -> None:
        """SQLite would just find none."""
        table = table_of(sa.Column("status", CheckEnum(Number)))
        db.create(table.metadata)
        number = [2] if operator == "in_" else 2
        query = sa.select(getattr(table.c.status, operator)(number))
        with db.engine.connect() as connection:
            with pytest.raises(sa.exc.StatementError) as caught:
                connection.execute(query)
        assert isinstance(caught.value.orig, UnknownValueError)

    def test_are_stored_by_name(self, db: Database) -> None:
        table = table_of(sa.Column("status", CheckEnum(Number)))
        db.create(table.metadata)
        with db.engine.begin() as connection:
            connection.execute(
                table.insert(), [{"status": number} for number in Number]
            )
            query = sa.select(table.c.status).order_by(table.c.id)
            assert list(connection.scalars(query)) == list(Number)
            assert ids(connection, table, table.c.status == Number.TWO) == [2]
        assert db.column("orders") == ["ONE", "TWO"]


class TestVariants:
    def test_read_and_write_as_their_dialect_says(self, db: Database) -> None:
        """One column, members here and strings there."""
        type_ = STATUS.with_variant(sa.String(9), "postgresql")
        table = table_of(sa.Column("status", type_))
        table = table.to_metadata(sa.MetaData())
        db.create(table.metadata)
        with db.engine.begin() as connection:
            connection.execute(table.insert().values(status="paid"))
            found = connection.scalar(sa.select(table.c.status))
        assert type(found) is (str if db.name == "postgresql" else Status)
