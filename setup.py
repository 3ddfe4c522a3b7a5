"""What setup.cfg cannot say: how README reads on an index page."""

from pathlib import Path
import re

import setuptools

_RELATIVE_LINK = re.compile(r"\[([^]]+)\]\((?![a-z]+:|#)([^)]+)\)")


def _without_link(found: re.Match[str]) -> str:
    """The path, which is that in the source distribution."""
    text, path = found.groups()
    return f"`{path}`" if text == path else f"{text} (`{path}`)"


# No page of an index has the files that README's links lead to.
setuptools.setup(
    long_description=_RELATIVE_LINK.sub(
        _without_link, Path(__file__).with_name("README.md").read_text()
    )
)
