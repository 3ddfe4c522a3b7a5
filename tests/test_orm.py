"""CheckEnum as models have it: every way to map it, and what is done then."""

from __future__ import annotations

import enum
import sys
from typing import Annotated
from typing import Any
from typing import Literal
from typing import Optional

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import MappedAsDataclass
from sqlalchemy.orm import relationship
import sqlmodel
from typing_extensions import TypeAliasType

from ckenum import CheckEnum

from .roundtrip import Database


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


class Kind(enum.Enum):
    GOODS = "goods"
    SERVICE = "service"


def statement(source: str, **names: Any) -> Any:
    """What a ``type`` statement makes, which older Pythons cannot read."""
    exec(source, names)
    return names["Alias"]


ALIASES = {"Alias": TypeAliasType("Alias", Status)}
LITERALS = {"Alias": TypeAliasType("Alias", Literal["NEW", "PAID"])}
ANNOTATED = Annotated[Status, mapped_column(CheckEnum(Status))]
RECIPES = {"Alias": TypeAliasType("Alias", ANNOTATED)}
if sys.version_info >= (3, 12):
    ALIASES["type"] = statement("type Alias = Status", Status=Status)
    LITERALS["type"] = statement(
        "type Alias = Literal['NEW', 'PAID']", Literal=Literal
    )
    RECIPES["type"] = statement("type Alias = Recipe", Recipe=ANNOTATED)


def model(annotation: Any, column: Any = None, type_map: Any = None) -> Any:
    """A model whose status has this annotation."""

    class Base(DeclarativeBase):
        type_annotation_map = type_map or {}

    namespace = {
        "__tablename__": "orders",
        "__annotations__": {"id": Mapped[int], "status": annotation},
        "id": mapped_column(primary_key=True),
    }
    if column is not None:
        namespace["status"] = column
    return type("Order", (Base,), namespace)


def keeps(db: Database, order: Any, first: Any, second: Any) -> None:
    """Rows go in and out, nothing else goes in, and nothing has drifted."""
    type_ = order.__table__.c.status.type
    assert type(type_) is CheckEnum
    db.create(order.metadata)
    with orm.Session(db.engine) as session:
        session.add_all(
            [order(id=1, status=first), order(id=2, status=second)]
        )
        session.commit()
    with orm.Session(db.engine) as session:
        ids = sa.select(order.id).where(order.status == second)
        assert session.scalars(ids).all() == [2]
        assert session.get_one(order, 1).status == first
        assert type(session.get_one(order, 1).status) is type(first)
    assert db.column("orders") == ["NEW", "PAID"]
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=3, status="JUNK")
    assert db.diff(order.metadata) == []


