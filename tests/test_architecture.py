"""What the documentation says about where things are."""

from __future__ import annotations

from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[1]
INNER = ("", "ckenum", "ckenum/alembic", "ckenum/alembic/autogenerate")
PAGES = ["docs/architecture.md", "CONTRIBUTING.md"]


def paths(text: str) -> list[str]:
    """The files and folders that a page names in code."""
    named = re.findall(r"`([\w/.]+(?:\.py|/))`", text)
    return [name for name in named if not name.startswith("tests/frozen")]


def exists(name: str) -> bool:
    """Whether it is there, from the root or from a folder that the page is
    about.
    """
    if any((ROOT / inner / name).exists() for inner in INNER):
        return True
    return "/" not in name and any(ROOT.glob(f"ckenum/**/{name}"))


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    """Each file and folder that a page names is there."""
    named = paths((ROOT / page).read_text())
    assert named
    assert [name for name in named if not exists(name)] == []


def test_every_package_is_drawn() -> None:
    """The page names each package of the house."""
    text = (ROOT / "docs/architecture.md").read_text()
    packages = {
        found.parent.name for found in (ROOT / "ckenum").rglob("__init__.py")
    }
    assert [name for name in packages if name not in text] == []


def test_a_missing_one_is_seen() -> None:
    """A path that is not there is found."""
    assert not exists("ckenum/nothing.py")
    assert paths("see `ckenum/nothing.py`") == ["ckenum/nothing.py"]
