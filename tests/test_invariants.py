"""What holds for every model, with models at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import redirect_stdout
from dataclasses import replace
import io
import sys
from types import ModuleType
from typing import Any

from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum.__main__ import main
from ckenum.alembic.autogenerate.compare.declared import declared_on
from ckenum.drift import find_drift
from ckenum.exc import DirectiveError
from ckenum.reflection import Check
from ckenum.reflection import read_check

from .catalog import catalog
from .invariants import is_stock
from .invariants import Model
from .invariants import models
from .invariants import SCALARS
from .invariants import STOCK
from .invariants import values
from .reflect import accepted
from .reflect import reflected
from .roundtrip import Database
from .sqlite import dump
from .test_any import one_db

__all__ = ["one_db"]

pytestmark = pytest.mark.each_server

examples = settings(
    # each has a table to make, to compare and to drop
    max_examples=settings().max_examples
    // 2
)


@contextmanager
def created(db: Database, metadata: sa.MetaData) -> Iterator[sa.MetaData]:
    """For a while."""
    db.create(metadata)
    try:
        yield metadata
    finally:
        metadata.drop_all(db.engine)


def any_model(db: Database, data: st.DataObject, **options: Any) -> Model:
    return data.draw(models(arrays=db.name == "postgresql", **options))


def assert_clean(db: Database, model: Model, metadata: sa.MetaData) -> None:
    """Say all that compare."""
    assert db.autogenerate(metadata, **model.options).upgrade == "pass"
    with db.engine.connect() as connection:
        found = find_drift(connection, metadata, **model.options)
    assert (found.drift, found.skipped) == ((), ())
    assert checked(db, model, metadata)[0] == 0


def checked(
    db: Database, model: Model, metadata: sa.MetaData
) -> tuple[int, str]:
    """Exit code and output of the command, in this process."""
    module = ModuleType("ckenum_models_at_random")
    setattr(module, "metadata", metadata)
    url = db.engine.url.render_as_string(hide_password=False)
    output = io.StringIO()
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(output):
            code = main(
                ["check", "--url", url]
                + ["--metadata", f"{module.__name__}:metadata"]
                + ["--enums"] * bool(model.options)
            )
    finally:
        del sys.modules[module.__name__]
    return code, output.getvalue()


@examples
@given(data=st.data())
def test_created_is_clean(one_db: Database, data: st.DataObject) -> None:
    """What ``create_all()`` has made is no drift, by any of the ways to ask,
    whatever else the model has.
    """
    model = any_model(one_db, data)
    with created(one_db, model.metadata()) as metadata:
        assert_clean(one_db, model, metadata)


@examples
@given(data=st.data(), after=values)
def test_migrations_name_no_module(
    one_db: Database, data: st.DataObject, after: tuple[str, ...]
) -> None:
    """A migration holds strings and types that are public, never what the
    application calls its own; and that is enough to be clean.
    """
    # Alembic's own text of a condition loses the backslash of "\\:"
    model = any_model(one_db, data, stock=STOCK)
    whole = tuple((*index[:3], False) for index in model.indexes)
    model = replace(model, own=(), indexes=whole)
    metadata, changed = model.metadata(), model.metadata(*after)
    try:
        for target in metadata, changed:
            migration = one_db.autogenerate(target, **model.options)
            assert "tests" not in migration.source
            assert "Decorated" not in migration.source
            one_db.upgrade(target, migration)
            assert_clean(one_db, model, target)
    finally:
        metadata.drop_all(one_db.engine)


@examples
@given(data=st.data(), after=values)
def test_other_checks_stay(
    one_db: Database, data: st.DataObject, after: tuple[str, ...]
) -> None:
    """Whatever values come and go, each CHECK of the model's own has the
    name and the text that it had.
    """
    model = any_model(one_db, data)
    names = (name or f"n{i}" for i, name in enumerate(model.names))
    model = replace(model, names=tuple(names))
    changed = model.metadata(*after)
    with created(one_db, model.metadata()) as metadata:
        had = said(one_db, model, metadata)
        assert len(had) == len(model.own)
        migration = one_db.autogenerate(changed, **model.options)
        one_db.upgrade(changed, migration)
        assert said(one_db, model, changed) == had
        assert_clean(one_db, model, changed)
        one_db.downgrade(metadata, migration)
        assert said(one_db, model, metadata) == had
        assert_clean(one_db, model, metadata)


def said(db: Database, model: Model, metadata: sa.MetaData) -> list[Any]:
    """The CHECKs that are no enum's, with their texts.

    PostgreSQL spells a condition anew where the length of its column
    changes, as a stock Enum's does with its values: then with what they say.
    """
    found = others(db, metadata)
    lengths_change = any(is_stock(type_) for _, type_ in model.columns)
    if db.name != "postgresql" or not lengths_change:
        return [*found]
    return [(each.name, read_check(db.name, each.text)) for each in found]


def others(db: Database, metadata: sa.MetaData) -> list[Check]:
    """The CHECKs that are no enum's."""
    (table,) = metadata.tables.values()
    ours = {each.name for each in declared_on(table, db.engine.dialect, True)}
    found = reflected(db.engine, table.name)
    return sorted((c for c in found if c.name not in ours), key=repr)


