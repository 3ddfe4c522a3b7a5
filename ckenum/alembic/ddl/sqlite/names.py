"""SQLite: check the names of a table's constraints before using one.

SQLite itself lets several constraints share a name, and drops them all.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..owner import name_conflict
from ..owner import Named
from ..owner import require_own
from ..owner import tell_of_others
from .table import SQLiteTable
from .table_text import mentions
from .table_text import PlacedCheck
from .table_text import same_name

if TYPE_CHECKING:
    from .change import Change


def require(
    table: SQLiteTable,
    changes: Sequence[Change],
    freed: Collection[str] = (),
) -> dict[Change, list[PlacedCheck]]:
    """Raise :class:`~ckenum.exc.DirectiveError` if a change is not about its
    column's own constraint, or uses a name that is taken when its turn
    comes.

    Return the constraints that a change may drop, the likeliest first, unless
    an earlier change makes what it drops.

    :param freed: names of constraints that the same batch drops.
    """
    text = table.text
    named = [_named(check, table.column_names) for check in text.checks()]
    left = [
        *(found for found in named if found.name),
        *(Named(name, what, ()) for name, what in text.other_names()),
    ]
    left = [found for found in left if not _among(found.name, freed)]
    added: list[Named] = []
    drops: dict[Change, list[PlacedCheck]] = {}
    for change in changes:
        gone = str(change.old.name) if change.old is not None else ""
        if change.old is not None and not _among(
            gone, [found.name for found in added]
        ):
            drops[change] = change.targets(text)
            found = _named(drops[change][0], table.column_names)
            require_own(change.op, found, same_name)
            tell_of_others(change.op, found, "sqlite")
        left = [found for found in left if not same_name(found.name, gone)]
        added = [found for found in added if not same_name(found.name, gone)]
        if change.new is None or not change.new.name:
            continue
        name = str(change.new.name)
        for found in left + added:
            if same_name(found.name, name):
                raise name_conflict(change.op, found)
        added.append(Named(name, f"that of '{change.op.where}'", ()))
    return drops


def _among(name: str, names: Collection[str]) -> bool:
    return any(same_name(name, other) for other in names)


def _named(check: PlacedCheck, table_columns: Sequence[str]) -> Named:
    values = check.values
    found = (
        [
            name
            for name in table_columns
            if mentions(check.text, name, strings=False)
        ]
        if values is None or values.column is None
        else [values.column]
    )
    what = f"CHECK ({check.text})"
    return Named(check.name or "", what, found, check.text)
