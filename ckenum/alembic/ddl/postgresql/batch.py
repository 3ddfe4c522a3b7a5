"""Directives in a batch of the user's, which runs at the end of its block."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from itertools import groupby
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations.batch import BatchOperationsImpl

    Whole = Callable[[], AbstractContextManager[None]]
    """What makes the statements within all or nothing."""


TOGETHER = "ckenum_together"
"""The method of what moves a column to or from a native type."""


class Flush:
    """Runs a batch, and the statements of each directive as a whole.

    Takes the place of the batch's own ``flush``.
    """

    def __init__(self, batch: BatchOperationsImpl) -> None:
        self.batch = batch
        self.alembic = batch.flush
        self.wholes: dict[int, Whole] = {}
        """By the ``id`` of each of the batch's entries."""
        self.together: Callable[[list[Any]], None] | None = None

    @classmethod
    def of(cls, batch: BatchOperationsImpl) -> Flush:
        """The one of ``batch``, which it gets at the first call."""
        flush = batch.flush
        if not isinstance(flush, cls):
            flush = cls(batch)
            batch.flush = flush  # type: ignore[method-assign]
        return flush

    @contextmanager
    def gathering(self, whole: Whole) -> Iterator[None]:
        """Have what joins the batch meanwhile run within ``whole``."""
        before = len(self.batch.batch)
        yield
        for entry in self.batch.batch[before:]:
            self.wholes[id(entry)] = whole

    def join(self, item: Any, together: Callable[[list[Any]], None]) -> None:
        """Have ``together`` called for ``item`` at its turn, and for those
        that join right after it.
        """
        self.together = together
        self.batch.batch.append((TOGETHER, (item,), {}))

    def __call__(self) -> None:
        everything = self.batch.batch
        try:
            for (whole, method), entries in groupby(everything, self._whole):
                if method == TOGETHER and self.together is not None:
                    self.together([item for _, (item,), _ in entries])
                    continue
                self.batch.batch = [*entries]
                with whole():
                    self.alembic()
        finally:
            self.batch.batch = everything
            self.wholes.clear()

    def _whole(self, entry: tuple[str, Any, Any]) -> tuple[Whole, str | None]:
        method = entry[0] if entry[0] == TOGETHER else None
        return self.wholes.get(id(entry), nullcontext), method
