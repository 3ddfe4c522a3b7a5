"""A page of the manual that is followed from top to bottom.

Its blocks make files (a caption names the file), change files (a diff), show
what a migration has (a caption with a ``*``), and run commands, whose output
is shown (``...`` stands for what is left out).
"""

from __future__ import annotations

import doctest
import os
from pathlib import Path
import re
import shlex

from .interpreters import commands
from .pages import Block
from .pages import Page

COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.M)


def follow(page: Page, directory: Path) -> None:
    """Do in ``directory`` what the page says."""
    for block in page.blocks:
        if block.language == "console":
            for command, shown in COMMAND.findall(block):
                _run(command, shown, directory)
        elif block.file:
            _file(block, directory)


def _run(command: str, shown: str, directory: Path) -> None:
    name, *arguments = shlex.split(command)
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if name == "python" and arguments[0] == "-c":
        done = commands().text(arguments[1], cwd=directory, env=environ)
    else:
        module = _module(name, arguments)
        done = commands().module(*module, cwd=directory, env=environ)
    printed = done.stderr + done.stdout
    # an error that is not shown is none that is meant
    fails = re.search("Error|FAILED", shown) is not None
    assert (done.returncode != 0) == fails, printed
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    same = doctest.OutputChecker().check_output(shown, printed, flags)
    assert same, f"$ {command}\n{printed}"


def _module(name: str, arguments: list[str]) -> list[str]:
    """The module that a command is, and its arguments."""
    if name != "python":
        return [name, *arguments]
    first, *others = arguments
    return others if first == "-m" else [first.removesuffix(".py"), *others]


def _file(block: Block, directory: Path) -> None:
    if block.language == "diff":
        _change(_only(directory, block.file), block)
    elif "*" in block.file:
        assert block in _only(directory, block.file).read_text()
    else:
        (directory / block.file).write_text(block)


def _only(directory: Path, pattern: str) -> Path:
    (found,) = directory.glob(pattern)
    return found


def _change(path: Path, diff: str) -> None:
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    text = path.read_text()
    assert text.count(old) == 1, f"{path}\n{old}"
    path.write_text(text.replace(old, new))
