"""PostgreSQL: read expressions that are a string or an array of strings."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from sqlglot.tokens import TokenType

from .... import array_literal
from .marked import tokenize


def literal(expression: str) -> str | None:
    """The string of a literal with or without a cast, such as
    ``'a'::status``; ``None`` if the expression is anything else.
    """
    tokens = tokenize(expression)
    if not tokens or tokens[0].token_type is not TokenType.STRING:
        return None
    if len(tokens) > 1 and tokens[1].token_type is not TokenType.DCOLON:
        return None
    for token in tokens[2:]:
        is_name = token.text.replace("_", "").replace(" ", "").isalnum() and (
            token.token_type is not TokenType.STRING
        )
        is_quoted = token.token_type in (TokenType.IDENTIFIER, TokenType.DOT)
        if not is_name and not is_quoted:
            return None
    return tokens[0].text


def strings(expression: str) -> Iterator[str]:
    """The strings in an expression."""
    for token in tokenize(expression):
        if token.token_type is TokenType.STRING:
            yield token.text


def literal_values(
    expression: str, is_array: bool
) -> Sequence[str | None] | None:
    """The values of a literal, a single one or an array; ``None`` if the
    expression is anything else.
    """
    if is_array:
        return literal_items(expression)
    text = literal(expression)
    return None if text is None else [text]


def literal_items(expression: str) -> list[str | None] | None:
    """The strings of an array with or without a cast, such as
    ``'{a}'::status[]`` or ``ARRAY['a'::status]``; ``None`` if the expression
    is anything else.
    """
    if expression.startswith("ARRAY["):
        *items, end = _split(expression)
        return items if end == "" and None not in items else None
    text = literal(expression.removesuffix("[]"))
    try:
        return None if text is None else array_literal.read(text)
    except ValueError:
        return None


def _split(expression: str) -> Iterator[str | None]:
    """The literals between ``ARRAY[`` and ``]``, then the rest of the text."""
    start = len("ARRAY[")
    for token in tokenize(expression):
        if token.token_type in (TokenType.COMMA, TokenType.R_BRACKET):
            yield literal(expression[start : token.start])
            start = token.end + 1
            if token.token_type is TokenType.R_BRACKET:
                break
    yield expression[start:]
