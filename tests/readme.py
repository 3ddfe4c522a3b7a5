"""README.md's code blocks, and which test executes which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
import re
from typing import Any
from typing import TypeVar

import pytest
import sqlalchemy as sa

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS: list[str] = re.findall(r"^```\w+\n(.*?)^```$", README, re.S | re.M)
EXECUTED: defaultdict[str, set[str]] = defaultdict(set)
"""The names of the tests of each block; all, once they are imported."""

Test = TypeVar("Test", bound=Callable[..., None])


def block(part: str) -> str:
    """The only block that has ``part`` in it."""
    (found,) = [text for text in BLOCKS if part in text]
    return found


def executes(**parts: str) -> Callable[[Test], Test]:
    """The test is that of these blocks: arguments of these names are the
    blocks that have these parts.
    """
    blocks = {argument: block(part) for argument, part in parts.items()}

    def decorate(test: Test) -> Test:
        for text in blocks.values():
            EXECUTED[text].add(f"{test.__module__}.{test.__qualname__}")
        each = pytest.mark.parametrize(
            list(blocks), [tuple(blocks.values())], ids=["block"]
        )
        return each(test)

    return decorate


def told(pattern: str) -> str:
    """What is said once in the text, however its lines are broken."""
    text = " ".join(README.split())
    (found,) = re.findall(pattern, text)
    return str(found)


def table(section: str) -> list[list[str]]:
    """The cells of the table below a heading, without their backticks."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in line[1:-1].replace("`", "").split("|")]
        for line in lines[2:]
    ]


def promises() -> list[str]:
    """The sentences of that section's list, a line each."""
    text = README.partition("\n## Promises\n")[2].partition("\n## ")[0]
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


MODEL = block("# added")
MODEL_BEFORE = re.sub(r".*# added\n", "", MODEL)
ENUM = block("    PAID = SETTLED")
MODEL_RENAMED = re.sub(
    r"class Status.*?\n\n", lambda _: ENUM + "\n", MODEL, flags=re.S
)
