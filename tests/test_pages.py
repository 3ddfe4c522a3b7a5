"""README.md and the manual: nothing in them goes without a test."""

from __future__ import annotations

from collections.abc import Iterator
import importlib
from pathlib import Path
import re

import pytest

from .pages import Page
from .pages import page
from .pages import README
from .pages import ROOT

ELSEWHERE = (
    "docs/how-to/stacks/",  # the projects of examples/stacks are run
    "docs/how-to/native_online.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/distributed.md",
    "docs/soak.md",
)
"""Pages of which other tests, or nobody, execute the blocks."""


def written() -> Iterator[str]:
    """The pages whose blocks are executed."""
    yield "README.md"
    for path in sorted(ROOT.glob("docs/**/*.md")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith((*ELSEWHERE, "docs/_build/")):
            yield name


PAGES = [page(path) for path in written()]


@pytest.fixture(scope="module")
def tests() -> None:
    """All that execute a block are imported."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem.startswith(("test_readme", "test_manual")):
            importlib.import_module(f".{path.stem}", __package__)


@pytest.mark.usefixtures("tests")
@pytest.mark.parametrize("each", PAGES, ids=lambda each: each.path)
def test_every_block_is_executed(each: Page) -> None:
    """By one test each."""
    tests = {text: each.executed[text] for text in each.blocks}
    assert {text: n for text, n in tests.items() if len(n) != 1} == {}


def test_every_block_is_found() -> None:
    """None is lost on the way out of the text."""
    for each in PAGES:
        fences = re.findall(r"^```(?!\{(?!code-block))\S+$", each.text, re.M)
        fences += re.findall(r"^```\{code-block\} \w+$", each.text, re.M)
        assert len(each.blocks) == len(fences), each.path


def test_lines_are_short() -> None:
    """A terminal shows README; tables aside."""
    lines = [line for line in README.text.splitlines() if line[:1] != "|"]
    assert [line for line in lines if len(line) > 90] == []


def test_links() -> None:
    """Each of README leads to a file of the repository."""
    links = re.findall(r"\]\((.+?)\)", README.text)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []
