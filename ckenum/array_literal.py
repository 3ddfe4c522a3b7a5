"""How PostgreSQL writes an array as text: ``{a,"b c",NULL}``."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import re

# An element: section 8.15.2 of PostgreSQL's manual. ASCII white space around
# it means nothing; other white space is part of it.
_ELEMENT = re.compile(
    r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]+?))\s*([,}])', re.S | re.A
)
_BARE = re.compile(r'(?!(?i:NULL)\Z)[^\s",{}\\]+', re.A)


def read(text: str) -> list[str | None]:
    """The items of an array constant of one dimension.

    Raises :class:`ValueError` for any other text.
    """
    return list(_items(text))


def _items(text: str) -> Iterator[str | None]:
    if re.fullmatch(r"\s*{\s*}\s*", text, re.A):
        return
    position = text.find("{") + 1
    end = ""
    while end != "}":
        element = _ELEMENT.match(text, position)
        if element is None:
            raise ValueError(text)
        quoted, plain, end = element.groups()
        position = element.end()
        if quoted is not None:
            yield re.sub(r"\\(.)", r"\1", quoted, flags=re.S)
        else:
            yield None if plain.upper() == "NULL" else plain


def write(items: Iterable[str]) -> str:
    """The array constant of strings, each in quotes."""
    return f"{{{','.join(map(_quoted, items))}}}"


def stored(items: Iterable[str]) -> str:
    """The array constant of strings as PostgreSQL writes it itself.

    An item has quotes only if it is empty, looks like NULL, or contains white
    space or a character of the array syntax.
    """
    written = [i if _BARE.fullmatch(i) else _quoted(i) for i in items]
    return f"{{{','.join(written)}}}"


def _quoted(item: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", item) + '"'
