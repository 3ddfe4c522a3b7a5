from __future__ import annotations

import enum
from typing import Annotated
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.declarative import AbstractConcreteBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.schema import conv

from ckenum import CheckEnum
from ckenum.constraint import check_enums
from ckenum.constraint import CheckEnumConstraint
from ckenum.constraint_names import default_name
from ckenum.constraint_names import final_name
from ckenum.exc import DeclarationError
from ckenum.reflection import Check

from .models import orders
from .models import orders_with
from .reflect import reflected
from .roundtrip import Database

pytestmark = pytest.mark.each_server


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


def names(table: Any) -> list[Any]:
    return [constraint.name for constraint in check_enums(table)]


def name(metadata: sa.MetaData) -> Any:
    """The name of the only constraint of the only table."""
    (table,) = metadata.tables.values()
    (constraint,) = check_enums(table)
    return constraint.name


def status(**options: Any) -> sa.Column[Any]:
    return sa.Column("status", CheckEnum(Status, **options))


class TestName:
    def test_without_convention(self) -> None:
        assert name(orders(Status)) == "ck_orders_status"

    def test_with_place_for_a_name(self) -> None:
        """The column's name, through the convention."""
        metadata = orders(
            Status, convention="ck_%(table_name)s_%(constraint_name)s"
        )
        assert name(metadata) == "ck_orders_status"

    def test_with_place_for_a_column(self) -> None:
        """SQLAlchemy makes the whole name."""
        metadata = orders(
            Status, convention="check_%(table_name)s_%(column_0_name)s"
        )
        assert name(metadata) == "check_orders_status"

    def test_with_place_for_both(self) -> None:
        metadata = orders(
            Status, convention="%(column_0_name)s_%(constraint_name)s"
        )
        assert name(metadata) == "status_status"

    def test_with_convention_by_class(self) -> None:
        """SQLAlchemy takes the class for "ck" as well."""
        convention: Any = {sa.CheckConstraint: "x_%(constraint_name)s"}
        metadata = sa.MetaData(naming_convention=convention)
        sa.Table("orders", metadata, status())
        assert name(metadata) == "x_status"

    def test_given(self) -> None:
        assert name(orders(Status, name="kind")) == "kind"

    def test_given_goes_through_the_convention(self) -> None:
        metadata = orders(
            Status,
            name="kind",
            convention="ck_%(table_name)s_%(constraint_name)s",
        )
        assert name(metadata) == "ck_orders_kind"

    def test_given_stays_where_the_convention_has_no_place(self) -> None:
        """By SQLAlchemy's rule."""
        metadata = orders(
            Status, name="kind", convention="ck_%(column_0_name)s"
        )
        assert name(metadata) == "kind"

    def test_final_stays(self) -> None:
        """conv(), op.f() in migrations."""
        metadata = orders(
            Status,
            name=conv("ck_orders_status"),
            convention="ck_%(table_name)s_%(constraint_name)s",
        )
        assert name(metadata) == "ck_orders_status"

    def test_is_of_the_column_in_the_database(self) -> None:
        """Not of its key."""
        metadata = orders_with(
            sa.Column("status", CheckEnum(Status), key="state")
        )
        assert name(metadata) == "ck_orders_status"

    def test_has_no_schema(self) -> None:
        metadata = orders_with(status(), schema="shop")
        assert name(metadata) == "ck_orders_status"

    def test_by_default_is_not_of_the_class(self) -> None:
        """sqlalchemy.Enum calls the constraint "status" then, twice."""
        metadata = orders_with(
            sa.Column("a", CheckEnum(Status)),
            sa.Column("b", CheckEnum(Status)),
        )
        assert names(metadata.tables["orders"]) == [
            "ck_orders_a",
            "ck_orders_b",
        ]

    def test_default_is_no_name_where_the_convention_makes_it(self) -> None:
        metadata = orders(Status, convention="ck_%(column_0_name)s")
        assert default_name(metadata.tables["orders"], "status") is None


LONG = [
    ("t" * 63, "c" * 63),
    ("t" * 28 + "ü" * 10, "c" * 20),
    ("Ü" * 30, "ß" * 30),
    ("Mixed Case", 'quo"ted'),
    ("select", "check"),
    ("per%cent", "a:b"),
]
CONVENTIONS = [
    None,
    "ck_%(table_name)s_%(constraint_name)s",
    "ck_%(table_name)s_%(column_0_name)s",
]


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("given", [False, True])
def test_final_name_is_that_of_the_database(
    db: Database, convention: str | None, given: bool
) -> None:
    """Past 63 characters, past 63 bytes, quoted or reserved."""
    naming: Any = {"ck": convention} if convention else None
    metadata = sa.MetaData(naming_convention=naming)
    for table_name, column_name in LONG:
        given_name = conv(f"ck_{column_name}") if given else None
        sa.Table(
            table_name,
            metadata,
            sa.Column(column_name, CheckEnum(Status, name=given_name)),
        )
    db.create(metadata)
    for table in metadata.tables.values():
        (constraint,) = check_enums(table)
        (check,) = reflected(db.engine, table.name)
        assert final_name(constraint, db.engine.dialect) == check.name


