"""What changed between the values declared and the values reflected.

Pure: knows neither SQL nor Alembic.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field


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
) -> ValueChange:
    """Compare two lists of values; their order is no difference.

    :param existing: the strings that the database allows.
    :param declared: the strings that the model declares.
    :param canonical: what the model makes of an old string: the declared
        string that it means, or ``None``.
    """
    leaving = [value for value in existing if value not in set(declared)]
    renamed = {
        old: new
        for old in leaving
        if (new := canonical(old)) is not None and new in declared
    }
    known = {*existing, *renamed.values()}
    return ValueChange(
        added=tuple(value for value in declared if value not in known),
        removed=tuple(value for value in leaving if value not in renamed),
        renamed=renamed,
    )
