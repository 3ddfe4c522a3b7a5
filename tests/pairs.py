"""Of many cases a few, in which each two values still meet."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import pytest


def by_pairs(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Parameters of a test: a row whose pairs of values all occur in others
    is slow.

    A fault mostly takes one value or two that meet, seldom three.
    """
    left = {row: set(combinations(enumerate(row), 2)) for row in rows}
    order, missing = list(left), set().union(*left.values())
    chosen = set()
    while missing:
        best = max(order, key=lambda row: len(left[row] & missing))
        chosen.add(best)
        missing -= left[best]
    return [
        pytest.param(*row, marks=() if row in chosen else pytest.mark.slow)
        for row in order
    ]
