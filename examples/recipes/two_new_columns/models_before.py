import enum

from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class State(enum.Enum):
    OPEN_UNPAID = 1
    OPEN_PAID = 2
    DONE_PAID = 3


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State | None] = mapped_column(CheckEnum(State))
