"""How an expression of PostgreSQL uses a column: with which literals it is
compared, and what else depends on its type.

Operands that must have the same type (of a comparison, a CASE, a COALESCE)
form a group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from sqlglot import exp

from .marked import Cast
from .marked import is_the_column
from .marked import Literal
from .marked import Marked

_EQUAL = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
_ORDERED = (exp.LT, exp.GT, exp.LTE, exp.GTE)
_CHOICES = (exp.Coalesce, exp.Nullif)
_EXTREMES = (exp.Greatest, exp.Least)
_LISTS = (exp.Any, exp.All)
_LOGIC = (exp.And, exp.Or, exp.Not)
_LEAVES = (exp.Column, exp.Literal, exp.Null, exp.Boolean)


@dataclass
class Group:
    """Operands that have one type.

    :ivar columns: how often the column itself is one.
    :ivar bare: how often it is one without a cast to text.
    :ivar casts: those to text of all but literals, and of a NULL.
    :ivar is_text: whether the column, cast to text, is one (where such casts
        divide groups).
    :ivar ordered: whether they are compared by their order.
    :ivar others: why anything else has to do with it.
    :ivar beside: the other columns.
    """

    columns: int = 0
    bare: int = 0
    literals: list[Literal] = field(default_factory=list)
    casts: list[Cast] = field(default_factory=list)
    is_text: bool = False
    ordered: bool = False
    others: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


class Expression:
    """
    :param definition: the text in which it stands.
    :param span: where.
    :param column: the column's name.
    :param type_name: the native type, as ``format_type()`` spells it.
    :param divides: whether a cast to text divides two groups, as it does
        where the column is of the native type.

    Raises :class:`~.marked.CannotReadError`.
    """

    def __init__(
        self,
        definition: str,
        span: tuple[int, int],
        column: str,
        type_name: str,
        divides: bool,
    ) -> None:
        self._marked = Marked(definition, span, column, type_name)
        self._divides = divides

    def groups(self) -> list[Group]:
        """Those that have the column in them, or what it is as text."""
        self._leader: dict[int, exp.Expr] = {}
        self._ordered: list[exp.Expr] = []
        self._foreign: list[tuple[exp.Expr, str]] = []
        self._derived: dict[int, exp.Expr] = {}
        nodes = list(_values(self._marked.tree))
        for node in nodes:
            self._relate(node)
        groups: dict[int, Group] = {}
        for node in nodes:
            self._add(groups.setdefault(id(self._of(node)), Group()), node)
        for node in self._ordered:
            groups[id(self._of(node))].ordered = True
        for node, why in self._foreign:
            groups[id(self._of(node))].others.append(why)
        for node in nodes:
            if id(node) in self._derived:
                inner = groups[id(self._of(self._derived[id(node)]))]
                groups[id(self._of(node))].is_text |= bool(inner.columns)
        return [g for g in groups.values() if g.columns or g.is_text]

    def _of(self, node: exp.Expr) -> exp.Expr:
        while id(node) in self._leader:
            node = self._leader[id(node)]
        return node

    def _join(self, *nodes: exp.Expr | None) -> None:
        first, *rest = [node for node in nodes if node is not None]
        for node in rest:
            one, other = self._of(first), self._of(node)
            if one is not other:
                self._leader[id(other)] = one

    def _relate(self, node: exp.Expr) -> None:
        operands = [node.args.get("this"), node.args.get("expression")]
        if isinstance(node, _LOGIC + _LEAVES):
            return
        if isinstance(node, (exp.Paren, *_LISTS)):
            self._join(node, node.this)
        elif isinstance(node, _EQUAL):
            self._join(*operands)
        elif isinstance(node, _ORDERED):
            self._join(*operands)
            self._ordered.append(node.this)
        elif isinstance(node, (exp.Array, *_CHOICES, *_EXTREMES)):
            self._join(node, *operands, *node.args.get("expressions", []))
            if isinstance(node, _EXTREMES):
                self._ordered.append(node)
        elif isinstance(node, exp.Case):
            ifs = node.args["ifs"]
            if node.this is not None:
                self._join(node.this, *(each.this for each in ifs))
            results = [each.args["true"] for each in ifs]
            self._join(node, *results, node.args.get("default"))
        elif isinstance(node, exp.Is) and isinstance(
            node.expression, exp.Null
        ):
            return
        elif _is_list(node):
            self._join(node, *node.expressions)
        elif isinstance(node, exp.Cast):
            self._relate_cast(node)
        elif not isinstance(node, exp.If):
            for child in _children(node):
                self._foreign.append((child, _why(node)))

    def _relate_cast(self, node: exp.Cast) -> None:
        cast = self._marked.cast(node)
        inner = node.this.unnest()
        if cast is None:
            self._foreign.append((node.this, _why(node)))
        elif isinstance(inner, (exp.Literal, exp.Null)):
            self._join(node, node.this)
        elif cast.to == "enum":
            self._foreign.append((node.this, "it casts to the type"))
        elif not self._divides or self._is_text(inner):
            self._join(node, node.this)
        else:
            self._derived[id(node)] = node.this

    def _is_text(self, node: exp.Expr) -> bool:
        """Whether it is a cast to text, or a list of such."""
        if isinstance(node, exp.Array):
            return all(self._is_text(e.unnest()) for e in node.expressions)
        cast = self._marked.cast(node)
        return cast is not None and cast.to != "enum"

    def _add(self, group: Group, node: exp.Expr) -> None:
        cast = self._marked.cast(node)
        if isinstance(node, exp.Literal) and node.is_string:
            literal = self._marked.literal(node)
            above = node.parent
            while isinstance(above, (exp.Cast, exp.Paren)):
                found = self._marked.cast(above)
                if found is not None:
                    literal.casts.append(found)
                above = above.parent
            literal.in_array = isinstance(above, exp.Array)
            group.literals.append(literal)
        elif is_the_column(node):
            above = node.parent
            while isinstance(above, exp.Paren):
                above = above.parent
            group.columns += 1
            group.bare += above is None or self._marked.cast(above) is None
        elif isinstance(node, exp.Column):
            group.beside.append(node.name)
        elif cast is not None:
            if not _is_string(node) and id(node) not in self._derived:
                group.casts.append(cast)
            if cast.to == "enum" and not _is_constant(node):
                group.others.append("it casts to the type")
        elif not isinstance(
            node,
            (exp.Null, exp.Paren, exp.Case, exp.If, exp.Array)
            + _LOGIC
            + _EQUAL
            + _ORDERED
            + _CHOICES
            + _EXTREMES
            + _LISTS,
        ) and not _is_list(node):
            group.others.append(_why(node))


def _values(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes that stand for a value; a type does not."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, exp.Cast):
            pending.append(node.this)
        elif not isinstance(node, _LEAVES):
            pending += _children(node)


def _children(node: exp.Expr) -> list[exp.Expr]:
    return [
        child
        for child in node.iter_expressions()
        if not isinstance(child, (exp.Identifier, exp.DataType))
    ]


def _is_list(node: exp.Expr) -> bool:
    """Whether it is ``ALL (...)``, which sqlglot may take for a function."""
    return isinstance(node, exp.Anonymous) and node.name.upper() in (
        "ALL",
        "ANY",
    )


def _is_string(node: exp.Expr) -> bool:
    """Whether it is a literal, with or without casts."""
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return isinstance(node, exp.Literal)


def _is_constant(node: exp.Expr) -> bool:
    return isinstance(node.this.unnest(), (exp.Literal, exp.Null))


def _why(node: exp.Expr) -> str:
    if isinstance(node, exp.Cast):
        return f"it casts to {node.to.sql('postgres')}"
    if isinstance(node, exp.Anonymous):
        return f"it calls {node.name}()"
    if isinstance(node, exp.Func):
        return f"it calls {node.sql_name().lower()}()"
    return f"it does more than compare, namely {node.key}"
