"""Whether a piece of SQL names values of a column.

A string that equals a value counts if the nearest expression around it that
names any column names this one: ``status = 'NEW'``, ``CASE status WHEN
'NEW'``, ``INSERT INTO orders (status) VALUES ('NEW')``. ``kind = 'NEW'`` does
not count.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from ... import array_literal
from ...backend import backend_of
from ...reflection import sqlglot_name

_STRINGS = (TokenType.STRING, TokenType.BYTE_STRING)
_LITERALS = (exp.Literal, exp.ByteString)
_QUERIES = (exp.Select, exp.Update, exp.Delete)

# Expressions on the two sides of these are unrelated.
_BOUNDARIES = (
    exp.Connector,
    exp.SetOperation,
    exp.Insert,
    exp.Join,
    exp.Where,
    *_QUERIES,
)


@dataclass(frozen=True)
class Sought:
    """The values of a column to look for.

    :ivar dialect: SQLAlchemy's name of the dialect.
    :ivar relations: the tables and views that have the column.
    :ivar strangers: names for rows of other tables, such as ``new`` in
        another table's trigger.
    """

    dialect: str
    relations: frozenset[str]
    column: str
    values: tuple[str, ...]
    strangers: frozenset[str] = frozenset()

    def named_in(self, text: str) -> list[str]:
        """The values that ``text``, an expression or statements, names."""
        named = self.strings_in(text)
        if not named:
            return []
        try:
            trees = sqlglot.parse(text, read=sqlglot_name(self.dialect))
        except (SqlglotError, ValueError, RecursionError):
            return self.scanned_in(text)
        if any(isinstance(tree, exp.Command) for tree in trees):
            return self.scanned_in(text)
        found = {
            value
            for tree in trees
            if tree is not None
            for value in _Tree(self, tree).values()
        }
        return [value for value in named if value in found]

    def scanned_in(self, text: str) -> list[str]:
        """The same for SQL that cannot be parsed: if it has the column's
        name as a word, all its strings count.
        """
        words = tokens(self.dialect, text)
        if any(self.same(word.text, self.column) for word in words):
            return self.strings_in(text)
        return []

    def strings_in(self, text: str) -> list[str]:
        """The values that are strings in ``text``, whatever their purpose."""
        found = {
            string
            for token in tokens(self.dialect, text)
            if token.token_type in _STRINGS
            for string in _strings(token.text)
        }
        return [value for value in self.values if value in found]

    def same(self, one: str, other: str) -> bool:
        """Whether two names are the same."""
        return backend_of(self.dialect).same_name(one, other)

    def has(self, relation: str) -> bool:
        """Whether ``relation`` has the column."""
        return any(self.same(relation, name) for name in self.relations)


class _Tree:
    """Parsed SQL, with the names that the column has in it."""

    def __init__(self, sought: Sought, tree: exp.Expr) -> None:
        self.sought = sought
        self.tree = tree
        self.queries = {cte.alias for cte in tree.find_all(exp.CTE)}
        self.tables = {
            table.alias_or_name: table.name
            for table in tree.find_all(exp.Table)
        }
        self.aliases = {
            alias.alias
            for alias in tree.find_all(exp.Alias)
            if self._is_column(_bare(alias.this), [sought.column])
        }

    def values(self) -> Iterator[str]:
        """The values that are named, repeated as often as they occur."""
        for literal in self.tree.find_all(*_LITERALS):
            named = set(_strings(literal.name)) & {*self.sought.values}
            if named and self._is_about_column(literal):
                yield from named

    def _is_about_column(self, node: exp.Expr) -> bool:
        while node.parent is not None:
            place = _place(node)
            if place is not None:
                return self._is_target(*place)
            if isinstance(node.parent, _BOUNDARIES):
                return False
            node, beside = _beside(node)
            columns = [
                column
                for part in beside
                for column in part.find_all(exp.Column)
            ]
            if columns:
                return any(map(self._is_sought, columns))
        return False

    def _is_target(self, insert: exp.Insert, index: int) -> bool:
        """Whether the INSERT stores its item at ``index`` in the column."""
        target = insert.this
        if not isinstance(target, exp.Schema):
            return self.sought.has(target.name)
        names = [column.name for column in target.expressions]
        return (
            self.sought.has(target.this.name)
            and index < len(names)
            and self.sought.same(names[index], self.sought.column)
        )

    def _is_sought(self, column: exp.Expr) -> bool:
        return self._is_column(column, [self.sought.column, *self.aliases])

    def _is_column(self, node: exp.Expr, names: Collection[str]) -> bool:
        return (
            isinstance(node, exp.Column)
            and any(self.sought.same(node.name, name) for name in names)
            and self._is_of_relation(node)
        )

    def _is_of_relation(self, column: exp.Column) -> bool:
        if column.table.lower() in self.sought.strangers:
            return False
        if column.table:
            name = self.tables.get(column.table)
            return name is None or self._is_relation(name)
        query = column.find_ancestor(*_QUERIES)
        tables = [*query.find_all(exp.Table)] if query else []
        return not tables or any(
            self._is_relation(table.name) for table in tables
        )

    def _is_relation(self, name: str) -> bool:
        return name in self.queries or self.sought.has(name)


def _place(node: exp.Expr) -> tuple[exp.Insert, int] | None:
    """The INSERT that stores ``node``, and the position in its row."""
    row = node.parent
    if isinstance(row, exp.Tuple) and isinstance(row.parent, exp.Values):
        insert = row.parent.parent
    elif isinstance(row, exp.Select) and node.arg_key == "expressions":
        insert = row.parent
    else:
        return None
    if not isinstance(insert, exp.Insert):
        return None
    return insert, next(
        i for i, item in enumerate(row.expressions) if item is node
    )


def _beside(node: exp.Expr) -> tuple[exp.Expr, list[exp.Expr]]:
    """The expression around ``node``, and the parts that ``node`` is
    compared or combined with.

    In a CASE, the values after WHEN are compared with the operand after
    CASE; the results are compared with nothing.
    """
    parent = node.parent
    assert parent is not None
    if isinstance(parent, exp.If):
        case = parent.parent
        if not isinstance(case, exp.Case):
            return parent, []
        tested = case.this if node.arg_key == "this" else None
        return case, [tested] if tested else []
    if isinstance(parent, exp.Case):
        compared = [branch.this for branch in parent.args["ifs"]]
        return parent, compared if node.arg_key == "this" else []
    return parent, [
        part for part in parent.iter_expressions() if part is not node
    ]


def _bare(node: exp.Expr) -> exp.Expr:
    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    return node


def _strings(literal: str) -> Iterator[str]:
    """The literal itself and, if it is an array constant, its items."""
    yield literal
    if literal.startswith("{"):
        try:
            items = array_literal.read(literal)
        except ValueError:
            return
        yield from (item for item in items if item is not None)


def between(
    dialect: str, text: str, first: str, last: str | None = None
) -> str:
    """The part of ``text`` after the first word ``first`` and before the
    last word ``last`` or the end; empty if these are missing.
    """
    words = tokens(dialect, text)
    starts = [word.end + 1 for word in words if _is_word(word, first)]
    ends = [word.start for word in words if last and _is_word(word, last)]
    if last is None:
        ends = [len(text)]
    return text[starts[0] : ends[-1]] if starts and ends else ""


def _is_word(token: Token, word: str) -> bool:
    return (
        token.token_type not in (*_STRINGS, TokenType.IDENTIFIER)
        and token.text.upper() == word
    )


def tokens(dialect: str, text: str) -> list[Token]:
    """The tokens of ``text``; none if it cannot be read."""
    try:
        return sqlglot.tokenize(text, read=sqlglot_name(dialect))
    except SqlglotError:
        return []
