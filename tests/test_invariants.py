"""What holds for every model, with models at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import redirect_stdout
import io
import sys
from types import ModuleType

from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa

from ckenum.__main__ import main
from ckenum.drift import find_drift

from .invariants import Model
from .invariants import models
from .roundtrip import Database
from .test_any import one_db

__all__ = ["one_db"]

pytestmark = pytest.mark.each_server

examples = settings(
    # each has a table to make, to compare and to drop
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextmanager
def created(db: Database, metadata: sa.MetaData) -> Iterator[sa.MetaData]:
    """For a while."""
    db.create(metadata)
    try:
        yield metadata
    finally:
        metadata.drop_all(db.engine)


def any_model(db: Database, data: st.DataObject) -> Model:
    return data.draw(models(arrays=db.name == "postgresql"))


def assert_clean(db: Database, metadata: sa.MetaData) -> None:
    """Say all that compare."""
    assert db.autogenerate(metadata).upgrade == "pass"
    with db.engine.connect() as connection:
        found = find_drift(connection, metadata)
    assert (found.drift, found.skipped) == ((), ())
    assert checked(db, metadata)[0] == 0


def checked(db: Database, metadata: sa.MetaData) -> tuple[int, str]:
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
        assert_clean(one_db, metadata)
