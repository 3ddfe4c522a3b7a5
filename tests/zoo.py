"""Twenty-one tables in the styles that projects have.

Each is declared with SQLAlchemy's Enum, or with CheckEnum, and in four
generations of its enums: as created, with a member more, with one renamed,
and with one less.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import datetime
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from ckenum import CheckEnum

GENERATIONS = 4
MEMBERS = [
    {"NEW": "new", "PAID": "paid", "GONE": "gone"},
    {"NEW": "new", "PAID": "paid", "GONE": "gone", "DELIVERED": "delivered"},
    {
        "NEW": "new",
        "SETTLED": "settled",
        "PAID": "settled",
        "GONE": "gone",
        "DELIVERED": "delivered",
    },
    {
        "NEW": "new",
        "SETTLED": "settled",
        "PAID": "settled",
        "DELIVERED": "delivered",
    },
]


def values_of(enum_class: Any) -> list[str]:
    return [member.value for member in enum_class]


class Keeper:
    """Declares the enums of a zoo as stock SQLAlchemy has them."""

    def __init__(self, backend: str, generation: int = 0) -> None:
        self.postgresql = backend == "postgresql"
        self.mysql = backend in ("mysql", "mariadb")
        self.generation = generation

    @property
    def schema(self) -> str | None:
        return "sales" if self.postgresql else None

    def members(self, name: str) -> Any:
        return enum.Enum(name, MEMBERS[self.generation])

    def native(self, name: str, **options: Any) -> Any:
        """A type of its own on PostgreSQL, and elsewhere a VARCHAR."""
        if self.mysql:  # whose ENUM has tests of its own
            options["native_enum"] = False
        return sa.Enum(self.members(name), name=name.lower(), **options)

    def by_value(self, name: str) -> Any:
        return self.native(name, values_callable=values_of)

    def checked(self, name: str, **options: Any) -> Any:
        """A VARCHAR with a CHECK."""
        return sa.Enum(
            self.members(name),
            native_enum=False,
            create_constraint=True,
            name=name.lower(),
            **options,
        )


class MovedKeeper(Keeper):
    """Declares them as CheckEnum."""

    def native(self, name: str, **options: Any) -> Any:
        return CheckEnum(self.members(name))

    def by_value(self, name: str) -> Any:
        return CheckEnum(self.members(name), values_callable=values_of)

    def checked(self, name: str, **options: Any) -> Any:
        return CheckEnum(self.members(name), name=name.lower())


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def plain(keeper: Keeper) -> sa.MetaData:
    """Tables without a naming convention."""
    metadata = sa.MetaData()
    mood = keeper.native("Mood")
    Table(
        *("column_checks", metadata, _id()),
        Column(
            "size",
            String(2),
            CheckConstraint("size IN ('S', 'L')", name="size"),
        ),
        Column("status", keeper.native("ColumnStatus"), nullable=False),
        Column("grade", Integer, CheckConstraint("grade IN (1, 2)")),
    )
    Table(
        *("nameless_checks", metadata, _id()),
        Column("price", Integer),
        Column("state", String(9)),
        Column("status", keeper.checked("NamelessStatus")),
        CheckConstraint("price > 0"),
        CheckConstraint("state IN ('a', 'b', 'c')"),
        CheckConstraint("state IS NULL OR state IN ('a', 'b')"),
    )
    Table("shares", metadata, _id(), Column("mood", mood))
    Table(
        *("shares_too", metadata, _id()),
        Column("mood", mood, server_default="NEW", nullable=False),
        Column("last_mood", mood),
    )
    Table(
        *("elsewhere", metadata, _id()),
        Column(
            "mood",
            keeper.native("SalesMood", schema=keeper.schema),
            index=True,
        ),
        Column(
            "code",
            String(3),
            CheckConstraint("code <> ''", name="code"),
        ),
        schema=keeper.schema,
    )
    Table(
        *("documents", metadata, _id()),
        Column("payload", _json(keeper)),
        Column("status", keeper.native("DocumentStatus")),
        CheckConstraint(_json_check(keeper), name="payload_kind"),
    )
    Table(
        *("association", metadata),
        Column("left_id", ForeignKey("shares.id"), primary_key=True),
        Column("right_id", ForeignKey("shares_too.id"), primary_key=True),
        Column("role", keeper.checked("AssociationRole"), primary_key=True),
        sa.UniqueConstraint("right_id", "role"),
    )
    Table(
        *("Order Items", metadata, _id()),
        Column("Type", keeper.native("ItemType")),
        Column("note:text", String(20)),
        CheckConstraint("\"note:text\" NOT LIKE '%\\\\:x'", name="No Colon"),
        sa.Index("Items By Type", "Type"),
    )
    Table(
        *("legacy_things", metadata, _id()),
        Column("kind", keeper.checked("LegacyKind")),
        Column("flag", sa.Boolean(create_constraint=True, name="flag_bool")),
    )
    return metadata


def _json(keeper: Keeper) -> Any:
    return postgresql.JSONB() if keeper.postgresql else sa.JSON()


def _json_check(keeper: Keeper) -> str:
    if keeper.postgresql:
        return "payload ->> 'kind' IN ('NEW', 'PAID')"
    return "json_extract(payload, '$.kind') IN ('NEW', 'PAID')"


BACKTICKS = {
    "pk": "`PK` %(table_name)s",
    "fk": "`Fk` %(table_name)s.%(column_0_name)s",
    "ix": "`Ix` %(table_name)s.%(column_0_name)s",
    "uq": "`Uq` %(table_name)s.%(column_0_name)s",
    "ck": "`Ck` %(table_name)s.%(constraint_name)s",
}


def backticks(keeper: Keeper) -> sa.MetaData:
    """Tables whose convention has backticks, blanks and both cases."""
    names = BACKTICKS
    if keeper.mysql:  # where stock Alembic takes one for two of them
        names = {kind: name.replace("`", '"') for kind, name in names.items()}
    metadata = sa.MetaData(naming_convention=names)
    Table(
        *("Tickets", metadata, _id()),
        Column("State", keeper.checked("TicketState"), index=True),
        Column("level", String(9)),
        CheckConstraint("level IN ('low', 'high')", name="level"),
    )
    Table(
        *("Comments", metadata, _id()),
        Column("ticket", ForeignKey("Tickets.id"), unique=True),
        Column("kind", keeper.native("CommentKind"), server_default="NEW"),
        Column("stars", Integer, CheckConstraint("stars < 6", name="stars")),
    )
    return metadata


CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Upper(sa.TypeDecorator[str]):
    impl = String
    cache_ok = True


def mapped(keeper: Keeper) -> sa.MetaData:
    """Classes of the ORM, with the convention of SQLAlchemy's manual."""

    class Base(DeclarativeBase):
        metadata = sa.MetaData(naming_convention=CONVENTION)

    class Stamped:
        created: Mapped[datetime.datetime | None]
        state: Mapped[Any] = mapped_column(
            keeper.native("State"), default=None, nullable=True
        )

    class Employee(Base):
        __tablename__ = "employee"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[Any] = mapped_column(keeper.native("EmployeeKind"))
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Engineer(Employee):
        __tablename__ = "engineer"
        id: Mapped[int] = mapped_column(
            ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True
        )
        level: Mapped[Any] = mapped_column(keeper.by_value("Level"))
        __mapper_args__ = {"polymorphic_identity": "NEW"}

    class Page(Stamped, Base):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        version: Mapped[int] = mapped_column(default=1)
        parent: Mapped[int | None] = mapped_column(ForeignKey("page.id"))
        __mapper_args__ = {"version_id_col": version}
        __table_args__ = (CheckConstraint("version > 0", name="version"),)

    class File(Stamped, Base):
        __tablename__ = "file"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(Upper(20), unique=True)
        __table_args__ = (CheckConstraint("name IN ('A', 'B')", name="name"),)

    page = Page.__table__
    assert isinstance(page, Table)
    Table(
        *("page_history", Base.metadata),
        *(
            column._copy()
            for column in page.columns
            if not column.foreign_keys
        ),
        Column("changed", sa.DateTime, primary_key=True),
    )
    _indexed(Base.metadata, keeper)
    return Base.metadata


