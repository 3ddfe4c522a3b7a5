"""What type checkers refuse: where one does not, its mark is an error."""

import enum
from typing import Literal

from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import select
from sqlalchemy.types import TypeEngine

from ckenum import CheckEnum


class Status(enum.Enum):
    NEW = "new"


class Other(enum.Enum):
    OLD = "old"


CheckEnum()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
CheckEnum(1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(int)  # type: ignore[type-var]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Literal[1, 2])  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status.NEW)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status, Other)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
CheckEnum(Status, "a")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
CheckEnum("a", Status)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
CheckEnum(Status, persist="nam")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
CheckEnum(Status, persists="value")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
CheckEnum("a", persist="value")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
CheckEnum(Status, native_enum=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status, create_constraint=False)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status, length="9")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status, unknown="NEW")  # type: ignore[type-var, arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]
CheckEnum(Status, unknown=Other.OLD)  # type: ignore[arg-type]
CheckEnum(Status, unknown=lambda stored: Other.OLD)  # type: ignore[arg-type, return-value]
CheckEnum(Literal["a"], unknown="b")  # type: ignore[call-overload]
of_other: CheckEnum[Other] = CheckEnum(Status)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
of_str: TypeEngine[str] = CheckEnum(Status)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
column: Column[Other] = Column(type_=CheckEnum(Status))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
status = Column("status", type_=CheckEnum(Status))


def rows(connection: Connection) -> Other:
    return connection.scalars(select(status)).one()  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
