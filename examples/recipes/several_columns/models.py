import enum

from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    LOW = 1
    MIDDLE = 3
    HIGH = 2


level = CheckEnum(Level)


class Ticket(Base):
    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    urgency: Mapped[Level] = mapped_column(level)
    impact: Mapped[Level] = mapped_column(level)


class Alarm(Base):
    __tablename__ = "alarms"

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(level)
