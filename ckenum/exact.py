"""Strings that a column may take for equal though they are not the same.

SQLite's NOCASE and RTRIM do, and collations of PostgreSQL that are not
deterministic.
"""

from __future__ import annotations

from collections.abc import Collection
import unicodedata


def are_distinct(values: Collection[str]) -> bool:
    """Whether no collation is likely to take two of ``values`` for equal:
    they differ in more than case, accents, blanks and punctuation.
    """
    return len({*map(_folded, values)}) == len({*values})


def _folded(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
