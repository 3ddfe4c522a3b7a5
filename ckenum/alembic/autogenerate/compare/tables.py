"""The comparators: what differs between the two sides, queued as ops."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa

from . import native as compare_native
from . import gather
from . import claims
from ....arrays import alike
from ....backend import backend_of
from ....arrays import is_array
from ....arrays import items_of
from ....arrays import undecorated
from ....constraint import check_enums
from ....recognition import beginnings
from ....types import CheckEnum
from .declared import declared_on
from .declared import default_final_name
from .declared import named_on
from .declared import OPTION
from .declared import type_on
from .names import Names
from .owners import folded_text
from .column import ComparedColumn
from .column import is_text
from .column import log
from ...ops import CheckEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Column
    from sqlalchemy import Table

    from ....reflection import Check
    from ....reflection import ValueList
    from .owners import OwnChecks


def compare_type(
    context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    table_name: str,
    column_name: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """In place of Alembic's: a CheckEnum's type is a VARCHAR, no more.

    Where the column holds text already, its length is the business of
    :func:`compare_table`, but for a limit that goes: that is no argument of
    a directive.
    """
    if not gather.declares_any(context):
        return PriorityDispatchResult.CONTINUE
    metadata_type = type_on(metadata_col, context.dialect)
    type_ = items_of(metadata_type)
    if not isinstance(type_, CheckEnum):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_type = conn_col.type
    if compare_native.native_type(
        conn_col, context.dialect, is_array(metadata_type)
    ):
        return PriorityDispatchResult.STOP
    text = is_text(conn_col.type, metadata_type)
    if not text or _loses_limit(context, conn_col, type_):
        string = sa.String(type_.length)
        alter_column_op.modify_type = alike(metadata_type, string)
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
    """Whether the database has a limit where ``length=None`` has none, and
    is one that heeds it.
    """
    return (
        type_.length_given is None
        and getattr(items_of(conn_col.type), "length", None) is not None
        and context.opts.get("compare_type", True) is not False
        and backend_of(context.dialect).enforces_length
    )


def compare_table(
    context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    table_name: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the constraints of the columns that both sides have."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    dialect = context.dialect
    enums = bool(context.opts.get(OPTION))
    declared = declared_on(metadata_table, dialect, enums)
    own = gather.own_checks(metadata_table, declared, dialect)
    left = _LeftColumns(
        context,
        conn_table,
        metadata_table,
        own,
        {each.column.name for each in declared},
    )
    expected = gather.expected_on(declared, dialect)
    side = gather.TableSide(context, schema, table_name, expected, own)
    if not declared and not left.may_have_some(side):
        return PriorityDispatchResult.CONTINUE
    names = Names(
        side,
        {own.fold(each.column.name): each.name for each in declared},
        own.fold,
        left.goes,
    )
    retyped = _retyped(modify_table_ops)
    compared = [
        (
            ComparedColumn(side, each, names, each.column.name in retyped),
            conn_table.c[each.column.name],
        )
        for each in declared
        if each.column.name in conn_table.c
    ]
    if (
        not modify_table_ops.ops
        and len(expected.readings) == len(declared)
        and side.is_as_expected
        and all(column.is_as_declared(found) for column, found in compared)
    ):
        return PriorityDispatchResult.CONTINUE
    queued = [op for column, found in compared for op in column.compare(found)]
    dropped = list(left.ops(side))
    claimed = {
        *(str(each.final) for each in declared),
        *(each.name for each in declared if each.name is not None),
        *(getattr(op, "drop_name", op.name) for op in (*queued, *dropped)),
    }
    remove_claimed(modify_table_ops, claimed)
    claims.leave_to_us(
        modify_table_ops, metadata_table, dialect, [*dropped, *queued]
    )
    _leave_defaults_to_us(modify_table_ops, queued)
    _leave_lengths_to_us(modify_table_ops, queued)
    if context.opts.get("ckenum_online"):
        for op in (*dropped, *queued):
            op.online = op.may_be_online
    modify_table_ops.ops[:] = [*dropped, *modify_table_ops.ops, *queued]
    return PriorityDispatchResult.CONTINUE


class _Listed(NamedTuple):
    """A CHECK that may hold a column to strings.

    :ivar folded: the text, in which the name of its column is, folded.
    """

    name: str | None
    text: str
    folded: str


@dataclass(frozen=True)
class _LeftColumns:
    """The columns of a table that are no CheckEnum, or no longer one."""

    context: AutogenContext
    conn_table: Table
    metadata_table: Table
    own: OwnChecks
    declared: set[str]

    def may_have_some(self, side: gather.TableSide) -> bool:
        """Whether any constraint could be one that a CheckEnum has left,
        before a filter of ``env.py`` is asked, or a text parsed.
        """
        listed = self._listed(
            (check.name, _reflected_text(check))
            for check in self.conn_table.constraints
            if isinstance(check, sa.CheckConstraint)
            and check.name not in self.own.names
        )
        any_may_be = gather.any_may_be_ours(self.context)
        for column, named in self._columns(listed):
            native = self._native(column)
            if self._may_be_left(column.name, named) or (
                native
                and (
                    any_may_be
                    or compare_native.may_be_restorable(
                        side, column, self.conn_table.c[column.name], native
                    )
                )
            ):
                return True
        return False

    def _listed(self, checks: Iterable[tuple[Any, str]]) -> list[_Listed]:
        return [
            _Listed(name, text, folded_text(text, self.own.fold))
            for name, text in checks
            if "'" in text
        ]

    def _columns(
        self, listed: Sequence[_Listed]
    ) -> Iterator[tuple[Column[Any], list[_Listed]]]:
        """Those of both sides that a CHECK names, with each such CHECK."""
        if not listed:
            return
        held = {each.checked for each in check_enums(self.metadata_table)}
        for column in self.metadata_table.columns:
            if (
                column.name in self.conn_table.c
                and column.name not in self.declared
                and column not in held
            ):
                name = self.own.fold(column.name)
                named = [check for check in listed if name in check.folded]
                if named:
                    yield column, named

    def _native(self, column: Column[Any]) -> sa.Enum | None:
        """The native ENUM that the column becomes."""
        dialect = self.context.dialect
        is_array = compare_native.is_array_on(column, dialect)
        return compare_native.native_type(column, dialect, is_array)

    def _may_be_left(self, column: str, named: Sequence[_Listed]) -> bool:
        """Whether one has the name that a CheckEnum's would have, or in
        models that have others begins as theirs do.

        SQLAlchemy may have taken several for one, on SQLite. Where all Enums
        are compared, any may be one's.
        """
        if self.context.opts.get(OPTION):
            return True
        signs = [self._default_name(column)]
        if gather.declares_any(self.context):
            signs += beginnings(self.context.dialect, column)
        return any(
            sign == check.name or sign in check.text
            for check in named
            for sign in signs
        )

    def goes(self, check: Check, reading: ValueList) -> bool:
        """Whether the constraint is dropped, of a column that is none."""
        if reading.column not in self.metadata_table.c:
            return True
        return self._is_left(reading.column, check.name, check.text, reading)

    def ops(self, side: gather.TableSide) -> Iterator[CheckEnumOp]:
        """What drops them: of columns that become a native ENUM, too."""
        listed = self._listed(
            (check.name, check.text)
            for check in side.unfiltered
            if not side.is_expected(check)
        )
        for column, named in self._columns(listed):
            native = self._native(column)
            if native:
                conn_col = self.conn_table.c[column.name]
                found = compare_native.restorable(
                    side, column, conn_col, native
                )
                if found:
                    yield from compare_native.restored(
                        side, column, conn_col, found, native
                    )
                    continue
            if not self._may_be_left(column.name, named):
                continue
            for existing in side.readable(column.name):
                reading = existing.reading(column.name)
                if self._is_left(
                    column.name, existing.name, existing.text, reading
                ) and side.includes_dropped(existing):
                    log.info(
                        "Detected removed check enum on '%s'",
                        side.where(column.name),
                    )
                    yield side.drop_op(column.name, existing)
                elif self.context.opts.get(OPTION):
                    log.info(
                        "The constraint %r on '%s' stays, for the models "
                        "have no enum there, and no name tells that one has "
                        "made it: if so, op.drop_check_enum() drops it",
                        existing.name,
                        side.where(column.name),
                    )

    def _is_left(
        self, column: str, name: str | None, text: str, reading: ValueList
    ) -> bool:
        """Whether an enum has left a constraint: by its name, or in models
        that have CheckEnums by how it is spelled.
        """
        if name == self._default_name(column) or (
            name and name == self._stock_name(column)
        ):
            return True
        return bool(name) and (
            gather.declares_any(self.context)
            and text == gather.spelled(reading, self.context.dialect)
        )

    def _default_name(self, column: str) -> str:
        return default_final_name(
            self.metadata_table, column, self.context.dialect
        )

    def _stock_name(self, column: str) -> str | None:
        """What SQLAlchemy would call the constraint of an Enum that has none
        any more.
        """
        dialect = self.context.dialect
        type_ = undecorated(type_on(self.metadata_table.c[column], dialect))
        if (
            not self.context.opts.get(OPTION)
            or not isinstance(type_, sa.Enum)
            or type_.native_enum
            or not type_.name
        ):
            return None
        return named_on(self.metadata_table, column, type_.name, dialect)


def _reflected_text(check: sa.CheckConstraint) -> str:
    """The condition, without compiling what is text already."""
    if isinstance(check.sqltext, sa.TextClause):
        return check.sqltext.text
    return str(check.sqltext)


def _leave_defaults_to_us(
    modify_table_ops: ModifyTableOps, queued: list[CheckEnumOp]
) -> None:
    """Of what Alembic queued, take out the defaults that our ops change."""
    columns = {op.column_name for op in queued if op.changes_default}
    for op in modify_table_ops.ops[:]:
        if (
            isinstance(op, alembic_ops.AlterColumnOp)
            and op.column_name in columns
        ):
            op.modify_server_default = False
            if not op.has_changes():
                modify_table_ops.ops.remove(op)


def _retyped(modify_table_ops: ModifyTableOps) -> set[str]:
    """The columns whose type Alembic has found to differ."""
    return {
        op.column_name
        for op in modify_table_ops.ops
        if isinstance(op, alembic_ops.AlterColumnOp)
        and op.modify_type is not None
    }


def _leave_lengths_to_us(
    modify_table_ops: ModifyTableOps, queued: list[CheckEnumOp]
) -> None:
    """Of what Alembic queued, take out the types whose length our ops
    change: before the rows or after them, as it has to be.
    """
    columns = {op.column_name for op in queued if op.changes_length}
    for op in modify_table_ops.ops[:]:
        if (
            isinstance(op, alembic_ops.AlterColumnOp)
            and op.column_name in columns
        ):
            op.modify_type = None
            if not op.has_changes():
                modify_table_ops.ops.remove(op)


def remove_claimed(
    modify_table_ops: ModifyTableOps, claimed: set[str]
) -> None:
    """Take out what other plugins queued for constraints that are ours."""
    modify_table_ops.ops[:] = [
        op
        for op in modify_table_ops.ops
        if not (
            isinstance(
                op,
                (
                    alembic_ops.CreateCheckConstraintOp,
                    alembic_ops.DropConstraintOp,
                ),
            )
            and op.constraint_name in claimed
        )
    ]
