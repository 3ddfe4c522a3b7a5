"""The way from an empty directory to the first migration, in each stack.

Follows the manual's pages "Using ckenum with ..." up to the first migration
that has run: a fresh environment, the page's pip install with the wheel, the
files it shows, its commands. Prints the table of docs/how-to/stacks/index.md:
commands, lines to write, those of them that ckenum needs, and the seconds of
processor time that the commands take, pip's and all others'.

    python -m bench.newcomer ckenum-0.1.0-py3-none-any.whl [NAME...]

alembic-utils needs an empty database of PostgreSQL, which --url names.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
import os
from pathlib import Path
import resource
import shutil
import subprocess
import sys
import tempfile

from tests.stacks.pages import applied
from tests.stacks.pages import Block
from tests.stacks.pages import Page
from tests.stacks.pages import pages

_ON_PAGE = "postgresql+psycopg://postgres@localhost/shop"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("pages", nargs="*", default=pages())
    parser.add_argument("--url", default=_ON_PAGE)
    options = parser.parse_args()
    print(_row("", "commands", "lines", "for ckenum", "pip", "the others"))
    print(_row(*["---"] * 6))
    for name in options.pages:
        with tempfile.TemporaryDirectory() as directory:
            print(_measured(Page(name), options, Path(directory)))


def _measured(page: Page, options: Namespace, directory: Path) -> str:
    wheel = str(options.wheel.resolve())
    venv, project = directory / "venv", directory / "project"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    # what is not on the page, as the application is there already
    shutil.copytree(page.example, project)
    blocks = page.path()
    seconds = {True: 0.0, False: 0.0}
    for block in blocks:
        for command in block.commands:
            is_pip = command.startswith("pip ")
            command = command.replace("ckenum", wheel, is_pip)
            seconds[is_pip] += _run(command, venv / "bin", project)
        if block.language == "diff":
            _write(project / (block.file or ""), block, options.url)
    commands = [c for block in blocks for c in block.commands]
    lines = [line for block in blocks for line in block.written if line]
    return _row(
        f"[{page.title}]({page.name}.md)",
        str(len(commands)),
        str(len(lines)),
        str(sum("ckenum" in line or "CheckEnum" in line for line in lines)),
        f"{seconds[True]:.1f} s",
        f"{seconds[False]:.1f} s",
    )


def _run(command: str, commands: Path, directory: Path) -> float:
    """The processor time that a command takes, in seconds."""
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    before = _used()
    subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env={**os.environ, "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return _used() - before


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _write(path: Path, block: Block, url: str) -> None:
    text = applied(block.text, path.read_text())
    path.write_text(text.replace(_ON_PAGE, url.replace("%", "%%")))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
