"""The comments above a directive: what it does beside its arguments."""

from __future__ import annotations

from collections.abc import Iterator
import textwrap
from typing import TYPE_CHECKING

from ...ddl.registry import impl_of
from ...ops import AlterCheckEnumOp
from ...ops import CreateCheckEnumOp
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from ...ops import CheckEnumOp
    from ...ops.move import TypeMoveOp


def about_rows(op: AlterCheckEnumOp, deletes: bool) -> Iterator[str]:
    """What to add to the directive for rows that hold a removed value.

    :param deletes: whether it can delete them.
    """
    leaving = [value for value in op.leaving if value is not None]
    if not op.warns_of_leaving or not leaving:
        return
    old, new = quoted(leaving[0]), quoted(op.values[0])
    end = ";" if deletes else "."
    yield "# If any row still holds a removed value, this stops before"
    if op.existing_array:
        yield "# changing anything. To replace it in the arrays,"
        yield f"# add rename={{{old}: {new}}}{end}"
        removal = "take it out of them"
    else:
        yield "# changing anything. To move such rows to another value (None"
        yield f"# for NULL), add rename={{{old}: {new}}}{end}"
        removal = "delete them"
    if deletes:
        yield f"# to {removal}, add delete=[{old}]."


_REWRITES = (
    "# On PostgreSQL this rewrites the table once and rebuilds the",
    "# column's indexes. Nobody can read or write the table",
    "# meanwhile: the lock is ACCESS EXCLUSIVE.",
)


def shape_comment(op: AlterCheckEnumOp) -> Iterator[str]:
    """What happens to rows if single values become arrays, or arrays become
    single values.
    """
    if op.changes_shape:
        yield from _REWRITES
        if op.existing_array:
            yield "# Only an array of one item becomes a single value. Any"
            yield "# other array stops this before it changes anything: add an"
            yield "# UPDATE before it, for example to keep the first item."


def online_comment(context: AutogenContext, op: CheckEnumOp) -> Iterator[str]:
    """What it does beside its arguments, and what ``ckenum_online=True`` in
    ``env.py`` means for it.
    """
    yield from op.note
    if op.note or context._has_batch or not context.opts.get("ckenum_online"):
        return
    if op.online:
        yield "# online=True commits what came before it in this revision, so"
        yield "# it should be alone: move anything else to another revision."
        if isinstance(op, AlterCheckEnumOp) and (op.rename or op.leaving):
            for note in op.trigger_notes:
                yield from textwrap.wrap(
                    note, 68, initial_indent="# ", subsequent_indent="# "
                )
    elif op.not_online:
        yield f"# Not online: {op.not_online}."
    elif isinstance(op, CreateCheckEnumOp):
        yield "# Not online, so that it is created with the column or not at"
        yield "# all: it reads every row and holds up readers and writers. For"
        yield "# a big table, move it to the next revision with online=True."


_SAID = "_ckenum_said_what_a_type_costs"


def type_comment(context: AutogenContext, op: TypeMoveOp) -> Iterator[str]:
    """What it costs to give the column another type."""
    if op.online and not context._has_batch:
        yield from online_comment(context, op)
        yield from impl_of(context.dialect).online_move_costs
    elif _SAID not in context.opts:  # once in a file
        context.opts[_SAID] = True
        yield from impl_of(context.dialect).move_costs
