"""The condition that a column holds one of some values."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import any_
from sqlalchemy import ARRAY
from sqlalchemy import BinaryExpression
from sqlalchemy import cast
from sqlalchemy import literal
from sqlalchemy import String
from sqlalchemy import type_coerce
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.compiler import compiles

from .arrays import constant
from .arrays import containment
from .backend import backend_of
from .backend.pg_catalog import operator

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

CONSTANT_FROM = 2
"""From how many values on PostgreSQL checks an array constant faster.

PostgreSQL reads the condition for each statement: every value of an IN list,
but only one constant of an array. Measured by ``bench/inserts.py``, the
constant takes about half the time from two values on. For one value, IN is an
equality, which is faster still.
"""


def _as_it_is(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column


def membership(
    column: ColumnElement[Any],
    values: Sequence[str | None],
    is_array: bool = False,
    exact: Callable[[ColumnElement[Any]], ColumnElement[Any]] = _as_it_is,
) -> ColumnElement[bool]:
    """The condition that ``column`` holds one of ``values``, or an array of
    them.

    :param exact: makes the expression to compare from the column, if its
        collation considers different strings equal.

    On PostgreSQL, and only there, it is ``column = ANY ('{a,b}')``, whose
    constant has the column's type; ``column = 'a'`` for fewer values than
    :data:`CONSTANT_FROM`; and an array of literals for a list with a NULL, or
    for values of which :func:`~ckenum.arrays.constant` makes no constant.
    The operator is that of ``pg_catalog``: a constraint keeps the operator
    that it was created with, and calls it whenever a row is written.
    """
    if is_array:
        items = type_coerce(column, ARRAY(String()))
        strings = [v for v in values if v is not None]
        return containment(exact(items), strings)
    return _Among(exact(type_coerce(column, String())).in_(values))


class _Among(BinaryExpression[bool]):
    """``column IN (values)``, which each backend writes in its own way."""

    inherit_cache = False

    def __init__(self, listed: BinaryExpression[bool]) -> None:
        super().__init__(
            listed.left,
            listed.right,
            listed.operator,
            type_=listed.type,
            negate=listed.negate,
            modifiers=listed.modifiers,
        )


@compiles(_Among)
def _among(element: Any, compiler: Any, **kw: Any) -> str:
    if not backend_of(compiler.dialect).has_arrays:
        return str(compiler.visit_binary(element, **kw))
    equals = element.left.bool_op(operator("="))
    return str(compiler.process(equals(_listed(element.right.value)), **kw))


def _listed(values: Sequence[str | None]) -> ColumnElement[Any]:
    """The right side of ``=`` that any of ``values`` equals."""
    strings = [value for value in values if value is not None]
    listed = constant(strings) if len(strings) == len(values) else None
    if listed is None:
        listed = cast(array(values, type_=String()), ARRAY(String()))
    if len(strings) == len(values) < CONSTANT_FROM:
        return literal(strings[0])
    return any_(listed)
