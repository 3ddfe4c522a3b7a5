"""Arrays whose items are a CheckEnum's, as PostgreSQL has them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY
from sqlalchemy import cast
from sqlalchemy import literal
from sqlalchemy import String
from sqlalchemy import type_coerce
from sqlalchemy import TypeDecorator

from . import array_literal
from .backend.pg_catalog import operator

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine


def undecorated(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type inside a :class:`~sqlalchemy.types.TypeDecorator`; any other
    type is returned as it is.
    """
    while isinstance(type_, TypeDecorator):
        type_ = type_.impl_instance
    return type_


def is_array(type_: TypeEngine[Any]) -> bool:
    return isinstance(undecorated(type_), ARRAY)


def items_of(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of an array's items; any other type is returned as it is.

    Decorators are taken off: the database knows nothing of them.
    """
    type_ = undecorated(type_)
    return undecorated(type_.item_type) if isinstance(type_, ARRAY) else type_


def alike(type_: TypeEngine[Any], items: TypeEngine[Any]) -> TypeEngine[Any]:
    """``items``, inside an array if ``type_`` is an array."""
    type_ = undecorated(type_)
    if not isinstance(type_, ARRAY):
        return items
    return type_.adapt(type(type_), item_type=items)


def strings(values: Collection[str]) -> ColumnElement[Any]:
    """An array of ``values`` whose type is that of the columns.

    PostgreSQL has no operators between ``varchar[]`` and ``text[]``.
    """
    type_ = ARRAY(String())
    return cast(literal(list(values), type_), type_)


def constant(values: Collection[str]) -> ColumnElement[Any] | None:
    """An array of ``values`` as one constant, whose type the context decides.

    ``None`` if a value contains a backslash or a double quote. The constant
    would need backslashes, whose meaning depends on
    ``standard_conforming_strings`` of the server that runs a script.
    """
    text = array_literal.stored(values)
    if "\\" in text:
        return None
    return literal(text, String(), literal_execute=True)


def containment(
    column: ColumnElement[Any], values: Collection[str]
) -> ColumnElement[bool]:
    """The condition that all items of ``column`` are among ``values``.

    An empty array and NULL pass. An array with a NULL in it does not, because
    no array contains NULL ("Array Functions and Operators", section 9.19 of
    PostgreSQL's manual).
    """
    listed = constant(values)
    if listed is None:
        listed = strings(values)
    array = type_coerce(column, ARRAY(String()))
    condition: ColumnElement[bool] = array.bool_op(operator("<@"))(listed)
    return condition


def overlap(
    column: ColumnElement[Any], values: Collection[str]
) -> ColumnElement[bool]:
    """The condition that at least one item of ``column`` is in ``values``."""
    condition: ColumnElement[bool] = column.bool_op("&&")(strings(values))
    return condition
