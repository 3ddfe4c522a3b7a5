"""Columns that hold single values on one side and arrays on the other."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.base import _NoArg

from . import reflected
from ....arrays import is_array
from ....arrays import items_of
from ....arrays import undecorated
from ....backend import backend_of
from ....shapes import shape_of
from ....types import CheckEnum
from .declared import type_on

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from ....value_check import ValueCheck
    from .declared import Declared


def differs(
    side: reflected.TableSide,
    declared: Declared,
    conn_col: sa.Column[Any],
) -> bool:
    """Whether one side has strings and the other one arrays of strings."""
    column = declared.column
    dialect = side.context.dialect
    return (
        backend_of(dialect).has_arrays
        and is_array(conn_col.type) != declared.is_array
        and side.compares_types
        and is_text(
            items_of(conn_col.type), items_of(type_on(column, dialect))
        )
        and side.includes_column(column, conn_col)
    )


def types(
    declared: Declared,
    conn_col: sa.Column[Any],
    existing: ValueCheck,
    dialect: Dialect,
) -> tuple[str, str] | None:
    """The database's type and the model's, in SQL; ``None`` if both or
    neither are arrays.

    :param existing: the existing constraint.
    """
    told = options(declared, conn_col, existing)
    if not told:
        return None
    return (
        _type(told["existing_length"], existing.is_array, dialect),
        _type(told["length"], declared.is_array, dialect),
    )


def _type(length: int | None, as_array: bool, dialect: Dialect) -> str:
    type_ = shape_of(as_array).type_of(sa.String(length))
    return str(type_.compile(dialect=dialect))


def options(
    declared: Declared, conn_col: sa.Column[Any], existing: ValueCheck
) -> dict[str, Any]:
    """Both types as arguments of an operation; empty if both or neither are
    arrays.
    """
    if existing.is_array == declared.is_array:
        return {}
    existing_length = getattr(items_of(conn_col.type), "length", None)
    return {
        "existing_array": existing.is_array,
        "length": _length(declared, existing_length),
        "existing_length": existing_length,
    }


def _length(declared: Declared, existing: int | None) -> int | None:
    """The declared length, or else the existing one if that is enough."""
    type_ = declared.type
    longest = max(map(len, declared.values))
    if not isinstance(length_given(type_), _NoArg) or (
        existing is not None and existing < longest
    ):
        return type_.length
    return existing


def is_text(conn_type: Any, metadata_type: Any) -> bool:
    """Whether a column of the database stores strings as they are; or arrays
    of them, if arrays are declared.
    """
    metadata_type = undecorated(metadata_type)
    if isinstance(metadata_type, sa.ARRAY):
        # SQLAlchemy compares the column with a varchar[], not a text[]
        return isinstance(conn_type, sa.ARRAY) and (
            not isinstance(conn_type.item_type, sa.Text)
            and is_text(conn_type.item_type, metadata_type.item_type)
        )
    if isinstance(conn_type, sa.CHAR):
        return False  # CHAR pads what it stores
    if isinstance(conn_type, sa.Enum):
        return not conn_type.native_enum
    if isinstance(conn_type, sa.Text) and metadata_type.length is not None:
        return isinstance(length_given(metadata_type), _NoArg)
    return isinstance(conn_type, sa.String)


def length_given(type_: Any) -> Any:
    """The declared length; SQLAlchemy's own Enum always has one."""
    return type_.length_given if isinstance(type_, CheckEnum) else type_.length
