"""A column's definition: the server's text, with changes.

``MODIFY`` loses what it does not repeat: NOT NULL, default, comment,
character set and collation ("ALTER TABLE Statement", section 15.1.9 of
MySQL's manual). So this takes the server's own text, and replaces only the
parts that change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Literal

from .table_text import check_group
from .table_text import outside
from .table_text import stripped
from .table_text import Tokens
from .texts import end_of_group
from .texts import tokens


@dataclass(frozen=True)
class Definition:
    """The definition of a column of text, without its name.

    :ivar type_: e.g. ``varchar(20)``.
    :ivar charset: the character set that it names.
    :ivar collation: the collation that it names.
    :ivar rest: everything else, as the server gives it.
    :ivar server_default: a new default: a string, ``None`` for none, or
        ``False`` for the one in ``rest``.
    :ivar labels: the labels, if it becomes an ENUM instead of ``type_``.
    """

    type_: str
    charset: str | None
    collation: str | None
    rest: Tokens
    server_default: str | None | Literal[False] = False
    labels: Sequence[str] = ()

    @classmethod
    def of(cls, text: Tokens) -> Definition:
        """That of a column in the text of SHOW CREATE TABLE."""
        end = _end_of_type(text)
        charset, rest = _taken(text[end:], "CHARACTER", "SET")
        collation, rest = _taken(rest, "COLLATE")
        return cls(_text(text[:end]), charset, collation, stripped(rest))

    def with_type(self, type_: str, collation: str | None) -> Definition:
        """With another type. A collation says which character set it is."""
        charset = None if collation else self.charset
        return replace(self, type_=type_, charset=charset, collation=collation)

    def with_enum(
        self, labels: Sequence[str], collation: str | None
    ) -> Definition:
        """As an ENUM of ``labels``."""
        return replace(
            self.with_type("", collation), charset=None, labels=labels
        )

    @property
    def is_enum(self) -> bool:
        return self.type_.lower().startswith("enum")

    @property
    def default(self) -> str | None:
        """The string that is the default, if it is one."""
        if self.server_default is not False:
            return self.server_default
        text, _ = _taken(self.rest, "DEFAULT")
        found = [*tokens(text or "")]
        if len(found) == 1 and found[0].kind == "string":
            return found[0].value
        return None

    @property
    def expression_strings(self) -> Tokens:
        """The strings with a character set, which MySQL writes if a default or
        a generated column is an expression.
        """
        return [token for token in self.rest if token.charset]

    def with_default(self, default: str | None | Literal[False]) -> Definition:
        """With another default, or none."""
        if default is False:
            return self
        _, rest = _taken(self.rest, "DEFAULT")
        return replace(self, rest=stripped(rest), server_default=default)

    def without_check(self) -> Definition:
        """Without a CHECK of its own, which MariaDB can have."""
        found = check_group(self.rest)
        if found is None:
            return self
        start, end = found
        before = stripped(self.rest[:start])[:-1]
        return replace(self, rest=stripped([*before, *self.rest[end + 1 :]]))

    @property
    def texts(self) -> tuple[str, str]:
        """The SQL before a new default, and the SQL after it."""
        before = [self.type_] if self.type_ else []
        if self.charset:
            before.append(f"CHARACTER SET {self.charset}")
        if self.collation:
            before.append(f"COLLATE {self.collation}")
        return " ".join(before), _text(self.rest)


def _text(tokens: Tokens) -> str:
    return "".join(token.text for token in tokens)


def _end_of_type(tokens: Tokens) -> int:
    if len(tokens) > 1 and tokens[1].text == "(":
        return end_of_group(tokens, 1) + 1
    return 1


def _taken(tokens: Tokens, *words: str) -> tuple[str | None, Tokens]:
    """What follows ``words``, and the tokens without both."""
    for index, _ in outside(tokens):
        places = [
            place
            for place in range(index, len(tokens))
            if tokens[place].kind != "blank"
        ]
        if len(places) > len(words) and all(
            tokens[place].is_word(word) for place, word in zip(places, words)
        ):
            start = places[len(words)]
            end = _end_of_value(tokens, start)
            left = [*tokens[:index], *tokens[end:]]
            return _text(tokens[start:end]), left
    return None, tokens


def _end_of_value(tokens: Tokens, start: int) -> int:
    """Behind a literal, a word, a call, or what is in parentheses."""
    if tokens[start].text == "(":
        return end_of_group(tokens, start) + 1
    following = tokens[start + 1 : start + 2]
    if tokens[start].kind == "word" and following:
        if following[0].text == "(":
            return end_of_group(tokens, start + 1) + 1
    return start + 1
