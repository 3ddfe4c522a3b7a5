"""An application in a directory of its own, and what its author does."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
import os
from pathlib import Path
import re
import shlex
import shutil
import subprocess

from ..interpreters import Interpreters
from .pages import applied
from .pages import Block
from .pages import Page

_SCRIPT = """
import runpy, sys
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""A console script: unlike ``python -m``, it does not look here first."""


class Failed(Exception):
    """A command ended with another exit code than 0."""


@dataclass
class Project:
    """Whose author writes what a page says and runs its commands.

    :param urls: of the databases that it has in place of those on the page.
    """

    page: Page
    directory: Path
    interpreters: Interpreters
    urls: Mapping[str, str]
    written: dict[str, str] = field(default_factory=dict)
    """What autogenerate wrote, by message."""

    paths: dict[str, Path] = field(default_factory=dict)

    def begin(self) -> None:
        """Copy the example, and do what leads to the first migration."""
        shutil.copytree(self.page.example, self.directory, dirs_exist_ok=True)
        for block in self.page.beginning():
            self.follow(block)

    def follow(self, block: Block) -> None:
        """Write what a block shows, or run its commands."""
        for command in block.commands:
            if not command.startswith("pip install "):
                self.run(command)
        if block.file is not None:
            path = self.directory / block.file
            if block.language == "diff":
                text = applied(block.text, path.read_text())
                path.write_text(self._with_urls(text, path))
            else:
                assert block.text in path.read_text(), block.file

    def _with_urls(self, text: str, path: Path) -> str:
        for shown, url in self.urls.items():
            quoted = url.replace("%", "%%") if path.suffix == ".ini" else url
            text = text.replace(shown, quoted)
        return text

    # -- commands --------------------------------------------------------

    def run(self, command: str) -> str:
        """What a command prints. Raises :class:`Failed`."""
        before = {*self._migrations()}
        name, *arguments = shlex.split(command)
        if name == "python" and arguments[0] == "-m":
            name, *arguments = arguments[1:]
        done = self.interpreters.execute(
            _SCRIPT, name, *arguments, cwd=self.directory, env=self._environ()
        )
        return self._output(command, done, before)

    def python(self, code: str, *arguments: str) -> str:
        """What ``code`` prints that runs where the application is."""
        code = f'import sys\nsys.path.insert(0, "")\n{code}'
        done = self.interpreters.execute(
            code, "-c", *arguments, cwd=self.directory, env=self._environ()
        )
        self._output(code, done, {*self._migrations()})
        return done.stdout

    def _output(
        self,
        command: str,
        done: subprocess.CompletedProcess[str],
        before: set[Path],
    ) -> str:
        output = done.stdout + done.stderr
        if done.returncode != 0:
            raise Failed(f"{command}\n{output}")
        for path in {*self._migrations()} - before:
            message = re.search(r'-m "(.+?)"', command)
            assert message is not None, command
            self.written[message[1]] = path.read_text()
            self.paths[message[1]] = path
        return output

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": [*self.urls.values()][0],
            "TEST_DATABASE_URL": [*self.urls.values()][-1],
            # models.py changes faster than bytecode is told to be stale
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    # -- files -----------------------------------------------------------

    def _migrations(self) -> Iterator[Path]:
        yield from self.directory.glob("migrations/versions/[!_]*.py")

    def edit(self, file: str, old: str, new: str) -> None:
        self._edit(self.directory / file, old, new)

    def add_rule(self, message: str, values: list[str], rule: str) -> None:
        """Add an argument to the directive that changes these values."""
        listed = ", ".join(f'"{value}"' for value in values)
        old = f"existing_values=[{listed}],"
        self._edit(self.paths[message], old, f"{old} {rule},")

    @property
    def first_revision(self) -> str:
        text = next(iter(self.written.values()))
        found = re.search(r"^Revision ID: (\w+)$", text, re.M)
        assert found is not None
        return found[1]

    def _edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} in {path}:\n{text}"
        path.write_text(text.replace(old, new))
