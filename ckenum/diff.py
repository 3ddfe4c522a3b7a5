"""What changed between the values declared and the values reflected.

Pure: knows neither SQL nor Alembic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set
from dataclasses import dataclass
from dataclasses import field
from typing import Protocol

from .meanings import Spellings


@dataclass(frozen=True)
class ValueChange:
    """How one list of values becomes another.

    :ivar added: values that only the new list has.
    :ivar removed: values that only the old list has, and that no longer mean
        anything.
    :ivar renamed: values that only the old list has, with their new names.
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


@dataclass(frozen=True)
class ColumnDiff:
    """The differences of a column that both sides hold to values.

    A pair is what the database has, then what the model wants; it is
    ``None`` if the two agree.

    :ivar name: of the constraint; the database's is empty if it has none.
    :ivar length: of the VARCHAR, in characters.
    :ivar default: stored strings; ``None`` in the pair for no default.
    :ivar has_null: whether the database's list has a NULL, with which a
        constraint rejects nothing.
    :ivar not_valid: whether PostgreSQL has not checked older rows.
    :ivar types: of the column, in SQL, if single values become arrays or
        arrays become single values.
    """

    values: ValueChange
    name: tuple[str, str] | None = None
    length: tuple[int, int | None] | None = None
    default: tuple[str | None, str | None] | None = None
    has_null: bool = False
    not_valid: bool = False
    types: tuple[str, str] | None = None

    @property
    def alters(self) -> bool:
        """Whether the constraint or its column has to change."""
        return bool(
            self.values
            or self.name
            or self.length
            or self.has_null
            or self.types
        )

    def __bool__(self) -> bool:
        return self.alters or self.not_valid

    def __str__(self) -> str:
        return "; ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.values:
            yield str(self.values)
        if self.name:
            existing, _ = self.name
            yield f"named {existing!r}" if existing else "has no name"
        if self.types:
            yield "type {} to {}".format(*self.types)
        if self.length:
            yield "length {} to {}".format(*self.length)
        if self.default:
            yield "server default {!r} to {!r}".format(*self.default)
        if self.has_null:
            yield "a NULL in its list lets everything pass"
        if self.not_valid:
            yield "not valid"


class Meaning(Protocol):
    """What an old string means to a model: see
    :class:`~ckenum.meanings.Meanings`.
    """

    def alias(self, old: str) -> str | None: ...

    def derived(self, old: str) -> str | None: ...


def compare_values(
    existing: Sequence[str],
    declared: Sequence[str],
    meaning: Meaning | None = None,
    hinted: Mapping[str, str] | None = None,
) -> ValueChange:
    """Compare two lists of values. Their order does not matter.

    A value that only the old list has is renamed, not removed, if a hint says
    so, or if the enum has it as an alias, or if it means an added value to the
    enum (``_missing_``), or is spelled like one. Only a hint can rename two
    values to one.

    :param existing: the strings that the database allows.
    :param declared: the strings that the model declares.
    :param meaning: what an old string means to the model, if anything.
    :param hinted: old strings and their new names, as the user gives them.
    """
    if existing == declared:
        return ValueChange()
    leaving = _without(existing, declared)
    coming = _without(declared, existing)
    known = {*declared}
    said = {o: n for o, n in (hinted or {}).items() if n in known}
    likely = {**_guesses(leaving, known, coming, meaning), **said}
    times = Counter(likely.values())
    renamed = {
        old: likely[old]
        for old in leaving
        if old in likely and (old in said or times[likely[old]] == 1)
    }
    became = {*renamed.values()}
    return ValueChange(
        added=tuple(value for value in coming if value not in became),
        removed=tuple(value for value in leaving if value not in renamed),
        renamed=renamed,
    )


def _without(values: Sequence[str], others: Sequence[str]) -> list[str]:
    known = {*others}
    return [value for value in values if value not in known]


def _guesses(
    leaving: Sequence[str],
    declared: Set[str],
    coming: Sequence[str],
    meaning: Meaning | None,
) -> dict[str, str]:
    added = {*coming}
    spelled = Spellings((value, value) for value in coming)

    def guess(old: str) -> str | None:
        alias = meaning.alias(old) if meaning else None
        if alias in declared:
            return alias
        derived = meaning.derived(old) if meaning else None
        return derived if derived in added else spelled(old)

    guessed = {old: guess(old) for old in leaving}
    return {old: new for old, new in guessed.items() if new is not None}
