"""The text of SHOW CREATE TABLE: its columns' definitions, and its CHECKs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from .texts import condition
from .texts import end_of_group
from .texts import Token
from .texts import tokens

Tokens = Sequence[Token]


@dataclass(frozen=True)
class CheckText:
    """A CHECK in the text.

    :ivar name: the constraint's name; the column's, if the CHECK is part of
        its definition, as in ``information_schema`` of MariaDB.
    """

    name: str
    condition: str


def items(text: str) -> Iterator[Tokens]:
    """The columns, keys and constraints of ``CREATE TABLE``."""
    found = list(tokens(text))
    start = next(i for i, token in enumerate(found) if token.text == "(")
    end = end_of_group(found, start)
    item: list[Token] = []
    depth = 0
    for token in found[start + 1 : end]:
        if token.kind == "sign":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            yield stripped(item)
            item = []
        else:
            item.append(token)
    yield stripped(item)


def stripped(item: Tokens) -> Tokens:
    """Without blanks at the ends."""
    words = [i for i, token in enumerate(item) if token.kind != "blank"]
    return item[words[0] : words[-1] + 1] if words else []


def checks(text: str) -> Iterator[CheckText]:
    """The CHECKs in the text of a table."""
    for item in items(text):
        names = [token.value for token in item if token.kind == "name"]
        found = check_group(item)
        if found and names:
            start, end = found
            inner = "".join(token.text for token in item[start + 1 : end])
            yield CheckText(names[0], condition(inner))


def column(text: str, name: str) -> Tokens | None:
    """The definition of a column, without its name."""
    for item in items(text):
        first = item[0] if item else None
        if first and first.kind == "name" and first.value == name:
            return stripped(item[1:])
    return None


def check_group(item: Tokens) -> tuple[int, int] | None:
    """The positions of the parentheses after CHECK, if there is one."""
    for index, token in outside(item):
        if token.is_word("CHECK"):
            start = next(
                i for i in range(index, len(item)) if item[i].text == "("
            )
            return start, end_of_group(item, start)
    return None


def outside(item: Tokens) -> Iterator[tuple[int, Token]]:
    """The tokens outside of parentheses."""
    depth = 0
    for index, token in enumerate(item):
        if token.kind == "sign" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif depth == 0:
            yield index, token
