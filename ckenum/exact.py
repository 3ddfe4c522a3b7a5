"""Strings that are equal only if they are the same.

A column may take others for equal: SQLite's NOCASE and RTRIM, a collation of
PostgreSQL that is not deterministic.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
import unicodedata

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression

_BINARY = {"postgresql": 'pg_catalog."C"', "sqlite": "BINARY"}
"""Collations by which strings are equal only if they are the same, in SQL."""


def exactly(text: sa.ColumnElement[Any], dialect: str) -> Any:
    """``text``, to be compared so."""
    if dialect not in _BINARY:
        return text
    # sa.collate() knows no schema
    collation: Any = sa.literal_column(_BINARY[dialect])
    return BinaryExpression(
        text, collation, operators.collate, type_=text.type
    )


def are_distinct(values: Collection[str]) -> bool:
    """Whether no collation is likely to take two of ``values`` for equal:
    they differ in more than case, accents, blanks and punctuation.
    """
    return len({*map(_folded, values)}) == len({*values})


def _folded(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
