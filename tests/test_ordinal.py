from __future__ import annotations

from collections.abc import Iterator
import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum
from ckenum.exc import UnknownValueError

from .roundtrip import Database


class Status(enum.Enum):
    """The alphabet would have it the other way round."""

    NEW = "z"
    PAID = "y"
    PAYED = PAID
    DONE = "x"


class Other(enum.Enum):
    NEW = "z"


def table_of(type_: Any) -> sa.Table:
    return sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", type_),
    )


@pytest.fixture
def table() -> sa.Table:
    return table_of(CheckEnum(Status, persist="value"))


@pytest.fixture
def connection(db: Database, table: sa.Table) -> Iterator[sa.Connection]:
    """Rows 1 to 4: DONE, NULL, NEW, PAID."""
    db.create(table.metadata)
    members = [Status.DONE, None, Status.NEW, Status.PAID]
    with db.engine.connect() as connection:
        connection.execute(
            table.insert(),
            [{"id": id_, "status": m} for id_, m in enumerate(members, 1)],
        )
        connection.commit()
        yield connection


def ids(connection: sa.Connection, table: sa.Table, where: Any) -> list[int]:
    """Those of the rows that meet a condition, in order."""
    query = sa.select(table.c.id).where(where).order_by(table.c.id)
    return list(connection.scalars(query))