class TestOnePerColumn:
    def test_where_one_type_serves_many_columns(self) -> None:
        """On several tables, too."""
        type_ = CheckEnum(Status)
        metadata = orders_with(sa.Column("a", type_), sa.Column("b", type_))
        other = sa.Table("other", metadata, sa.Column("a", type_))
        assert names(metadata.tables["orders"]) == [
            "ck_orders_a",
            "ck_orders_b",
        ]
        assert names(other) == ["ck_other_a"]

    def test_where_one_type_has_one_name(self) -> None:
        """Two constraints of one name: an error at declaration."""
        type_ = CheckEnum(Status, name="kind")
        with pytest.raises(DeclarationError) as caught:
            orders_with(sa.Column("a", type_), sa.Column("b", type_))
        assert str(caught.value) == (
            "Table 'orders' would have two CHECK constraints named 'kind', "
            "one of them for column 'b': give its CheckEnum a name of its "
            "own (name=...), or a naming convention that tells columns apart."
        )

    def test_where_the_convention_has_one_name(self) -> None:
        with pytest.raises(DeclarationError, match="named 'ck_orders'"):
            orders_with(
                sa.Column("a", CheckEnum(Status)),
                sa.Column("b", CheckEnum(Status)),
                convention="ck_%(table_name)s",
            )

    def test_where_another_check_has_that_name(self) -> None:
        table = sa.Table("orders", sa.MetaData())
        table.append_constraint(sa.CheckConstraint("a > 0", name="kind"))
        with pytest.raises(DeclarationError, match="two CHECK .* 'kind'"):
            table.append_column(status(name="kind"))

    def test_where_a_unique_constraint_has_that_name(self) -> None:
        """Databases keep those apart, or complain themselves."""
        table = sa.Table("orders", sa.MetaData(), sa.Column("a", sa.Integer))
        table.append_constraint(sa.UniqueConstraint("a", name="kind"))
        table.append_column(status(name="kind"))
        assert names(table) == ["kind"]

    def test_where_tables_share_a_name(self) -> None:
        """A constraint's name need only be unique on its table."""
        type_ = CheckEnum(Status, name="kind")
        metadata = orders_with(sa.Column("a", type_))
        other = sa.Table("other", metadata, sa.Column("a", type_))
        assert names(other) == names(metadata.tables["orders"]) == ["kind"]


class TestCopiedTable:
    def test_has_it_once(self) -> None:
        table = orders(Status).tables["orders"]
        copy = table.to_metadata(sa.MetaData()).to_metadata(sa.MetaData())
        assert names(copy) == ["ck_orders_status"]
        assert len(copy.constraints) == len(table.constraints)

    def test_has_it_by_its_own_name(self) -> None:
        table = orders(Status).tables["orders"]
        copy = table.to_metadata(sa.MetaData(), name="archive")
        assert names(copy) == ["ck_archive_status"]

    def test_has_it_by_its_own_convention(self) -> None:
        table = orders(Status).tables["orders"]
        metadata = sa.MetaData(naming_convention={"ck": "x_%(column_0_name)s"})
        assert names(table.to_metadata(metadata)) == ["x_status"]

    def test_has_it_in_another_schema(self) -> None:
        table = orders(Status).tables["orders"]
        copy = table.to_metadata(sa.MetaData(), schema="shop")
        (constraint,) = check_enums(copy)
        assert constraint.table is copy
        assert constraint.checked is copy.c.status

    def test_has_it_where_metadata_has_a_schema(self) -> None:
        metadata = sa.MetaData(schema="shop")
        table = sa.Table("orders", metadata, status())
        assert names(table) == ["ck_orders_status"]
        copy = table.to_metadata(sa.MetaData())
        assert names(copy) == ["ck_orders_status"]

    def test_has_it_where_the_type_has_metadata(self) -> None:
        """The arguments of sqlalchemy.Enum are taken, and do no harm."""
        metadata = sa.MetaData()
        type_ = CheckEnum(Status, metadata=metadata, schema="x", quote=True)
        table = sa.Table("orders", metadata, sa.Column("status", type_))
        copy = table.to_metadata(sa.MetaData())
        assert names(table) == names(copy) == ["ck_orders_status"]


