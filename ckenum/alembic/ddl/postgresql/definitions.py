"""Definitions that name an enum's labels, for a column of another type.

PostgreSQL does not alter the type of a column while the predicate of an
index or a CHECK compares it with ``'a'::status``: the definition has to be
made again. Here is what it says then. Only literals that are compared with
the column, and their casts, are touched; what cannot be told is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import sqlglot
from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from .... import array_literal

Quote = Callable[[str], str]
"""From a string to its literal in SQL."""

_ORDER = {TokenType.LT, TokenType.GT, TokenType.LTE, TokenType.GTE}


class CannotRewriteError(Exception):
    """A definition means something that only the old type can mean."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def to_text(
    definition: str,
    column: str,
    type_name: str,
    rename: Mapping[str, str | None],
    quote: Quote,
) -> str:
    """``definition`` for a column that was an ENUM and becomes a VARCHAR.

    :param definition: as PostgreSQL gives it.
    :param column: the column's name.
    :param type_name: the type, as ``format_type()`` spells it.
    :param rename: labels that are called otherwise from now on.

    Raises :class:`CannotRewriteError`.
    """
    tokens = _tokens(definition)
    edits = []
    for i, token in enumerate(tokens):
        if token.token_type is TokenType.DCOLON and _spells(
            definition, token.end + 1, type_name
        ):
            edits.append(_cast_to_text(definition, tokens, i, type_name))
    labels = [
        _Edit(e.start, e.end, _renamed_cast(definition, e, rename, quote))
        for e in edits
    ]
    _require_no_order(definition, tokens, column, edits)
    return _apply(definition, labels)


def _cast_to_text(
    definition: str, tokens: Sequence[Token], i: int, type_name: str
) -> _Edit:
    """The literal before the ``::`` at ``i``, with its cast."""
    literal = tokens[i - 1]
    end = tokens[i].end + 1 + len(type_name)
    if literal.token_type is not TokenType.STRING:
        raise CannotRewriteError(f"it casts to {type_name}")
    if definition[end : end + 2] == "[]":
        return _Edit(literal.start, end + 2, "text[]")
    # as PostgreSQL itself has it where the column is a VARCHAR
    listed = tokens[i - 2].token_type in (TokenType.L_BRACKET, TokenType.COMMA)
    return _Edit(literal.start, end, "character varying" if listed else "text")


def _renamed_cast(
    definition: str,
    edit: _Edit,
    rename: Mapping[str, str | None],
    quote: Quote,
) -> str:
    value = _tokens(definition[edit.start : edit.end])[0].text
    if edit.text == "text[]":
        if rename:
            raise CannotRewriteError("it has an array, and values are renamed")
        return f"{quote(value)}::{edit.text}"
    return f"{quote(_renamed(value, rename))}::{edit.text}"


def _renamed(value: str, rename: Mapping[str, str | None]) -> str:
    new = rename.get(value, value)
    if new is None:
        raise CannotRewriteError(f"it names {value!r}, which becomes NULL")
    return new


def _require_no_order(
    definition: str,
    tokens: Sequence[Token],
    column: str,
    casts: Sequence[_Edit],
) -> None:
    """Labels have an order of their own, which strings have not."""
    starts = {edit.start for edit in casts}
    ends = {edit.end for edit in casts}
    for i, token in enumerate(tokens):
        if token.token_type in _ORDER:
            before = len(definition[: token.start].rstrip(" )"))
            after = [
                t
                for t in tokens[i + 1 :]
                if t.token_type is not TokenType.L_PAREN
            ]
            if (
                before in ends
                or (after and after[0].start in starts)
                or definition[:before].endswith((column, f'{column}"'))
                or (after and after[0].text == column)
            ):
                raise CannotRewriteError("it compares the order of labels")
        elif token.text.lower().startswith("enum_") and any(
            following.token_type is TokenType.L_PAREN
            for following in tokens[i + 1 : i + 2]
        ):
            raise CannotRewriteError(f"it calls {token.text}()")


