"""Which columns are a native ENUM, or arrays of one."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....arrays import items_of
from ....backend import backend_of
from ....types import CheckEnum
from .declared import is_array_on
from .declared import type_on

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy import Dialect


def native_type(
    column: Column[Any], dialect: Dialect, is_array: bool
) -> sa.Enum | None:
    """The native ENUM that a column is, if it is one; or that its arrays
    have.
    """
    if is_array_on(column, dialect) is not is_array:
        return None
    return native_enum(column, dialect)


def native_enum(column: Column[Any], dialect: Dialect) -> sa.Enum | None:
    """The native ENUM of a column, or of arrays.

    On SQLite too, where it is a VARCHAR, so that one migration is right on
    all.
    """
    type_ = items_of(type_on(column, dialect))
    if not isinstance(type_, sa.Enum) or isinstance(type_, CheckEnum):
        return None
    backend = backend_of(dialect)
    is_whole = type_.name or not backend.names_enum_types
    if backend.moves_enum_types and type_.native_enum and is_whole:
        return type_
    return None
