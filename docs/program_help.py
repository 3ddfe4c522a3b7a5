"""``.. program-help:: check``: what the command prints for ``--help``."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive


class ProgramHelp(Directive):
    """The help of one of ckenum's commands, as a terminal shows it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        done = subprocess.run(
            [sys.executable, "-m", "ckenum", self.arguments[0], "--help"],
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
            capture_output=True,
            check=True,
            text=True,
        )
        return [nodes.literal_block(done.stdout, done.stdout, language="text")]


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("program-help", ProgramHelp)
    return {"parallel_read_safe": True}
