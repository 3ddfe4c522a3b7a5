"""Look for anything that would stop an online change, before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import catalog
from .. import engine
from .....exc import OnlineBlockedError
from .clashes import clashes
from .fitness import misfits
from .obstacles import obstacles
from .references import references

if TYPE_CHECKING:
    from .session import Session


def look(session: Session, name: str) -> None:
    """Raise :class:`~ckenum.exc.OnlineBlockedError` if something would.

    It queries the catalog, and the rows if only they can tell. It holds up
    nobody.

    :param name: the new constraint's name, as the database has it.
    """
    with session.waiting():
        tables = catalog.tree(session.connection, session.op)
        found = [*misfits(session, tables)] or [
            *engine.obstacles(session.place, session.op),
            *obstacles(session, name),
            *references(session, tables),
            *clashes(session, tables),
        ]
    if found:
        op = session.op
        raise OnlineBlockedError(
            op.table_name, op.column_name, op.schema, found
        )