def test_type_that_is_switched_off_has_none() -> None:
    """So does Alembic's batch with the type that it replaces."""
    type_ = CheckEnum(Status)
    type_.create_constraint = False
    table = orders_with(sa.Column("status", type_)).tables["orders"]
    assert check_enums(table) == []


def test_arguments_of_native_enums_do_no_harm(db: Database) -> None:
    """On PostgreSQL, metadata= would create a type of that name."""
    metadata = sa.MetaData()
    type_ = CheckEnum(Status, metadata=metadata, name="kind", schema="nowhere")
    sa.Table("orders", metadata, sa.Column("status", type_))
    metadata.create_all(db.engine)
    assert reflected(db.engine, "orders")[0].name == "kind"
    metadata.drop_all(db.engine)
    assert not sa.inspect(db.engine).has_table("orders")


class TestReplacedColumn:
    def test_is_never_doubled(self) -> None:
        metadata = orders(Status)
        table = sa.Table(
            "orders",
            metadata,
            sa.Column("status", CheckEnum("x")),
            extend_existing=True,
        )
        (constraint,) = check_enums(table)
        assert constraint.values == ("x",)
        assert checks(table) == ["ck_orders_status"]

    def test_may_be_no_check_enum(self) -> None:
        table = orders(Status).tables["orders"]
        table.append_column(
            sa.Column("status", sa.String(9)), replace_existing=True
        )
        assert check_enums(table) == []
        assert checks(table) == []

    def test_may_have_another_key(self) -> None:
        table = orders(Status).tables["orders"]
        table.append_column(
            sa.Column("status", CheckEnum("x"), key="state"),
            replace_existing=True,
        )
        assert checks(table) == ["ck_orders_status"]
        assert check_enums(table)[0].values == ("x",)


