"""What a CHECK constraint allows, read from the text that the database gives.

The outcome is a list of values for one column, or the reason why it cannot be
told; never an exception, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from . import array_literal
from .backend import backend_of

_TEXT_TYPES = {"TEXT", "VARCHAR", "BPCHAR", "CITEXT"}


@dataclass(frozen=True)
class Check:
    """A CHECK constraint as reflected.

    :ivar name: ``None`` if it has none (SQLite).
    :ivar text: the condition, without CHECK and its parentheses.
    :ivar not_valid: PostgreSQL has not checked the rows that were there
        before it (``NOT VALID``).
    :ivar doubt: why the text may not be what the database has, if it may
        not, as the reason of an :class:`Unreadable`.
    """

    name: str | None
    text: str
    not_valid: bool = False
    doubt: str | None = None


@dataclass(frozen=True)
class ValueList:
    """The condition limits one column to a list of strings, or to arrays of
    them.

    :ivar column: the column's name, as spelled.
    :ivar values: the strings, in the order of the text, each once.
    :ivar has_null: whether the list has a NULL in it. Such a condition is
        never false, so it rejects nothing (SQL's three-valued logic; "CHECK
        Constraints", section 5.5.1 of PostgreSQL's manual).
    :ivar is_array: whether the column holds arrays. A NULL in the list then
        has no effect.
    """

    column: str
    values: tuple[str, ...]
    has_null: bool = False
    is_array: bool = False


@dataclass(frozen=True)
class Unreadable:
    """The condition says something else, or cannot be parsed.

    :ivar reason: why, as the end of a sentence that begins with "because".
    """

    reason: str


class _CannotTell(Exception):
    """The reason; the part that it is about replaces a {} in it."""

    def __init__(self, reason: str, node: exp.Expr | None = None) -> None:
        self.reason = reason
        self.node = node

    def outcome(self, dialect: str) -> Unreadable:
        if self.node is None:
            return Unreadable(self.reason)
        text = self.node.sql(sqlglot_name(dialect))
        if len(text) > 60:
            text = f"{text[:57]}..."
        return Unreadable(self.reason.format(text))


def sqlglot_name(dialect: str) -> str:
    """sqlglot's name for a dialect."""
    return backend_of(dialect).sqlglot or dialect


def _parse(dialect: str, text: str) -> exp.Expr:
    # SQLAlchemy before 2.0.52 takes the first and the last of "(x) OR (y)"
    return sqlglot.parse_one(
        f"({text})", read=sqlglot_name(dialect), into=exp.Condition
    )


def read_check(dialect: str, text: str) -> ValueList | Unreadable:
    """Read the condition ``text`` of a CHECK.

    :param dialect: SQLAlchemy's name of the dialect.
    :param text: what reflection gives, e.g. ``status IN ('a', 'b')`` or
        ``status::text = ANY (ARRAY['a'::character varying, ...]::text[])``.
    """
    try:
        return _values_of(_parse(dialect, text), dialect)
    except _CannotTell as why:
        return why.outcome(dialect)
    except (SqlglotError, ValueError, RecursionError) as error:
        return Unreadable(f"it cannot be parsed ({type(error).__name__})")


def read_values(
    dialect: str, text: str, is_array: bool = False
) -> tuple[str | None, ...] | None:
    """The string of an expression such as ``'a'::character varying``, or the
    strings of an array such as ``'{a,b}'::character varying[]``.

    ``None`` if it is anything else.
    """
    try:
        node = _parse(dialect, text)
        items = _array_items(node) if is_array else [node]
        return tuple(_string(item, dialect) for item in items)
    except (_CannotTell, SqlglotError, ValueError, RecursionError):
        return None


def _values_of(node: exp.Expr, dialect: str) -> ValueList:
    column: str | None = None
    values: dict[str, None] = {}
    has_null = False
    lists = 0
    is_array = False
    for term in _alternatives(node):
        tested, listed = _comparison(term, dialect)
        lists += bool(listed)
        is_array |= _is_containment(term)
        name = _column_name(tested, dialect)
        if column not in (None, name):
            raise _CannotTell(f"it is about both {column!r} and {name!r}")
        column = name
        for item in listed:
            value = _string(item, dialect)
            if value is None:
                has_null = True
            else:
                values[value] = None
    if column is None or not (values or has_null and not is_array):
        raise _CannotTell("it names no values")
    if not is_array:
        return ValueList(column, tuple(values), has_null)
    if lists > 1:
        raise _CannotTell("an array must be within one of several lists")
    return ValueList(column, tuple(values), is_array=True)


def _alternatives(node: exp.Expr) -> Iterator[exp.Expr]:
    pending = [node]
    while pending:
        node = pending.pop().unnest()
        if isinstance(node, exp.Or):
            pending += [node.expression, node.this]
        else:
            yield _unqualified(node)


def _comparison(
    node: exp.Expr, dialect: str
) -> tuple[exp.Expr, list[exp.Expr]]:
    given = {argument for argument, value in node.args.items() if value}
    if not given <= {"this", "expression", "expressions"}:
        pass  # such as "negate", by which "x IS NOT NULL" is an exp.Is
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return node.this, []
    elif isinstance(node, exp.In) and node.expressions:
        return node.this, node.expressions
    elif isinstance(node, exp.EQ):
        if isinstance(node.expression, exp.Any):
            return node.this, _array_items(node.expression.this)
        if isinstance(_bare(node.this, dialect), exp.Literal):
            return node.expression, [node.this]
        return node.this, [node.expression]
    elif _is_containment(node) and backend_of(dialect).has_arrays:
        sides = [node.this, node.expression]
        if isinstance(node, exp.ArrayContainsAll):
            sides.reverse()
        return _bare_array(sides[0]), _array_items(sides[1])
    raise _CannotTell("it is not a list of values but {}", node)


def _unqualified(node: exp.Expr) -> exp.Expr:
    """The condition as PostgreSQL writes it when the search path leads to its
    own operator.
    """
    if isinstance(node, exp.Operator):
        sides = [node.this, node.expression]
        if node.args["operator"] == "pg_catalog.=":
            return exp.EQ(this=sides[0], expression=sides[1])
        if node.args["operator"] == "pg_catalog.<@":
            return exp.ArrayContainsAll(this=sides[1], expression=sides[0])
    return node


def _is_containment(node: exp.Expr) -> bool:
    # "<@" has a class of its own in newer releases of sqlglot only
    return isinstance(node, exp.ArrayContainsAll) or (
        type(node).__name__ == "ArrayContainedBy"
    )


def _array_items(node: exp.Expr) -> list[exp.Expr]:
    array = _bare_array(node)
    if isinstance(array, exp.Literal) and array is not node.unnest():
        return list(_array_constant(array.this))
    if isinstance(array, exp.Array):
        return array.expressions
    raise _CannotTell("its array is no list of values but {}", node)


def _bare_array(node: exp.Expr) -> exp.Expr:
    array = node.unnest()
    if isinstance(array, exp.Cast) and array.to.is_type("array"):
        _require_text(array.to.expressions[0])
        array = array.this.unnest()
    return array


def _array_constant(text: str) -> Iterator[exp.Expr]:
    try:
        items = array_literal.read(text)
    except ValueError:
        raise _CannotTell("its array constant cannot be parsed") from None
    for item in items:
        yield exp.Null() if item is None else exp.Literal.string(item)


def _column_name(node: exp.Expr, dialect: str) -> str:
    column = _bare(node, dialect)
    if isinstance(column, exp.Column) and not column.is_star:
        return column.name
    raise _CannotTell("it is not about a column but {}", node)


def _string(node: exp.Expr, dialect: str) -> str | None:
    literal = _bare(node, dialect)
    if isinstance(literal, exp.Null):
        return None
    if isinstance(literal, exp.Literal) and literal.is_string:
        return str(literal.this)
    raise _CannotTell("a value in it is no string but {}", node)


def _bare(node: exp.Expr, dialect: str) -> exp.Expr:
    """The expression without what does not change how strings compare."""
    node = node.unnest()
    collated = False
    while isinstance(node, (exp.Cast, exp.Collate)):
        if isinstance(node, exp.Collate):
            _require_equality(node, dialect)
            collated = True
        elif not _is_plain(node.to, dialect, collated):
            _require_text(node.to)
        node = node.this.unnest()
    return node


def _is_plain(type_: exp.Expr, dialect: str, collated: bool) -> bool:
    text = type_.sql(sqlglot_name(dialect))
    return backend_of(dialect).is_plain_cast(text, collated)


def _require_text(type_: exp.Expr) -> None:
    # varchar(3) would cut what it casts
    if type_.expressions or type_.sql().upper() not in _TEXT_TYPES:
        raise _CannotTell("it casts to {}", type_)


def _require_equality(collate: exp.Collate, dialect: str) -> None:
    collation = collate.expression.name
    if not backend_of(dialect).is_exact(collation):
        raise _CannotTell(f"it compares by the collation {collation}")
