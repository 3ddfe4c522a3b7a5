"""What a CHECK constraint, as the database tells it, allows one column.

Three outcomes: a list of values, or "cannot tell" with its reason; never an
exception, never a guess. All that dialects spell differently is known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

SQLGLOT_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql"}
"""Names that sqlglot spells otherwise than SQLAlchemy."""

_TEXT_TYPES = {"TEXT", "VARCHAR", "BPCHAR", "CITEXT"}


@dataclass(frozen=True)
class Check:
    """A CHECK constraint as reflected.

    :ivar name: ``None`` where it has none (SQLite).
    :ivar text: the condition, without CHECK and its parentheses.
    :ivar not_valid: PostgreSQL has not checked the rows that were there
        before it (``NOT VALID``).
    """

    name: str | None
    text: str
    not_valid: bool = False


@dataclass(frozen=True)
class ValueList:
    """The condition holds one column to a list of strings.

    :ivar column: the column's name, as spelled.
    :ivar values: the strings, in the order of the text, each once.
    :ivar has_null: whether the list has a NULL in it. Such a condition is
        never false, so it rejects nothing (SQL's three-valued logic; "CHECK
        Constraints", section 5.5.1 of PostgreSQL's manual).
    """

    column: str
    values: tuple[str, ...]
    has_null: bool = False


@dataclass(frozen=True)
class Unreadable:
    """The condition says something else, or cannot be parsed.

    :ivar reason: why, as the end of a sentence that begins with "because".
    """

    reason: str


class _CannotTell(Exception):
    pass


def read_check(dialect: str, text: str) -> ValueList | Unreadable:
    """Read the condition ``text`` of a CHECK.

    :param dialect: SQLAlchemy's name of the dialect.
    :param text: what reflection gives, e.g. ``status IN ('a', 'b')`` or
        ``status::text = ANY (ARRAY['a'::character varying, ...]::text[])``.
    """
    try:
        tree = sqlglot.parse_one(
            text,
            read=SQLGLOT_DIALECTS.get(dialect, dialect),
            into=exp.Condition,
        )
        return _values_of(tree, dialect)
    except _CannotTell as why:
        return Unreadable(str(why))
    except (SqlglotError, ValueError, RecursionError) as error:
        return Unreadable(f"it cannot be parsed ({type(error).__name__})")


def read_string(dialect: str, text: str) -> str | None:
    """The string that an expression is, e.g. ``'a'::character varying``.

    ``None`` where it is anything else.
    """
    try:
        tree = sqlglot.parse_one(
            text,
            read=SQLGLOT_DIALECTS.get(dialect, dialect),
            into=exp.Condition,
        )
        return _string(tree)
    except (_CannotTell, SqlglotError, ValueError, RecursionError):
        return None


def _values_of(node: exp.Expr, dialect: str) -> ValueList:
    column: str | None = None
    values: dict[str, None] = {}
    has_null = False
    for term in _alternatives(node):
        tested, listed = _comparison(term)
        name = _column_name(tested, dialect)
        if column not in (None, name):
            raise _CannotTell(f"it is about both {column!r} and {name!r}")
        column = name
        for item in listed:
            value = _string(item)
            if value is None:
                has_null = True
            else:
                values[value] = None
    if column is None or not (values or has_null):
        raise _CannotTell("it names no values")
    return ValueList(column, tuple(values), has_null)


def _alternatives(node: exp.Expr) -> Iterator[exp.Expr]:
    pending = [node]
    while pending:
        node = pending.pop().unnest()
        if isinstance(node, exp.Or):
            pending += [node.expression, node.this]
        else:
            yield node


def _comparison(
    node: exp.Expr,
) -> tuple[exp.Expr, list[exp.Expr]]:
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return node.this, []
    if isinstance(node, exp.In) and node.expressions:
        return node.this, node.expressions
    if isinstance(node, exp.EQ):
        if isinstance(node.expression, exp.Any):
            return node.this, _array_items(node.expression.this)
        if _is_string(node.this):
            return node.expression, [node.this]
        return node.this, [node.expression]
    raise _CannotTell(f"it is not a list of values but {_kind(node)}")


def _array_items(node: exp.Expr) -> list[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.Cast) and node.to.is_type("array"):
        inner = node.this.unnest()
        if isinstance(inner, exp.Literal) and inner.is_string:
            return list(_array_constant(inner.this))
        node = inner
    if isinstance(node, exp.Array):
        return node.expressions
    raise _CannotTell(f"ANY takes no list of values but {_kind(node)}")


# An element of an array constant: section 8.15.2 of PostgreSQL's manual.
_ELEMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]+?))\s*([,}])')


def _array_constant(text: str) -> Iterator[exp.Expr]:
    if re.fullmatch(r"\s*{\s*}\s*", text):
        return
    position = text.find("{") + 1
    end = ""
    while end != "}":
        element = _ELEMENT.match(text, position)
        if element is None or not position:
            raise _CannotTell("its array constant cannot be parsed")
        quoted, plain, end = element.groups()
        position = element.end()
        if quoted is not None:
            yield exp.Literal.string(re.sub(r"\\(.)", r"\1", quoted))
        elif plain.upper() == "NULL":
            yield exp.Null()
        else:
            yield exp.Literal.string(plain)


def _column_name(node: exp.Expr, dialect: str) -> str:
    node = node.unnest()
    if isinstance(node, exp.Collate):
        collation = node.expression.name.upper()
        if dialect == "sqlite" and collation != "BINARY":
            raise _CannotTell(f"it compares by the collation {collation}")
        return _column_name(node.this, dialect)
    if isinstance(node, exp.Cast):
        _require_text(node)
        return _column_name(node.this, dialect)
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        return node.name
    raise _CannotTell(f"it is not about a column but {_kind(node)}")


def _is_string(node: exp.Expr) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Cast):
        return _is_string(node.this)
    return isinstance(node, exp.ByteString) or (
        isinstance(node, exp.Literal) and bool(node.is_string)
    )


def _string(node: exp.Expr) -> str | None:
    node = node.unnest()
    if isinstance(node, exp.Cast):
        _require_text(node)
        return _string(node.this)
    if isinstance(node, exp.Null):
        return None
    if _is_string(node):
        return str(node.this)
    raise _CannotTell(f"a value in it is no string but {_kind(node)}")


def _require_text(cast: exp.Cast) -> None:
    # varchar(3) would cut what it casts
    if cast.to.expressions or cast.to.sql().upper() not in _TEXT_TYPES:
        raise _CannotTell(f"it casts to {cast.to.sql()}")


def _kind(node: exp.Expr) -> str:
    text = node.sql()
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def sqlite_checks(create_table: str) -> list[Check]:
    """The CHECK constraints in the text that SQLite keeps of a table.

    Reads tokens, not lines, so that a literal, a comment or a name with
    ``CHECK (`` in it does not look like a constraint.

    :param create_table: ``sqlite_master.sql`` of the table.
    """
    try:
        tokens = sqlglot.tokenize(create_table, read="sqlite")
    except SqlglotError:
        return []
    checks = []
    for i, token in enumerate(tokens[:-1]):
        if not (
            token.text.upper() == "CHECK"
            and token.token_type not in (TokenType.STRING,)
            and create_table[token.start].upper() == "C"
            and tokens[i + 1].token_type is TokenType.L_PAREN
        ):
            continue
        named = i >= 2 and tokens[i - 2].token_type is TokenType.CONSTRAINT
        opening = tokens[i + 1]
        closing = _closing(tokens[i + 1 :])
        checks.append(
            Check(
                tokens[i - 1].text if named else None,
                create_table[opening.end + 1 : closing.start],
            )
        )
    return checks


def _closing(tokens: list[sqlglot.tokens.Token]) -> sqlglot.tokens.Token:
    depth = 0
    for token in tokens:
        if token.token_type is TokenType.L_PAREN:
            depth += 1
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
            if not depth:
                break
    return token
