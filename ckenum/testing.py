"""For the test suites of those who use ckenum."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from .inspection.drift import find_drift
from .inspection.drift import Metadata
from .inspection.report import plain
from .inspection.report import sections

__all__ = ["assert_no_drift"]


def assert_no_drift(
    connection: sa.Connection, metadata: Metadata, **options: Any
) -> None:
    """Raise :class:`AssertionError` if CheckEnum columns of a database are
    not as the models have them, or could not be compared.

    Its text reads like a diff, and is the one of ``python -m ckenum check``.
    For a database that the project's migrations have made::

        def test_migrations(connection):
            assert_no_drift(connection, Base.metadata)

    and with an :class:`~sqlalchemy.ext.asyncio.AsyncConnection`::

        await connection.run_sync(assert_no_drift, Base.metadata)

    :param connection: of a database of any kind. A transaction that it is
        in stays as it is; else none is left open. Nothing is written.
    :param metadata: of the models, one or several.
    :param options: ``accept_uncompared``, the columns that need not be
        compared, each as ``[schema.]table.column``; and those of Alembic's
        ``context.configure()``, as ``include_name``, ``include_object``;
        ``ckenum_enums=True`` for SQLAlchemy's own Enums too. Default: all
        schemas.

    Raises :class:`TypeError` where ``connection`` is anything else, such as
    an :class:`~sqlalchemy.Engine`.
    """
    __tracebackhide__ = True  # of pytest: it shows where it is called
    found = find_drift(connection, metadata, **options)
    if found:
        raise AssertionError(f"\n{plain(sections(found))}")
