"""Tokens of the SQL that the servers give back.

MySQL stores the condition of a CHECK as printed text: a character set stands
before each string, and strings have escapes whatever ``sql_mode`` says.
``information_schema`` escapes that text once more, and reads each byte as a
character. MariaDB prints strings in the same way, but without character sets.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
import re

from ....backend.mysql import literal

_TOKEN = re.compile(
    r"""
    (?P<charset> _[a-zA-Z0-9]+ | [nN] )?
        (?P<string> ' (?: [^'\\] | '' | \\. )* ' )
    | (?P<name> ` (?: [^`] | `` )* ` | " (?: [^"] | "" )* " )
    | (?P<word> [\w$]+ )
    | (?P<blank> \s+ )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {
    "0": "\0",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "Z": "\x1a",
}
"""What a letter after a backslash means ("String Literals", section 11.1.1
of MySQL's manual)."""

_CODECS = {"_latin1": "cp1252", "_ucs2": "utf-16-be", "_utf16": "utf-16-be"}


@dataclass(frozen=True)
class Token:
    """A piece of SQL.

    :ivar kind: ``string``, ``name`` (in quotation marks), ``word``,
        ``blank`` or ``sign``.
    :ivar text: the piece itself.
    :ivar value: of a string or a name, without quotes and escapes.
    """

    kind: str
    text: str
    value: str = ""
    charset: str = ""

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word


def tokens(text: str) -> Iterator[Token]:
    """All tokens of ``text``, blanks included."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        value = ""
        if kind == "string":
            value = unescaped(match["string"][1:-1])
        elif kind == "name":
            mark = match["name"][0]
            value = match["name"][1:-1].replace(mark * 2, mark)
        yield Token(kind, match[0], value, match["charset"] or "")


def unescaped(text: str) -> str:
    """The text between the quotes of a string, without escapes.

    A quote in it is escaped or doubled.
    """

    def meant(match: re.Match[str]) -> str:
        if match[0] == "''":
            return "'"
        return _ESCAPES.get(match[1], match[1])

    return re.sub(r"''|\\(.)", meant, text, flags=re.DOTALL)


def condition(text: str) -> str:
    """The condition of a CHECK in one spelling for all servers: names in
    backticks, strings without character sets, no parentheses around it.
    """
    found = list(tokens(text.strip()))
    while _is_enclosed(found):
        found = found[1:-1]
    return "".join(map(_spelled, found))


def _spelled(token: Token) -> str:
    if token.kind == "string":
        return literal(token.value)
    if token.kind == "name":
        return quoted(token.value)
    return token.text


def quoted(name: str) -> str:
    """``name`` in backticks."""
    return "`" + name.replace("`", "``") + "`"


def _is_enclosed(found: Sequence[Token]) -> bool:
    if not found or found[0].text != "(":
        return False
    return end_of_group(found, 0) == len(found) - 1


def end_of_group(found: Sequence[Token], start: int) -> int:
    """The position that closes the parenthesis at ``start``."""
    depth = 0
    for index in range(start, len(found)):
        if found[index].kind == "sign":
            depth += {"(": 1, ")": -1}.get(found[index].text, 0)
        if depth == 0:
            return index
    return len(found)


def from_catalog(text: str) -> str:
    """The condition that ``information_schema`` of MySQL gives as ``text``:
    without the second escapes, and with its bytes decoded.
    """
    once = unescaped(text)
    try:
        once.encode("latin-1")
    except UnicodeEncodeError:
        return once  # it has characters that are no bytes
    return "".join(map(_decoded, tokens(once)))


def _decoded(token: Token) -> str:
    codec = "utf-8"
    if token.kind == "string" and token.charset:
        codec = _codec(token.charset.lower())
    try:
        value = token.value.encode("latin-1").decode(codec)
        if token.kind == "string":
            return literal(value)
        return token.text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return token.text


def _codec(charset: str) -> str:
    name = _CODECS.get(charset, charset[1:])
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8"  # utf8mb3, utf8mb4 and N
