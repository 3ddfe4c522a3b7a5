"""For the test suites of projects that use ckenum."""

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
    """Raise :class:`AssertionError` if CheckEnum columns of a database differ
    from the models, or could not be compared.

    The message reads like a diff; it is that of ``python -m ckenum check``.
    Use it on a database that the project's migrations have made::

        def test_migrations(connection):
            assert_no_drift(connection, Base.metadata)

    and with an :class:`~sqlalchemy.ext.asyncio.AsyncConnection`::

        await connection.run_sync(assert_no_drift, Base.metadata)

    :param connection: to a database of any kind. If it is in a transaction,
        it stays in it; otherwise none is left open. Nothing is written.
    :param metadata: of the models, one or several.
    :param options: ``accept_uncompared``, the columns that need not be
        compared, each as ``[schema.]table.column``; and options of Alembic's
        ``context.configure()``, such as ``include_name`` and
        ``include_object``; ``ckenum_enums=True`` for SQLAlchemy's own Enums
        too. Default: all schemas.

    Raises :class:`TypeError` if ``connection`` is anything else, such as an
    :class:`~sqlalchemy.Engine`.
    """
    __tracebackhide__ = True  # pytest then shows the caller's line
    found = find_drift(connection, metadata, **options)
    if found:
        raise AssertionError(f"\n{plain(sections(found))}")
