from __future__ import annotations

import copy
import enum
import pickle
from typing import Annotated
from typing import Any
from typing import Literal

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
import sqlalchemy.dialects.mysql
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from typing_extensions import TypeAliasType

import ckenum
from ckenum import CheckEnum
from ckenum.exc import CheckEnumError
from ckenum.exc import DeclarationError
from ckenum.exc import UnknownValueError

from .roundtrip import Database


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Crossed(str, enum.Enum):
    A = "B"
    B = "A"


class Lenient(enum.Enum):
    NEW = "new"
    PAID = "paid"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.__members__.get(str(value).upper())


def orders(type_: Any, metadata: sa.MetaData | None = None) -> sa.Table:
    return sa.Table(
        "orders",
        metadata or sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", type_),
    )


def shouted_names(enum_class: Any) -> list[str]:
    return [f"{member.name}!" for member in enum_class]


def read(type_: CheckEnum, stored: str) -> Any:
    """What a row with this string gives."""
    dialect = sa.create_engine("sqlite://").dialect
    processor = type_.result_processor(dialect, None)
    assert processor is not None
    return processor(stored)


def stored(type_: CheckEnum, value: Any) -> Any:
    """What is sent to the database for this value."""
    dialect = sa.create_engine("sqlite://").dialect
    processor = type_.bind_processor(dialect)
    assert processor is not None
    return processor(value)


def sql(expression: sa.ClauseElement) -> str:
    return str(
        expression.compile(
            dialect=sa.create_engine("sqlite://").dialect,
            compile_kwargs={"literal_binds": True},
        )
    )


class TestKind:
    def test_is_an_enum_of_sqlalchemy(self) -> None:
        """Every tool that knows sqlalchemy.Enum knows it."""
        type_ = CheckEnum(Status)
        assert isinstance(type_, sa.Enum)
        assert not type_.native_enum
        assert type_.create_constraint
        assert type_.enum_class is Status
        assert type_.python_type is Status

    def test_says_where_it_lives(self) -> None:
        """Tools that write its module write the one to import."""
        assert CheckEnum.__module__ == "ckenum"

    @pytest.mark.parametrize(
        "option, said",
        [
            ({"native_enum": True}, "never native"),
            ({"create_constraint": False}, "always has its constraint"),
        ],
    )
    def test_is_no_other_kind(
        self, option: dict[str, bool], said: str
    ) -> None:
        """native_enum and create_constraint are what it is."""
        with pytest.raises(sa.exc.ArgumentError, match=said):
            CheckEnum(Status, **option)

    def test_says_what_it_is_anyway(self) -> None:
        """Whoever says what it is need not unlearn it."""
        type_ = CheckEnum(Status, native_enum=False, create_constraint=True)
        assert type_.enums == ["NEW", "PAID"]

    def test_refuses_an_option_that_it_does_not_know(self) -> None:
        """A slip in an option's name is no silence."""
        with pytest.raises(TypeError, match="persists"):
            CheckEnum(Status, persists="value")

    @pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mssql"])
    def test_is_a_varchar(self, dialect: str) -> None:
        """On every backend."""
        dialect_class = getattr(sa.dialects, dialect).dialect
        assert CheckEnum(Status).compile(dialect_class()) == "VARCHAR(255)"


class TestValues:
    def test_are_names_by_default(self) -> None:
        """As with sqlalchemy.Enum: a drop-in."""
        assert CheckEnum(Status).enums == sa.Enum(Status).enums
        assert CheckEnum(Status).enums == ["NEW", "PAID"]

    def test_are_values_on_demand(self) -> None:
        assert CheckEnum(Status, persist="value").enums == ["new", "paid"]

    def test_are_names_of_an_enum_of_numbers(self) -> None:
        """What a member's value is does not matter to its name."""
        assert CheckEnum(Number).enums == ["ONE", "TWO"]

    def test_are_the_strings_given(self) -> None:
        type_ = CheckEnum("new", "paid")
        assert type_.enums == ["new", "paid"]
        assert type_.enum_class is None
        assert type_.python_type is str

    def test_are_those_of_a_literal(self) -> None:
        type_ = CheckEnum(Literal["new", "paid"])
        assert type_.enums == ["new", "paid"]

    def test_are_those_of_an_alias_of_a_literal(self) -> None:
        """Also behind a PEP 695 alias."""
        State = TypeAliasType("State", Literal["new", "paid"])
        assert CheckEnum(State).enums == ["new", "paid"]

    def test_are_what_values_callable_says(self) -> None:
        type_ = CheckEnum(
            Status, values_callable=lambda e: [m.name.title() for m in e]
        )
        assert type_.enums == ["New", "Paid"]
        assert stored(type_, Status.NEW) == "New"
        assert read(type_, "Paid") is Status.PAID

    def test_have_aliases_on_demand(self) -> None:
        """omit_aliases, as in sqlalchemy.Enum; a member keeps its name."""
        type_ = CheckEnum(Status, omit_aliases=False)
        assert type_.enums == ["NEW", "PAID", "PAYED"]
        assert stored(type_, Status.PAYED) == "PAID"

    def test_have_no_aliases_that_are_values(self) -> None:
        """An alias has no value of its own."""
        type_ = CheckEnum(Status, persist="value", omit_aliases=False)
        assert type_.enums == ["new", "paid"]

    def test_are_plain_strings(self) -> None:
        """A driver need not know what a StrEnum is."""
        type_ = CheckEnum(Crossed, persist="value")
        assert [type(value) for value in type_.enums] == [str, str]
        assert [type(v) for v in CheckEnum(*Crossed).enums] == [str, str]

    def test_sort_as_in_sqlalchemy(self) -> None:
        by_value = CheckEnum(Status, sort_key_function=lambda m: m.value)
        assert by_value.sort_key_function(Status.NEW) == "new"
        assert CheckEnum(Status).sort_key_function(Status.NEW) == "NEW"


