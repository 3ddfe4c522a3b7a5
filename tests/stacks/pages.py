"""The manual's pages "Using ckenum with ...", as a reader follows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "how-to" / "stacks"
EXAMPLES = ROOT / "examples" / "stacks"

_FENCE = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`:\n\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.S | re.M,
)


@dataclass(frozen=True)
class Block:
    """What stands between fences, and the file that is named before it."""

    language: str
    text: str
    file: str | None

    @property
    def commands(self) -> list[str]:
        return self.text.splitlines() if self.language == "sh" else []

    @property
    def is_shown(self) -> bool:
        """Whether it is a part of what autogenerate writes."""
        return self.language == "python" and self.file is None

    @property
    def written(self) -> list[str]:
        """The lines that a reader writes."""
        if self.language == "diff":
            lines = self.text.splitlines()
            return [line[1:] for line in lines if line.startswith("+")]
        return self.text.splitlines() if self.file else []


@dataclass(frozen=True)
class Page:
    name: str

    @property
    def text(self) -> str:
        return (PAGES / f"{self.name}.md").read_text()

    @property
    def title(self) -> str:
        """With which it is used."""
        heading = self.text.partition("\n")[0]
        return heading.removeprefix("# Using ckenum with ")

    @property
    def example(self) -> Path:
        return EXAMPLES / self.name

    def beginning(self) -> list[Block]:
        """What a reader does before the enum changes."""
        return _blocks(self._parts[0])

    def path(self) -> list[Block]:
        """From nothing to the first migration that has run."""
        blocks = self.beginning()
        first = [any(" upgrade" in c for c in b.commands) for b in blocks]
        return blocks[: first.index(True) + 1]

    def rest(self) -> list[Block]:
        return _blocks(self._parts[1])

    @property
    def _parts(self) -> list[str]:
        return self.text.split("\n## When the enum changes\n")


def _blocks(text: str) -> list[Block]:
    return [
        Block(found["language"], found["text"], found["file"])
        for found in _FENCE.finditer(text)
    ]


def pages() -> list[str]:
    """All but the first, which has the table of all."""
    names = sorted(path.stem for path in PAGES.glob("*.md"))
    return [name for name in names if name != "index"]


def applied(diff: str, text: str) -> str:
    """``text`` with the change that ``diff`` shows, each part of which is
    found at one place.
    """
    for hunk in diff.split("@@\n"):
        old = "\n".join(_without("+", hunk))
        new = "\n".join(_without("-", hunk))
        assert text.count(old) == 1, f"{text.count(old)} times:\n{old}"
        text = text.replace(old, new)
    return text


def _without(sign: str, hunk: str) -> Iterator[str]:
    for line in hunk.splitlines():
        if not line.startswith(sign):
            yield line[1:]
