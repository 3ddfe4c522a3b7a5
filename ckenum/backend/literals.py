"""Strings in SQL, as a database gives them back."""

from __future__ import annotations


def literal(value: str) -> str:
    """``value`` in single quotes."""
    return "'" + value.replace("'", "''") + "'"