@examples
@given(data=st.data())
def test_last_ones_leave(one_db: Database, data: st.DataObject) -> None:
    """Where no CheckEnum is left in the models, the constraints that have
    default names are dropped, whatever the columns are called.
    """
    model = data.draw(models(stock=()))
    model = replace(model, names=(None,) * len(model.columns), own=())
    named = [model.table, *(name for name, _ in model.columns)]
    # SQLAlchemy reads no constraint whose name has a quotation mark in it
    assume(one_db.name != "sqlite" or not any('"' in name for name in named))
    strings = replace(model, strings=True).metadata()
    with created(one_db, model.metadata()):
        migration = one_db.autogenerate(strings)
        dropped = migration.upgrade.count("op.drop_check_enum(")
        assert dropped == len(model.columns)


@examples
@given(data=st.data())
def test_taken_name(one_db: Database, data: st.DataObject) -> None:
    """A directive under the name of another constraint is an error, and
    changes nothing.
    """
    model = any_model(one_db, data)
    with created(one_db, model.metadata()) as metadata:
        (table,) = metadata.tables.values()
        declared = declared_on(table, one_db.engine.dialect, True)
        ours = data.draw(st.sampled_from(declared))
        assume(ours.name)
        taken = [
            check.name
            for check in reflected(one_db.engine, table.name)
            if check.name not in (None, ours.name)
        ]
        assume(taken)
        where = table.name, ours.column.name
        options = {
            "array": ours.is_array,
            "name": data.draw(st.sampled_from(taken)),
        }
        before = everything(one_db)
        with pytest.raises(DirectiveError):
            with one_db.operations() as op:
                if data.draw(st.booleans()):
                    op.create_check_enum(*where, ["X"], **options)
                else:
                    op.alter_check_enum(
                        *where,
                        ["X"],
                        existing_values=model.values,
                        existing_name=ours.name,
                        **options,
                    )
        assert everything(one_db) == before


def everything(db: Database) -> Any:
    if db.name == "postgresql":
        return catalog(db.engine)
    return dump(db.engine)


@examples
@given(data=st.data(), after=values)
def test_just_the_declared_values(
    one_db: Database, data: st.DataObject, after: tuple[str, ...]
) -> None:
    """After an upgrade from any CHECKs, each declared value can be inserted
    and no other one, or the check says that it is not so.
    """
    db = one_db
    before = data.draw(models())
    # a row of the test has one column, and NULL in the others
    assume("not null" not in [own.condition for own in before.own])
    target = replace(
        before,
        values=after,
        own=(),
        indexes=(),
        columns=tuple(
            (name, data.draw(st.sampled_from(SCALARS + STOCK)))
            for name, _ in before.columns
        ),
    )
    start = data.draw(st.sampled_from([before, replace(before, strings=True)]))
    with created(db, start.metadata()):
        metadata = target.metadata()
        migration = db.autogenerate(metadata, **target.options)
        db.upgrade(metadata, migration)
        code, said = checked(db, target, metadata)
        for column, _ in target.columns:
            tried = {*before.values, *after, "other", "stranger"}
            taken = accepted(db.engine, target.table, column, tried)
            assert taken == {*after} or code or column in said
