"""``CREATE TYPE`` and ``DROP TYPE`` of migrations that run without ckenum.

There is one for all columns of a type: before the first that gets it, or
after the last that loses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations.base import Operations
from alembic.operations.ops import MigrateOperation
import sqlalchemy as sa

from ...backend import backend_of
from ..ddl.emit import literal_dialect
from ..ddl.postgresql import native_catalog
from ..ops.native import RestoreNativeEnumOp
from ..ops.native_base import NativeEnumOp
from .compare.declared import is_array_on
from .compare.native_types import native_type
from .portable import PlainOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext


@dataclass(frozen=True)
class PortableTypeOp(MigrateOperation):
    """A native type that is created or dropped."""

    name: str
    schema: str | None
    labels: Sequence[str]
    creates: bool

    @property
    def type(self) -> sa.Enum:
        return sa.Enum(*self.labels, name=self.name, schema=self.schema)

    def reverse(self) -> PortableTypeOp:
        return replace(self, creates=not self.creates)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        kind = "create_enum" if self.creates else "drop_enum"
        return (kind, self.schema, self.name, list(self.labels))


@Operations.implementation_for(PortableTypeOp)
def _run(operations: Operations, op: PortableTypeOp) -> None:
    if op.creates:
        op.type.create(operations.get_bind(), checkfirst=True)
    else:
        op.type.drop(operations.get_bind(), checkfirst=True)


def with_types(context: AutogenContext, ops: Iterable[Any]) -> list[Any]:
    """``ops``, after the types that they need and before those dropped."""
    between = [*ops]
    moves: dict[tuple[str | None, str], list[NativeEnumOp]] = {}
    for each in between:
        op = each.op if isinstance(each, PlainOp) else None
        if isinstance(op, NativeEnumOp):
            moves.setdefault((op.enum_schema, op.enum_name), []).append(op)
    types = [
        PortableTypeOp(name, schema, _labels(ops[0]), _is_created(ops))
        for (schema, name), ops in moves.items()
        if _is_ours(context, ops)
    ]
    return [
        *(type_ for type_ in types if type_.creates),
        *between,
        *(type_ for type_ in types if not type_.creates),
    ]


def _labels(op: NativeEnumOp) -> tuple[str, ...]:
    return tuple(label for label in op.labels if label is not None)


def _is_created(moves: Sequence[NativeEnumOp]) -> bool:
    return isinstance(moves[0], RestoreNativeEnumOp)


def _is_ours(context: AutogenContext, moves: Sequence[NativeEnumOp]) -> bool:
    """Whether no other column has the type than those that change it."""
    if len({_is_created([op]) for op in moves}) > 1:
        return False  # one column gets what another one loses
    if not all(op.drop_type for op in moves):
        return False
    columns = {(op.schema, op.table_name, op.column_name) for op in moves}
    if any(column not in columns for column in _declared(context, moves[0])):
        return False
    if not backend_of(context.dialect).has_enum_types:
        return True
    assert context.connection is not None
    dialect = literal_dialect(context.dialect)
    enum = sa.Enum(name=moves[0].enum_name, schema=moves[0].enum_schema)
    type_name = str(enum.compile(dialect=dialect))
    if _is_created(moves):
        return native_catalog.spelled(context.connection, type_name) is None
    format_table = dialect.identifier_preparer.format_table
    return not native_catalog.is_used_beside(
        context.connection,
        type_name,
        [
            (format_table(sa.table(table, schema=schema)), column)
            for schema, table, column in columns
        ],
    )


def _declared(
    context: AutogenContext, op: NativeEnumOp
) -> Iterator[tuple[str | None, str, str]]:
    """The columns of the model that have the type."""
    for table in context.table_key_to_table.values():
        for column in table.columns:
            is_array = is_array_on(column, context.dialect)
            found = native_type(column, context.dialect, is_array)
            if found is not None and (found.schema, found.name) == (
                op.enum_schema,
                op.enum_name,
            ):
                yield table.schema, table.name, column.name
