"""The codes of PostgreSQL's errors ("PostgreSQL Error Codes", appendix A of
its manual).
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

CHECK_VIOLATION = "23514"
NOT_SUPPORTED = "0A000"


def sqlstate(error: DBAPIError) -> str | None:
    """The error's code; each driver keeps it elsewhere."""
    orig: Any = error.orig
    fields = orig.args[0] if orig.args else None
    if isinstance(fields, dict):  # pg8000: keys of PostgreSQL's protocol
        return str(fields.get("C"))
    state = getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)
    return None if state is None else str(state)