class Empty(enum.Enum):
    pass


class Twins(enum.Enum):
    A = 1
    B = 2


class Bits(enum.Flag):
    A = 1
    B = 2


class Accented(enum.Enum):
    A = "ü"
    B = "a\0b"


BAD = [
    ((), {}, r"needs an enum class or strings: CheckEnum.Status., or"),
    ((["a", "b"],), {}, r"one by one, not a list: write CheckEnum.'a', 'b'."),
    (({"a"},), {}, r"not a set: write CheckEnum.'a'."),
    (([Status],), {}, r"write CheckEnum.Status."),
    ((list("abcdef"),), {}, r"'a', 'b', 'c', \.\.\.."),
    ((Status.NEW,), {}, r"not its members: write CheckEnum.Status."),
    ((Status, "a"), {}, "one enum class, or strings"),
    ((Literal[()],), {}, "needs an enum class or strings"),
    ((Number,), {"persist": "value"}, "must be strings.* unlike 1, 2"),
    ((1, "a"), {}, "must be strings.* unlike 1"),
    ((Literal["a", 1],), {}, "must be strings.* unlike 1"),
    ((None,), {}, "must be strings.* unlike None"),
    (("a", "b", "a"), {}, "more than one member .* as 'a'"),
    (
        (Twins,),
        {"values_callable": lambda e: ["x", "x"]},
        "Twins has more than one member that is stored as 'x'",
    ),
    (
        (Twins,),
        {"values_callable": lambda e: ["x"]},
        "1 values for the 2 members of Twins",
    ),
    ((Bits,), {}, "Bits is a Flag"),
    ((Accented,), {"persist": "value"}, r"'a\\x00b' of Accented .* a NUL"),
    (("\ud800",), {}, "lone surrogate"),
    ((Status,), {"length": 3}, "length=3 is too short for 'PAID' of Status"),
    (("a",), {"length": "3"}, "length='3' of .* must be a whole number"),
    (("a",), {"length": 0}, "length=0 of .* at least 1, or None"),
    (("a",), {"length": True}, "length=True of .* must be a whole number"),
    ((Status,), {"persist": "names"}, "'name' or 'value', not 'names'"),
    (
        (Status,),
        {"persist": "value", "values_callable": list},
        "give one of them",
    ),
    ((Status,), {"unknown": "NEW"}, "unknown='NEW' is neither a member"),
    ((Status,), {"unknown": Number.ONE}, "neither a member of Status"),
    (("a",), {"unknown": "b"}, "unknown='b' is neither"),
]


@pytest.mark.parametrize("enums, options, said", BAD)
def test_bad_enum_is_refused(
    enums: Any, options: dict[str, Any], said: str
) -> None:
    """Where it is declared, and by SQLAlchemy's name for such errors."""
    with pytest.raises(sa.exc.ArgumentError, match=said) as caught:
        CheckEnum(*enums, **options)
    assert isinstance(caught.value, DeclarationError)
    assert isinstance(caught.value, CheckEnumError)


def test_enum_to_come_needs_a_type_map() -> None:
    """CheckEnum(enum.Enum) by itself could hold nothing."""
    with pytest.raises(DeclarationError, match="Column orders.status needs"):
        orders(CheckEnum(enum.Enum))


