"""Strings in SQL, as a database gives them back."""

from __future__ import annotations


def literal(value: str) -> str:
    """``value`` between quotation marks."""
    return "'" + value.replace("'", "''") + "'"
