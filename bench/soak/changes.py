"""Values that come, get other names, become one, and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
import itertools
from pathlib import Path
import random
from typing import Any

from .migrator import Migrator
from .promises import Promises
from .table import NAME


@dataclass
class Changes:
    """One after the other, at random.

    :ivar values: those that the constraint allows.
    :ivar trigger: whether one stays that renames.
    """

    migrator: Migrator
    promises: Promises
    path: Path
    values: list[str]
    dice: random.Random
    trigger: bool = False
    done: Counter[str] = field(default_factory=Counter)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def change(self) -> None:
        kinds: dict[Callable[[], None], int] = {
            self.add: 4 if len(self.values) < 8 else 1,
            self.rename: 6,
            self.rename_two: 2,
            self.merge: 3 if len(self.values) > 3 else 0,
            self.delete: 2 if len(self.values) > 4 else 0,
            self.come_and_go: 2,
            self.drop_trigger: 4 if self.trigger else 0,
        }
        (kind,) = self.dice.choices([*kinds], [*kinds.values()])
        kind()

    def end(self) -> None:
        if self.trigger:
            self.drop_trigger()

    # -- each kind ---------------------------------------------------------

    def add(self) -> None:
        self._alter("add", [*self.values, self._fresh()])

    def come_and_go(self) -> None:
        """A value that nobody comes to write."""
        before = self.values
        unused = f"unused {next(self.numbers)}"
        self._alter("add and remove", [*before, unused], promise=False)
        self._alter("add and remove", before, promise=False)

    def rename(self) -> None:
        old = self.dice.choice(self.values)
        self._rename("rename", {old: self._fresh()})

    def rename_two(self) -> None:
        one, other = self.dice.sample(self.values, 2)
        self._rename("rename two", {one: self._fresh(), other: self._fresh()})

    def merge(self) -> None:
        old, new = self.dice.sample(self.values, 2)
        self._rename("merge", {old: new})

    def _rename(self, kind: str, rename: dict[str, str]) -> None:
        """The old names may be written until the trigger goes."""
        keeps = self.dice.random() < 0.6
        values = [rename.get(value, value) for value in self.values]
        self.promises.becomes.update(rename)
        if not keeps:
            self._break_promises(rename)
        self._alter(
            kind,
            [*dict.fromkeys(values)],
            rename=rename,
            keep_trigger=keeps,
        )
        self.trigger |= keeps

    def delete(self) -> None:
        """Rows go with their value, and all that is renamed to it."""
        value = self.dice.choice(self.values)
        self.promises.becomes[value] = None
        self._break_promises(
            name
            for name in self.promises.ever
            if self.promises.final(name) is None
        )
        left = [v for v in self.values if v != value]
        self._alter("delete", left, delete=[value])

    def drop_trigger(self) -> None:
        self._break_promises(self.promises.becomes)
        self._publish()
        self.migrator.run("drop trigger", "drop_check_enum_trigger")
        self.done["drop trigger"] += 1
        self.trigger = False

    # -- what they share ---------------------------------------------------

    def _alter(
        self,
        kind: str,
        values: list[str],
        promise: bool = True,
        **options: Any,
    ) -> None:
        fresh = [v for v in values if v not in self.values and promise]
        self.promises.ever += fresh
        self._publish()
        self.migrator.run(
            kind,
            "alter_check_enum",
            values=values,
            existing_values=self.values,
            name=NAME,
            **options,
        )
        self.done[kind] += 1
        self.promises.kept += fresh
        self._publish()
        self.values = values

    def _fresh(self) -> str:
        return f"value {next(self.numbers)}"

    def _break_promises(self, values: Any) -> None:
        broken = {*values}
        kept = self.promises.kept
        self.promises.kept = [value for value in kept if value not in broken]

    def _publish(self) -> None:
        self.promises.publish(self.path)