class TestLength:
    def test_leaves_room_for_members_to_come(self) -> None:
        assert CheckEnum(Status).length == 255

    def test_is_the_longest_value_if_that_is_longer(self) -> None:
        assert CheckEnum("a", "b" * 300).length == 300

    @pytest.mark.parametrize("length", [4, 5, None])
    def test_is_what_is_asked_for(self, length: int | None) -> None:
        type_ = CheckEnum(Status, length=length)
        assert type_.length == length
        assert type_.copy().length == length

    def test_is_counted_in_characters(self) -> None:
        """As the databases count it."""
        assert CheckEnum("üüü", length=3).length == 3


class TestServerDefault:
    def default(self, type_: Any, default: Any) -> Any:
        column = sa.Column("status", type_, server_default=default)
        table = sa.Table("orders", sa.MetaData(), column)
        copy = table.to_metadata(sa.MetaData())
        assert copy.c.status.server_default.arg == column.server_default.arg
        return column.server_default.arg

    def test_may_be_a_stored_string(self) -> None:
        assert self.default(CheckEnum(Status), "NEW") == "NEW"

    def test_may_be_a_member_that_is_a_string(self) -> None:
        """The others SQLAlchemy refuses."""
        stored = self.default(CheckEnum(Crossed), Crossed.A)
        assert (stored, type(stored)) == ("A", str)
        assert (
            self.default(CheckEnum(Crossed, persist="value"), Crossed.A) == "B"
        )

    def test_may_be_an_alias(self) -> None:
        """Canonical is what goes into the row."""
        assert self.default(CheckEnum(Status), "PAYED") == "PAID"

    def test_may_be_any_expression(self) -> None:
        text = sa.text("lower('NEW')")
        assert self.default(CheckEnum(Status), text) is text

    @pytest.mark.parametrize("default", ["new", "", "'NEW'"])
    def test_that_is_no_member_is_refused(self, default: str) -> None:
        """The first row that takes it would be, otherwise."""
        with pytest.raises(DeclarationError) as caught:
            self.default(CheckEnum(Status), default)
        assert str(caught.value).startswith(
            f"The server default of column orders.status: {default!r} is not "
            f"among the values of Status. Possible values: 'NEW', 'PAID'"
        )

    def test_that_is_no_member_is_taken_on_demand(self) -> None:
        """validate_strings=False"""
        type_ = CheckEnum(Status, validate_strings=False)
        assert self.default(type_, "junk") == "junk"

    def test_is_what_a_row_gets(self, db: Database) -> None:
        column = sa.Column(
            "status", CheckEnum(Crossed), server_default=Crossed.A
        )
        metadata = sa.MetaData()
        sa.Table("orders", metadata, sa.Column("id", sa.Integer), column)
        db.create(metadata)
        db.insert("orders", id=1)
        assert db.column("orders") == ["A"]