class TestDeclarative:
    def test_mixin(self) -> None:
        class Base(orm.DeclarativeBase):
            pass

        class HasStatus:
            status: Mapped[Status] = mapped_column(CheckEnum(Status))

        class Order(HasStatus, Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Invoice(HasStatus, Base):
            __tablename__ = "invoices"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert names(Order.__table__) == ["ck_orders_status"]
        assert names(Invoice.__table__) == ["ck_invoices_status"]

    def test_annotated(self) -> None:
        class Base(orm.DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[StatusColumn]
            was: Mapped[StatusColumn | None]

        assert names(Order.__table__) == ["ck_orders_status", "ck_orders_was"]

    def test_single_table_inheritance(self) -> None:
        class Base(orm.DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str] = mapped_column(CheckEnum("order", "gift"))
            __mapper_args__ = {
                "polymorphic_on": "kind",
                "polymorphic_identity": "order",
            }

        class Gift(Order):
            status: Mapped[Status | None] = mapped_column(CheckEnum(Status))
            __mapper_args__ = {"polymorphic_identity": "gift"}

        assert names(Order.__table__) == ["ck_orders_kind", "ck_orders_status"]
        assert Gift.__table__ is Order.__table__

    def test_shared_column_of_siblings(self) -> None:
        """use_existing_column: two classes, one column, one constraint."""

        class Base(orm.DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)

        for sibling in ("Gift", "Loan"):
            type(
                sibling,
                (Order,),
                {
                    "__annotations__": {"status": Mapped[Status | None]},
                    "status": mapped_column(
                        CheckEnum(Status), use_existing_column=True
                    ),
                },
            )
        assert names(Order.__table__) == ["ck_orders_status"]

    def test_abstract_and_concrete(self) -> None:
        class Base(orm.DeclarativeBase):
            pass

        class Order(AbstractConcreteBase, Base):
            strict_attrs = True
            status: Mapped[Status] = mapped_column(CheckEnum(Status))

        class Gift(Order):
            __tablename__ = "gifts"
            id: Mapped[int] = mapped_column(primary_key=True)
            __mapper_args__ = {"concrete": True}

        Base.registry.configure()
        assert names(Gift.__table__) == ["ck_gifts_status"]


StatusColumn = Annotated[Status, mapped_column(CheckEnum(Status))]


class TestVariants:
    def test_have_one_for_each_dialect(self) -> None:
        """Of one name: never on one dialect together."""
        type_ = CheckEnum("a").with_variant(CheckEnum("b"), "postgresql")
        table = orders_with(sa.Column("status", type_)).tables["orders"]
        assert names(table) == ["ck_orders_status"] * 2
        assert checks(table, "sqlite") == ["ck_orders_status"]
        assert checks(table, "postgresql") == ["ck_orders_status"]

    def test_of_many_dialects_have_one(self) -> None:
        type_ = sa.String().with_variant(CheckEnum("a"), "sqlite", "mysql")
        table = orders_with(sa.Column("status", type_)).tables["orders"]
        assert names(table) == ["ck_orders_status"]
        assert checks(table, "postgresql") == []
        assert checks(table, "sqlite") == ["ck_orders_status"]

    def test_of_a_decorator_have_one(self) -> None:
        class Decorated(sa.TypeDecorator[str]):
            impl = CheckEnum("a")
            cache_ok = True

        type_ = Decorated().with_variant(sa.String(), "postgresql")
        table = orders_with(sa.Column("status", type_)).tables["orders"]
        assert checks(table, "postgresql") == []
        assert checks(table, "sqlite") == ["ck_orders_status"]

    def test_survive_a_copy(self) -> None:
        type_ = CheckEnum("a").with_variant(sa.String(), "postgresql")
        table = orders_with(sa.Column("status", type_)).tables["orders"]
        copy = table.to_metadata(sa.MetaData())
        assert checks(copy, "postgresql") == []
        assert checks(copy, "sqlite") == ["ck_orders_status"]


def checks(table: sa.Table, dialect_name: str = "sqlite") -> list[Any]:
    """The names of the CHECK constraints that CREATE TABLE has."""
    dialect = sa.engine.URL.create(dialect_name).get_dialect()()
    compiler = dialect.ddl_compiler(dialect, None)
    return [
        constraint.name
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
        and (
            constraint._create_rule is None
            or constraint._create_rule(compiler)
        )
    ]


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("table_name", ["orders", "o" * 60])
@pytest.mark.parametrize("given", [None, "kind"])
def test_batch_copy_of_the_model_keeps_the_name(
    sqlite: Database,
    convention: str | None,
    table_name: str,
    given: str | None,
) -> None:
    """Alembic copies the table under another name, in metadata without a
    convention: neither may leak.
    """
    naming: Any = {"ck": convention} if convention else None
    metadata = sa.MetaData(naming_convention=naming)
    table = sa.Table(table_name, metadata, status(name=given))
    sqlite.create(metadata)
    with sqlite.operations() as op:
        with op.batch_alter_table(
            table_name, copy_from=table, recreate="always"
        ) as batch_op:
            batch_op.add_column(sa.Column("added", sa.Integer))
    name = final_name(check_enums(table)[0], sqlite.engine.dialect)
    assert reflected(sqlite.engine, table_name) == [
        Check(name, "status IN ('NEW', 'PAID')")
    ]


def test_batch_copy_keeps_the_name_of_a_renamed_column(
    sqlite: Database,
) -> None:
    """As batch mode does for any constraint: its name is what it was."""
    metadata = orders(Status)
    sqlite.create(metadata)
    with sqlite.operations() as op:
        with op.batch_alter_table(
            "orders", copy_from=metadata.tables["orders"]
        ) as batch_op:
            batch_op.alter_column("status", new_column_name="state")
    assert reflected(sqlite.engine, "orders") == [
        Check("ck_orders_status", "state IN ('NEW', 'PAID')")
    ]


class TestConstraint:
    def test_knows_column_and_values(self) -> None:
        table = orders(Status).tables["orders"]
        (constraint,) = check_enums(table)
        assert isinstance(constraint, CheckEnumConstraint)
        assert constraint.checked is table.c.status
        assert constraint.enum_type is table.c.status.type
        assert constraint.values == ("NEW", "PAID")

    def test_come_in_the_order_of_the_columns(self) -> None:
        columns = [
            sa.Column(letter, CheckEnum(Status)) for letter in "hagbfced"
        ]
        table = orders_with(*columns).tables["orders"]
        assert [c.checked for c in check_enums(table)] == columns

    def test_is_not_of_other_types(self) -> None:
        table = orders_with(
            sa.Column("a", sa.Enum(Status, create_constraint=True)),
            sa.Column("b", sa.Boolean(create_constraint=True, name="b")),
            sa.CheckConstraint("a > 0"),
        ).tables["orders"]
        assert check_enums(table) == []

    def test_lets_null_pass(self, db: Database) -> None:
        """Whether NULL is allowed is the column's own business."""
        db.create(orders(Status))
        db.insert("orders", id=1, status=None)
        assert db.column("orders") == [None]

    def test_works_on_several_columns(self, db: Database) -> None:
        type_ = CheckEnum(Status)
        db.create(orders_with(sa.Column("a", type_), sa.Column("b", type_)))
        db.insert("orders", id=1, a="NEW", b="PAID")
        with pytest.raises(sa.exc.IntegrityError, match="ck_orders_b"):
            db.insert("orders", id=2, a="NEW", b="x")
