"""The findings as text: plain, or in colours if rich is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from typing import TextIO
from typing import Union

from .audit import Audit
from .audit import ColumnAudit
from .audit import Value
from .differences import ColumnDrift
from .differences import Comparison
from .differences import Difference
from .differences import Side

_LISTED = ("table", "column", "constraint", "value")
"""Kinds of things that one side may have and the other lack."""

_COLOURS = {
    "-": "red",
    "+": "green",
    "~": "yellow",
    "?": "dim",
    "stranger": "red",
    "renamed": "yellow",
    "unused": "dim",
}


class Row(NamedTuple):
    """A line of a table.

    :ivar look: what kind of line it is, for its colour.
    """

    look: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A heading, and the lines of the table below it."""

    title: str
    rows: tuple[Row, ...] = ()


def sections(found: Union[Comparison, Audit]) -> list[Section]:
    """The report on one database."""
    if isinstance(found, Audit):
        database = Section(visible(found.database))
        return [database, *map(_audited, found.columns)]
    return list(_compared(found))


def plain(shown: list[Section]) -> str:
    """The text of sections; each line ends with a newline."""
    return "\n".join("\n".join(_lines(section)) + "\n" for section in shown)


def _lines(section: Section) -> Iterator[str]:
    yield section.title
    widths = [
        max(map(len, cells))
        for cells in zip(*(row.cells for row in section.rows))
    ]
    for row in section.rows:
        first, *rest = row.cells
        padded = [c.ljust(width) for c, width in zip(rest, widths[1:])]
        yield f"  {first.rjust(widths[0])} {'  '.join(padded)}".rstrip()


def show(shown: list[Section], stream: TextIO) -> None:
    """Write sections, in colours if it is a terminal and rich is installed."""
    try:
        if stream.isatty():
            _show_rich(shown, stream)
            return
    except ModuleNotFoundError:
        pass  # the extra is not installed
    stream.write(plain(shown))


def _show_rich(shown: list[Section], stream: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream)
    for section in shown:
        console.print(Text(section.title, "bold"), soft_wrap=True)
        table = Table(box=box.ROUNDED, show_header=False)
        for row in section.rows:
            colour = _COLOURS.get(row.look, "")
            first, *rest = (Text(cell, colour) for cell in row.cells)
            first.justify = "right"
            table.add_row(first, *rest)
        if section.rows:
            console.print(table)


def _where(column: Union[ColumnDrift, ColumnAudit]) -> str:
    parts = (column.schema, column.table, column.column)
    return visible(".".join(part for part in parts if part))


def visible(text: str) -> str:
    """``text`` on one line, with control characters escaped: a name may have
    been chosen to look like a line of the report.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


# -- check ---------------------------------------------------------------


def _compared(found: Comparison) -> Iterator[Section]:
    yield Section(f"--- {visible(found.database)}\n+++ models")
    for column in found.drift:
        name = visible(column.constraint or "")
        yield Section(
            _where(column) + (f" ({name})" if name else ""),
            tuple(map(_difference, column.differences)),
        )
    for skipped in found.skipped:
        accepted = ", which is accepted" * skipped.accepted
        reason = f"not compared{accepted}, because {visible(skipped.reason)}"
        yield Section(visible(skipped.where), (Row("?", ("?", reason)),))
    yield Section(" ".join(_summary(found)))


def _summary(found: Comparison) -> Iterator[str]:
    if found.drift:
        yield f"Drift in {_columns(len(found.drift))}."
    else:
        yield f"No drift in {_columns(found.compared - len(found.skipped))}."
    if found.uncompared:
        yield f"Could not compare {_columns(len(found.uncompared))}."


def _columns(number: int) -> str:
    return f"{number} column{'' if number == 1 else 's'}"


def _difference(found: Difference) -> Row:
    sign, text = _sign(found), _text(found)
    return Row(sign, (sign, text))


def _sign(found: Difference) -> str:
    if found.kind == "null":
        return "-"
    if found.kind in _LISTED and found.database is None:
        return "+"
    if found.kind in _LISTED and found.models is None:
        return "-"
    return "~"


def _text(found: Difference) -> str:
    if found.kind == "null":
        return "NULL, with which the list lets everything pass"
    if found.kind == "not_valid":
        return "NOT VALID: rows older than the constraint may break it"
    sign = _sign(found)
    both = (found.database, found.models)
    if sign == "~":
        text = " -> ".join(_side(side, found.kind) for side in both)
    else:
        (text,) = (repr(side) for side in both if side is not None)
    if found.kind == "value":
        return text
    return f"{found.kind.replace('_', ' ')} {text}"


def _side(side: Side, kind: str) -> str:
    if side is None:
        return "none"
    return visible(str(side)) if kind == "type" else repr(side)


# -- audit ---------------------------------------------------------------


def _audited(column: ColumnAudit) -> Section:
    if column.missing:
        missing = Row("stranger", (f"no such {column.missing}",))
        return Section(_where(column), (missing,))
    names = ", ".join(
        f"{visible(each.name or 'without a name')}"
        f"{' NOT VALID' * each.not_valid}"
        for each in column.constraints or ()
    )
    if column.constraints is None:
        names = "constraints cannot be seen"
    nulls = Row("", (str(column.nulls), "NULL", ""))
    more = f"{column.more:,} other value{'s' * (column.more != 1)}"
    others = Row("stranger", (str(column.more_rows), more, ""))
    return Section(
        f"{_where(column)} ({names or 'no constraint'})",
        (
            *map(_value, column.values),
            *((others,) if column.more else ()),
            *((nulls,) if column.nulls else ()),
        ),
    )


def _value(found: Value) -> Row:
    look = found.kind if found.rows else "unused"
    remark = {"member": "", "renamed": f"renamed: {found.means!r}"}
    value = "NULL" if found.value is None else _short(found.value)
    return Row(look, (str(found.rows), value, remark.get(look, look)))


_LONGEST = 60
"""How many characters of a value a line shows."""


def _short(value: str) -> str:
    """``value`` as Python writes it, cut if it is long."""
    if len(value) <= _LONGEST:
        return repr(value)
    return f"{value[:_LONGEST]!r}... ({len(value):,} characters)"