class TestReading:
    def test_gives_members(self) -> None:
        assert read(CheckEnum(Status), "NEW") is Status.NEW
        assert read(CheckEnum(Status, persist="value"), "new") is Status.NEW
        assert read(CheckEnum(Number), "TWO") is Number.TWO
        assert read(CheckEnum("a", "b"), "a") == "a"

    def test_gives_none_for_null(self) -> None:
        assert read(CheckEnum(Status), None) is None  # type: ignore

    def test_knows_aliases_of_names(self) -> None:
        """A stored string that is no canonical name: as Python would."""
        assert read(CheckEnum(Status), "PAYED") is Status.PAID

    def test_knows_what_the_class_returns_for_a_value(self) -> None:
        """Hence _missing_."""
        type_ = CheckEnum(Lenient, persist="value")
        assert read(type_, "New") is Lenient.NEW

    def test_takes_names_for_names_only(self) -> None:
        """_missing_ is about values."""

        class Polyglot(enum.Enum):
            NEW = "new"

            @classmethod
            def _missing_(cls, value: object) -> Any:
                return cls.NEW if value == "neu" else None

        assert read(CheckEnum(Polyglot, persist="value"), "neu")
        with pytest.raises(UnknownValueError):
            read(CheckEnum(Polyglot), "neu")

    def test_takes_no_alias_for_what_values_callable_stores(self) -> None:
        type_ = CheckEnum(Status, values_callable=lambda e: ["a", "b"])
        with pytest.raises(UnknownValueError):
            read(type_, "PAYED")

    def test_of_an_unknown_string_is_an_error(self) -> None:
        """A LookupError that names enum and possible values."""
        with pytest.raises(LookupError) as caught:
            read(CheckEnum(Status), "GONE")
        assert str(caught.value) == (
            "'GONE' is not among the values of Status. "
            "Possible values: 'NEW', 'PAID'"
        )

    @pytest.mark.parametrize(
        "persist, given, other",
        [("name", "p", "value"), ("value", "PAID", "name")],
    )
    def test_of_the_other_spelling_is_told(
        self, persist: Any, given: str, other: str
    ) -> None:
        """A member's value where names are stored, and the other way."""

        class Code(enum.Enum):
            PAID = "p"

        with pytest.raises(UnknownValueError) as caught:
            read(CheckEnum(Code, persist=persist), given)
        assert str(caught.value).endswith(
            f"It is the {other} of Code.PAID: write Code.PAID, or store "
            f"{other}s, by persist='{other}'"
        )

    def test_of_many_members_is_no_long_message(self) -> None:
        """The error has them all, its text the first."""
        many = [f"value_{n}" for n in range(10_000)]
        with pytest.raises(UnknownValueError) as caught:
            read(CheckEnum(*many), "x" * 100_000)
        assert len(str(caught.value)) < 1000
        assert "(100,002 characters)" in str(caught.value)
        assert str(caught.value).endswith("'value_19', and 9,980 more")
        assert caught.value.possible == tuple(many)

    def test_of_an_unknown_string_gives_a_member(self) -> None:
        """unknown=<member>, for rolling deploys."""
        assert read(CheckEnum(Status, unknown=Status.NEW), "?") is Status.NEW
        assert read(CheckEnum("a", "b", unknown="b"), "?") == "b"

    def test_of_an_unknown_string_asks_a_callable(self) -> None:
        """unknown=<callable>, which may give anything."""
        type_ = CheckEnum(Status, unknown=lambda stored: (stored, "gone"))
        assert read(type_, "OLD") == ("OLD", "gone")

    def test_asks_the_enum_before_unknown(self) -> None:
        type_ = CheckEnum(Status, unknown=Status.NEW)
        assert read(type_, "PAYED") is Status.PAID

    def test_takes_a_callable_member_for_a_member(self) -> None:
        class Callable(enum.Enum):
            A = "a"

            def __call__(self, stored: str) -> str:
                return "called"

        type_ = CheckEnum(Callable, unknown=Callable.A)
        assert read(type_, "?") is Callable.A

    def test_takes_a_missing_that_fails_for_unknown(self) -> None:
        """A _missing_ that returns no member makes Python raise TypeError."""

        class Sloppy(enum.Enum):
            A = "a"

            @classmethod
            def _missing_(cls, value: object) -> Any:
                return "no member"

        with pytest.raises(UnknownValueError):
            read(CheckEnum(Sloppy, persist="value"), "b")

    def test_tells_names_from_values(self) -> None:
        """Also where the values of a StrEnum are names of others."""
        assert read(CheckEnum(Crossed), "A") is Crossed.A
        assert read(CheckEnum(Crossed, persist="value"), "A") is Crossed.B


class TestWriting:
    def test_takes_members(self) -> None:
        assert stored(CheckEnum(Status), Status.NEW) == "NEW"
        assert stored(CheckEnum(Status, persist="value"), Status.NEW) == "new"
        assert stored(CheckEnum(Number), Number.ONE) == "ONE"

    def test_takes_none(self) -> None:
        assert stored(CheckEnum(Status), None) is None

    def test_takes_stored_strings(self) -> None:
        assert stored(CheckEnum(Status), "NEW") == "NEW"
        assert stored(CheckEnum("a", "b"), "a") == "a"

    def test_takes_strings_that_mean_a_member(self) -> None:
        """Canonical is what goes into the row."""
        assert stored(CheckEnum(Status), "PAYED") == "PAID"
        assert stored(CheckEnum(Lenient, persist="value"), "New") == "new"

    @pytest.mark.parametrize("value", ["new", "", 1, Number.ONE, ["NEW"]])
    def test_refuses_what_is_no_member(self, value: Any) -> None:
        with pytest.raises(UnknownValueError) as caught:
            stored(CheckEnum(Status), value)
        assert isinstance(caught.value, LookupError)
        assert caught.value.value == value
        assert caught.value.enum_name == "Status"
        assert caught.value.possible == ("NEW", "PAID")

    def test_names_the_type_where_there_is_no_class(self) -> None:
        with pytest.raises(LookupError, match="the values of colour. Poss"):
            stored(CheckEnum("red", name="colour"), "blue")
        with pytest.raises(LookupError, match="the values of the enum. Poss"):
            stored(CheckEnum("red"), "blue")

    def test_passes_any_string_on_demand(self) -> None:
        """validate_strings=False, as in sqlalchemy.Enum."""
        type_ = CheckEnum(Status, validate_strings=False)
        assert stored(type_, "junk") == "junk"
        assert stored(type_, "PAYED") == "PAID"
        with pytest.raises(LookupError):
            stored(type_, 1)

    def test_tells_names_from_values(self) -> None:
        names = CheckEnum(Crossed)
        assert stored(names, Crossed.A) == "A"
        assert stored(names, "A") == "A"
        values = CheckEnum(Crossed, persist="value")
        assert stored(values, Crossed.A) == "B"
        assert stored(values, "B") == "B"

    def test_renders_literals(self) -> None:
        """For --sql and for literal_binds."""
        status = orders(CheckEnum(Status)).c.status
        assert sql(status == Status.NEW) == "orders.status = 'NEW'"
        with pytest.raises(sa.exc.CompileError) as caught:
            sql(status == "junk")
        assert isinstance(caught.value.__cause__, UnknownValueError)


