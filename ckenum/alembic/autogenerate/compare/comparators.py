"""The comparators of columns, in place of Alembic's."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.util import PriorityDispatchResult
import sqlalchemy as sa

from ....arrays import alike
from ....arrays import is_array
from ....arrays import items_of
from ....backend import backend_of
from ....types import CheckEnum
from ...ddl.registry import impl_of
from .codes import code_type
from .column import log
from .declared import is_array_on
from .declared import makes_check
from .declared import OPTION
from .declared import type_on
from .native_defaults import declared_default
from .native_defaults import existing_default
from .native_types import native_type
from .ours import any_may_be_ours
from .ours import declares_any
from .shape import is_text

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp
    from sqlalchemy import Column


_HOLDERS = (sa.Enum, sa.ARRAY, sa.TypeDecorator)
"""The types that are an enum or may have one in them, besides variants."""


def register(context: AutogenContext) -> None:
    """Have the columns of this run compared, if any may be an enum's.

    Alembic calls what is registered for each column of each table. So models
    without an enum do not pay for that.
    """
    add = context.comparators.dispatch_for
    if declares_any(context):
        add("column", subgroup="types")(compare_type)
    if any_may_be_ours(context):
        add("column", subgroup="server_default")(compare_default)


def compare_type(
    context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    table_name: str,
    column_name: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Replace Alembic's comparison: a CheckEnum's type is just a VARCHAR.

    If the column already holds text, its length is compared with its
    constraint. Only a limit that is dropped is found here, as no directive
    has an argument for it.
    """
    given = metadata_col.type
    if not (isinstance(given, _HOLDERS) or given._variant_mapping):
        return PriorityDispatchResult.CONTINUE
    metadata_type = type_on(metadata_col, context.dialect)
    type_ = items_of(metadata_type)
    if not isinstance(type_, CheckEnum):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_type = conn_col.type
    text = is_text(conn_col.type, metadata_type)
    if not text and native_type(
        conn_col, context.dialect, is_array(metadata_type)
    ):
        return PriorityDispatchResult.STOP
    if not text or _loses_limit(context, conn_col, type_):
        string = backend_of(context.dialect).string(
            context.dialect, type_.length
        )
        alter_column_op.modify_type = alike(metadata_type, string)
    else:
        alter_column_op.modify_type = impl_of(context.dialect).exact_type(
            context.inspector, schema, table_name, conn_col
        )
    if alter_column_op.modify_type is not None:
        log.info(
            "Detected type change from %r to %r on '%s.%s'",
            conn_col.type,
            alter_column_op.modify_type,
            table_name,
            column_name,
        )
    return PriorityDispatchResult.STOP


def _loses_limit(
    context: AutogenContext, conn_col: Column[Any], type_: CheckEnum
) -> bool:
    """Whether the database has and enforces a limit, and the model says
    ``length=None``.
    """
    return (
        type_.length_given is None
        and getattr(items_of(conn_col.type), "length", None) is not None
        and context.opts.get("compare_type", True) is not False
        and backend_of(context.dialect).enforces_length
    )


def compare_default(
    context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    table_name: str,
    column_name: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Replace Alembic's comparison of defaults.

    Alembic has PostgreSQL compare both as values of the old type. That
    raises if a default is not yet a label, or not an array.
    """
    declared = metadata_col.server_default
    if not isinstance(declared, sa.DefaultClause) or not _is_ours(
        context, metadata_col
    ):
        return PriorityDispatchResult.CONTINUE
    dialect = context.dialect
    as_array = is_array_on(metadata_col, dialect)
    if _holds_codes(context, conn_col, metadata_col):
        if declared_default(metadata_col, dialect, as_array) is None:
            alter_column_op.modify_server_default = declared
        return PriorityDispatchResult.STOP
    if (
        native_type(conn_col, dialect, as_array) is None
        and is_array_on(conn_col, dialect) is as_array
    ):
        return PriorityDispatchResult.CONTINUE
    existing = existing_default(conn_col, dialect, as_array)
    new = declared_default(metadata_col, dialect, as_array)
    if new is None or new != existing:
        alter_column_op.existing_server_default = conn_col.server_default
        alter_column_op.modify_server_default = declared
    return PriorityDispatchResult.STOP


def _is_ours(context: AutogenContext, column: Column[Any]) -> bool:
    if isinstance(items_of(column.type), CheckEnum):
        return True
    return bool(context.opts.get(OPTION)) and makes_check(column.type)


def _holds_codes(
    context: AutogenContext, conn_col: Column[Any], column: Column[Any]
) -> bool:
    """Whether the column holds codes, whose default is no value."""
    type_ = type_on(column, context.dialect)
    return (
        isinstance(type_, sa.Enum)
        and code_type(context, conn_col, tuple(type_.enums)) is not None
    )
