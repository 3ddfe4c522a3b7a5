"""What type checkers make of a CheckEnum. Read by them, never run."""

import enum
from typing import Annotated
from typing import Any
from typing import Literal

from sqlalchemy import cast
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Enum
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import type_coerce
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine
from typing_extensions import assert_type
from typing_extensions import TypeAliasType

from ckenum import CheckEnum


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


class Text(str, enum.Enum):
    NEW = "new"


Kind = Literal["a", "b"]
Alias = TypeAliasType("Alias", Literal["a", "b"])

# a type of the members, or of the strings
assert_type(CheckEnum(Status), CheckEnum[Status])
assert_type(CheckEnum(Status, persist="value"), CheckEnum[Status])
assert_type(CheckEnum(Text), CheckEnum[Text])
assert_type(CheckEnum("a", "b"), CheckEnum[str])
assert_type(CheckEnum(*["a", "b"]), CheckEnum[str])
assert_type(CheckEnum(Literal["a", "b"]), CheckEnum[Literal["a", "b"]])
assert_type(CheckEnum(Kind), CheckEnum[Literal["a", "b"]])
assert_type(CheckEnum(Alias), CheckEnum[Literal["a", "b"]])

# as SQLAlchemy sees it
of_status: TypeEngine[Status] = CheckEnum(Status)
of_str: TypeEngine[str] = CheckEnum("a", "b")
an_enum: Enum = CheckEnum(Status)
any_one: list[CheckEnum] = [CheckEnum(Status), CheckEnum("a")]
varied = CheckEnum(Status).with_variant(String(9), "mysql")
assert_type(varied, CheckEnum[Status])

# options
CheckEnum(
    Status,
    persist="name",
    name="ck_status",
    length=None,
    unknown=Status.NEW,
    sort_key_function=None,
    omit_aliases=False,
    validate_strings=False,
    native_enum=False,
    create_constraint=True,
)
CheckEnum(Status, unknown=lambda stored: Status[stored.upper()])
CheckEnum(Status, values_callable=lambda cls: [member.name for member in cls])
CheckEnum(Status, sort_key_function=lambda member: member.value)
CheckEnum("a", "b", name="ck_kind", length=9, unknown="a")
CheckEnum(enum.Enum, persist="value")


def declared_as(type_: CheckEnum[Status]) -> type[Status] | None:
    """One can say of what members a type is."""
    return Status if type_.enum_class is Status else None


# columns
status = Column("status", type_=CheckEnum(Status))
assert_type(status, Column[Status])
kind = Column("kind", type_=CheckEnum("a", "b"))
assert_type(kind, Column[str])
by_position: Column[Status] = Column("status", CheckEnum(Status))
orders = Table("orders", MetaData(), Column("status", CheckEnum(Status)))
assert_type(cast(kind, CheckEnum(Status)).type, TypeEngine[Status])
assert_type(type_coerce("NEW", CheckEnum(Status)).type, TypeEngine[Status])


def rows(connection: Connection) -> None:
    assert_type(connection.scalars(select(status)).one(), Status)
    assert_type(connection.scalars(select(kind)).one(), str)
    for member, string in connection.execute(select(status, kind)).tuples():
        assert_type(member, Status)
        assert_type(string, str)


# models
class Base(DeclarativeBase):
    type_annotation_map = {
        enum.Enum: CheckEnum(enum.Enum, persist="value"),
        Literal: CheckEnum(enum.Enum),
    }


Recipe = Annotated[Status, mapped_column(CheckEnum(Status))]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(CheckEnum(Status))
    maybe: Mapped[Status | None] = mapped_column(CheckEnum(Status))
    kind: Mapped[Literal["a", "b"]] = mapped_column(CheckEnum("a", "b"))
    recipe: Mapped[Recipe]
    mapped: Mapped[Status]


def models(session: Session, order: Order) -> None:
    assert_type(order.status, Status)
    assert_type(order.maybe, Status | None)
    assert_type(order.recipe, Status)
    assert_type(session.scalars(select(Order.status)).one(), Status)
    assert_type(session.scalars(select(Order.maybe)).one(), Status | None)
    select(Order).where(Order.status == Status.NEW, Order.status.in_(Status))
    assert_type(Order.status.ordinal(), Any)
