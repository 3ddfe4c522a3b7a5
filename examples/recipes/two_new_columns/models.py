import enum

from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class Progress(enum.Enum):
    OPEN = 1
    DONE = 2


class Payment(enum.Enum):
    UNPAID = 1
    PAID = 2


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    progress: Mapped[Progress | None] = mapped_column(CheckEnum(Progress))
    payment: Mapped[Payment | None] = mapped_column(CheckEnum(Payment))
