"""The parts of a CHECK or an index, in the text that PostgreSQL gives.

Its tokens tell where its expressions and keys are, and where it names a
column.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from .marked import tokenize

_ORDER = {TokenType.LT, TokenType.GT, TokenType.LTE, TokenType.GTE}


class CannotRewriteError(Exception):
    """A definition depends on the old type."""


class Edit(NamedTuple):
    start: int
    end: int
    text: str


def expressions(definition: str) -> Iterator[tuple[int, int]]:
    """The positions of the expressions in a CHECK or an index; any other text
    is one expression.
    """
    tokens = tokenize(definition)
    first = tokens[0].text.upper() if tokens else ""
    if first == "CHECK":
        closing = closing_of(tokens, 1)
        yield tokens[1].end + 1, tokens[closing].start
    elif first != "CREATE":
        yield 0, len(definition)
    else:
        for start, end in _elements(tokens):
            yield tokens[start].start, tokens[end].end + 1
        for i, token in enumerate(tokens):
            if token.token_type is TokenType.WHERE:
                yield token.end + 1, len(definition)


def _elements(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The expressions among an index's keys, without keys that are columns."""
    for start, end in _keys(tokens):
        if tokens[start].token_type is TokenType.L_PAREN:
            yield start, closing_of(tokens, start)
        elif start < end and (
            tokens[start + 1].token_type is TokenType.L_PAREN
        ):
            yield start, closing_of(tokens, start + 1)


def _keys(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The first and the last token of each key of an index."""
    using = next(
        i for i, token in enumerate(tokens) if token.text.upper() == "USING"
    )
    opening = using + 2
    closing = closing_of(tokens, opening)
    start = opening + 1
    i = start
    while i <= closing:
        if i == closing or tokens[i].token_type is TokenType.COMMA:
            yield start, i - 1
            start = i + 1
        elif tokens[i].token_type is TokenType.L_PAREN:
            i = closing_of(tokens, i)
        i += 1


def require_plain_key(definition: str, column: str) -> None:
    """Raise :class:`CannotRewriteError` if an index has the column itself as a
    key with an operator class or a collation, which another type lacks.
    """
    tokens = tokenize(definition)
    if not tokens or tokens[0].text.upper() != "CREATE":
        return
    for start, end in _keys(tokens):
        words = {token.text.upper() for token in tokens[start + 1 : end + 1]}
        if tokens[start].text == column and words - _KEY_ORDER:
            raise CannotRewriteError(
                "it has an operator class or a collation of its own"
            )


_KEY_ORDER = {"ASC", "DESC", "NULLS", "FIRST", "LAST", "NULLS FIRST"}


def on_column(definition: str, column: str, other: str) -> str:
    """``definition`` with another column in the place of ``column``.

    :param other: its name in SQL.
    """
    tokens = tokenize(definition)
    return apply(
        definition,
        [
            Edit(tokens[i].start, tokens[i].end + 1, other)
            for i in _named(tokens)
            if tokens[i].text == column
            and (
                tokens[i].token_type is TokenType.IDENTIFIER
                or column == column.lower()  # PostgreSQL quotes any other
            )
        ],
    )


def _named(tokens: Sequence[Token]) -> Iterator[int]:
    """Where a column may be named: not its schema, type or function, nor in
    the head of a definition, nor among an index's options.
    """
    first = 0
    if tokens and tokens[0].text.upper() == "CREATE":
        words = [token.text.upper() for token in tokens]
        marks = [i for i, word in enumerate(words) if word in ("USING", "ON")]
        first = marks[-1] if "USING" not in words else words.index("USING")
    in_options = False
    for i in range(first, len(tokens)):
        token = tokens[i]
        if token.token_type is TokenType.WITH:
            in_options = True
        elif token.token_type is TokenType.WHERE:
            in_options = False
        before = tokens[i - 1].token_type if i else None
        after = [t.token_type for t in tokens[i + 1 : i + 2]]
        if (
            not in_options
            and token.token_type is not TokenType.STRING
            and before not in (TokenType.DCOLON, TokenType.DOT)
            and TokenType.L_PAREN not in after
        ):
            yield i


def closing_of(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    # in PostgreSQL's text, brackets are balanced
    for i in range(opening, len(tokens)):  # pragma: no branch
        depth += tokens[i].token_type is TokenType.L_PAREN
        depth -= tokens[i].token_type is TokenType.R_PAREN
        if not depth:
            break
    return i


def require_no_items(definition: str) -> None:
    """Raise :class:`CannotRewriteError` if ``definition`` may compare an
    array's items: if it has literals, casts or a comparison of order.
    """
    tokens = tokenize(definition)
    if {TokenType.STRING, TokenType.DCOLON} & {*_types(tokens)}:
        raise CannotRewriteError(
            "with literals or casts, which may be about the arrays' items; "
            "drop it before, and create it after"
        )
    for i, token in enumerate(tokens):
        sides = {tokens[i - 1].token_type, *_types(tokens[i + 1 : i + 2])}
        if token.text.lower().startswith("enum_") or (
            token.token_type in _ORDER and TokenType.NUMBER not in sides
        ):
            raise CannotRewriteError("it may compare the order of labels")


def _types(tokens: Sequence[Token]) -> list[TokenType]:
    return [token.token_type for token in tokens]


def apply(definition: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        definition = (
            definition[: edit.start] + edit.text + (definition[edit.end :])
        )
    return definition
