import enum

from sqlmodel import Field
from sqlmodel import SQLModel

from ckenum import CheckEnum


class Status(enum.Enum):
    NEW = "new"
    PAYED = "payed"
    JUNK = "junk"


class Order(SQLModel, table=True):
    __tablename__ = "orders"

    id: int | None = Field(default=None, primary_key=True)
    customer: str = "nobody"
    status: Status = Field(sa_type=CheckEnum(Status))
