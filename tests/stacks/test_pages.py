"""The pages "Using ckenum with ..." and the applications that they are of."""

from __future__ import annotations

import pytest

from .pages import EXAMPLES
from .pages import Page
from .pages import PAGES
from .pages import pages
from .stacks import STACKS

pytestmark = pytest.mark.stacks

each_page = pytest.mark.parametrize(
    "page", [*map(Page, pages())], ids=lambda page: page.name
)


def test_each_page_is_run() -> None:
    """Each page has an application and a stack that is run, and no other."""
    named = [stack.name for stack in STACKS]
    examples = [path.name for path in EXAMPLES.iterdir() if path.is_dir()]
    assert pages() == sorted(named) == sorted(examples)


@each_page
def test_blocks_are_of_the_application(page: Page) -> None:
    """What a page shows of a file is in that file."""
    for block in page.beginning() + page.rest():
        if block.file is not None and block.language != "diff":
            assert block.text in (page.example / block.file).read_text()


@each_page
def test_models_are_shown_whole(page: Page) -> None:
    """A reader can copy the models."""
    (models,) = [b for b in page.path() if b.file == "models.py"]
    assert models.text == (page.example / "models.py").read_text()


@each_page
def test_lines_are_short(page: Page) -> None:
    """A terminal shows them."""
    assert [line for line in page.text.splitlines() if len(line) > 90] == []


@each_page
def test_is_in_the_table(page: Page) -> None:
    """The first page leads to each."""
    assert f"]({page.name}.md)" in (PAGES / "index.md").read_text()
