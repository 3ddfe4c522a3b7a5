"""Look before the first change: is there anything that would stop it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .....exc import OnlineBlockedError
from .. import catalog
from .clashes import clashes
from .fitness import misfits
from .obstacles import obstacles
from .references import references

if TYPE_CHECKING:
    from .session import Session


def look(session: Session, name: str) -> None:
    """Raise :class:`~ckenum.exc.OnlineBlockedError` where there is.

    Asks the catalog, and the rows where only these tell. Locks out nobody.

    :param name: of the constraint from now on, as the database has it.
    """
    with session.waiting():
        tables = catalog.tree(session.connection, session.op)
        found = [*misfits(session, tables)] or [
            *obstacles(session, name),
            *references(session, tables),
            *clashes(session, tables),
        ]
    if found:
        op = session.op
        raise OnlineBlockedError(
            op.table_name, op.column_name, op.schema, found
        )
