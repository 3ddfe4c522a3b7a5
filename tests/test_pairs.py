from __future__ import annotations

from itertools import combinations
from itertools import product

from .pairs import covering

ROWS = list(product("abc", "xyz", "12", "+-"))


def pairs(rows: list[tuple[str, ...]]) -> set[tuple[tuple[int, str], ...]]:
    return {pair for row in rows for pair in combinations(enumerate(row), 2)}


def test_each_two_values_meet() -> None:
    """In a third of all cases, or less."""
    chosen = covering(ROWS)
    assert pairs([ROWS[i] for i in chosen]) == pairs(ROWS)
    assert len(chosen) <= len(ROWS) / 3


def test_no_value_is_left_out() -> None:
    """Two parameters leave nothing to choose."""
    assert len(covering(list(product("abc", "xyz")))) == 9
