"""SQL in which a name of PostgreSQL's could be somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import re
import sys
from types import FrameType
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa

_TOKENS = re.compile(
    r"""
      (?P<skip> \s+ | --[^\n]* | /\*.*?\*/)
    | (?P<string> [eE]?'(?:[^']|'')*' | (?P<tag>\$\w*\$).*?(?P=tag))
    | (?P<value> %\(\w+\)s(?:::\w+)? | %s | \$\d+ | (?<!:):[a-z_]\w*
        | \d[\d.]*)
    | (?P<name> "(?:[^"]|"")*" | [^\W\d]\w*)
    | (?P<mark> :: | := | => | [()\[\],;.:])
    | (?P<operator> (?: (?!%\() [-+*/<>=~!@\#%^&|?] )+)
    """,
    re.VERBOSE | re.DOTALL,
)

_SYNTAX = set("""
    ALL AND ANY ARRAY AS BY CAST CHECK COALESCE DISTINCT ELSE EXCEPT EXISTS
    FILTER FROM GREATEST GROUPING HAVING IF IN INTERSECT JOIN LATERAL LEAST
    MATERIALIZED NOT ON OPERATOR OR OVER RETURNING ROW ROWS SELECT SET SOME
    THEN UNION USING VALUES WHEN WHERE WITHIN
    """.split())
"""What a parenthesis may follow that is no function."""

_TYPES = set("""
    BIGINT BIT BOOLEAN CHAR CHARACTER DEC DECIMAL DOUBLE FLOAT INT INTEGER
    INTERVAL NCHAR NUMERIC REAL SMALLINT TIME TIMESTAMP VARCHAR
    """.split())
"""Those that the grammar knows, whatever the search path is."""

_COMPARING = {"LIKE", "ILIKE", "BETWEEN", "SIMILAR", "NULLIF", "NATURAL"}
"""Syntax for operators that are looked up by their names."""

_NAMING = {"AS", "CONSTRAINT", "FUNCTION", "INTO", "RECURSIVE", "WITH", ")"}
"""What comes before a name that is given, not looked up."""


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(sql: str) -> list[_Token]:
    found = []
    place = 0
    while place < len(sql):
        match = _TOKENS.match(sql, place)
        assert match is not None, sql[place : place + 40]
        place = match.end()
        kind = str(match.lastgroup)
        if match["string"]:
            kind = "string"
        if kind != "skip":
            found.append(_Token(kind, match[0]))
    return found


def unqualified(
    sql: str, own_types: frozenset[str] = frozenset()
) -> list[str]:
    """What is looked up on the search path: functions, operators, types.

    :param own_types: types that are the user's.
    """
    tokens = _tokens(sql)
    found = list(_unqualified(tokens, own_types))
    if tokens and tokens[0].text == "DO" or "LANGUAGE" in sql:
        for token in tokens:
            if token.kind == "string" and "BEGIN" in token.text:
                found += unqualified(_unquoted(token.text), own_types)
    return found


def _unquoted(string: str) -> str:
    if string.startswith("$"):
        return string[string.index("$", 1) + 1 : string.rindex("$", 0, -1)]
    return string[string.index("'") + 1 : -1].replace("''", "'")


def _unqualified(
    tokens: list[_Token], own_types: frozenset[str]
) -> Iterator[str]:
    words = ["", "", "", *(token.text.upper() for token in tokens), "", "", ""]
    targets = {*_cast_targets(words)}
    for i, token in enumerate(tokens, start=3):
        is_known = (
            words[i] in _TYPES
            or token.text in own_types
            or words[i + 1] == "."
            and words[i] == "PG_CATALOG"
        )
        if i in targets:
            looked_up = not is_known
        elif token.kind == "operator":
            looked_up = _is_operator(words, i)
        elif token.kind == "value":
            type_ = token.text.partition("::")[2].partition("[")[0]
            looked_up = bool(type_) and type_ not in _TYPES
        else:
            looked_up = token.kind == "name" and _is_name(words, i)
        if looked_up:
            yield " ".join(words[max(0, i - 4) : i + 5])


def _cast_targets(words: list[str]) -> Iterator[int]:
    """Where types begin that something is cast to."""
    casts: list[int] = []
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word == "CAST":
            casts.append(depth + 1)
        elif word == "AS" and depth in casts[-1:]:
            casts.pop()
            yield i + 1
        elif word == "::":
            yield i + 1


def _is_operator(words: list[str], i: int) -> bool:
    if words[i] == "*" and words[i - 1] in ("(", ".", ",", "SELECT"):
        return False
    if words[i] == "=" and "SET" in words[:i] and "WHERE" not in words[:i]:
        is_assignment = words[i - 2] in ("SET", ",")
    else:
        is_assignment = False
    return words[i - 3 : i] != ["(", "PG_CATALOG", "."] and not is_assignment


def _is_name(words: list[str], i: int) -> bool:
    """Whether it is a function, or syntax that looks for an operator."""
    word, after = words[i], words[i + 1]
    if words[i - 1] == ".":
        return False
    return (
        word in _COMPARING
        or (word, after) in (("IN", "("), ("DISTINCT", "FROM"))
        or (word == "CASE" and after != "WHEN")
        or (
            after == "("
            and word not in _SYNTAX | _TYPES
            and words[i - 1] not in _NAMING
        )
    )


# -- whose statement it is -------------------------------------------------


SAFE_PATH = "pg_catalog, pg_temp"


@contextmanager
def recorded(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that ckenum itself sends, each once, but for those that
    find nothing outside of ``pg_catalog``.
    """
    sent: dict[str, None] = {}
    path = ""

    def before(*args: Any) -> None:
        nonlocal path
        statement, parameters = args[2:4]
        if is_ours(sys._getframe()) and path != SAFE_PATH:
            sent[statement] = None
        if statement in ("COMMIT", "ROLLBACK"):
            path = ""
        elif "set_config" in statement and "values" in parameters:
            given = zip(parameters["names"], parameters["values"])
            path = dict(given).get("search_path", path)

    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", before)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)
        statements += sent


def is_ours(frame: FrameType | None) -> bool:
    """Whether it is neither SQLAlchemy's, as those by which it reflects, nor
    Alembic's, nor the test's.
    """
    while frame is not None:
        module = str(frame.f_globals["__name__"])
        if module.startswith("ckenum."):
            return True
        if module.startswith(_OTHERS) and module != "alembic.ddl.impl":
            return False
        frame = frame.f_back
    return False


_OTHERS = ("sqlalchemy.dialects", "sqlalchemy.engine.reflection", "alembic.")
