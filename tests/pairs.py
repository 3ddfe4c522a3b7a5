"""Of many cases a few, in which each two values still meet.

A fault mostly takes one value, or two that meet; seldom three.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest

from .backends import SECOND


def firsts(backends: Iterable[str]) -> list[Any]:
    """Parameters of a test that is slow on the second servers."""
    return [
        pytest.param(each, marks=pytest.mark.slow if each in SECOND else ())
        for each in backends
    ]


def covering(rows: Sequence[tuple[Hashable, ...]]) -> list[int]:
    """Which rows have all pairs of values of two columns that others have."""
    pairs = [set(combinations(enumerate(row), 2)) for row in rows]
    missing = set().union(*pairs)
    chosen = []
    while missing:
        best = max(range(len(rows)), key=lambda i: len(pairs[i] & missing))
        chosen.append(best)
        missing -= pairs[best]
    return sorted(chosen)


def by_pairs(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Parameters of a test: what is left over is slow."""
    all_rows = list(rows)
    chosen = covering(all_rows)
    return [
        pytest.param(*row, marks=() if i in chosen else pytest.mark.slow)
        for i, row in enumerate(all_rows)
    ]
