"""Which foreign keys tie columns that change one after the other.

PostgreSQL allows no key between an ENUM and a VARCHAR, and a value must be
renamed on both sides of a key. So the keys are dropped before the first
column changes and created again after the last; what Alembic has queued for
such keys goes there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
import sqlalchemy as sa

from ....arrays import items_of
from ....backend import backend_of
from ....types import CheckEnum
from ...ddl.postgresql.keys import Column
from ...ddl.postgresql.keys import foreign_keys
from ...ddl.postgresql.keys import ForeignKey
from ...ops import AlterCheckEnumOp
from ...ops.native_base import NativeEnumOp
from .followers import follow
from .keys_around import KeysAround

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


NOT_ONLINE = "# Not online: a foreign key is dropped meanwhile."


def put_around(
    context: AutogenContext, upgrade_ops: alembic_ops.UpgradeOps
) -> None:
    """Have the keys dropped before the columns change, and created after.

    If a key would end up between an ENUM and a VARCHAR, a
    :class:`~ckenum.alembic.ops.keys.RefusedOp` says so.
    """
    if not backend_of(context.dialect).has_enum_types:
        return
    moved = set(_moved(upgrade_ops.ops, context.dialect))
    keys = _with_followers(context, upgrade_ops, moved) if moved else []
    _together(upgrade_ops.ops, keys)
    renaming = _renaming(context, upgrade_ops.ops)
    moved.update(column for key in renaming for column in key.columns_of_both)
    if not moved:
        return
    around = KeysAround(moved, keys, renaming, context.dialect)
    around.take_out(upgrade_ops.ops)
    around.add_those_that_stay(upgrade_ops.ops)
    upgrade_ops.ops[:] = [*around.before(), *upgrade_ops.ops, *around.after()]


def _with_followers(
    context: AutogenContext,
    upgrade_ops: alembic_ops.UpgradeOps,
    moved: set[Column],
) -> list[ForeignKey]:
    """The keys of ``moved``; columns that follow those are added to it."""
    assert context.connection is not None
    while True:
        keys = foreign_keys(context.connection, moved)
        natives = {
            (op.schema, op.table_name, op.column_name): op
            for op in _each(upgrade_ops.ops)
            if isinstance(op, NativeEnumOp)
        }
        followed = {
            column
            for key in keys
            for column, referred in key.pairs
            if referred in natives
            and column not in natives
            and follow(context, upgrade_ops, natives[referred], column)
        }
        if not followed:
            return keys
        moved |= followed


def _together(ops: Iterable[Any], keys: Iterable[ForeignKey]) -> None:
    """Move the columns of keys in one transaction, with the keys."""
    tied = {column for key in keys for column in key.columns_of_both}
    for op in _each(ops):
        if isinstance(op, NativeEnumOp):
            where = (op.schema, op.table_name, op.column_name)
            op.online = op.online and where not in tied


def _renaming(context: AutogenContext, ops: Iterable[Any]) -> list[ForeignKey]:
    """The keys both of whose sides rename a value and that have no ON UPDATE
    CASCADE.
    """
    renames = {
        (op.schema, op.table_name, op.column_name): op
        for op in _each(ops)
        if type(op) is AlterCheckEnumOp and op.rename
    }
    if not renames:
        return []
    assert context.connection is not None
    found = [
        key
        for key in foreign_keys(context.connection, renames)
        if key.options.get("onupdate") != "CASCADE"
        and key.is_plain
        and any(_rename_alike(renames, pair) for pair in key.pairs)
    ]
    for key in found:
        for column in key.columns_of_both:
            if column in renames and context.opts.get("ckenum_online"):
                renames[column].online = False
                renames[column].note = (NOT_ONLINE,)
    return found


def _rename_alike(
    renames: dict[Column, Any], pair: tuple[Column, Column]
) -> bool:
    one, other = (renames.get(column) for column in pair)
    if one is None or other is None:
        return False
    return bool(one.rename.items() & other.rename.items())


def _each(ops: Iterable[Any]) -> Iterator[Any]:
    for table in ops:
        yield from getattr(table, "ops", ())


def _moved(ops: Iterable[Any], dialect: sa.Dialect) -> Iterator[Column]:
    """The columns that change between a native ENUM and a VARCHAR."""
    for op in _each(ops):
        if isinstance(op, NativeEnumOp) or (
            isinstance(op, alembic_ops.AlterColumnOp)
            and op.modify_type is not None
            and _is_native(op.modify_type, dialect)
            != _is_native(op.existing_type, dialect)
        ):
            yield op.schema, op.table_name, op.column_name


def _is_native(type_: Any, dialect: sa.Dialect) -> bool:
    type_ = items_of(type_._variant_mapping.get(dialect.name, type_))
    return (
        isinstance(type_, sa.Enum)
        and not isinstance(type_, CheckEnum)
        and type_.native_enum
    )
