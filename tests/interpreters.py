"""Fresh interpreters, forked from one that has loaded third parties only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
import subprocess
import sys
from typing import Any

_PARENT = """
import json, os, sys, traceback
for name in sys.argv[1:]:
    __import__(name)
for line in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.close(write)
        try:
            exec(json.loads(line), {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as output:
        print(json.dumps(output.read()), flush=True)
    os.waitpid(child, 0)
"""


class Interpreters:
    """Runs code in a process of its own each time."""

    def __init__(self, parent: subprocess.Popen[Any]) -> None:
        self.parent = parent

    def run(self, code: str) -> str:
        """What ``code`` prints; the traceback where it raises."""
        assert self.parent.stdin and self.parent.stdout
        print(json.dumps(code), file=self.parent.stdin, flush=True)
        return str(json.loads(self.parent.stdout.readline()))


@contextmanager
def interpreters(*preloaded: str) -> Iterator[Interpreters]:
    """Those that have imported ``preloaded``; a warning is an error."""
    parent = subprocess.Popen(
        [sys.executable, "-I", "-W", "error", "-c", _PARENT, *preloaded],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        yield Interpreters(parent)
        assert parent.stdin
        parent.stdin.close()
