"""Triggers of the user's, which a new value in the second column must not
fire: PostgreSQL fires none when it rewrites a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ...sqlstate import sqlstate

if TYPE_CHECKING:
    from ..session import Session
    from .pair import Pair

_SKIPPING = {"session_replication_role": "replica"}
"""Only triggers that are enabled as ALWAYS fire then, as ckenum's own
("session_replication_role", section 20.11.1 of PostgreSQL's manual)."""

_TRIGGERS = sa.text("""
    SELECT t.tgname, t.tgenabled OPERATOR(pg_catalog.=) 'A'
    FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND NOT t.tgisinternal
      AND t.tgname OPERATOR(pg_catalog.<>) :ours
      AND t.tgenabled OPERATOR(pg_catalog.=)
          ANY ('{O,A}'::pg_catalog."char"[])
      AND (t.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 16)
          OPERATOR(pg_catalog.<>) 0
      AND t.tgattr::pg_catalog.text OPERATOR(pg_catalog.=) ''
    ORDER BY 1
    """)


class _Tried(Exception):
    """Rolls back a transaction that was only a test."""


def parameters(session: Session, pair: Pair) -> dict[str, str]:
    """Those of the server with which none fires."""
    return _SKIPPING if _found(session, pair) else {}


def in_the_way(session: Session, pair: Pair) -> Iterator[str]:
    """A sentence for each trigger that would fire all the same."""
    found = _found(session, pair)
    may_skip = bool(found) and _may_skip(session)
    for name, always in found:
        if always:
            yield (
                f"The trigger {name!r} is enabled as ALWAYS, so it would "
                f"fire for each row that gets its new value: enable it "
                f"without ALWAYS during the change"
            )
        elif not may_skip:
            yield (
                f"The trigger {name!r} fires for each UPDATE, so it would "
                f"fire for each row that gets its new value: migrate as a "
                f"role that may set session_replication_role (GRANT SET ON "
                f"PARAMETER session_replication_role TO ...), or disable "
                f"the trigger during the change"
            )


def _found(session: Session, pair: Pair) -> list[tuple[str, bool]]:
    given = {"table": pair.move.table_name, "ours": pair.trigger_name}
    rows = session.connection.execute(_TRIGGERS, given)
    return [(name, always) for name, always in rows]


def _may_skip(session: Session) -> bool:
    try:
        with suppress(_Tried), session.transaction(1.0):
            session.set_local(**_SKIPPING)
            raise _Tried
    except DBAPIError as error:
        if sqlstate(error) != "42501":  # insufficient_privilege
            raise
        return False
    return True
