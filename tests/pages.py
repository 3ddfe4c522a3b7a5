"""The code blocks of README.md and of the manual, and which test executes
which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
import re
from typing import Any
from typing import TypeVar

import pytest
import sqlalchemy as sa

ROOT = Path(__file__).parents[1]

Test = TypeVar("Test", bound=Callable[..., None])

FENCED = re.compile(
    r"^```(?:\{code-block\} )?(\w+)\n(?::caption: (\S+)\n\n?)?(.*?)^```$",
    re.S | re.M,
)


class Block(str):
    """The text of one block.

    :ivar language: what it is highlighted as.
    :ivar file: the file that its caption names; empty if it has none.
    """

    language: str
    file: str

    @classmethod
    def of(cls, found: re.Match[str]) -> Block:
        made = cls(found[3])
        made.language, made.file = found[1], found[2] or ""
        return made


class Page:
    """A page of Markdown.

    :ivar executed: of each block, the names of the tests that execute it;
        all, once they are imported.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text()
        self.blocks = [Block.of(f) for f in FENCED.finditer(self.text)]
        self.executed: defaultdict[str, set[str]] = defaultdict(set)

    def block(self, part: str) -> Block:
        """The only block that has ``part`` in it."""
        (found,) = [text for text in self.blocks if part in text]
        return found

    def executes(self, **parts: str) -> Callable[[Test], Test]:
        """The test is that of these blocks: arguments of these names are
        the blocks that have these parts.
        """
        blocks = {name: self.block(part) for name, part in parts.items()}

        def decorate(test: Test) -> Test:
            for text in blocks.values():
                self._note(text, test)
            each = pytest.mark.parametrize(
                list(blocks), [tuple(blocks.values())], ids=["block"]
            )
            return each(test)

        return decorate

    def executes_all(self, test: Test) -> Test:
        """The test is that of every block of the page."""
        for text in self.blocks:
            self._note(text, test)
        return test

    def _note(self, text: str, test: Callable[..., None]) -> None:
        self.executed[text].add(f"{test.__module__}.{test.__qualname__}")

    def told(self, pattern: str) -> str:
        """What is said once in the text, however its lines are broken."""
        text = " ".join(self.text.split())
        (found,) = re.findall(pattern, text)
        return str(found)

    def table(self, above: str) -> list[list[str]]:
        """The cells of the first table below a heading, without their
        backticks.
        """
        text = self.text.partition(f"# {above}\n")[2]
        lines = re.findall(r"(?:^\|.*\n)+", text, re.M)[0].splitlines()
        return [
            [cell.strip() for cell in line[1:-1].replace("`", "").split("|")]
            for line in lines[2:]
        ]


@cache
def page(path: str) -> Page:
    """The page of this path, which all tests of it share."""
    return Page(path)


def promises() -> list[str]:
    """The sentences of that page's list, a line each."""
    text = page("docs/explanation/promises.md").text
    return re.findall(r"^\* (.+)$", text, re.M)


def executed(*sources: str, **names: Any) -> dict[str, Any]:
    """The names that a module of this text has."""
    namespace = {"__name__": "models", **names}
    # or this module's "from __future__ import" would be the model's too
    source = "\n\n".join(sources)
    exec(compile(source, "models", "exec", dont_inherit=True), namespace)
    return namespace


def metadata(model: str) -> sa.MetaData:
    found: sa.MetaData = executed(model)["Base"].metadata
    return found


README = page("README.md")
MODEL = README.block("# added")
MODEL_BEFORE = re.sub(r".*# added\n", "", MODEL)
ENUM = README.block("    PAID = SETTLED")
MODEL_RENAMED = re.sub(
    r"class Status.*?\n\n", lambda _: ENUM + "\n", MODEL, flags=re.S
)