class TestOperators:
    status = orders(CheckEnum(Status)).c.status

    def test_compare_members(self) -> None:
        assert sql(self.status.in_([Status.NEW, "PAYED"])) == (
            "orders.status IN ('NEW', 'PAID')"
        )
        assert sql(self.status != "PAID") == "orders.status != 'PAID'"

    def test_compare_with_null(self) -> None:
        assert sql(self.status == None) == "orders.status IS NULL"  # noqa

    def test_take_plain_strings_for_text(self) -> None:
        """LIKE and others still work."""
        status = self.status
        assert sql(status.like("N%")) == "orders.status LIKE 'N%'"
        assert sql(status.startswith("N")) == ("orders.status LIKE 'N' || '%'")
        assert sql(status.contains("E")) == (
            "orders.status LIKE '%' || 'E' || '%'"
        )
        assert sql(status < "O") == "orders.status < 'O'"
        assert sql(status.between("A", "O")) == (
            "orders.status BETWEEN 'A' AND 'O'"
        )
        assert sql(status + "-1") == "orders.status || '-1'"

    def test_take_members_for_what_is_stored(self) -> None:
        assert sql(self.status < Status.PAID) == "orders.status < 'PAID'"

    def test_take_what_is_no_text_for_itself(self) -> None:
        """What the database makes of it is up to that."""
        assert sql(self.status < 5) == "orders.status < 5"

    def test_give_text_for_concatenation(self) -> None:
        """'NEW-1' is no member, and need not be one."""
        assert not isinstance((self.status + "-1").type, sa.Enum)

    @pytest.mark.parametrize("value", ["junk", "new"])
    def test_refuse_what_is_no_member(self, value: str) -> None:
        """Equality with it could only be a slip."""
        for expression in (
            self.status == value,
            self.status != value,
            self.status.in_([value]),
        ):
            with pytest.raises(sa.exc.CompileError) as caught:
                sql(expression)
            assert isinstance(caught.value.__cause__, UnknownValueError)


class TestCopies:
    def options(self) -> dict[str, Any]:
        return {
            "persist": "value",
            "name": "kind",
            "length": 40,
            "unknown": Status.NEW,
            "validate_strings": False,
        }

    def assert_same(self, one: CheckEnum, other: CheckEnum) -> None:
        assert type(other) is type(one) is CheckEnum
        for attribute in (*self.options(), "enums", "enum_class"):
            assert getattr(other, attribute) == getattr(one, attribute)
        assert read(other, "gone") is Status.NEW
        assert read(other, "paid") is Status.PAID

    @pytest.mark.parametrize(
        "duplicate",
        [
            lambda type_: type_.copy(),
            lambda type_: type_.adapt(CheckEnum),
            lambda type_: pickle.loads(pickle.dumps(type_)),
            copy.copy,
            copy.deepcopy,
            lambda type_: orders(type_)
            .to_metadata(sa.MetaData())
            .c.status.type,
        ],
    )
    def test_are_alike(self, duplicate: Any) -> None:
        type_ = CheckEnum(Status, **self.options())
        self.assert_same(type_, duplicate(type_))

    def test_of_a_table_in_use_are_alike(self) -> None:
        """Metadata can be pickled, its constraints with it."""
        metadata = sa.MetaData()
        orders(CheckEnum(Status, **self.options()), metadata)
        again = pickle.loads(pickle.dumps(metadata)).tables["orders"]
        self.assert_same(
            metadata.tables["orders"].c.status.type, again.c.status.type
        )
        assert checks(again) == checks(metadata.tables["orders"])

    def test_keep_variants(self) -> None:
        """sqlalchemy.Enum loses them when a column is copied."""
        type_ = CheckEnum(Status).with_variant(sa.String(3), "mysql")
        assert list(type_.copy()._variant_mapping) == ["mysql"]

    def test_keep_a_subclass(self) -> None:
        class Mine(CheckEnum):
            pass

        table = orders(Mine(Status)).to_metadata(sa.MetaData())
        assert type(table.c.status.type) is Mine

    def test_keep_whether_a_length_was_given(self) -> None:
        """255 by default is no length that anyone asked for."""
        given = CheckEnum(Status, length=255).copy()
        default = CheckEnum(Status).copy()
        assert given.length_given == 255
        assert default.length_given != 255


