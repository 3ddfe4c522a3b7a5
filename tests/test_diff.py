from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
import pytest

from ckenum.diff import compare_values
from ckenum.diff import ValueChange


class Says:
    """An enum that has these aliases, and derives these values."""

    def __init__(
        self, aliases: dict[str, str], derived: dict[str, str] = {}
    ) -> None:
        self.alias = aliases.get
        self.derived = derived.get


def changed(
    existing: Sequence[str],
    declared: Sequence[str],
    aliases: dict[str, str] = {},
    derived: dict[str, str] = {},
    **options: dict[str, str],
) -> ValueChange:
    meaning = Says(aliases, derived)
    return compare_values(existing, declared, meaning, **options)


@pytest.mark.parametrize(
    "existing, declared",
    [
        (["a"], ["a"]),
        (["a", "b", "c"], ["c", "a", "b"]),
        (["a", "", "A", "a "], ["a ", "A", "", "a"]),
    ],
)
def test_order_is_no_difference(
    existing: list[str], declared: list[str]
) -> None:
    change = changed(existing, declared)
    assert change == ValueChange()
    assert not change


def test_added_in_the_order_of_the_model() -> None:
    change = changed(["b"], ["d", "c", "b", "a"])
    assert change == ValueChange(added=("d", "c", "a"))
    assert change


def test_removed_in_the_order_of_the_database() -> None:
    assert changed(["c", "b", "a"], ["b"]) == ValueChange(removed=("c", "a"))


def test_disjoint_lists() -> None:
    change = changed(["x", "y"], ["a"])
    assert change == ValueChange(added=("a",), removed=("x", "y"))


def test_nothing_there() -> None:
    """A list that only had a NULL in it."""
    assert changed([], ["a"]) == ValueChange(added=("a",))


class TestRenamed:
    def test_by_the_enum(self) -> None:
        """An old string that means a declared one is renamed."""
        change = changed(["new", "payed"], ["new", "paid"], {"payed": "paid"})
        assert change == ValueChange(renamed={"payed": "paid"})

    def test_into_what_was_there(self) -> None:
        """Two values become one: nothing is added."""
        change = changed(["paid", "payed"], ["paid"], {"payed": "paid"})
        assert change == ValueChange(renamed={"payed": "paid"})

    def test_not_twice_into_one(self) -> None:
        """The way down could not tell them apart."""
        aliases = {"x": "paid", "y": "paid"}
        change = changed(["x", "y"], ["paid"], aliases)
        assert change == ValueChange(added=("paid",), removed=("x", "y"))

    def test_twice_into_one_by_hints(self) -> None:
        """But somebody may want it."""
        said = {"x": "paid", "y": "paid"}
        change = changed(["x", "y"], ["paid"], hinted=said)
        assert change == ValueChange(renamed=said)

    def test_not_beside_a_hint(self) -> None:
        """What is said of one value leaves it to no other."""
        change = changed(["x", "PAID"], ["paid"], hinted={"x": "paid"})
        assert change == ValueChange(removed=("PAID",), renamed={"x": "paid"})

    def test_what_is_derived(self) -> None:
        """It may be a value that is added."""
        change = changed(["x"], ["y"], derived={"x": "y"})
        assert change == ValueChange(renamed={"x": "y"})

    def test_not_derived_into_what_was_there(self) -> None:
        """That merges rows for good, and nobody has said so."""
        change = changed(["x", "y"], ["y"], derived={"x": "y"})
        assert change == ValueChange(removed=("x",))

    def test_not_twice_by_spelling(self) -> None:
        """Two old values may have meant two things."""
        change = changed(["new", "New"], ["NEW"])
        assert change == ValueChange(added=("NEW",), removed=("new", "New"))

    def test_into_the_empty_string(self) -> None:
        """Which is a value as any other."""
        change = changed(["none"], [""], {"none": ""})
        assert change == ValueChange(renamed={"none": ""})

    def test_only_where_it_leaves(self) -> None:
        """What is declared stays what it is, whatever it means."""
        change = changed(["a", "b"], ["a", "b"], {"a": "b"})
        assert not change

    def test_only_into_what_is_declared(self) -> None:
        change = changed(["a"], ["b"], {"a": "gone"})
        assert change == ValueChange(added=("b",), removed=("a",))

    def test_by_a_hint(self) -> None:
        """Somebody knows better than the enum."""
        change = changed(["a"], ["b", "c"], {"a": "b"}, hinted={"a": "c"})
        assert change == ValueChange(added=("b",), renamed={"a": "c"})

    @pytest.mark.parametrize(
        "old, new",
        [
            ("new", "NEW"),
            ("Straße", "STRASSE"),
            ("in-progress", "IN_PROGRESS"),
            ("in progress", "in_progress"),
            ("in  -_progress", "in progress"),
        ],
    )
    def test_by_its_spelling(self, old: str, new: str) -> None:
        """Same words, other case or other marks between them."""
        assert changed([old], [new]) == ValueChange(renamed={old: new})

    @pytest.mark.parametrize(
        "old, coming",
        [
            ("inprogress", ["in_progress"]),
            ("new", ["new1"]),
            ("new", ["New", "NEW"]),
        ],
    )
    def test_not_by_guess(self, old: str, coming: list[str]) -> None:
        """Other words, or more than one that it could be."""
        assert changed([old], coming) == ValueChange(
            added=tuple(coming), removed=(old,)
        )

    def test_not_by_spelling_into_what_was_there(self) -> None:
        """Case twins may have meant two things."""
        change = changed(["new", "NEW"], ["NEW"])
        assert change == ValueChange(removed=("new",))


values = st.lists(st.text(max_size=3), unique=True)


@given(
    existing=values,
    declared=values,
    meaning=st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
)
def test_is_the_whole_difference(
    existing: list[str], declared: list[str], meaning: dict[str, str]
) -> None:
    """What stays, with what came and what became, is what is declared."""
    change = changed(existing, declared, meaning)
    stayed = set(existing) - set(change.removed) - set(change.renamed)
    assert set(declared) == (
        stayed | set(change.added) | set(change.renamed.values())
    )
    assert not set(change.removed) & set(declared)
    assert not set(change.added) & set(existing)
    assert bool(change) == (set(existing) != set(declared))


@pytest.mark.parametrize(
    "change, text",
    [
        (ValueChange(), ""),
        (ValueChange(added=("SHIPPED",)), "added 'SHIPPED'"),
        (
            ValueChange(("a", "b"), ("it's",), {"c": "d", "e": ""}),
            "renamed 'c' to 'd', 'e' to ''; added 'a', 'b'; "
            'removed "it\'s"',
        ),
    ],
)
def test_text_is_that_of_the_log_line(change: ValueChange, text: str) -> None:
    assert str(change) == text
