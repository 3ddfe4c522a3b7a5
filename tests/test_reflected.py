"""Tables that SQLAlchemy reads from a database, with a CheckEnum in them."""

from __future__ import annotations

from collections.abc import Callable
import pickle
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.schema import conv

from ckenum import CheckEnum
from ckenum.constraint import check_enums
from ckenum.constraint import CheckEnumConstraint
from ckenum.exc import DeclarationError
from ckenum.reflection import Check

from .reflect import reflected
from .roundtrip import Database

CONVENTION = "ck_%(table_name)s_%(constraint_name)s"
CASES = [
    (None, None),
    (None, "kind"),
    (None, conv("k" * 70)),
    (CONVENTION, None),
    (CONVENTION, "kind"),
    (CONVENTION, conv("the_kind")),
    ("%(table_name)s_%(column_0_name)s_check", None),
]

How = Callable[[sa.MetaData, str, Any, sa.Engine], Any]


def autoload(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    return sa.Table(name, metadata, column, autoload_with=engine)


def autoload_later(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    sa.Table(name, metadata, column)
    return sa.Table(
        name,
        metadata,
        autoload_with=engine,
        extend_existing=True,
        autoload_replace=False,
    )


def autoload_twice(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    autoload(metadata, name, column, engine)
    return sa.Table(
        name,
        metadata,
        column._copy(),
        autoload_with=engine,
        extend_existing=True,
    )


def extend_existing(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    metadata.reflect(engine, only=[name])
    return sa.Table(name, metadata, column, extend_existing=True)


def replace_column(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    metadata.reflect(engine, only=[name])
    table = metadata.tables[name]
    table.append_column(column, replace_existing=True)
    return table


def pickled(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    metadata.reflect(engine, only=[name])
    loaded = pickle.loads(pickle.dumps(metadata))
    return sa.Table(name, loaded, column, extend_existing=True)


def inspector(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    table = sa.Table(name, metadata, column)
    sa.inspect(engine).reflect_table(table, None, ["k"])
    return table


def column_reflect(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    """A listener that gives the column its type while it is read."""

    def give_type(inspector: Any, table: Any, info: Any) -> None:
        if info["name"] == "k":
            info["type"] = column.type

    return sa.Table(
        name,
        metadata,
        autoload_with=engine,
        listeners=[("column_reflect", give_type)],
    )


def table_of_class(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    base = orm.registry(metadata=metadata).generate_base()
    table = autoload(metadata, name, column, engine)
    return type("Pet", (base,), {"__table__": table}).__table__


def deferred(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    base = orm.registry(metadata=metadata).generate_base()
    body = {"__tablename__": name, "k": column}
    pet: Any = type("Pet", (DeferredReflection, base), body)
    pet.prepare(engine)
    return pet.__table__


def automap(
    metadata: sa.MetaData, name: str, column: Any, engine: sa.Engine
) -> Any:
    base = automap_base(metadata=metadata)
    pet: Any = type("Pet", (base,), {"__tablename__": name, "k": column})
    base.prepare(autoload_with=engine)
    return pet.__table__


HOWS: list[How] = [
    autoload,
    autoload_later,
    autoload_twice,
    extend_existing,
    replace_column,
    pickled,
    inspector,
    column_reflect,
    table_of_class,
    deferred,
    automap,
]


def metadata_with(convention: str | None) -> sa.MetaData:
    naming = {"ck": convention} if convention else None
    return sa.MetaData(naming_convention=naming)


def pets(
    convention: str | None = None,
    given: str | None = None,
    name: str = "pet",
) -> sa.MetaData:
    metadata = metadata_with(convention)
    sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("k", CheckEnum("a", "b", name=given)),
        sa.CheckConstraint("id > 0", name="positive"),
    )
    return metadata


def others(table: sa.Table) -> set[str]:
    """What the CHECKs say that are not ours."""
    return {
        str(constraint.sqltext).strip("()")
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
        and not isinstance(constraint, CheckEnumConstraint)
    }


def column(given: str | None = None) -> sa.Column[Any]:
    return sa.Column("k", CheckEnum("a", "b", name=given))


class TestOneConstraint:
    @pytest.mark.parametrize("how", HOWS)
    def test_however_it_is_read(self, db: Database, how: How) -> None:
        """Ours takes the place of the one that is read under its name,
        whichever of the two comes first and whatever values that has;
        another CHECK stays.
        """
        for convention, given in CASES:
            metadata = pets(convention, given)
            db.create(metadata)
            read = metadata_with(convention)
            declared = sa.Column("k", CheckEnum("a", "c", name=given))
            table = how(read, "pet", declared, db.engine)
            (ours,) = check_enums(table)
            assert ours.values == ("a", "c")
            assert others(table) == {"id > 0"}
            metadata.drop_all(db.engine)

    @pytest.mark.parametrize("convention, given", CASES[::2])
    def test_is_created(
        self, db: Database, convention: str | None, given: str | None
    ) -> None:
        """Of the table that was read, and of its copies."""
        db.create(pets(convention, given))
        metadata = metadata_with(convention)
        table = autoload(metadata, "pet", column(given), db.engine)
        copy = table.to_metadata(metadata_with(convention))
        before = ours_in(db)
        for each in (table, copy):
            table.drop(db.engine)
            each.create(db.engine)
            assert ours_in(db) == before
            assert len(reflected(db.engine, "pet")) == 2

    def test_under_another_name(self, db: Database) -> None:
        """The one that is read stays."""
        db.create(pets())
        table = autoload(sa.MetaData(), "pet", column("other"), db.engine)
        assert len(others(table)) == 2

    def test_that_is_read_over_ours(self, db: Database) -> None:
        """With the plain column that takes the place of a CheckEnum's."""
        db.create(pets())
        metadata = sa.MetaData()
        sa.Table("pet", metadata, column())
        table = sa.Table(
            "pet", metadata, autoload_with=db.engine, extend_existing=True
        )
        assert check_enums(table) == []
        assert len(others(table)) == 2


def ours_in(db: Database) -> list[Check]:
    checks = reflected(db.engine, "pet")
    return [check for check in checks if check.text != "id > 0"]


class TestDeclaredCheck:
    """Under the name of ours, it is an error: it says something else."""

    @pytest.fixture(params=[None, CONVENTION])
    def metadata(
        self, db: Database, request: pytest.FixtureRequest
    ) -> sa.MetaData:
        db.create(pets(request.param))
        return metadata_with(request.param)

    @pytest.fixture
    def check(self, metadata: sa.MetaData) -> sa.CheckConstraint:
        name = "k" if metadata.naming_convention.get("ck") else "ck_pet_k"
        return sa.CheckConstraint("k IN ('a', 'b')", name=name)

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_on_a_table_that_is_read(
        self,
        db: Database,
        metadata: sa.MetaData,
        check: sa.CheckConstraint,
        ours_first: bool,
    ) -> None:
        items = [column(), check]
        with pytest.raises(DeclarationError, match="CHECK .* 'ck_pet_k'"):
            sa.Table(
                "pet",
                metadata,
                *(items if ours_first else items[::-1]),
                autoload_with=db.engine,
            )

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_on_a_table_that_was_read(
        self,
        db: Database,
        metadata: sa.MetaData,
        check: sa.CheckConstraint,
        ours_first: bool,
    ) -> None:
        metadata.reflect(db.engine)
        table = metadata.tables["pet"]
        add = [
            lambda: table.append_column(column(), replace_existing=True),
            lambda: table.append_constraint(check),
        ]
        with pytest.raises(DeclarationError, match="CHECK .* 'ck_pet_k'"):
            for each in add if ours_first else add[::-1]:
                each()

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_on_any_table(
        self,
        metadata: sa.MetaData,
        check: sa.CheckConstraint,
        ours_first: bool,
    ) -> None:
        items = [column(), check]
        with pytest.raises(DeclarationError, match="CHECK .* 'ck_pet_k'"):
            sa.Table("pet", metadata, *items[:: 1 if ours_first else -1])


@pytest.mark.parametrize("convention", [None, CASES[-1][0]])
@pytest.mark.parametrize("recreate", ["auto", "always"])
def test_reflect_args_of_a_batch(
    db: Database, convention: str | None, recreate: Any
) -> None:
    """A column that is given there keeps its constraint, once."""
    db.create(pets(convention))
    before = ours_in(db)
    with db.operations() as op:
        with op.batch_alter_table(
            "pet",
            reflect_args=[column()],
            recreate=recreate,
            naming_convention=convention and {"ck": convention},
        ) as batch_op:
            batch_op.add_column(sa.Column("name", sa.String(9)))
    assert ours_in(db) == before
    assert len(reflected(db.engine, "pet")) == 2


@pytest.mark.parametrize("convention, given", CASES)
def test_reflected_models(
    db: Database, convention: str | None, given: str | None
) -> None:
    """Models that are read stand for what they were read from: nothing
    differs.
    """
    db.create(pets(convention, given))
    metadata = metadata_with(convention)
    metadata.reflect(db.engine)
    assert db.diff(metadata) == []
    copies = metadata_with(convention)
    for table in metadata.tables.values():
        table.to_metadata(copies)
    assert db.diff(copies) == []


@pytest.mark.parametrize("convention, given", CASES[::3])
def test_partly_reflected_models(
    db: Database, convention: str | None, given: str | None
) -> None:
    """The CheckEnum among them is compared, the rest stands for itself."""
    before = pets(convention, given)
    db.create(before)
    metadata = metadata_with(convention)
    autoload(metadata, "pet", column(given), db.engine)
    assert db.diff(metadata) == []
    after = metadata_with(convention)
    declared = sa.Column("k", CheckEnum("a", "c", name=given))
    autoload(after, "pet", declared, db.engine)
    db.round_trip(metadata, after)