class TestRepr:
    @pytest.mark.parametrize(
        "type_, text",
        [
            (CheckEnum(Status), "CheckEnum(Status)"),
            (
                CheckEnum("new", name="kind", length=9),
                "CheckEnum('new', name='kind', length=9)",
            ),
            (
                CheckEnum("it's", length=None),
                'CheckEnum("it\'s", length=None)',
            ),
            (CheckEnum("\\", "\n"), r"CheckEnum('\\', '\n')"),
            (
                CheckEnum(Lenient, persist="value", unknown=Lenient.NEW),
                "CheckEnum(Lenient, persist='value', unknown=Lenient.NEW)",
            ),
            (
                CheckEnum(Status, unknown=Status, sort_key_function=None),
                "CheckEnum(Status, unknown=Status, sort_key_function=None)",
            ),
            (
                CheckEnum(Status, omit_aliases=False, validate_strings=False),
                "CheckEnum(Status, omit_aliases=False, "
                "validate_strings=False)",
            ),
            (
                CheckEnum(Status, values_callable=shouted_names),
                "CheckEnum(Status, values_callable=shouted_names)",
            ),
            (CheckEnum(enum.Enum), "CheckEnum(Enum)"),
        ],
    )
    def test_evaluates(self, type_: CheckEnum, text: str) -> None:
        """To an equal type, where what it names is in scope."""
        assert repr(type_) == text
        again = eval(text, globals() | {"Enum": enum.Enum})
        assert again._static_cache_key == type_._static_cache_key
        for attribute in ("enums", "name", "length_given", "_omit_aliases"):
            assert getattr(again, attribute) == getattr(type_, attribute)
        assert again._sort_key_function is type_._sort_key_function

    def test_name_without_convention(self) -> None:
        """It is written as in a migration."""
        assert repr(CheckEnum("a", name=sa.schema.conv("x"))) == (
            "CheckEnum('a', name=op.f('x'))"
        )


class TestCacheKey:
    def key(self, *enums: Any, **options: Any) -> Any:
        return CheckEnum(*enums, **options)._static_cache_key

    def test_is_one_for_equal_types(self) -> None:
        assert self.key(Status) == self.key(Status)
        assert hash(self.key(Status)) == hash(self.key(Status))

    @pytest.mark.parametrize(
        "enums, options",
        [
            (("NEW",), {}),
            (("NEW", "PAID"), {}),
            ((Status,), {"persist": "value"}),
            ((Status,), {"unknown": Status.NEW}),
            ((Status,), {"validate_strings": False}),
            ((Status,), {"length": 9}),
            ((Status,), {"values_callable": lambda e: ["NEW", "PAID"]}),
        ],
    )
    def test_differs_for_types_that_differ(
        self, enums: Any, options: Any
    ) -> None:
        """A cached statement would write or read by the wrong one."""
        assert self.key(*enums, **options) != self.key(Status)


class TestTypeMap:
    def base(self, **options: Any) -> Any:
        type_ = CheckEnum(enum.Enum, **options)
        return orm.declarative_base(
            type_annotation_map={
                enum.Enum: type_,
                Literal: type_,
                Kind: CheckEnum("a", "b", length=7),
            }
        )

    def column(self, base: Any, annotation: Any) -> CheckEnum:
        class Order(base):  # type: ignore[misc]
            __tablename__ = "orders"
            __annotations__ = {"id": Mapped[int], "status": annotation}
            id = mapped_column(primary_key=True)

        type_ = Order.__table__.c.status.type
        assert type(type_) is CheckEnum
        assert len(checks(Order.__table__)) == 1
        return type_

    def test_gives_every_enum_its_options(self) -> None:
        """Class and options: sqlalchemy.Enum would lose the class."""
        base = self.base(persist="value", length=40, validate_strings=False)
        type_ = self.column(base, Mapped[Status])
        assert type_.enums == ["new", "paid"]
        assert type_.enum_class is Status
        assert type_.length == 40
        assert not type_.validate_strings

    def test_gives_its_length_by_default(self) -> None:
        assert self.column(self.base(), Mapped[Status]).length == 255

    def test_gives_its_unknown(self) -> None:
        base = self.base(unknown=lambda stored: stored)
        assert read(self.column(base, Mapped[Status]), "gone") == "gone"

    def test_takes_an_optional_enum(self) -> None:
        type_ = self.column(self.base(), Mapped[Status | None])
        assert type_.enum_class is Status

    def test_takes_literals(self) -> None:
        type_ = self.column(self.base(), Mapped[Literal["x", "y"]])
        assert type_.enums == ["x", "y"]

    def test_takes_one_enum_by_itself(self) -> None:
        type_ = self.column(self.base(), Mapped[Kind])
        assert type_.enums == ["a", "b"]
        assert type_.length == 7

    def test_takes_an_alias_of_a_literal(self) -> None:
        state = TypeAliasType("state", Literal["new", "paid"])

        class Base(orm.DeclarativeBase):
            type_annotation_map = {state: CheckEnum(enum.Enum)}

        assert self.column(Base, Mapped[state]).enums == ["new", "paid"]

    def test_refuses_a_bad_enum(self) -> None:
        """As CheckEnum itself does."""
        with pytest.raises(DeclarationError, match="must be strings"):
            self.column(self.base(persist="value"), Mapped[Number])


