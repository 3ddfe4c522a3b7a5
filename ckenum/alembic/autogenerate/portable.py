"""Migrations of Alembic's own directives: ``ckenum_render="alembic"``."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import re
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.operations.base import Operations
from alembic.operations.ops import MigrateOperation
from alembic.util import CommandError
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv
from sqlalchemy.util import immutabledict

from ...arrays import alike
from ...arrays import items_of
from ...backend import backend_of
from ...predicate import membership
from ...types import CheckEnum
from ...value_check import ValueCheck
from ..ops import AlterCheckEnumOp
from ..ops import CheckEnumOp
from ..ops import CreateCheckEnumOp
from ..ops.native import RestoreNativeEnumOp
from .compare import reflected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

OPTION = "ckenum_render"
"""The option of ``context.configure()``."""

INFO = "ckenum"
"""The key of a constraint's ``info`` that holds its column and values, for
rendering.
"""


def is_plain(context: AutogenContext) -> bool:
    """Whether migrations have to run without ckenum.

    Raises :class:`~alembic.util.CommandError` if the option has another
    value.
    """
    option = context.opts.get(OPTION) or "ckenum"
    if option not in ("ckenum", "alembic"):
        raise CommandError(
            f'{OPTION} must be "ckenum" (the default) or "alembic", not '
            f"{option!r}."
        )
    return bool(option == "alembic")


class PlainOp(MigrateOperation):
    """An operation of ckenum, rendered with Alembic's directives.

    It is never in a batch, since it may need two.

    :ivar neighbours: constraints of the same table that a copy of it, by
        Alembic's batch mode, would damage.
    """

    def __init__(
        self, op: CheckEnumOp, neighbours: Sequence[ValueCheck]
    ) -> None:
        self.op = op
        self.neighbours = neighbours

    def reverse(self) -> PlainOp:
        back: Any = self.op.reverse()
        return PlainOp(back, self.neighbours)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return self.op.to_diff_tuple()


@Operations.implementation_for(PlainOp)
def _run(operations: Operations, op: PlainOp) -> None:
    operations.invoke(op.op)


def apart(context: AutogenContext, ops: Iterable[Any]) -> Iterator[Any]:
    """``ops``, with those of ckenum moved out of their tables' batches."""
    for op in ops:
        if isinstance(op, alembic_ops.ModifyTableOps):
            yield from _table_apart(context, op)
        else:
            yield op


def _table_apart(
    context: AutogenContext, table: alembic_ops.ModifyTableOps
) -> Iterator[Any]:
    held = {existing.name: existing for existing in _existing(context, table)}
    batch: list[Any] = []
    for op in table.ops:
        if not isinstance(op, CheckEnumOp):
            batch.append(op)
            continue
        yield from _batch(table, batch)
        batch = []
        for name in {op.name, op.drop_name}:
            held.pop(name, None)
        yield PlainOp(op, [h for h in held.values() if _is_fragile(h)])
        if isinstance(op, RestoreNativeEnumOp):
            continue
        if isinstance(op, (CreateCheckEnumOp, AlterCheckEnumOp)):
            held[op.name] = ValueCheck(
                op.name, op.column_name, tuple(op.values), op.array
            )
    yield from _batch(table, batch)


def _existing(
    context: AutogenContext, table: alembic_ops.ModifyTableOps
) -> Iterator[ValueCheck]:
    if not any(isinstance(op, CheckEnumOp) for op in table.ops):
        return
    side = reflected.TableSide(context, table.schema, table.table_name)
    for column in context.inspector.get_columns(
        table.table_name, schema=table.schema
    ):
        for existing in side.readable(column["name"]):
            if existing.name and not side.inherits(existing):
                yield existing


def _is_fragile(held: ValueCheck) -> bool:
    """Whether batch mode may damage it.

    Batch mode copies CHECKs as text, and takes ``' :b'`` in it for a bind
    parameter.
    """
    return any(
        re.fullmatch(r"[\w .,/+-]*", value or "") is None
        for value in held.values
    )


def _batch(
    table: alembic_ops.ModifyTableOps, ops: list[Any]
) -> Iterator[alembic_ops.ModifyTableOps]:
    if ops:
        yield alembic_ops.ModifyTableOps(
            table.table_name, ops, schema=table.schema
        )


def check(held: ValueCheck) -> sa.CheckConstraint:
    """A new table's constraint, which ``render_item`` renders."""
    return sa.CheckConstraint(
        membership(sa.column(held.column), held.values, held.is_array),
        name=conv(held.name),
        info={INFO: held},
    )


def has_check_enum(type_: TypeEngine[Any]) -> bool:
    """Whether ``type_`` is a CheckEnum on any dialect."""
    types = (type_, *type_._variant_mapping.values())
    return any(isinstance(items_of(t), CheckEnum) for t in types)


def text_type(
    type_: TypeEngine[Any], dialect: Dialect | None = None
) -> TypeEngine[Any]:
    """``type_`` with a VARCHAR in place of each CheckEnum.

    :param dialect: that of the database whose VARCHAR it has to be, where no
        directive is going to make it so.
    """
    text: TypeEngine[Any] = type_.copy()
    items = items_of(type_)
    if isinstance(items, CheckEnum):
        string = sa.String(items.length)
        if dialect is not None:
            string = backend_of(dialect).string(dialect, items.length)
        text = alike(type_, string)
    text._variant_mapping = immutabledict(
        (name, text_type(variant))
        for name, variant in type_._variant_mapping.items()
    )
    return text
