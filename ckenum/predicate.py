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
"""How many values PostgreSQL checks faster in one array constant.

It reads the condition anew for each statement: of an IN list each value by
itself, of a constant just one. As measured by ``bench/inserts.py``, the
constant takes about half the time for any number of values from two on; for
one, IN is an equality, which is faster still.
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

    :param exact: from the column to what is compared, where it takes other
        strings for equal.

    On PostgreSQL, and there only, ``column = ANY ('{a,b}')``, whose constant
    is of the column's own type; ``column = 'a'`` for fewer values than
    :data:`CONSTANT_FROM`; an array of literals where there is a NULL among
    them, and for those of which :func:`~ckenum.arrays.constant` makes none.
    The operator is that of ``pg_catalog``: the constraint keeps the one that
    it was made with, and calls it for whoever writes a row.
    """
    if is_array:
        items = type_coerce(column, ARRAY(String()))
        strings = [v for v in values if v is not None]
        return containment(exact(items), strings)
    return _Among(exact(type_coerce(column, String())).in_(values))


class _Among(BinaryExpression[bool]):
    """``column IN (values)``, for backends to write as they like it best."""

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
    """What equals any of ``values``."""
    strings = [value for value in values if value is not None]
    listed = constant(strings) if len(strings) == len(values) else None
    if listed is None:
        listed = cast(array(values, type_=String()), ARRAY(String()))
    if len(strings) == len(values) < CONSTANT_FROM:
        return literal(strings[0])
    return any_(listed)
