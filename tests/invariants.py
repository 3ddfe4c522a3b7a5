"""Models at random, in every shape that a column and its table have."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ckenum import CheckEnum

from .test_any import cut


class Decorated(sa.TypeDecorator[str]):
    impl = CheckEnum
    cache_ok = True


class DecoratedArray(sa.TypeDecorator[Any]):
    impl = sa.ARRAY
    cache_ok = True


class StockDecorated(sa.TypeDecorator[str]):
    impl = sa.Enum
    cache_ok = True


def plain(*values: str, **options: Any) -> Any:
    return CheckEnum(*values, **options)


def variant(*values: str, **options: Any) -> Any:
    ours = CheckEnum(*values, **options)
    return sa.String(255).with_variant(ours, "postgresql", "sqlite")


def decorated(*values: str, **options: Any) -> Any:
    return Decorated(*values, **options)


def decorated_variant(*values: str, **options: Any) -> Any:
    ours = Decorated(*values, **options)
    return sa.String(255).with_variant(ours, "postgresql", "sqlite")


def array(*values: str, **options: Any) -> Any:
    return sa.ARRAY(CheckEnum(*values, **options))


def decorated_array(*values: str, **options: Any) -> Any:
    return DecoratedArray(CheckEnum(*values, **options))


def _stock(values: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    return {
        "native_enum": False,
        "create_constraint": True,
        "length": max(1, *map(len, values)),  # PostgreSQL has no VARCHAR(0)
        **options,
    }


def stock(*values: str, **options: Any) -> Any:
    return sa.Enum(*values, **_stock(values, options))


def stock_variant(*values: str, **options: Any) -> Any:
    # of one type for two dialects older SQLAlchemy makes two constraints
    first, second = (stock(*values, **options) for _ in range(2))
    whole = sa.String(255).with_variant(first, "postgresql")
    return whole.with_variant(second, "sqlite")


def stock_decorated(*values: str, **options: Any) -> Any:
    return StockDecorated(*values, **_stock(values, options))


SCALARS = [plain, variant, decorated, decorated_variant]
STOCK = [stock, stock_variant]
DECORATED = [stock_decorated]
"""Alembic renders an application's class by its own name."""
ARRAYS = [array, decorated_array]


def is_stock(type_: Any) -> bool:
    return type_ in STOCK + DECORATED


Condition = Callable[[Any, Any, list[str]], Any]

CONDITIONS: dict[str, Condition] = {
    "the same": lambda x, y, values: x.in_(values),
    "fewer": lambda x, y, values: x.in_(values[:1]),
    "more": lambda x, y, values: x.in_([*values, "other"]),
    "equal": lambda x, y, values: x == values[0],
    "any of": lambda x, y, values: sa.or_(*(x == v for v in values)),
    "or null": lambda x, y, values: sa.or_(x.is_(None), x.in_(values)),
    "unlike": lambda x, y, values: x != "other",
    "not null": lambda x, y, values: x.is_not(None),
    "a function": lambda x, y, values: sa.func.length(x) < 99,
    "of two": lambda x, y, values: sa.or_(x == values[0], y == values[0]),
}
OF_ARRAYS: dict[str, Condition] = {
    "the same": lambda x, y, values: x.contained_by(strings(values)),
    "fewer": lambda x, y, values: x.contained_by(strings(values[:1])),
    "not null": lambda x, y, values: x.is_not(None),
    "a function": lambda x, y, values: sa.func.cardinality(x) < 9,
}


def strings(values: list[str]) -> Any:
    return sa.cast(postgresql.array(values), postgresql.ARRAY(sa.String))


def as_text(condition: Any) -> str:
    """As both databases read it, for :func:`sqlalchemy.text`."""
    compiled = condition.compile(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore
        compile_kwargs={"literal_binds": True},
    )
    return str(compiled).replace(":", "\\:")


@dataclass(frozen=True)
class Own:
    """A CHECK of the model's own, about the column of that number.

    :ivar place: on the column or the table as text, or there as a construct.
    """

    condition: str
    column: int
    place: str
    name: str | None


