"""Rewrite Alembic's own operations on CheckEnum columns.

A migration contains strings, never the application's classes. The
constraint of an added or dropped column gets an operation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
import copy
import re
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from . import portable as plain
from . import stock
from ...arrays import alike
from ...arrays import items_of
from ...constraint import check_enums
from ...types import CheckEnum
from ...value_check import ValueCheck
from ..ops import CreateCheckEnumOp
from ..ops import DropCheckEnumOp
from .casts import with_casts
from .compare import cascades
from .compare import keys
from .compare import reflected
from .compare.claims import leave_types_to_others
from .compare.column import log
from .compare.column import SKIPPED
from .compare.declared import Declared
from .compare.declared import declared_of
from .compare.declared import OPTION as ENUMS
from .compare.hints import Hints
from .compare.hints import hints_of
from .compare.hints import OPTION
from .compare.order import ordered
from .compare.tables import remove_claimed
from .options import require_known
from .portable_types import with_types
from .render import directives
from .render import portable as render_alembic
from .together import together
from .unbatch import unbatch

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from alembic.operations.ops import UpgradeOps


def begin(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Install our rendering of CheckEnum for this run of autogenerate, and
    read the hints on the command line.
    """
    require_known(context)
    renders = render_alembic if plain.is_plain(context) else directives
    context.opts = {
        **context.opts,
        OPTION: Hints.of_command_line(context),
        "render_item": renders.render_item(context.opts.get("render_item")),
    }
    return PriorityDispatchResult.CONTINUE


