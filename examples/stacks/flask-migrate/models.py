import enum

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Status(enum.Enum):
    NEW = "new"
    PAYED = "payed"
    JUNK = "junk"


class Order(db.Model):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(CheckEnum(Status))
