"""The tutorial is followed, word by word."""

from __future__ import annotations

from pathlib import Path

from .pages import page
from .story import follow

TUTORIAL = page("docs/tutorial/first_column.md")


@TUTORIAL.executes_all
def test_tutorial(tmp_path: Path) -> None:
    """Each command prints what is shown, each file becomes what is shown.

    An upgrade stops on the way, because rows hold a removed value.
    """
    follow(TUTORIAL, tmp_path)