def _indexed(metadata: sa.MetaData, keeper: Keeper) -> None:
    jobs = Table(
        *("jobs", metadata, _id()),
        Column("status", keeper.native("JobStatus"), server_default="NEW"),
        Column(
            "priority", Integer, sa.Identity() if keeper.postgresql else None
        ),
        Column("result", keeper.checked("JobResult", length=40)),
        sa.UniqueConstraint("status", "priority"),
    )
    sa.Index("ix_jobs_pending", jobs.c.priority, unique=True)
    sa.Index(None, jobs.c.status, jobs.c.result)
    Table(
        *("prices", metadata, _id()),
        Column("net", Integer, nullable=False),
        Column("gross", Integer, sa.Computed("net * 2", persisted=True)),
        Column("unit", keeper.native("PriceUnit"), comment="of the net"),
    )
    Table(
        *("settings", metadata),
        Column("key", keeper.checked("SettingKey"), primary_key=True),
        Column("value", String(30)),
        CheckConstraint("value IN ('on', 'off')", name="value"),
        CheckConstraint(
            sa.or_(sa.column("key") == "NEW", sa.column("value") == "on"),
            name="both",
        ),
    )
    Table(
        *("loose", metadata, _id()),
        Column(
            "kind",
            sa.Enum("a", "b", name="loose_kind", native_enum=False),
        ),
        Column(
            "text",
            sa.Text,
            (
                CheckConstraint("text = ANY ('{a,b}')", name="x")
                if keeper.postgresql
                else CheckConstraint("text IN ('a')", name="x")
            ),
        ),
    )
    Table("tags", metadata, _id(), Column("tags", _array(keeper)))


def _array(keeper: Keeper) -> Any:
    tag = keeper.native("Tag")
    return postgresql.ARRAY(tag) if keeper.postgresql else tag


def zoo(keeper: Keeper) -> list[sa.MetaData]:
    found = [plain(keeper), backticks(keeper), mapped(keeper)]
    for metadata in found if keeper.mysql else ():
        _move_checks(metadata)
    return found


def _move_checks(metadata: sa.MetaData) -> None:
    """From columns to their tables: MariaDB gives them no name there."""
    for table in metadata.tables.values():
        for column in table.columns:
            for check in [*column.constraints]:
                column.constraints.discard(check)
                if isinstance(check, CheckConstraint) and column.name != "id":
                    table.append_constraint(
                        CheckConstraint(check.sqltext, name=check.name)
                    )


@contextmanager
def listening() -> Iterator[list[str]]:
    """With a project's listener that names keys; what it has been told of."""
    named: list[str] = []

    def name_key(key: Any, table: Any) -> None:
        if isinstance(table, Table):
            named.append(f"{type(key).__name__} of {table.name}")
            if key.name is None:
                key.name = f"{table.name}_key"

    classes = [sa.PrimaryKeyConstraint]
    for each in classes:
        sa.event.listen(each, "after_parent_attach", name_key)
    try:
        yield named
    finally:
        for each in classes:
            sa.event.remove(each, "after_parent_attach", name_key)


def include_object(
    object: Any, name: str | None, type_: str, *rest: Any
) -> bool:
    return not (name or "").startswith("legacy_")
