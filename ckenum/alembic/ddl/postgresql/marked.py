"""An expression whose literals, casts and column are marked in the text that
is parsed, since sqlglot does not keep their positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

_TEXTS = ("text", "character varying")


class CannotReadError(Exception):
    """sqlglot cannot parse the expression."""


@dataclass(frozen=True)
class Cast:
    """A ``::type`` in the text.

    :ivar to: ``enum``, ``text`` or ``character varying``.
    """

    start: int
    end: int
    to: str
    is_array: bool


@dataclass
class Literal:
    """A string, with the casts that follow it.

    :ivar in_array: whether it is listed between ``ARRAY[`` and ``]``.
    """

    start: int
    end: int
    text: str
    casts: list[Cast] = field(default_factory=list)
    in_array: bool = False


class Marked:
    """An expression, marked and parsed.

    :param definition: the text in which the expression stands.
    :param span: where.
    :param column: the column's name.
    :param type_name: the native type, as ``format_type()`` spells it.

    Raises :class:`CannotReadError`.
    """

    def __init__(
        self,
        definition: str,
        span: tuple[int, int],
        column: str,
        type_name: str,
    ) -> None:
        self._definition = definition
        self._literals: list[Literal] = []
        self._casts: list[Cast] = []
        tokens = [
            token
            for token in tokenize(definition)
            if span[0] <= token.start < span[1]
        ]
        text = self._text(tokens, span, column, type_name)
        try:
            self.tree = sqlglot.parse_one(
                f"({text})", read="postgres", into=exp.Condition
            )
        except (SqlglotError, ValueError, RecursionError):
            raise CannotReadError from None

    def _text(
        self,
        tokens: Sequence[Token],
        span: tuple[int, int],
        column: str,
        type_name: str,
    ) -> str:
        parts = []
        position = span[0]
        for i, token in enumerate(tokens):
            end, mark = self._mark(tokens, i, column, type_name)
            if mark is not None and token.start >= position:
                parts += [self._definition[position : token.start], mark]
                position = end
        return "".join([*parts, self._definition[position : span[1]]])

    def _mark(
        self, tokens: Sequence[Token], i: int, column: str, type_name: str
    ) -> tuple[int, str | None]:
        token = tokens[i]
        end = token.end + 1
        if token.token_type is TokenType.STRING:
            self._literals.append(Literal(token.start, end, token.text))
            return end, f"'{len(self._literals) - 1}'"
        if token.token_type is TokenType.DCOLON:
            for to, name in (("enum", type_name), *((t, t) for t in _TEXTS)):
                if spells(self._definition, end, name):
                    end += len(name)
                    is_array = self._definition[end : end + 2] == "[]"
                    end += 2 * is_array
                    self._casts.append(Cast(token.start, end, to, is_array))
                    return end, (
                        f"::zz_cast_{len(self._casts) - 1}" + "[]" * is_array
                    )
        is_name = token.text == column and (
            token.token_type is TokenType.IDENTIFIER
            or column == column.lower()  # PostgreSQL quotes any other
        )
        if i and tokens[i - 1].token_type in (
            TokenType.DCOLON,
            TokenType.DOT,
        ):
            is_name = False
        called = [t.token_type for t in tokens[i + 1 : i + 2]]
        if is_name and TokenType.L_PAREN not in called:
            return end, " zz_column "
        return end, None

    def cast(self, node: exp.Expr) -> Cast | None:
        """The cast that a node of the tree is, if it is one of those."""
        if not isinstance(node, exp.Cast):
            return None
        type_ = node.to.expressions[0] if node.to.expressions else node.to
        name = str(type_.args.get("kind") or "")
        if not name.startswith("zz_cast_"):
            return None
        return self._casts[int(name.removeprefix("zz_cast_"))]

    def literal(self, node: exp.Expr) -> Literal:
        """The string that a literal of the tree stands for."""
        return self._literals[int(node.this)]


def is_the_column(node: exp.Expr) -> bool:
    """Whether a node of the tree is the column."""
    return isinstance(node, exp.Column) and node.name == "zz_column"


def tokenize(definition: str) -> list[Token]:
    return list(sqlglot.tokenize(definition, read="postgres"))


def spells(definition: str, start: int, name: str) -> bool:
    """Whether ``name`` stands at ``start``, and no longer one."""
    after = definition[start + len(name) : start + len(name) + 1]
    return definition.startswith(name, start) and not (
        after.isalnum() or after in ('"', ".", "_", "$", "(")
        if after
        else False
    )
