"""Read what is committed while rows change.

With REPEATABLE READ, the default, a change of a row that others have changed
since the transaction's first query is an error from MariaDB 11.6.2 on
(``innodb_snapshot_isolation``, error 1020), and inserts wait for the gaps
between the rows that change ("InnoDB Locking", section 17.7.1 of MySQL's
manual).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .session import restoring

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LEVELS = {
    "READ UNCOMMITTED": sa.text(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
    ),
    "READ COMMITTED": sa.text(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    ),
    "REPEATABLE READ": sa.text(
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    ),
    "SERIALIZABLE": sa.text(
        "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    ),
}


@contextmanager
def read_committed(connection: Connection) -> Iterator[None]:
    """Make the block's transactions read what is committed. It commits what
    came before, as DDL does.
    """
    before = connection.get_isolation_level()
    connection.execute(_LEVELS["READ COMMITTED"])
    connection.execute(sa.text("COMMIT"))
    with restoring(lambda: connection.execute(_LEVELS[before])):
        yield
