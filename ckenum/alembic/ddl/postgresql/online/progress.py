"""Show progress: a bar on a terminal, lines in the log elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
import logging
import sys
from typing import Any

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

log = logging.getLogger("alembic.ckenum.online")


class _Lines:
    """A file for tqdm; it turns what is written into lines of the log."""

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line:
            log.info("%s", line)

    def flush(self) -> None:
        """Do nothing: no text is buffered."""


_AS_LINES: dict[str, Any] = {
    "file": _Lines(),
    "mininterval": 10.0,
    "bar_format": (
        "{desc}: {n_fmt} of {total_fmt} rows, {rate_fmt}, {remaining} left"
    ),
}


@contextmanager
def progress(what: str, total: int, chunk: int) -> Iterator[tqdm[None]]:
    """A bar to update with the rows done; disabled for a single chunk."""
    on_terminal = sys.stderr.isatty()
    bar: tqdm[None] = tqdm(
        desc=what,
        total=total,
        unit=" rows",
        disable=total <= chunk,
        **({} if on_terminal else _AS_LINES),
    )
    with logging_redirect_tqdm() if on_terminal else nullcontext(), bar:
        yield bar
