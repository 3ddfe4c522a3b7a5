"""What changed between the values declared and the values reflected.

Pure: knows neither SQL nor Alembic.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
import re


@dataclass(frozen=True)
class ValueChange:
    """How one list of values becomes another.

    :ivar added: values that only the new list has.
    :ivar removed: values that only the old list has, and that mean nothing
        any more.
    :ivar renamed: values that only the old list has, and what they are
        called now.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed)

    def __str__(self) -> str:
        return "; ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.renamed:
            yield "renamed " + ", ".join(
                f"{old!r} to {new!r}" for old, new in self.renamed.items()
            )
        if self.added:
            yield f"added {', '.join(map(repr, self.added))}"
        if self.removed:
            yield f"removed {', '.join(map(repr, self.removed))}"


def compare_values(
    existing: Sequence[str],
    declared: Sequence[str],
    canonical: Callable[[str], str | None],
    hinted: Mapping[str, str] | None = None,
) -> ValueChange:
    """Compare two lists of values; their order is no difference.

    A value that leaves is renamed, not removed, where somebody says so, the
    enum itself does, or just one of the added values is spelled the same
    but for case and for what stands between its words.

    :param existing: the strings that the database allows.
    :param declared: the strings that the model declares.
    :param canonical: what the model makes of an old string: the declared
        string that it means, or ``None``.
    :param hinted: old strings and what somebody says they are called now.
    """
    leaving = [value for value in existing if value not in set(declared)]
    coming = [value for value in declared if value not in set(existing)]
    meanings = ((hinted or {}).get, canonical, _by_spelling(coming))
    renamed = {
        old: new
        for old in leaving
        for new in [_first(meaning(old) for meaning in meanings)]
        if new is not None and new in set(declared)
    }
    return ValueChange(
        added=tuple(v for v in coming if v not in set(renamed.values())),
        removed=tuple(value for value in leaving if value not in renamed),
        renamed=renamed,
    )


def _first(found: Iterable[str | None]) -> str | None:
    return next((new for new in found if new is not None), None)


def _by_spelling(values: Sequence[str]) -> Callable[[str], str | None]:
    """Finds the one of ``values`` that is spelled like another string."""
    alike: dict[str, list[str]] = {}
    for value in values:
        alike.setdefault(_spelling(value), []).append(value)

    def find(old: str) -> str | None:
        found = alike.get(_spelling(old), [])
        return found[0] if len(found) == 1 else None

    return find


def _spelling(value: str) -> str:
    return re.sub(r"[-_\s]+", "_", value).casefold()