Kind = Literal["a", "b"]
StatusColumn = Annotated[
    Status, mapped_column(CheckEnum(Status, persist="value"))
]


def checks(table: Any) -> list[tuple[Any, str]]:
    """Name and text of each CHECK, as SQLite would have it."""
    dialect = sa.create_engine("sqlite://").dialect
    compiler = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    return sorted(
        (
            constraint.name,
            str(
                constraint.sqltext.compile(
                    dialect=dialect, compile_kwargs={"literal_binds": True}
                )
            ),
        )
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
        and (
            constraint._create_rule is None
            or constraint._create_rule(compiler)
        )
    )


class TestDatabase:
    """Real rows on each backend."""

    @pytest.mark.parametrize("persist", ["name", "value"])
    @pytest.mark.parametrize("enum_class", [Status, Crossed, Lenient])
    def test_members_go_in_and_out(
        self, db: Database, enum_class: Any, persist: Any
    ) -> None:
        table = orders(CheckEnum(enum_class, persist=persist))
        db.create(table.metadata)
        members = [*enum_class, None]
        with db.engine.begin() as connection:
            connection.execute(
                table.insert(),
                [
                    {"id": i, "status": member}
                    for i, member in enumerate(members, 1)
                ],
            )
            found = connection.scalars(
                sa.select(table.c.status).order_by(table.c.id)
            )
            assert list(found) == members
        assert db.column("orders") == [
            member and getattr(member, persist) for member in members
        ]

    def test_database_refuses_what_is_no_member(self, db: Database) -> None:
        """The constraint is there, and works."""
        db.create(orders(CheckEnum(Status)).metadata)
        with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
            db.insert("orders", id=1, status="new")

    def test_statement_refuses_it_first(self, db: Database) -> None:
        table = orders(CheckEnum(Status))
        db.create(table.metadata)
        with db.engine.connect() as connection:
            with pytest.raises(sa.exc.StatementError) as caught:
                connection.execute(table.insert().values(status="junk"))
            assert isinstance(caught.value.orig, UnknownValueError)

    def test_operators_work_on_rows(self, db: Database) -> None:
        table = orders(CheckEnum(Status))
        db.create(table.metadata)
        db.insert("orders", id=1, status="NEW")
        db.insert("orders", id=2, status="PAID")
        status = table.c.status
        with db.engine.connect() as connection:
            for condition in (
                status == Status.NEW,
                status == "NEW",
                status.in_([Status.NEW]),
                status.like("N%"),
                status.startswith("NE"),
                status.ilike("new"),
                status < "O",
                status + "!" == "NEW!",
                status.is_distinct_from("PAID"),
            ):
                ids = sa.select(table.c.id).where(condition)
                assert list(connection.scalars(ids)) == [1]

    def test_removed_value_can_be_read(self, db: Database) -> None:
        """While the old code still writes it."""
        db.create(orders(CheckEnum("NEW", "GONE", "PAYED")).metadata)
        db.insert("orders", id=1, status="GONE")
        db.insert("orders", id=2, status="PAYED")
        table = orders(CheckEnum(Status, unknown=Status.NEW))
        with db.engine.connect() as connection:
            found = connection.scalars(
                sa.select(table.c.status).order_by(table.c.id)
            )
            assert list(found) == [Status.NEW, Status.PAID]

    def test_orm_goes_in_and_out(self, db: Database) -> None:
        class Base(orm.DeclarativeBase):
            type_annotation_map = {
                enum.Enum: CheckEnum(enum.Enum, persist="value")
            }

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[Status] = mapped_column(default=Status.NEW)

        db.create(Base.metadata)
        with orm.Session(db.engine) as session:
            session.add_all([Order(id=1), Order(id=2, status=Status.PAID)])
            session.commit()
            paid = session.scalars(
                sa.select(Order).where(Order.status == Status.PAID)
            ).one()
            assert (paid.id, paid.status) == (2, Status.PAID)
        assert db.column("orders") == ["new", "paid"]

    def test_variant_holds_on_its_own_dialect(self, db: Database) -> None:
        """with_variant both directions."""
        metadata = sa.MetaData()
        sa.Table(
            "a",
            metadata,
            sa.Column(
                "status",
                CheckEnum("x").with_variant(sa.String(9), "postgresql"),
            ),
        )
        sa.Table(
            "b",
            metadata,
            sa.Column(
                "status",
                sa.String(9).with_variant(CheckEnum("x"), "postgresql"),
            ),
        )
        db.create(metadata)
        inspector = sa.inspect(db.engine)
        names = {
            table: [c["name"] for c in inspector.get_check_constraints(table)]
            for table in "ab"
        }
        if db.name == "postgresql":
            assert names == {"a": [], "b": ["ck_b_status"]}
        else:
            assert names == {"a": ["ck_a_status"], "b": []}

    def test_decorator_around_it_keeps_its_constraint(
        self, db: Database
    ) -> None:
        class Upper(sa.TypeDecorator[str]):
            impl = CheckEnum("new", "paid")
            cache_ok = True

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return value and value.lower()

            def process_result_value(self, value: Any, dialect: Any) -> Any:
                return value and value.upper()

        table = orders(Upper())
        db.create(table.metadata)
        with db.engine.begin() as connection:
            connection.execute(table.insert().values(id=1, status="NEW"))
            assert connection.scalar(sa.select(table.c.status)) == "NEW"
        assert db.column("orders") == ["new"]
        with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
            db.insert("orders", id=2, status="junk")


