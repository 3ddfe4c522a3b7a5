"""The differences of columns, as data, from the operations for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from alembic.operations import ops as alembic_ops
import sqlalchemy as sa

from ..alembic.ops import AlterCheckEnumOp
from ..alembic.ops import CheckEnumOp
from ..alembic.ops import CreateCheckEnumOp
from ..alembic.ops import Default
from ..alembic.ops import DropCheckEnumOp
from ..alembic.ops import ValidateCheckEnumOp
from ..alembic.ops.codes_base import CodesOp
from ..alembic.ops.native import ReplaceNativeEnumOp
from ..alembic.ops.native_base import NativeEnumOp
from ..diff import ColumnDiff
from ..diff import ValueChange

Side = Union[str, int, None]


@dataclass(frozen=True)
class Difference:
    """One difference between the database and the models.

    :ivar kind: ``"table"``, ``"column"``, ``"constraint"``, ``"type"``,
        ``"value"``, ``"name"`` (of the constraint), ``"length"`` (of the
        VARCHAR, in characters), ``"server_default"``; ``"null"`` for a NULL
        in the list, with which a constraint rejects nothing;
        ``"not_valid"`` for a constraint that PostgreSQL has not checked
        older rows by.
    :ivar database: what the database has; ``None`` for nothing. A
        constraint without a name is an empty string.
    :ivar models: what the models have; ``None`` for nothing. If both have a
        value, the database's is renamed to the models'.
    """

    kind: str
    database: Side
    models: Side


@dataclass(frozen=True)
class ColumnDrift:
    """A column that differs between the database and the models.

    :ivar schema: ``None`` for the default one.
    :ivar constraint: the name of its CHECK constraint in the models; ``None``
        if they have none.
    """

    schema: str | None
    table: str
    column: str
    constraint: str | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Skipped:
    """A column that could not be compared.

    :ivar where: the column, as ``[schema.]table.column``.
    :ivar reason: why, as the end of a sentence that begins with "because".
    :ivar accepted: whether the caller accepts that, by the column's name.
    """

    where: str
    reason: str
    accepted: bool = False


@dataclass(frozen=True)
class Comparison:
    """A database compared with the models. It is true if they differ, or if a
    column could not be compared and the caller does not accept that.

    :ivar database: its URL, without user, password and query.
    :ivar compared: how many columns of enums the models have.
    :ivar drift: the columns that differ, in order.
    :ivar skipped: the columns that could not be compared.
    """

    database: str
    compared: int
    drift: tuple[ColumnDrift, ...]
    skipped: tuple[Skipped, ...]

    def __bool__(self) -> bool:
        return bool(self.drift or self.uncompared)

    @property
    def uncompared(self) -> list[Skipped]:
        """The columns that could not be compared, and are not accepted."""
        return [each for each in self.skipped if not each.accepted]


def of_op(
    op: alembic_ops.MigrateOperation, dialect: sa.Dialect
) -> Iterator[Difference]:
    """What an operation would change about one column."""
    if isinstance(op, alembic_ops.CreateTableOp):
        yield Difference("table", None, op.table_name)
    elif isinstance(op, alembic_ops.AddColumnOp):
        yield Difference("column", None, op.column.name)
    elif isinstance(op, alembic_ops.AlterColumnOp):
        if op.modify_type is not None:
            yield Difference(
                "type",
                _type_name(op.existing_type, dialect),
                _type_name(op.modify_type, dialect),
            )
    elif isinstance(op, CreateCheckEnumOp):
        yield Difference("constraint", None, str(op.name))
    elif isinstance(op, DropCheckEnumOp):
        yield Difference("constraint", str(op.name), None)
    elif isinstance(op, ValidateCheckEnumOp):
        yield Difference("not_valid", str(op.name), None)
    elif isinstance(op, NativeEnumOp):
        yield from _of_native(op)
    elif isinstance(op, CodesOp):
        types = [_type_name(op.codes.type, dialect), "check enum"]
        yield Difference("type", *types[:: 1 if op.becomes_text else -1])
    elif isinstance(op, AlterCheckEnumOp) and op.diff is not None:
        yield from of_diff(op.diff)
        return
    if isinstance(op, CheckEnumOp):
        yield from _of_column(op)


def of_diff(diff: ColumnDiff) -> Iterator[Difference]:
    """The differences, one at a time."""
    if diff.name:
        yield Difference("name", *diff.name)
    if diff.types:
        yield Difference("type", *diff.types)
    if diff.has_null:
        yield Difference("null", "NULL", None)
    yield from _of_values(diff.values)
    if diff.length:
        yield Difference("length", *diff.length)
    if diff.default:
        yield Difference("server_default", *diff.default)


def _of_values(change: ValueChange) -> Iterator[Difference]:
    for old, new in change.renamed.items():
        yield Difference("value", old, new)
    for value in change.removed:
        yield Difference("value", value, None)
    for value in change.added:
        yield Difference("value", None, value)


def _of_native(op: NativeEnumOp) -> Iterator[Difference]:
    native = f"native enum {op.enum_name!r}"
    if isinstance(op, ReplaceNativeEnumOp):
        yield Difference("type", native, "check enum")
    else:
        yield Difference("type", "check enum", native)
    if op.diff is not None:
        yield from _of_values(op.diff.values)


def _type_name(type_: object, dialect: sa.Dialect) -> str:
    assert isinstance(type_, sa.types.TypeEngine)
    try:
        return type_.compile(dialect=dialect)
    except sa.exc.CompileError:
        return str(type_)  # one that SQLAlchemy does not know


def _of_column(op: CheckEnumOp) -> Iterator[Difference]:
    if op.changes_length:
        yield Difference("length", op.existing_length, op.length)
    if op.changes_default:
        existing = _default(op.existing_server_default)
        declared = _default(op.server_default)
        if existing != declared:
            yield Difference("server_default", existing, declared)


def _default(default: Default) -> str | None:
    return None if default is False else default
