"""Strings and names in the source text of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def quoted(text: object) -> str:
    """A literal of Python, in double quotes where they need no escape."""
    if not isinstance(text, str):
        return repr(text)
    literal = repr(str(text))
    if literal[0] == "'" and '"' not in literal:
        return f'"{literal[1:-1]}"'
    return literal


def final(context: AutogenContext, name: str) -> str:
    """A name that no naming convention changes any more."""
    if not name:
        return quoted(name)
    return f"{module_prefix(context)}f({quoted(name)})"


def module_prefix(context: AutogenContext) -> str:
    prefix = context.opts["alembic_module_prefix"]
    return "batch_op." if context._has_batch else str(prefix or "")
