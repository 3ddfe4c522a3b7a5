"""Rewrite definitions that compare a column with codes, or with values.

PostgreSQL compares no VARCHAR with a number, so an index or a CHECK that does
is created again. Read are ``=``, ``<>``, ``IN`` and ``IS NULL``; whatever
else a definition does with the column, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from .... import array_literal
from ...ops.codes_base import CodesOp
from .definitions import apply
from .definitions import CannotRewriteError
from .definitions import closing_of
from .definitions import Edit
from .definitions import expressions
from .marked import tokenize

_T = TokenType
_TYPES = {
    *("text", "varchar", "character varying", "bpchar", "char", "character"),
    *("smallint", "int2", "integer", "int", "int4", "bigint", "int8"),
}
_AFTER = {_T.R_PAREN, _T.AND, _T.OR}


def rewritten(
    definition: str, op: CodesOp, quote: Callable[[str], str]
) -> str:
    """``definition`` for the column's new type.

    :param definition: as PostgreSQL gives it.
    :param quote: from a string to its literal in SQL.

    Raises :class:`~.definitions.CannotRewriteError`.
    """
    edits = [
        edit
        for start, end in expressions(definition)
        for edit in _Rewriting(definition, start, end, op, quote).edits()
    ]
    return apply(definition, edits)


@dataclass(frozen=True)
class _Rewriting:
    """One expression of a definition."""

    definition: str
    start: int
    end: int
    op: CodesOp
    quote: Callable[[str], str]

    @cached_property
    def tokens(self) -> list[Token]:
        return tokenize(self.definition[self.start : self.end])

    def edits(self) -> Iterator[Edit]:
        for i, token in enumerate(self.tokens):
            if token.text == self.op.column_name and self._is_column(i):
                yield from self._comparison(i)

    def _is_column(self, i: int) -> bool:
        if self.tokens[i].token_type is _T.STRING:
            return False
        before = self._type(i - 1)
        return before not in (_T.DCOLON, _T.DOT) and (
            self._type(i + 1) is not _T.L_PAREN
        )

    def _type(self, i: int) -> TokenType | None:
        inside = 0 <= i < len(self.tokens)
        return self.tokens[i].token_type if inside else None

    def _comparison(self, i: int) -> Iterator[Edit]:
        first, after = self._operand(i)
        if self._type(after) is _T.IS:
            negated = self._type(after + 1) is _T.NOT
            if self._type(after + 1 + negated) is _T.NULL:
                return
        if self._type(after) not in (_T.EQ, _T.NEQ):
            raise CannotRewriteError(
                "it does more with the column than to compare it with codes"
                if self.op.becomes_text
                else "it does more with the column than to compare it"
            )
        column = self.tokens[i]
        name = self.definition[
            self.start + column.start : self.start + column.end + 1
        ]
        yield self._edit(first, after - 1, name)
        if self._type(after + 1) in (_T.ANY, _T.ALL):
            yield self._list(after + 2)
        else:
            value, end = self._literal(after + 1)
            self._require_end(end)
            new = self._new(value, [value], False)
            yield self._edit(after + 1, end - 1, new)

    def _edit(self, first: int, last: int, text: str) -> Edit:
        return Edit(
            self.start + self.tokens[first].start,
            self.start + self.tokens[last].end + 1,
            text,
        )

    def _operand(self, i: int) -> tuple[int, int]:
        """From where to where the column reaches, with its cast."""
        first, after = i, i + 1
        if self._type(after) is _T.R_PAREN and (
            self._type(i - 1) is _T.L_PAREN
            and self._type(after + 1) is _T.DCOLON
        ):
            first, after = i - 1, after + 1
        return first, self._after_casts(after)

    def _after_casts(self, i: int) -> int:
        """After the casts to types of strings or numbers that begin at
        ``i``.
        """
        while self._type(i) is _T.DCOLON:
            if self.tokens[i + 1].text.lower() not in _TYPES:
                raise CannotRewriteError("it casts to a type of its own")
            i += 2
            if self._type(i) is _T.L_PAREN:
                i = closing_of(self.tokens, i) + 1
            if self._type(i) is _T.L_BRACKET:
                i += 2
        return i

    def _literal(self, i: int) -> tuple[str, int]:
        """The literal at ``i``, and what comes after it."""
        if self._type(i) is _T.L_PAREN:
            value, end = self._literal(i + 1)
            if self._type(end) is not _T.R_PAREN:
                raise CannotRewriteError("it calculates")
            return value, self._after_casts(end + 1)
        sign = ""
        if self._type(i) is _T.DASH:
            sign, i = "-", i + 1
        if self._type(i) not in (_T.NUMBER, _T.STRING):
            raise CannotRewriteError("it compares the column with no literal")
        return sign + self.tokens[i].text, self._after_casts(i + 1)

    def _require_end(self, i: int) -> None:
        if self._type(i) is not None and self._type(i) not in _AFTER:
            raise CannotRewriteError("it calculates")

    def _list(self, opening: int) -> Edit:
        """The list in the brackets after ANY or ALL."""
        last = closing_of(self.tokens, opening)
        values = [*self._items(opening + 1, last)]
        items = ", ".join(self._new(value, values, True) for value in values)
        return self._edit(opening, last, f"(ARRAY[{items}])")

    def _items(self, i: int, last: int) -> Iterator[str]:
        while self._type(i) is _T.L_PAREN:
            i += 1
        if self._type(i) is _T.STRING:
            try:
                found = array_literal.read(self.tokens[i].text)
            except ValueError:
                raise CannotRewriteError("its list cannot be read") from None
            for item in found:
                if item is None:
                    raise CannotRewriteError("its list has a NULL in it")
                yield item
            return
        if self._type(i) is not _T.ARRAY:
            raise CannotRewriteError("it compares the column with no list")
        i += 2
        while True:
            value, i = self._literal(i)
            yield value
            if self._type(i) is not _T.COMMA:
                break
            i += 1
        if self._type(i) is not _T.R_BRACKET:
            raise CannotRewriteError("its list cannot be read")

    def _new(self, value: str, beside: Sequence[str], listed: bool) -> str:
        """The literal that stands for ``value`` from now on.

        :param beside: all values that are named together.
        :param listed: whether they are a list.
        """
        op = self.op
        named = [self._stripped(each) for each in beside]
        old = self._stripped(value)
        new = op.rename.get(old, old)
        if new is None or new not in op.values:
            becomes = "becomes NULL" if old in op.rename else "rename lacks"
            raise CannotRewriteError(
                f"it names {op.shown(old)!r}, which {becomes}"
            )
        for other, same in op.rename.items():
            if same == new and other not in named:
                raise CannotRewriteError(
                    f"it names {op.shown(old)!r}, and {op.shown(other)!r} "
                    f"becomes the same"
                )
        return self._spelled(new, listed)

    def _spelled(self, new: str, listed: bool) -> str:
        """As PostgreSQL itself writes it for the new type."""
        codes = self.op.codes
        if self.op.becomes_text:
            cast = "character varying" if listed else "text"
            return f"{self.quote(new)}::{cast}"
        if not codes.is_integer:
            return f"{self.quote(new)}::bpchar"
        is_wide = isinstance(codes.type, sa.BigInteger)
        return f"({new})::bigint" if listed and is_wide else new

    def _stripped(self, value: str) -> str:
        is_char = self.op.becomes_text and not self.op.codes.is_integer
        return value.rstrip(" ") if is_char else value
