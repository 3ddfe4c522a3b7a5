"""Different strings that a column's collation may consider equal.

SQLite's NOCASE and RTRIM do so, and PostgreSQL's nondeterministic collations.
"""

from __future__ import annotations

from collections.abc import Collection
import unicodedata


def are_distinct(values: Collection[str]) -> bool:
    """Whether ``values`` differ in more than case, accents, blanks and
    punctuation, so that hardly any collation considers two of them equal.
    """
    return len({*map(_folded, values)}) == len({*values})


def _folded(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