@dataclass(frozen=True)
class Model:
    """One table; its columns all have the same values.

    :ivar columns: a name and the way to make a type.
    :ivar names: of the columns' constraints; ``None`` for the default.
    :ivar indexes: name, number of the column, unique, partial.
    :ivar strings: whether its columns are nothing but strings.
    """

    table: str
    columns: tuple[tuple[str, Callable[..., Any]], ...]
    names: tuple[str | None, ...]
    values: tuple[str, ...]
    own: tuple[Own, ...]
    indexes: tuple[tuple[str, int, bool, bool], ...]
    convention: str | None
    strings: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """What it takes to compare it."""
        enums = any(is_stock(type_) for _, type_ in self.columns)
        return {"ckenum_enums": True} if enums else {}

    def metadata(self, *values: str) -> sa.MetaData:
        """With other values, if there are any; its own CHECKs keep theirs."""
        naming = {"ck": self.convention} if self.convention else None
        metadata = sa.MetaData(naming_convention=naming)
        sa.Table(
            self.table,
            metadata,
            # of a SERIAL, Alembic asks in a way that fails for an apostrophe
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            *self._columns(values or self.values),
            *(self._check(own) for own in self.own if own.place != "column"),
            *map(self._index, self.indexes),
        )
        return metadata

    def _columns(self, values: tuple[str, ...]) -> Iterator[Any]:
        for number, (name, type_) in enumerate(self.columns):
            constraint = self.names[number]
            if constraint is None and self.convention and is_stock(type_):
                constraint = f"s{number}"  # SQLAlchemy asks for one
            options = {} if constraint is None else {"name": constraint}
            yield sa.Column(
                name,
                sa.String(255) if self.strings else type_(*values, **options),
                *(
                    self._check(own)
                    for own in self.own
                    if (own.place, own.column) == ("column", number)
                ),
            )

    def _check(self, own: Own) -> sa.CheckConstraint:
        x, y = self._plain(own.column), self._plain(0)
        kind = OF_ARRAYS if self._is_array(own.column) else CONDITIONS
        condition = kind[own.condition](x, y, list(self.values))
        if own.place != "construct":
            condition = sa.text(as_text(condition))
        return sa.CheckConstraint(condition, name=own.name)

    def _plain(self, number: int) -> Any:
        type_: Any = sa.String()
        if self._is_array(number):
            type_ = postgresql.ARRAY(sa.String)
        return sa.column(self.columns[number][0], type_)

    def _is_array(self, number: int) -> bool:
        return self.columns[number][1] in ARRAYS

    def _index(self, index: tuple[str, int, bool, bool]) -> sa.Index:
        name, number, unique, partial = index
        where = self._plain(number).is_not(None) if partial else None
        return sa.Index(
            name,
            self.columns[number][0],
            unique=unique,
            postgresql_where=where,
            sqlite_where=where,
        )


VALUES = ["A", "B", "a", "it's", "50%", "a :b", " a", "", "ünï", "a,b"]
values = st.lists(
    st.sampled_from(VALUES), min_size=1, max_size=4, unique=True
).map(tuple)
CONVENTIONS = [
    None,
    "ck_%(table_name)s_%(constraint_name)s",
    "CK %(table_name)s `%(constraint_name)s`",
]
hard = st.sampled_from(
    ["select", "Mixed", "a b", "it's", 'a"b', "50%", "a:b", ":a", "état"]
    + ["x" * 25, "ü" * 8, "a.b", "a;b", "--", "(a)", "CHECK", "[a]", "`"]
)
texts = st.text('abcXYZ_0äÄ -$.%:`"()', min_size=1, max_size=12)
# what SQLAlchemy takes for the beginning of its own parameters, on SQLite
names = hard | texts.filter(lambda text: "%(" not in text)


@st.composite
def models(
    draw: st.DrawFn, arrays: bool = False, stock: Any = (*STOCK, *DECORATED)
) -> Model:
    """Any; columns of arrays only where the database has them.

    :param stock: those of SQLAlchemy's own Enums.
    """
    kinds = st.sampled_from([*SCALARS, *stock, *(ARRAYS if arrays else ())])
    # a number makes a name different from all others, whatever is folded
    count = draw(st.integers(1, 3))
    columns = tuple(
        (cut(draw(names) + str(number)), draw(kinds))
        for number in range(count)
    )
    convention = draw(st.sampled_from(CONVENTIONS))
    own = draw(st.lists(owns(columns, convention), max_size=3))
    return Model(
        cut("t" + draw(names)),
        columns,
        tuple(numbered(draw, "n", number) for number in range(count)),
        draw(values),
        tuple(
            Own(
                each.condition,
                each.column,
                each.place,
                each.name and f"{each.name}o{number}",
            )
            for number, each in enumerate(own)
        ),
        tuple(
            (f"{draw(names)}i{number}", of, draw(st.booleans()), partial)
            for number, (of, partial) in enumerate(
                draw(
                    st.lists(
                        st.tuples(st.integers(0, count - 1), st.booleans()),
                        max_size=2,
                    )
                )
            )
        ),
        convention,
    )


def numbered(draw: st.DrawFn, kind: str, number: int) -> str | None:
    """A name, or none."""
    name = draw(st.none() | names)
    return name and f"{name}{kind}{number}"


def owns(
    columns: tuple[tuple[str, Any], ...], convention: str | None
) -> st.SearchStrategy[Own]:
    """Conventions that ask for a name must have one."""
    scalars = [n for n, (_, t) in enumerate(columns) if t not in ARRAYS]
    possible = [
        (condition, number)
        for number, (_, type_) in enumerate(columns)
        for condition in (OF_ARRAYS if type_ in ARRAYS else CONDITIONS)
        if condition != "of two" or scalars[:1] == [0]
    ]
    return st.builds(
        lambda what, place, name: Own(*what, place, name),
        st.sampled_from(possible),
        st.sampled_from(["column", "table", "construct"]),
        names if convention else st.none() | names,
    )
