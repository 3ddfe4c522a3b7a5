from collections.abc import Iterator
import os

import pytest
import sqlalchemy as sa

URL = os.environ.get("TEST_DATABASE_URL", "sqlite://")


@pytest.fixture
def alembic_engine() -> Iterator[sa.Engine]:
    """An empty database for each test, which is left as empty."""
    engine = sa.create_engine(URL)
    yield engine
    left = sa.MetaData()
    left.reflect(engine)
    left.drop_all(engine)
    engine.dispose()
