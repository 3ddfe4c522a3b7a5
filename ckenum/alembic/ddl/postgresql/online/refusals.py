"""Tell errors by which the data refuse a change from temporary ones."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ..sqlstate import sqlstate

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_PASSING = ("08", "25", "40", "53", "55P03", "57", "58")
"""Classes of SQLSTATEs that the next run may not meet: of the connection, the
transaction, locks, resources, an operator, the system ("PostgreSQL Error
Codes", appendix A of its manual)."""


def is_refusal(error: DBAPIError) -> bool:
    """Whether the table's definition or its rows cause the error."""
    state = sqlstate(error)
    return (
        state is not None
        and not error.connection_invalidated
        and not state.startswith(_PASSING)
    )


def said(error: DBAPIError) -> str:
    """The server's message and its detail, on one line."""
    orig: Any = error.orig
    fields = orig.args[0] if orig.args else None
    if isinstance(fields, dict):  # pg8000: keyed as in PostgreSQL's protocol
        parts = [fields.get("M"), fields.get("D")]
    else:
        diag = getattr(orig, "diag", None)
        parts = [
            getattr(diag, "message_primary", None) or str(orig),
            getattr(diag, "message_detail", None),
        ]
    return ". ".join(str(part).rstrip(".") for part in parts if part)
