"""The text of a CREATE TABLE: find its CHECKs, and change one of them.

Changes go by the positions of tokens, so everything else stays as typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from ....backend import backend_of
from ....reflection import read_check
from ....reflection import ValueList

fold_name = backend_of("sqlite").fold_name
same_name = backend_of("sqlite").same_name

# Words that end a column's type ("column-constraint" in SQLite's manual).
_COLUMN_CONSTRAINTS = {
    "as",
    "check",
    "collate",
    "constraint",
    "default",
    "generated",
    "not",
    "null",
    "primary key",
    "references",
    "unique",
}


@dataclass(frozen=True)
class PlacedCheck:
    """A CHECK, and its position in the text.

    :ivar name: ``None`` if it has none.
    :ivar text: the condition, without CHECK and its parentheses.
    :ivar start: where it begins, including CONSTRAINT and the name.
    :ivar end: the position after it.
    :ivar comma: the position of the comma before it; ``None`` if there is
        none, as in a column's definition.
    """

    name: str | None
    text: str
    start: int
    end: int
    comma: int | None

    @property
    def values(self) -> ValueList | None:
        read = read_check("sqlite", self.text)
        return read if isinstance(read, ValueList) else None

    def is_about(self, column: str) -> bool:
        values = self.values
        return values is not None and same_name(values.column, column)


def mentions(text: str, name: str, *, strings: bool = True) -> bool:
    """Whether a word of ``text`` is ``name``, however it is quoted.

    :param strings: whether strings count too: where no value is possible,
        SQLite takes a string for a name.
    """
    return any(
        same_name(token.text, name)
        for token in _tokenize(text)
        if strings or token.token_type is not TokenType.STRING
    )


class TableText:
    """The text of a table in ``sqlite_master``.

    Raises :class:`sqlglot.errors.TokenError`, :class:`ValueError` or
    :class:`LookupError` if the text is not a CREATE TABLE.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokenize(text)
        kinds = [token.token_type for token in self.tokens]
        self.opening = kinds.index(TokenType.L_PAREN)
        self.closing = self._closing(self.opening)

    def words(self) -> list[tuple[bool, str]]:
        """The words, sorted, each with whether it is a string. Case and the
        quotes of names do not count.
        """
        return sorted(
            (
                (False, _lower(token))
                if token.token_type is not TokenType.STRING
                else (True, token.text)
            )
            for token in self.tokens[self.opening :]
        )

    def has_comments(self) -> bool:
        position = self.tokens[self.opening].start
        for token in self.tokens[self.opening :]:
            if self.text[position : token.start].strip():
                return True
            position = token.end + 1
        return bool(self.text[position:].strip())

    def is_strict(self) -> bool:
        return any(
            self._is_word(i, "strict")
            for i in range(self.closing, len(self.tokens))
        )

    def checks(self) -> list[PlacedCheck]:
        """The CHECK constraints, in the order of the text."""
        return [
            self._check(i)
            for i in range(self.opening + 1, self.closing)
            if self._is_word(i, "check")
        ]

    def other_names(self) -> Iterator[tuple[str, str]]:
        """The names of constraints that are not CHECKs, with their kinds."""
        for i in range(self.opening + 1, self.closing):
            if self.tokens[i].token_type is not TokenType.CONSTRAINT:
                continue
            name, kind = self.tokens[i + 1 : i + 3]
            if not self._is_word(i + 2, "check"):
                yield name.text, kind.text.upper()

    def generated(self) -> Iterator[tuple[str, str]]:
        """The generated columns, each with its expression."""
        for first in self._definitions():
            i = first + 1
            while not self._ends_definition(i):
                opens = self.tokens[i].token_type is TokenType.L_PAREN
                if opens and self._is_word(i - 1, "as"):
                    start = self.tokens[i].end + 1
                    end = self.tokens[self._closing(i)].start
                    yield self.tokens[first].text, self.text[start:end]
                i = self._closing(i) + 1 if opens else i + 1

    def collation(self, column: str) -> str | None:
        """The collation that the definition of ``column`` names, if any.

        Raises :class:`LookupError` if there is no such column.
        """
        found = None
        i = self._column(column) + 1
        while not self._ends_definition(i):
            if self._is_word(i, "collate"):
                found = self.tokens[i + 1].text
            opens = self.tokens[i].token_type is TokenType.L_PAREN
            i = self._closing(i) + 1 if opens else i + 1
        return found

    def without(self, check: PlacedCheck) -> TableText:
        if check.comma is None:
            return self._with("", check.start, check.end)
        between = self.text[check.comma + 1 : check.start]
        # keep a comment there: it is about something else
        kept = between if between.strip() else ""
        return self._with(kept, check.comma, check.end)

    def replacing(self, check: PlacedCheck, constraint: str) -> TableText:
        return self._with(constraint, check.start, check.end)

    def adding(self, constraint: str) -> TableText:
        """The text with ``constraint`` as its last table constraint."""
        last = self.tokens[self.closing - 1].end + 1
        end = self.tokens[self.closing].start
        rest = self.text[last:end]
        added = f", \n\t{constraint}"
        if rest.strip():
            return self._with(f"{rest}{added}\n", last, end)
        return self._with(added, last, last)

    def retyping(self, column: str, type_: str) -> TableText:
        """The text with another type for ``column``."""
        name = self._column(column)
        end = self._type_end(name + 1)
        return self._with(
            f" {type_}", self.tokens[name].end + 1, self.tokens[end].end + 1
        )

    def redefaulting(self, column: str, default: str | None) -> TableText:
        """The text with another default for ``column``, or with none."""
        clause = "" if default is None else f" DEFAULT {default}"
        i = self._type_end(self._column(column) + 1)
        start = self.tokens[i].end + 1
        while not self._ends_definition(i + 1):
            i += 1
            if self._is_word(i, "default"):
                end = self.tokens[self._value_end(i + 1)].end + 1
                return self._with(clause, self.tokens[i - 1].end + 1, end)
            if self.tokens[i].token_type is TokenType.L_PAREN:
                i = self._closing(i)
        return self._with(clause, start, start)

    def _check(self, i: int) -> PlacedCheck:
        opening, closing = i + 1, self._closing(i + 1)
        first, last = i, closing
        name = None
        if self.tokens[i - 2].token_type is TokenType.CONSTRAINT:
            name = self.tokens[i - 1].text
            first = i - 2
        if self._is_word(closing + 1, "on"):
            last += 3  # ON CONFLICT, which has no effect on a CHECK
        comma = None
        if self.tokens[
            first - 1
        ].token_type is TokenType.COMMA and self._ends_definition(last + 1):
            comma = self.tokens[first - 1].start
        return PlacedCheck(
            name,
            self.text[
                self.tokens[opening].end + 1 : self.tokens[closing].start
            ],
            self.tokens[first].start,
            self.tokens[last].end + 1,
            comma,
        )

    def _column(self, name: str) -> int:
        for i in self._definitions():
            if same_name(self.tokens[i].text, name):
                return i
        raise LookupError(name)

    def _definitions(self) -> Iterator[int]:
        """The indexes of tokens that begin a column or a constraint."""
        depth = 0
        for i in range(self.opening, self.closing):
            kind = self.tokens[i].token_type
            depth += kind is TokenType.L_PAREN
            depth -= kind is TokenType.R_PAREN
            if i == self.opening or (kind is TokenType.COMMA and depth == 1):
                yield i + 1

    def _type_end(self, i: int) -> int:
        """The last token of the type at ``i``; ``i - 1`` if there is none."""
        while not self._ends_definition(i) and not any(
            self._is_word(i, word) for word in _COLUMN_CONSTRAINTS
        ):
            if self.tokens[i].token_type is TokenType.L_PAREN:
                i = self._closing(i)
            i += 1
        return i - 1

    def _value_end(self, i: int) -> int:
        if self.tokens[i].token_type is TokenType.L_PAREN:
            return self._closing(i)
        signs = TokenType.DASH, TokenType.PLUS
        return i + 1 if self.tokens[i].token_type in signs else i

    def _ends_definition(self, i: int) -> bool:
        return self.tokens[i].token_type is TokenType.COMMA or (
            i == self.closing
        )

    def _is_word(self, i: int, word: str) -> bool:
        token = self.tokens[i]
        return (
            token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
            and _lower(token) == word
        )

    def _closing(self, i: int) -> int:
        depth = 0
        while True:
            kind = self.tokens[i].token_type
            depth += kind is TokenType.L_PAREN
            depth -= kind is TokenType.R_PAREN
            if not depth:
                return i
            i += 1

    def _with(self, new: str, start: int, end: int) -> TableText:
        return TableText(self.text[:start] + new + self.text[end:])


def _tokenize(text: str) -> list[Token]:
    return sqlglot.tokenize(text, read="sqlite")


def _lower(token: Token) -> str:
    return " ".join(token.text.split()).lower()
