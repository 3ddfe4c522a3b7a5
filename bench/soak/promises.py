"""What writers may count on, and what becomes of each value.

No value comes back once it has gone, so what a row holds in the end follows
from what was written, whenever that was.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
import json
import os
from pathlib import Path


@dataclass
class Promises:
    """Shared by a file: who changes values publishes first.

    :ivar kept: the values that can be written now, old names too: from the
        end of the change that brings one to the start of that which ends it.
    :ivar ever: all that may be tried.
    :ivar becomes: of each that is renamed its new name; ``None`` where its
        rows are deleted.
    """

    kept: list[str]
    ever: list[str]
    becomes: dict[str, str | None] = field(default_factory=dict)

    def publish(self, path: Path) -> None:
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self)))
        os.replace(temporary, path)

    @classmethod
    def read(cls, path: Path) -> Promises:
        return cls(**json.loads(path.read_text()))

    def names(self, value: str | None) -> list[str | None]:
        """The value, and what it becomes, one after the other."""
        found = [value]
        while found[-1] in self.becomes:
            found.append(self.becomes[found[-1]])
        return found

    def final(self, value: str | None) -> str | None:
        """What is left of it; ``None`` where rows with it are deleted."""
        return self.names(value)[-1]
