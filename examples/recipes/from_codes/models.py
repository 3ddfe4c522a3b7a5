import enum

from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class Status(enum.IntEnum):
    NEW = 1
    PAID = 2
    IN_TRANSIT = 5


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(
        CheckEnum(Status), server_default="NEW", index=True
    )
