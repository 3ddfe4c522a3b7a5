import enum

from advanced_alchemy.base import BigIntAuditBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Status(enum.Enum):
    NEW = "new"
    PAYED = "payed"
    JUNK = "junk"


class Order(BigIntAuditBase):
    __tablename__ = "orders"

    status: Mapped[Status] = mapped_column(CheckEnum(Status))