def to_enum(
    definition: str,
    column: str,
    type_name: str,
    labels: Sequence[str | None],
    rename: Mapping[str, str | None],
    quote: Quote,
) -> str:
    """``definition`` for a column that was a VARCHAR and becomes an ENUM.

    Where the column, as text, is equal or unequal to literals, the column
    itself is, to labels. Other comparisons stay those of text.

    :param labels: of the type.
    :param rename: strings that are called otherwise from now on.

    Raises :class:`CannotRewriteError`, also for a literal that is no label.
    """
    tokens = _tokens(definition)
    known = {*labels}

    def cast(value: str) -> str:
        label = _renamed(value, rename)
        if label not in known:
            raise CannotRewriteError(f"it names {value!r}, which is no label")
        return f"{quote(label)}::{type_name}"

    edits: list[_Edit] = []
    for i in range(1, len(tokens) - 5):
        if _is_column_as_text(tokens, i, column):
            literals = list(_compared(definition, tokens, i + 4, cast))
            if literals:
                name = definition[tokens[i].start : tokens[i].end + 1]
                start, end = tokens[i - 1].start, tokens[i + 3].end + 1
                edits += [_Edit(start, end, name), *literals]
    return _apply(definition, edits)


def require_no_items(definition: str) -> None:
    """Raise :class:`CannotRewriteError` where ``definition`` may compare the
    items of an array: it has literals, casts or an order of labels.
    """
    tokens = _tokens(definition)
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


def literal(expression: str) -> str | None:
    """The string that an expression is, whatever it is cast to, as in
    ``'a'::status``; ``None`` where it is anything else.
    """
    tokens = _tokens(expression)
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


def literal_items(expression: str) -> list[str | None] | None:
    """The strings that an array is, whatever it is cast to, as in
    ``'{a}'::status[]`` or ``ARRAY['a'::status]``; ``None`` where it is
    anything else.
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
    """The literals between ``ARRAY[`` and ``]``, and what comes after."""
    start = len("ARRAY[")
    for token in _tokens(expression):
        if token.token_type in (TokenType.COMMA, TokenType.R_BRACKET):
            yield literal(expression[start : token.start])
            start = token.end + 1
            if token.token_type is TokenType.R_BRACKET:
                break
    yield expression[start:]


def still_text(definition: str, column: str) -> bool:
    """Whether ``definition`` takes the column for text; of an ENUM that is
    not IMMUTABLE, so no index can have it.
    """
    tokens = _tokens(definition)
    return any(
        _is_column_as_text(tokens, i, column)
        for i in range(1, len(tokens) - 3)
    )


def _is_column_as_text(tokens: Sequence[Token], i: int, column: str) -> bool:
    """``(column)::text``, with the column at ``i``."""
    return tokens[i].text == column and [
        tokens[i - 1].token_type,
        *(token.token_type for token in tokens[i + 1 : i + 4]),
    ] == [
        TokenType.L_PAREN,
        TokenType.R_PAREN,
        TokenType.DCOLON,
        TokenType.TEXT,
    ]


def _compared(
    definition: str, tokens: Sequence[Token], i: int, cast: Quote
) -> Iterator[_Edit]:
    """The literals on the right side of ``=`` or ``<>`` at ``i``."""
    if tokens[i].token_type not in (TokenType.EQ, TokenType.NEQ):
        return
    if tokens[i + 1].token_type is TokenType.STRING:
        yield _label(definition, tokens, i + 1, cast)
        return
    if tokens[i + 1].token_type not in (TokenType.ANY, TokenType.ALL):
        return
    depth = 0
    # PostgreSQL closes what it opens
    for j in range(i + 2, len(tokens)):  # pragma: no branch
        token = tokens[j]
        if token.token_type is TokenType.STRING:
            yield _label(definition, tokens, j, cast)
        elif token.token_type is TokenType.L_PAREN:
            depth += 1
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
            if depth == 0:
                return
            if _spells(definition, token.end + 1, "::text[]"):
                yield _Edit(token.end + 1, token.end + 1 + len("::text[]"), "")


def _label(
    definition: str, tokens: Sequence[Token], i: int, cast: Quote
) -> _Edit:
    start, end = tokens[i].start, tokens[i].end + 1
    for type_name in ("::text", "::character varying"):
        if _spells(definition, end, type_name):
            if definition[end + len(type_name) :].startswith("["):
                break
            return _Edit(start, end + len(type_name), cast(tokens[i].text))
    raise CannotRewriteError("it has an array, or a type of its own")


def _tokens(definition: str) -> list[Token]:
    return list(sqlglot.tokenize(definition, read="postgres"))


def _spells(definition: str, start: int, name: str) -> bool:
    """Whether ``name`` stands at ``start``, and no longer one."""
    after = definition[start + len(name) : start + len(name) + 1]
    return definition.startswith(name, start) and not (
        after.isalnum() or after in ('"', ".", "_", "$") if after else False
    )


def _apply(definition: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        definition = (
            definition[: edit.start] + edit.text + (definition[edit.end :])
        )
    return definition