class TestExpression:
    def test_is_the_place_in_the_declaration(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """list(Status).index(member), and NULL for NULL."""
        query = sa.select(table.c.status, table.c.status.ordinal())
        found = {row[0]: row[1] for row in connection.execute(query)}
        assert found == {None: None, **{m: n for n, m in enumerate(Status)}}

    def test_sorts_as_declared(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        ordinal = table.c.status.ordinal()
        for order, expected in (
            (ordinal.nulls_last(), [3, 4, 1, 2]),
            (ordinal.desc().nulls_last(), [1, 4, 3, 2]),
        ):
            query = sa.select(table.c.id).order_by(order)
            assert list(connection.scalars(query)) == expected

    def test_groups(self, connection: sa.Connection, table: sa.Table) -> None:
        """With parameters PostgreSQL would take each for another one."""
        ordinal = table.c.status.ordinal()
        query = sa.select(ordinal, sa.func.count()).group_by(ordinal)
        found = {row[0]: row[1] for row in connection.execute(query)}
        assert found == {None: 1, 0: 1, 1: 1, 2: 1}

    def test_gives_an_alias_the_place_of_its_member(
        self, db: Database
    ) -> None:
        type_ = CheckEnum(Status, omit_aliases=False)
        table = table_of(type_)
        db.create(table.metadata)
        for id_, stored in enumerate(type_.enums):
            db.insert("orders", id=id_, status=stored)
        query = sa.select(table.c.status.ordinal()).order_by(table.c.id)
        with db.engine.connect() as connection:
            assert list(connection.scalars(query)) == [0, 1, 1, 2]

    def test_is_null_for_a_stranger(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """A string that only another version of the enum knows."""
        shorter = sa.table("orders", sa.column("status", CheckEnum("x")))
        query = sa.select(shorter.c.status.ordinal())
        found = list(connection.scalars(query.where(shorter.c.status != "x")))
        assert found == [None, None]

    def test_is_inline(self) -> None:
        """Quoted by SQLAlchemy, whatever the values are."""
        table = table_of(CheckEnum("it's", "b"))
        compiled = table.c.status.ordinal().compile(
            compile_kwargs={"literal_binds": True}
        )
        assert str(compiled) == (
            "(CASE orders.status WHEN 'it''s' THEN 0 WHEN 'b' THEN 1 END)"
        )

    def test_shares_no_statement_with_another_enum(
        self, connection: sa.Connection
    ) -> None:
        """Same column, other declaration: another CASE, once cached too."""
        for values, expected in (("xyz", [0, 2, 1]), ("zyx", [2, 0, 1])) * 2:
            status = sa.column("status", CheckEnum(*values))
            orders = sa.table("orders", sa.column("id"), status)
            query = sa.select(status.ordinal()).where(status.is_not(None))
            query = query.order_by(orders.c.id)
            assert list(connection.scalars(query)) == expected

    def test_is_not_offered_for_arrays(self) -> None:
        """They have no one place."""
        column = sa.column("statuses", sa.ARRAY(CheckEnum(Status)))
        with pytest.raises(AttributeError, match="ordinal"):
            column.ordinal()


class TestComparison:
    def test_is_with_members(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        ordinal = table.c.status.ordinal()
        for condition, expected in (
            (ordinal >= Status.PAID, [1, 4]),
            (ordinal < Status.PAID, [3]),
            (ordinal == Status.DONE, [1]),
            (ordinal.between(Status.NEW, Status.PAID), [3, 4]),
            (ordinal.in_([Status.NEW, Status.DONE]), [1, 3]),
            (ordinal.is_(None), [2]),
        ):
            assert ids(connection, table, condition) == expected

    def test_is_with_strings_that_mean_one(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        assert ids(connection, table, table.c.status.ordinal() > "y") == [1]

    def test_is_with_numbers_and_each_other(
        self, connection: sa.Connection, table: sa.Table
    ) -> None:
        """It is an integer after all."""
        ordinal = table.c.status.ordinal()
        assert ids(connection, table, ordinal > 1) == [1]
        assert ids(connection, table, ordinal + 1 == 3) == [1]
        assert ids(connection, table, ordinal <= ordinal) == [1, 3, 4]

    def test_takes_a_member_of_an_enum_of_numbers_for_itself(
        self, db: Database
    ) -> None:
        """Not for its number."""

        class Number(enum.IntEnum):
            TWO = 2
            ONE = 1

        table = table_of(CheckEnum(Number))
        db.create(table.metadata)
        db.insert("orders", id=1, status="ONE")
        with db.engine.connect() as connection:
            ordinal = table.c.status.ordinal()
            assert ids(connection, table, ordinal > Number.TWO) == [1]

    @pytest.mark.parametrize("stranger", ["NEW", 1.5, ["z"], Other.NEW])
    def test_refuses_what_is_no_member(
        self, connection: sa.Connection, table: sa.Table, stranger: Any
    ) -> None:
        with pytest.raises(sa.exc.StatementError) as caught:
            ids(connection, table, table.c.status.ordinal() < stranger)
        assert isinstance(caught.value.orig, UnknownValueError)

    def test_refuses_what_only_storing_lets_pass(
        self, connection: sa.Connection
    ) -> None:
        """validate_strings=False"""
        table = table_of(CheckEnum("x", validate_strings=False))
        with pytest.raises(sa.exc.StatementError) as caught:
            ids(connection, table, table.c.status.ordinal() < "junk")
        assert isinstance(caught.value.orig, UnknownValueError)


class TestOrm:
    def test_is_on_attributes_and_their_aliases(
        self, connection: sa.Connection
    ) -> None:
        class Base(orm.DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[Status | None] = mapped_column(
                CheckEnum(Status, persist="value")
            )

        with orm.Session(connection) as session:
            for entity in (Order, orm.aliased(Order)):
                ordinal = entity.status.ordinal()
                query = sa.select(entity).where(ordinal >= Status.PAID)
                found = session.scalars(query.order_by(ordinal))
                assert [order.id for order in found] == [4, 1]

    def test_is_behind_a_decorator(self, connection: sa.Connection) -> None:
        """Whose values are compared with."""

        class Lower(sa.TypeDecorator[str]):
            impl = CheckEnum("z", "y", "x")
            cache_ok = True

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return value and value.lower()

        table = table_of(Lower())
        assert ids(connection, table, table.c.status.ordinal() > "Y") == [1]


class TestIndex:
    def plan(self, db: Database, statement: Any) -> str:
        """How the database runs a statement, as it goes to the driver."""
        plans: list[str] = []
        explain = {
            "sqlite": "EXPLAIN QUERY PLAN ",
            "postgresql": "EXPLAIN ",
        }[db.name]
        with db.engine.connect() as connection:
            if db.name == "postgresql":
                connection.execute(sa.text("SET enable_seqscan = off"))

            def note(
                _: Any, cursor: Any, sql: str, args: Any, *__: Any
            ) -> None:
                cursor.execute(explain + sql, args)
                plans.append(str(cursor.fetchall()))

            sa.event.listen(connection, "before_cursor_execute", note)
            connection.execute(statement)
        return plans[0]

    def test_is_used(self, db: Database, table: sa.Table) -> None:
        """To compare and to sort."""
        ordinal = table.c.status.ordinal()
        sa.Index("ix_ordinal", ordinal)
        db.create(table.metadata)
        db.insert("orders", id=1, status="z")
        compare = sa.select(table.c.id).where(ordinal >= Status.PAID)
        assert "ix_ordinal" in self.plan(db, compare)
        assert "ix_ordinal" in self.plan(
            db, sa.select(table.c.id).order_by(ordinal)
        )

    def test_of_the_column_is_not(self, db: Database, table: sa.Table) -> None:
        """Hence the other one."""
        sa.Index("ix_status", table.c.status)
        db.create(table.metadata)
        query = sa.select(table.c.id).where(
            table.c.status.ordinal() >= Status.PAID
        )
        assert "Cond: " not in self.plan(db, query)
        assert "SEARCH" not in self.plan(db, query)

    def test_goes_with_its_table(self, db: Database, table: sa.Table) -> None:
        """To other metadata, and into the database from there."""
        sa.Index("ix_ordinal", table.c.status.ordinal())
        copied = table.to_metadata(sa.MetaData())
        db.create(copied.metadata)
        query = sa.select(copied.c.id).where(copied.c.status.ordinal() > 1)
        assert "ix_ordinal" in self.plan(db, query)

    def test_is_no_drift(self, postgresql: Database) -> None:
        """Once made; SQLite's indexes of expressions Alembic cannot see."""
        status = table_of(CheckEnum(Status)).c.status
        postgresql.create(status.table.metadata)
        sa.Index("ix_ordinal", status.ordinal())
        postgresql.round_trip(
            table_of(CheckEnum(Status)).metadata, status.table.metadata
        )

    def test_of_another_order_is_drift(self, postgresql: Database) -> None:
        """The old one would serve no query any more."""
        for values in (["a", "b", "c"], ["a", "c", "b"]):
            status = table_of(CheckEnum(*values)).c.status
            sa.Index("ix_ordinal", status.ordinal())
            postgresql.create(status.table.metadata)
            found = postgresql.diff(status.table.metadata)
            assert bool(found) == (values == ["a", "c", "b"])
