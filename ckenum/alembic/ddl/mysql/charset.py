"""The connection's character set, which may lack characters of a text.

The server silently replaces such a character by a question mark.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection

WHOLE = "utf8mb4"
"""The character set that has every character."""

ADVICE = "add charset=utf8mb4 to the database's URL"

_THREE_BYTES = ("utf8", "utf8mb3")
_CODECS = {"latin1": "cp1252"}

_CHARSET = sa.text("SELECT @@SESSION.character_set_results")


def charset(connection: Connection) -> str:
    """The character set in which the server sends text."""
    return str(connection.scalar(_CHARSET) or "binary")


def lacking(connection: Connection, values: Iterable[str]) -> str | None:
    """The first of ``values`` that the connection cannot send."""
    others = [value for value in values if not value.isascii()]
    if not others:
        return None
    name = charset(connection)
    return next((each for each in others if not _holds(name, each)), None)


def _holds(name: str, text: str) -> bool:
    if name == WHOLE:
        return True
    if name in _THREE_BYTES:
        return max(text) <= "\uffff"
    try:
        text.encode(codecs.lookup(_CODECS.get(name, name)).name)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def doubt(connection: Connection, text: str) -> str | None:
    """Why ``text``, as the server sent it, may differ from what it stores, as
    the end of a sentence that begins with "because".
    """
    if "?" not in text:
        return None
    name = charset(connection)
    if name == WHOLE:
        return None
    return (
        f"it has a question mark, which may stand for a character that the "
        f"connection's character set {name!r} lacks: {ADVICE}"
    )