def finish(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Rewrite what Alembic queued for CheckEnum columns."""
    for op in upgrade_ops.ops:
        if isinstance(op, alembic_ops.CreateTableOp):
            op.columns = [
                part
                for item in op.columns
                for part in _portable(item, context)
            ]
        elif isinstance(op, alembic_ops.DropTableOp):
            _restore_types(context, op)
        elif isinstance(op, alembic_ops.ModifyTableOps):
            _rewrite_columns(context, op)
    if SKIPPED not in context.opts:
        cascades.put_in_steps(context, upgrade_ops)
        keys.put_around(context, upgrade_ops)
    leave_types_to_others(upgrade_ops)
    if plain.is_plain(context):
        upgrade_ops.ops[:] = with_types(
            context, plain.apart(context, upgrade_ops.ops)
        )
    elif context.opts.get("render_as_batch"):
        upgrade_ops.ops[:] = unbatch(upgrade_ops.ops)
    else:
        upgrade_ops.ops[:] = together(upgrade_ops.ops)
    hints_of(context).require_all_used()
    return PriorityDispatchResult.CONTINUE


def _portable(item: Any, context: AutogenContext) -> Iterator[Any]:
    declared = _declared(item, context)
    if declared is None and _is_guarded_by_key(item, context):
        yield _with_type(item, _text_type(item.type, context))
        return
    if _has_variants(item) and not plain.is_plain(context):
        yield _with_type(item, _portable_variants(item))
        return
    if declared is None:
        yield item
    elif declared.is_stock:
        is_named = stock.is_named_by_alembic(context, declared)
        yield item if is_named else _with_type(item, stock.named(declared))
    elif plain.is_plain(context):
        yield _with_type(item, plain.text_type(item.type))
        yield plain.check(
            ValueCheck(
                declared.final, item.name, declared.values, declared.is_array
            )
        )
    else:
        type_ = _portable_type(item.type, declared.type, declared.final)
        yield _with_type(item, type_)


def _has_variants(item: Any) -> bool:
    """Whether a column is a CheckEnum only on some dialects, or a different
    one on each.
    """
    return (
        isinstance(item, sa.Column)
        and bool(item.type._variant_mapping)
        and any(c.checked is item for c in check_enums(item.table))
    )


def _portable_variants(column: sa.Column[Any]) -> Any:
    """The type of ``column``, in which each CheckEnum has the final name of
    its constraint: a migration must not depend on naming conventions.
    """
    names = {
        constraint.enum_type: conv(str(constraint.name))
        for constraint in check_enums(column.table)
        if constraint.checked is column
    }

    def portable(type_: Any) -> Any:
        held = items_of(type_)
        if isinstance(held, CheckEnum) and held in names:
            return _portable_type(type_, held, names[held])
        return type_

    whole = portable(column.type)
    whole = whole.copy() if whole is column.type else whole
    whole._variant_mapping = sa.util.immutabledict(
        (dialect, portable(type_))
        for dialect, type_ in column.type._variant_mapping.items()
    )
    return whole


def _portable_type(type_: Any, held: Any, name: str) -> Any:
    portable = CheckEnum(*held.enums, name=name, length=held.length_given)
    return alike(type_, portable)


def _text_type(type_: Any, context: AutogenContext) -> Any:
    """``type_`` without the constraints that its enums make."""
    if stock.is_checked(context, type_):
        type_ = stock.unchecked(type_)
    return plain.text_type(type_) if plain.has_check_enum(type_) else type_


def _is_guarded_by_key(item: Any, context: AutogenContext) -> bool:
    """Whether a column has its type from the column that it refers to.

    The foreign key guards it, and the type has made no constraint for it.
    """
    if not isinstance(item, sa.Column):
        return False
    if plain.has_check_enum(item.type):
        return not any(c.checked is item for c in check_enums(item.table))
    return stock.is_checked(context, item.type) and not any(
        constraint._type_bound and item in set(constraint.columns)
        for constraint in item.table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    )


def _declared(item: Any, context: AutogenContext) -> Declared | None:
    if not isinstance(item, sa.Column) or not (
        plain.has_check_enum(item.type) or stock.is_checked(context, item.type)
    ):
        return None
    enums = bool(context.opts.get(ENUMS))
    return declared_of(item, context.dialect, enums)


def _with_type(column: sa.Column[Any], type_: Any) -> sa.Column[Any]:
    """A copy of ``column`` with another type, which belongs to no table."""
    # the old type would make the constraint when a table gets the column
    other = copy.copy(column)
    other.type = type_
    return other._copy(_to_metadata=sa.MetaData())


def _rewrite_columns(context: AutogenContext, table: ModifyTableOps) -> None:
    first: list[Any] = []
    rest: list[Any] = []
    for op in table.ops:
        if isinstance(op, alembic_ops.AlterColumnOp):
            type_: Any = op.modify_type
            items = items_of(type_)
            if isinstance(items, CheckEnum):
                op.modify_type = alike(type_, sa.String(items.length))
            elif type_ is not None and stock.is_checked(context, type_):
                op.modify_type = stock.unchecked(type_)
        elif isinstance(op, alembic_ops.AddColumnOp):
            rest += _added_column(context, op)
            continue
        elif isinstance(op, alembic_ops.DropColumnOp):
            first += _dropped_column(context, op)
        rest.append(op)
    table.ops[:] = rest
    remove_claimed(table, {op.name for op in first})
    table.ops[:] = ordered(with_casts(context, table, [*first, *table.ops]))


def _added_column(
    context: AutogenContext, op: alembic_ops.AddColumnOp
) -> Iterator[Any]:
    declared = _declared(op.column, context)
    if declared is not None or _is_guarded_by_key(op.column, context):
        text = _text_type(op.column.type, context)
        op.column = _with_type(op.column, text)
    yield op
    if declared is not None and context.run_object_filters(
        declared.constraint,
        declared.model_name,
        "check_constraint",
        False,
        None,
    ):
        yield CreateCheckEnumOp(
            op.table_name,
            op.column.name,
            declared.values,
            name=declared.final,
            schema=op.schema,
            array=declared.is_array,
        )


def _dropped_column(
    context: AutogenContext, op: alembic_ops.DropColumnOp
) -> Iterator[DropCheckEnumOp]:
    """The operations that come before a column is dropped.

    SQLite drops no column that a CHECK names, and the way back needs the
    constraint.
    """
    side = reflected.TableSide(context, op.schema, op.table_name)
    for existing in side.left(op.column_name):
        log.info(
            "Detected removed check enum on '%s'", side.where(op.column_name)
        )
        yield side.drop_op(op.column_name, existing)


def _restore_types(
    context: AutogenContext, op: alembic_ops.DropTableOp
) -> None:
    """Have the downgrade recreate a dropped table's CheckEnum columns.

    Where no CheckEnum makes the same column, its CHECK comes back as text.
    """
    assert op._reverse is not None
    side = reflected.TableSide(context, op.schema, op.table_name)
    columns: list[Any] = []
    checks: list[Any] = []
    names = set()
    for item in op._reverse.columns:
        if isinstance(item, sa.CheckConstraint):
            item.name = side.name_of(item)
            item.sqltext = _as_text(item.sqltext)
        if isinstance(item, sa.Column):
            existing = _restorable(side, item)
            if existing is not None:
                names.add(existing.name)
                if plain.is_plain(context):
                    checks.append(plain.check(existing))
                else:
                    length = getattr(items_of(item.type), "length")
                    held = _type_of(context, existing, length)
                    type_ = alike(item.type, held)
                    item = _with_type(item, type_)
        columns.append(item)
    op._reverse.columns = [
        item
        for item in columns
        if not isinstance(item, sa.CheckConstraint)
        or not (item.name in names or side.is_phantom(item))
    ] + checks


def _as_text(condition: Any) -> Any:
    """``condition``, escaped for the text of a migration, in which SQLAlchemy
    would take ``' :b'`` for a bind parameter.
    """
    if not isinstance(condition, sa.TextClause):
        return condition
    escaped = re.sub(r"(?<![:\w\\]):(?=\w+(?!:))", r"\:", condition.text)
    return sa.literal_column(escaped)


def _restorable(
    side: reflected.TableSide, column: sa.Column[Any]
) -> ValueCheck | None:
    """The constraint that a CheckEnum in place of the column's reflected type
    would make again.
    """
    type_ = items_of(column.type)
    if isinstance(type_, sa.VARCHAR):
        for existing in side.left(column.name):
            longest = max(map(len, existing.strings), default=0)
            if (
                existing.name
                and not existing.has_null
                and type_.collation is None
                and (type_.length is None or type_.length >= longest)
                and existing.is_array == isinstance(column.type, sa.ARRAY)
            ):
                return existing
    return None


def _type_of(
    context: AutogenContext, existing: ValueCheck, length: int | None
) -> sa.Enum:
    enums = context.opts.get(ENUMS) and not reflected.declares_any(context)
    if enums and length is not None:  # older SQLAlchemy has no such Enum
        return stock.checked(existing.strings, existing.name, length)
    type_ = CheckEnum(*existing.strings, name=conv(existing.name))
    if length == type_.length:
        return type_
    return CheckEnum(
        *existing.strings, name=conv(existing.name), length=length
    )