class TestMapping:
    """The ways to say that a column is a CheckEnum."""

    def test_mapped_column(self, db: Database) -> None:
        order = model(Mapped[Status], mapped_column(CheckEnum(Status)))
        assert not order.__table__.c.status.nullable
        keeps(db, order, Status.NEW, Status.PAID)

    @pytest.mark.parametrize(
        "optional", [Optional[Status], Status | None], ids=["Optional", "|"]
    )
    @pytest.mark.parametrize("by_map", [True, False])
    def test_nullable_union(
        self, db: Database, optional: Any, by_map: bool
    ) -> None:
        """The column may be NULL, with the type given or from the map."""
        if by_map:
            type_map = {enum.Enum: CheckEnum(enum.Enum)}
            order = model(Mapped[optional], type_map=type_map)
        else:
            order = model(Mapped[optional], mapped_column(CheckEnum(Status)))
        assert order.__table__.c.status.nullable
        db.create(order.metadata)
        with orm.Session(db.engine) as session:
            session.add(order(id=3))
            session.commit()
            assert session.get_one(order, 3).status is None
            session.delete(session.get_one(order, 3))
            session.commit()
        keeps(db, order, Status.NEW, Status.PAID)

    def test_map_of_all_enums(self, db: Database) -> None:
        type_map = {enum.Enum: CheckEnum(enum.Enum, length=40)}
        order = model(Mapped[Status], type_map=type_map)
        assert order.__table__.c.status.type.length == 40
        keeps(db, order, Status.NEW, Status.PAID)

    def test_map_of_all_literals(self, db: Database) -> None:
        type_map = {Literal: CheckEnum(enum.Enum, length=40)}
        order = model(Mapped[Literal["NEW", "PAID"]], type_map=type_map)
        assert order.__table__.c.status.type.length == 40
        keeps(db, order, "NEW", "PAID")

    def test_literal(self, db: Database) -> None:
        """In a column of its own, without a map."""
        literal = Literal["NEW", "PAID"]
        order = model(Mapped[literal], mapped_column(CheckEnum(literal)))
        keeps(db, order, "NEW", "PAID")

    def test_annotated(self, db: Database) -> None:
        keeps(db, model(Mapped[ANNOTATED]), Status.NEW, Status.PAID)

    @pytest.mark.parametrize("alias", ALIASES.values(), ids=ALIASES)
    def test_alias_of_an_enum(self, db: Database, alias: Any) -> None:
        """PEP 695; beside the column that says what it stands for."""
        order = model(Mapped[alias], mapped_column(CheckEnum(Status)))
        keeps(db, order, Status.NEW, Status.PAID)

    @pytest.mark.parametrize("alias", ALIASES.values(), ids=ALIASES)
    def test_alias_of_an_enum_in_the_map(
        self, db: Database, alias: Any
    ) -> None:
        type_map = {alias: CheckEnum(Status, length=40)}
        order = model(Mapped[alias], type_map=type_map)
        assert order.__table__.c.status.type.length == 40
        keeps(db, order, Status.NEW, Status.PAID)

    @pytest.mark.parametrize("alias", LITERALS.values(), ids=LITERALS)
    def test_alias_of_a_literal(self, db: Database, alias: Any) -> None:
        order = model(Mapped[alias], mapped_column(CheckEnum(alias)))
        keeps(db, order, "NEW", "PAID")

    @pytest.mark.parametrize("alias", LITERALS.values(), ids=LITERALS)
    def test_alias_of_a_literal_in_the_map(
        self, db: Database, alias: Any
    ) -> None:
        type_map = {alias: CheckEnum(enum.Enum, length=40)}
        order = model(Mapped[alias], type_map=type_map)
        assert order.__table__.c.status.type.length == 40
        keeps(db, order, "NEW", "PAID")

    @pytest.mark.parametrize("alias", RECIPES.values(), ids=RECIPES)
    def test_alias_of_annotated(self, db: Database, alias: Any) -> None:
        keeps(db, model(Mapped[alias]), Status.NEW, Status.PAID)

    def test_dataclass(self, db: Database) -> None:
        """With a default that the constructor knows."""

        class Base(MappedAsDataclass, DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[Status] = mapped_column(
                CheckEnum(Status), default=Status.NEW
            )

        assert Order(id=1) == Order(id=1, status=Status.NEW)
        keeps(db, Order, Status.NEW, Status.PAID)

    def test_imperative(self, db: Database) -> None:
        registry = orm.registry()
        table = sa.Table(
            "orders",
            registry.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", CheckEnum(Status)),
        )
        order: Any = type("Order", (), {"metadata": registry.metadata})
        registry.map_imperatively(order, table)
        keeps(db, order, Status.NEW, Status.PAID)

    def test_mixin(self, db: Database) -> None:
        """Each table has the constraint, under its own name."""

        class Base(DeclarativeBase):
            pass

        class HasStatus:
            status: Mapped[Status] = mapped_column(CheckEnum(Status))

        class Order(HasStatus, Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Invoice(HasStatus, Base):
            __tablename__ = "invoices"
            id: Mapped[int] = mapped_column(primary_key=True)

        keeps(db, Order, Status.NEW, Status.PAID)
        with pytest.raises(sa.exc.IntegrityError, match="ck_invoices_status"):
            db.insert("invoices", id=1, status="JUNK")

    @pytest.mark.parametrize("nullable", [True, False])
    def test_sqlmodel(self, db: Database, nullable: bool) -> None:
        class Base(sqlmodel.SQLModel, registry=orm.registry()):
            pass

        class Order(Base, table=True):
            __tablename__ = "orders"
            id: int = sqlmodel.Field(primary_key=True)
            status: Status | None = sqlmodel.Field(
                sa_column=sa.Column(CheckEnum(Status), nullable=nullable)
            )

        keeps(db, Order, Status.NEW, Status.PAID)

    def test_sqlmodel_by_type(self, db: Database) -> None:
        """The column is Field's own."""

        class Base(sqlmodel.SQLModel, registry=orm.registry()):
            pass

        class Order(Base, table=True):
            __tablename__ = "orders"
            id: int = sqlmodel.Field(primary_key=True)
            status: Status = sqlmodel.Field(sa_type=CheckEnum(Status))

        assert not Order.__table__.c.status.nullable
        keeps(db, Order, Status.NEW, Status.PAID)


class TextEnum(str, enum.Enum):
    """What enum.StrEnum is, from Python 3.11 on: it has no members."""


class Stage(TextEnum):
    FIRST = "NEW"
    SECOND = "PAID"


def test_template_of_a_base_class(db: Database) -> None:
    """Any class without members stands for those that inherit from it."""
    type_map = {TextEnum: CheckEnum(TextEnum, persist="value")}
    order = model(Mapped[Stage], type_map=type_map)
    keeps(db, order, Stage.FIRST, Stage.SECOND)


class Base(DeclarativeBase):
    type_annotation_map = {enum.Enum: CheckEnum(enum.Enum)}


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status]
    items: Mapped[list[Item]] = relationship(order_by=lambda: Item.id)
    paid_items: Mapped[list[Item]] = relationship(
        primaryjoin=lambda: sa.and_(
            Order.id == Item.order_id, Item.status == Status.PAID
        ),
        viewonly=True,
    )

    @hybrid_property
    def is_open(self) -> bool:
        return self.status == Status.NEW


class Item(Base):
    """Its kind says which class a row is."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    status: Mapped[Status]
    kind: Mapped[Kind]

    __mapper_args__ = {"polymorphic_on": "kind"}


class Goods(Item):
    __mapper_args__ = {"polymorphic_identity": Kind.GOODS}


class Service(Item):
    rating: Mapped[Status | None]

    __mapper_args__ = {"polymorphic_identity": Kind.SERVICE}


class Price(Base):
    """The status is the key."""

    __tablename__ = "prices"

    status: Mapped[Status] = mapped_column(primary_key=True)
    amount: Mapped[int]


@pytest.fixture
def session(db: Database) -> Any:
    """Order 1 is new, order 2 is paid, with one item of each kind."""
    db.create(Base.metadata)
    with orm.Session(db.engine) as session:
        session.add(Order(id=1, status=Status.NEW))
        session.add(Order(id=2, status=Status.PAID))
        session.flush()
        session.add(Goods(id=1, order_id=2, status=Status.PAID))
        session.add(Service(id=2, order_id=2, status=Status.NEW))
        session.commit()
        yield session


class TestInheritance:
    def test_kind_says_the_class(self, session: orm.Session) -> None:
        """A member is a polymorphic identity."""
        items = session.scalars(sa.select(Item).order_by(Item.id)).all()
        assert [type(item) for item in items] == [Goods, Service]
        assert [item.kind for item in items] == [Kind.GOODS, Kind.SERVICE]

    def test_query_of_a_subclass(self, session: orm.Session) -> None:
        assert session.scalars(sa.select(Service.id)).all() == [2]

    def test_column_of_a_subclass_is_held(
        self, session: orm.Session, db: Database
    ) -> None:
        """In the one table that they share."""
        with pytest.raises(sa.exc.IntegrityError, match="ck_items_rating"):
            db.insert(
                "items",
                **{"id": 3, "order_id": 1, "status": "NEW"},
                **{"kind": "SERVICE", "rating": "JUNK"},
            )

    def test_has_not_drifted(self, session: orm.Session, db: Database) -> None:
        session.close()
        assert db.diff(Base.metadata) == []


class TestQueries:
    def test_aliased(self, session: orm.Session) -> None:
        other = orm.aliased(Order)
        pairs = sa.select(Order.status, other.status).where(
            Order.status != other.status, other.status == Status.NEW
        )
        assert session.execute(pairs).all() == [(Status.PAID, Status.NEW)]

    @pytest.mark.parametrize(
        "load", [orm.joinedload, orm.selectinload, orm.subqueryload]
    )
    def test_eager_loading(self, session: orm.Session, load: Any) -> None:
        """Also with a member in the join's condition."""
        orders = sa.select(Order).options(
            load(Order.items), load(Order.paid_items)
        )
        paid = session.scalars(orders.where(Order.id == 2)).unique().one()
        session.expunge_all()
        assert [item.status for item in paid.items] == [
            Status.PAID,
            Status.NEW,
        ]
        assert [item.id for item in paid.paid_items] == [1]

    def test_hybrid(self, session: orm.Session) -> None:
        """In Python and in SQL."""
        assert session.get_one(Order, 1).is_open
        assert not session.get_one(Order, 2).is_open
        ids = sa.select(Order.id).where(Order.is_open)
        assert session.scalars(ids).all() == [1]

    def test_key(self, session: orm.Session) -> None:
        """Members are found as keys, and sorted when they are stored."""
        session.add(Price(status=Status.PAID, amount=2))
        session.add(Price(status=Status.NEW, amount=1))
        session.commit()
        paid = session.get_one(Price, Status.PAID)
        assert paid.amount == 2
        assert session.get(Price, Status.PAID) is paid

    def test_aggregates_are_members(self, session: orm.Session) -> None:
        """What keeps the type of its argument keeps the members."""
        found = session.execute(
            sa.select(
                sa.func.max(Order.status),
                sa.func.coalesce(sa.null(), sa.func.min(Order.status)),
            )
        ).one()
        assert found == (Status.PAID, Status.NEW)

    def test_compound_selects_have_members(self, session: orm.Session) -> None:
        both = sa.union(sa.select(Order.status), sa.select(Item.status))
        found = session.scalars(sa.select(both.subquery().c.status))
        assert set(found) == {Status.NEW, Status.PAID}


class TestWriting:
    def test_bulk_insert(self, session: orm.Session) -> None:
        """Many rows in one statement, that come back."""
        rows = [{"id": 3, "status": "NEW"}, {"id": 4, "status": Status.PAID}]
        insert = sa.insert(Order).returning(
            Order, sort_by_parameter_order=True
        )
        assert [order.status for order in session.scalars(insert, rows)] == [
            Status.NEW,
            Status.PAID,
        ]

    def test_bulk_update(self, session: orm.Session) -> None:
        """By primary key."""
        rows = [{"id": 1, "status": Status.PAID}, {"id": 2, "status": "NEW"}]
        session.execute(sa.update(Order), rows)
        session.expire_all()
        assert session.get_one(Order, 1).status is Status.PAID
        assert session.get_one(Order, 2).status is Status.NEW

    @pytest.mark.parametrize("how", ["auto", "evaluate", "fetch"])
    def test_update_of_many(self, session: orm.Session, how: Any) -> None:
        """What the session holds follows."""
        new = session.get_one(Order, 1)
        session.execute(
            sa.update(Order)
            .where(Order.status == Status.NEW)
            .values(status=Status.PAID)
            .execution_options(synchronize_session=how)
        )
        assert new.status is Status.PAID

    def test_merge(self, session: orm.Session) -> None:
        """Of a detached object; only a changed member is written."""
        order = session.get_one(Order, 1)
        session.expunge(order)
        session.get_one(Order, 1)
        assert not session.is_modified(session.merge(order))
        order.status = Status.PAID
        session.merge(order)
        session.commit()
        assert session.get_one(Order, 1).status is Status.PAID

    def test_same_member_is_no_change(self, session: orm.Session) -> None:
        order = session.get_one(Order, 1)
        order.status = Status.NEW
        assert not session.is_modified(order)

    def test_string_becomes_the_member(self, session: orm.Session) -> None:
        """Once the row has been written and is read anew."""
        session.get_one(Order, 1).status = "PAID"  # type: ignore[assignment]
        session.commit()
        assert session.get_one(Order, 1).status is Status.PAID
