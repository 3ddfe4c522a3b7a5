"""SQLAlchemy's own Enums in a migration, which Alembic renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv
from sqlalchemy.util import immutabledict

from ...arrays import alike
from ...arrays import items_of
from ...constraint_names import ck_convention
from .compare.declared import Declared
from .compare.declared import makes_check
from .compare.declared import OPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext


class _Final(conv):
    """A name that no convention changes, rendered with ``op.f()``."""

    def __repr__(self) -> str:
        return f"op.f({str(self)!r})"


def is_checked(context: AutogenContext, type_: Any) -> bool:
    """Whether we compare the CHECK of ``type_`` on any dialect."""
    types = (type_, *type_._variant_mapping.values())
    return bool(context.opts.get(OPTION)) and any(
        makes_check(items_of(each)) for each in types
    )


def unchecked(type_: Any) -> Any:
    """``type_`` without the constraint, which a directive creates."""
    return _replaced(
        type_,
        lambda enum: sa.Enum(
            *_strings(enum),
            name=enum.name,
            native_enum=False,
            length=enum.length,
        ),
    )


def named(declared: Declared) -> Any:
    """The type of a column with the name that its constraint has."""
    return _replaced(
        declared.column.type,
        lambda enum: (
            checked(enum.enums, declared.final, enum.length)
            if enum is declared.type
            else enum
        ),
    )


def checked(values: Sequence[str], name: str, length: int | None) -> sa.Enum:
    """An Enum whose constraint has that name."""
    return sa.Enum(
        *map(str.__str__, values),
        name=_Final(name),
        native_enum=False,
        create_constraint=True,
        length=length,
    )


def is_named_by_alembic(context: AutogenContext, declared: Declared) -> bool:
    """Whether the type, as Alembic renders it, gives the constraint the name
    that it has in the model.
    """
    if declared.name is None:
        return True
    metadata: Any = context.metadata
    if not hasattr(metadata, "naming_convention"):
        # with several metadatas, Alembic applies no convention
        return bool(declared.final == declared.type.name)
    convention = ck_convention(metadata) or ""
    return "constraint_name" not in convention or not isinstance(
        declared.type.name, conv
    )


def _strings(enum: sa.Enum) -> list[str]:
    return [str.__str__(value) for value in enum.enums]


def _replaced(type_: Any, replace: Callable[[sa.Enum], Any]) -> Any:
    """``type_`` with other Enums in place of those that have a CHECK, on
    each dialect.
    """
    items: Any = items_of(type_)
    if makes_check(items):
        whole = alike(type_, replace(items))
    elif type_._variant_mapping:
        whole = type_.copy()
    else:
        whole = type_
    if type_._variant_mapping:
        whole._variant_mapping = immutabledict(
            (dialect, _replaced(variant, replace))
            for dialect, variant in type_._variant_mapping.items()
        )
    return whole
