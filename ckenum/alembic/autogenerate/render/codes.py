"""From an operation about a column of codes to the source of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
from alembic.autogenerate.render import renderers

from ...ops.codes import ReplaceCodesOp
from ...ops.codes import RestoreCodesOp
from ...ops.codes_base import CodesOp
from ...ops.move import DEFAULT_LENGTH
from .call import call
from .call import listed
from .call import renamed
from .comments import type_comment
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@renderers.dispatch_for(ReplaceCodesOp)
@renderers.dispatch_for(RestoreCodesOp)
def _codes(context: AutogenContext, op: CodesOp) -> list[str]:
    type_ = _repr_type(op.codes.type, context)
    argument = "existing_type" if op.becomes_text else "type_"
    return [
        *type_comment(context, op),
        *op.remarks,
        *_to_fill_in(op),
        *call(
            context,
            op.kind,
            op,
            [
                *listed("", op.checked_values),
                f"{argument}={type_},",
                *renamed(op.rename_given),
            ],
            _options(op),
        ),
    ]


def _to_fill_in(op: CodesOp) -> Iterator[str]:
    """Say so where nobody has told what the codes mean."""
    if op.rename:
        return
    value = quoted(op.checked_values[0])
    code = quoted(op.codes.code("1"))
    if op.becomes_text:
        yield "# TODO: say in rename what each code means, for example"
        yield f"# rename={{{code}: {value}}}. If any row holds another code,"
    else:
        yield "# TODO: say in rename which code each value gets, for example"
        yield f"# rename={{{value}: {code}}}. If any row holds another value,"
    yield "# this stops before it changes anything, and lists what it found."


def _options(op: CodesOp) -> Iterator[str]:
    if op.length != DEFAULT_LENGTH:
        yield f"length={op.length!r},"
    if op.keep_column:
        yield "keep_column=True,"