def test_front_door() -> None:
    """What ckenum offers by itself."""
    assert ckenum.__all__ == ["CheckEnum", "exc"]


class TestUnusualEnums:
    def test_that_is_no_enum_class(self) -> None:
        """What has ``__members__`` is an enum, as for sqlalchemy.Enum."""

        class Old:
            """As older libraries make them."""

            __members__: dict[str, Any] = {}

        Old.__members__.update(one=Old(), two=Old())
        Old.__members__["alias"] = Old.__members__["one"]
        type_ = CheckEnum(Old)  # type: ignore[call-overload]
        assert type_.enums == ["one", "two"]
        assert stored(type_, Old.__members__["two"]) == "two"
        assert stored(type_, Old.__members__["alias"]) == "one"
        assert read(type_, "alias") is Old.__members__["one"]
        with pytest.raises(UnknownValueError):
            stored(type_, "three")

    def test_with_a_name_of_its_own(self) -> None:
        """A property of this name says nothing of the member's."""

        class Named(enum.Enum):
            ONE = 1

            @property
            def name(self) -> str:
                return "another"

        type_ = CheckEnum(Named)
        assert type_.enums == ["ONE"]
        assert stored(type_, Named.ONE) == "ONE"
        assert repr(CheckEnum(Named, unknown=Named.ONE)).count("Named.ONE")

    def test_template_with_values_callable(self) -> None:
        """What it returns is asked of the enum that comes."""

        class Two(enum.Enum):
            NEW = 1
            PAID = 2

        template: Any = CheckEnum(
            enum.Enum,
            values_callable=lambda two: [f"{each.name}!" for each in two],
        )
        type_ = template._resolve_for_python_type(Two, Two, Two)
        assert type_.enums == ["NEW!", "PAID!"]

    def test_whose_members_have_no_hash(self) -> None:
        """One of them can be the ``unknown`` of a type that is cached."""

        class Equal(enum.Enum):
            A = "a"

            def __eq__(self, other: object) -> bool:
                return self is other

        type_ = CheckEnum(Equal, unknown=Equal.A)
        assert sa.select(sa.column("x", type_))._generate_cache_key()
        assert read(type_, "gone") is Equal.A

    def test_missing_that_takes_strings_only(self) -> None:
        """A number is no member, and no error of the enum's own."""

        class Lower(enum.Enum):
            A = "a"

            @classmethod
            def _missing_(cls, value: Any) -> Any:
                return cls.__members__.get(value.upper())

        with pytest.raises(UnknownValueError):
            CheckEnum(Lower, persist="value").coercion_listener(
                None, 1, None, None
            )

    def test_without_members(self) -> None:
        """It stands for those to come, and no column can have it."""
        with pytest.raises(DeclarationError, match="needs an enum with mem"):
            orders(CheckEnum(Empty))


def test_copies_do_not_grow() -> None:
    """However often a table is copied into other metadata."""
    table = orders(CheckEnum(Status))
    for number in range(20):
        schema = f"tenant_{number}"
        table = table.to_metadata(sa.MetaData(), schema=schema)
    type_: Any = table.c.status.type
    assert [len(kept) for kept in vars(type_.kept_names).values()] == [1, 1]
