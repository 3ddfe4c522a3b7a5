"""SQLite: explain a read-only database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from ....exc import SchemaEditError

if TYPE_CHECKING:
    from ...ops import CheckEnumOp


@contextmanager
def writing(op: CheckEnumOp) -> Iterator[None]:
    """Raise :class:`~ckenum.exc.DirectiveError` if the database is found to
    be read-only, whichever statement finds it.
    """
    try:
        yield
    except (DatabaseError, SchemaEditError) as error:
        said = error if isinstance(error, DatabaseError) else error.__cause__
        # the message of SQLITE_READONLY ("Result and Error Codes" in SQLite's
        # manual)
        if "readonly database" not in str(said):
            raise
        raise op.error(
            "the database is read-only. This directive changed nothing. "
            "Check its URL for mode=ro or immutable=1, PRAGMA query_only, "
            "and the permissions of the file and of its directory"
        ) from error
