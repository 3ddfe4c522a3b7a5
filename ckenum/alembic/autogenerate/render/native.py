"""From an operation about a native ENUM to the source of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import render_op
from alembic.autogenerate.render import renderers

from ...ops.move import DEFAULT_LENGTH
from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from ...ops.native_base import NativeEnumOp
from ...ops.together import TogetherOps
from .call import call
from .call import listed
from .call import renamed
from .comments import about_rows
from .comments import type_comment
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@renderers.dispatch_for(ReplaceNativeEnumOp)
@renderers.dispatch_for(RestoreNativeEnumOp)
def _native(context: AutogenContext, op: NativeEnumOp) -> list[str]:
    return [
        *type_comment(context, op),
        *about_rows(op, deletes=False),
        *call(
            context,
            op.kind,
            op,
            [
                *listed("", op.values),
                *listed("existing_values=", op.existing_values),
                f"enum_name={quoted(op.enum_name)},",
            ],
            _options(op),
        ),
    ]


@renderers.dispatch_for(TogetherOps)
def _together(context: AutogenContext, op: TogetherOps) -> list[str]:
    """The empty line ends the block for Alembic's printer."""
    arguments = quoted(op.table_name)
    if op.schema:
        arguments += f", schema={quoted(op.schema)}"
    prefix = context.opts["alembic_module_prefix"] or ""
    with context._within_batch():
        inside = [line for each in op.ops for line in render_op(context, each)]
    opening = f"with {prefix}batch_alter_table({arguments}) as batch_op:"
    return [opening, *inside, ""]


def _options(op: NativeEnumOp) -> Iterator[str]:
    if op.enum_schema is not None:
        yield f"enum_schema={quoted(op.enum_schema)},"
    if op.rename:
        yield from renamed(op.rename)
    if op.length != DEFAULT_LENGTH:
        yield f"length={op.length!r},"
    if not op.drop_type:
        yield "drop_type=False,"
    if op.keep_column:
        yield "keep_column=True,"
