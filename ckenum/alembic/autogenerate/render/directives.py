"""A directive in the source text of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import renderers

from ...ops import AlterCheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops import DropCheckEnumTriggerOp
from ...ops import ValidateCheckEnumOp
from .call import call
from .call import listed
from .call import renamed
from .comments import about_rows
from .comments import online_comment
from .comments import shape_comment
from .literals import final
from .literals import module_prefix
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@renderers.dispatch_for(CreateCheckEnumOp)
def _create(context: AutogenContext, op: CreateCheckEnumOp) -> list[str]:
    return [
        *online_comment(context, op),
        *call(context, "create_check_enum", op, listed("", op.values)),
    ]


@renderers.dispatch_for(DropCheckEnumOp)
def _drop(context: AutogenContext, op: DropCheckEnumOp) -> list[str]:
    values = listed("", op.existing_values)
    return [
        *online_comment(context, op),
        *call(context, "drop_check_enum", op, values),
    ]


@renderers.dispatch_for(ValidateCheckEnumOp)
def _validate(context: AutogenContext, op: ValidateCheckEnumOp) -> list[str]:
    return call(
        context, "validate_check_enum", op, listed("", op.existing_values)
    )


@renderers.dispatch_for(DropCheckEnumTriggerOp)
def _drop_trigger(
    context: AutogenContext, op: DropCheckEnumTriggerOp
) -> list[str]:
    arguments = [quoted(op.column_name)]
    if not context._has_batch:
        arguments.insert(0, quoted(op.table_name))
        if op.schema:
            arguments.append(f"schema={quoted(op.schema)}")
        arguments.append(f"online={op.online}")
    directive = f"{module_prefix(context)}drop_check_enum_trigger"
    return [f"{directive}({', '.join(arguments)})"]


@renderers.dispatch_for(AlterCheckEnumOp)
def _alter(context: AutogenContext, op: AlterCheckEnumOp) -> list[str]:
    return [
        *shape_comment(op),
        *about_rows(op, deletes=True),
        *online_comment(context, op),
        *call(
            context,
            "alter_check_enum",
            op,
            [
                *listed("", op.values),
                *listed("existing_values=", op.existing_values),
            ],
            _alter_options(context, op),
        ),
    ]


def _alter_options(
    context: AutogenContext, op: AlterCheckEnumOp
) -> Iterator[str]:
    if op.existing_name is not None:
        yield f"existing_name={final(context, op.existing_name)},"
    if op.rename:
        yield from renamed(op.rename)
    if op.delete:
        yield from listed("delete=", op.delete)
