"""The call of a directive, with one argument a line."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

from .literals import final
from .literals import module_prefix
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from ...ops import CheckEnumOp

_WIDTH = 79 - 8
"""Columns that an argument may take, inside a call inside a function."""


def call(
    context: AutogenContext,
    directive: str,
    op: CheckEnumOp,
    arguments: Sequence[str],
    options: Iterator[str] = iter(()),
) -> list[str]:
    """The lines of the call."""
    lines = [quoted(op.column_name) + ","]
    if not context._has_batch:
        lines.insert(0, quoted(op.table_name) + ",")
    lines += [*arguments, f"name={final(context, op.name)},", *options]
    if op.changes_length or op.changes_shape:
        lines.append(f"length={op.length!r},")
        lines.append(f"existing_length={op.existing_length!r},")
    if op.changes_default:
        new, existing = map(quoted, op.defaults_given)
        lines.append(f"server_default={new},")
        lines.append(f"existing_server_default={existing},")
    if op.schema and not context._has_batch:
        lines.append(f"schema={quoted(op.schema)},")
    if op.array:
        lines.append("array=True,")
    if op.changes_shape:
        lines.append(f"existing_array={op.existing_array},")
    if op.online and not context._has_batch:
        lines.append("online=True,")
    if getattr(op, "keep_trigger", False) and not context._has_batch:
        lines.append("keep_trigger=True,")
    return [
        f"{module_prefix(context)}{directive}(",
        *(f"    {line}" for line in lines),
        ")",
    ]


def listed(argument: str, values: Sequence[str | None]) -> list[str]:
    return _in_brackets(f"{argument}[", [quoted(v) for v in values], "],")


def renamed(rename: Mapping[Any, Any]) -> list[str]:
    items = [f"{quoted(old)}: {quoted(new)}" for old, new in rename.items()]
    return _in_brackets("rename={", items, "},")


def _in_brackets(opening: str, items: list[str], closing: str) -> list[str]:
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) <= _WIDTH:
        return [line]
    return [opening, *(f"    {item}," for item in items), closing]
