"""From an operation about a native ENUM to the source of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import render_op
from alembic.autogenerate.render import renderers

from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from ...ops.native_base import DEFAULT_LENGTH
from ...ops.native_base import NativeEnumOp
from ...ops.together import TogetherOps
from .call import call
from .call import listed
from .call import mapped
from .comments import about_rows
from .comments import online_comment
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


_SAID = "_ckenum_said_what_a_type_costs"


@renderers.dispatch_for(ReplaceNativeEnumOp)
@renderers.dispatch_for(RestoreNativeEnumOp)
def _native(context: AutogenContext, op: NativeEnumOp) -> list[str]:
    return [
        *_comment(context, op),
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


def _comment(context: AutogenContext, op: NativeEnumOp) -> Iterator[str]:
    if op.online and not context._has_batch:
        yield from online_comment(context, op)
        yield "# On PostgreSQL the column becomes the table's last one."
    elif _SAID not in context.opts:  # once in a file
        context.opts[_SAID] = True
        yield "# On PostgreSQL a new type rewrites the table and rebuilds the"
        yield "# column's indexes, once for all columns of a batch."
        yield "# Nobody can read or write the table meanwhile: the lock is"
        yield "# ACCESS EXCLUSIVE."
    yield from about_rows(op, deletes=False)


def _options(op: NativeEnumOp) -> Iterator[str]:
    if op.enum_schema is not None:
        yield f"enum_schema={quoted(op.enum_schema)},"
    if op.rename:
        yield from mapped("rename=", op.rename)
    if op.length != DEFAULT_LENGTH:
        yield f"length={op.length!r},"
    if not op.drop_type:
        yield "drop_type=False,"
    if op.keep_column:
        yield "keep_column=True,"
