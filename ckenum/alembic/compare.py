"""The comparators: both sides gathered and filtered, what differs queued."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from typing import Any
from typing import TYPE_CHECKING

from alembic.autogenerate.compare.util import _InspectorConv
from alembic.operations import ops as alembic_ops
from alembic.util import PriorityDispatchResult
import sqlalchemy as sa
from sqlalchemy.sql.base import _NoArg
from sqlalchemy.sql.elements import conv

from ..constraint import check_enums
from ..constraint import CheckEnumConstraint
from ..constraint import final_name
from ..diff import compare_values
from ..reflection import Check
from ..reflection import read_check
from ..reflection import sqlite_checks
from ..reflection import Unreadable
from ..reflection import ValueList
from ..types import CheckEnum
from .ops import AlterCheckEnumOp
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Column
    from sqlalchemy import Dialect
    from sqlalchemy import Table

# a child of "alembic", the logger that the stock alembic.ini shows
log = logging.getLogger("alembic.autogenerate.ckenum")


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
    :func:`compare_table`.
    """
    if not isinstance(metadata_col.type, CheckEnum):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_type = conn_col.type
    if not _holds(conn_col.type, metadata_col.type):
        alter_column_op.modify_type = sa.String(metadata_col.type.length)
        log.info(
            "Detected type change from %r to %r on '%s.%s'",
            conn_col.type,
            alter_column_op.modify_type,
            table_name,
            column_name,
        )
    return PriorityDispatchResult.STOP


def _holds(conn_type: Any, metadata_type: CheckEnum) -> bool:
    if isinstance(conn_type, sa.CHAR):
        return False  # it pads what it stores
    if isinstance(conn_type, sa.Enum):
        return not conn_type.native_enum
    if isinstance(conn_type, sa.Text) and metadata_type.length is not None:
        return isinstance(metadata_type.length_given, _NoArg)
    return isinstance(conn_type, sa.String)


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
    declared = declared_on(metadata_table, context.dialect)
    if not declared:
        return PriorityDispatchResult.CONTINUE
    checks = reflected_on(context, schema, table_name)
    claimed = {str(constraint.name) for constraint in declared}
    for constraint in declared:
        name = final_name(constraint, context.dialect)
        claimed.add(name)
        if constraint.checked.name not in conn_table.c:
            continue
        column = _Column(context, schema, table_name, constraint, name)
        conn_col = conn_table.c[constraint.checked.name]
        for op in column.compare(checks, conn_col):
            claimed.add(getattr(op, "drop_name", op.name))
            modify_table_ops.ops.append(op)
    remove_claimed(modify_table_ops, claimed)
    return PriorityDispatchResult.CONTINUE


class _Column:
    """One column that both sides have."""

    def __init__(
        self,
        context: AutogenContext,
        schema: str | None,
        table_name: str,
        constraint: CheckEnumConstraint,
        name: str,
    ) -> None:
        self.context = context
        self.schema = schema
        self.table_name = table_name
        self.constraint = constraint
        self.name = name
        self.column_name = str(constraint.checked.name)
        self.type = constraint.enum_type
        parts = (schema, table_name, self.column_name)
        self.where = ".".join(part for part in parts if part)

    def compare(
        self, checks: list[Check], conn_col: Column[Any]
    ) -> Iterator[Any]:
        found: list[tuple[Check, ValueList]] = []
        for check in checks:
            reading = read_check(self.context.dialect.name, check.text)
            if isinstance(reading, Unreadable):
                if check.name == self.name:
                    self._log_unreadable(check, reading)
                    return
            elif same_name(
                reading.column, self.column_name, self.context.dialect
            ):
                found.append((check, reading))
        found.sort(key=lambda pair: pair[0].name != self.name)
        lengths = self._lengths(conn_col)
        if not found:
            yield from self._added(lengths)
            return
        for check, reading in found[1:]:
            yield from self._doubled(check, reading)
        yield from self._changed(*found[0], lengths)

    def _log_unreadable(self, check: Check, reading: Unreadable) -> None:
        log.info(
            "Cannot compare check enum %r on '%s', assuming equal and "
            "skipping, because %s",
            check.name,
            self.where,
            reading.reason,
        )

    def _included(self, compare_to: Check | None) -> bool:
        return self.context.run_object_filters(
            self.constraint,
            self.constraint.name,
            "check_constraint",
            False,
            compare_to
            and sa.CheckConstraint(
                sa.text(compare_to.text), name=compare_to.name
            ),
        )

    def _added(self, lengths: dict[str, int | None]) -> Iterator[Any]:
        if not self._included(None):
            return
        log.info("Detected added check enum on '%s'", self.where)
        yield CreateCheckEnumOp(
            self.table_name,
            self.column_name,
            self.constraint.values,
            name=conv(self.constraint.name),
            schema=self.schema,
            **lengths,
        )

    def _doubled(self, check: Check, reading: ValueList) -> Iterator[Any]:
        if check.name is None or not reading.values:
            return
        log.info(
            "Detected second check enum %r on '%s'", check.name, self.where
        )
        yield DropCheckEnumOp(
            self.table_name,
            self.column_name,
            reading.values,
            name=conv(check.name),
            schema=self.schema,
        )

    def _changed(
        self,
        check: Check,
        reading: ValueList,
        lengths: dict[str, int | None],
    ) -> Iterator[Any]:
        change = compare_values(
            reading.values, self.constraint.values, self.type.canonical
        )
        other_name = check.name if check.name != self.name else None
        differs = change or other_name or lengths or reading.has_null
        if not differs or not self._included(check):
            return
        log.info(
            "Detected changed check enum on '%s': %s",
            self.where,
            "; ".join(_reasons(change, other_name, lengths, reading)),
        )
        op = AlterCheckEnumOp(
            self.table_name,
            self.column_name,
            self.constraint.values,
            existing_values=reading.values or self.constraint.values,
            name=conv(self.constraint.name),
            existing_name=other_name and conv(other_name),
            rename=change.renamed,
            schema=self.schema,
            **lengths,
        )
        op.narrows_back = not isinstance(self.type.length_given, _NoArg)
        yield op

    def _lengths(self, conn_col: Column[Any]) -> dict[str, int | None]:
        """What has to change about the length, as arguments of an op."""
        conn_length = getattr(conn_col.type, "length", None)
        length = self.type.length
        if (
            self.context.opts.get("compare_type", True) is False
            or conn_length is None
            or not _holds(conn_col.type, self.type)
        ):
            return {}
        if isinstance(self.type.length_given, _NoArg):
            differs = conn_length < max(map(len, self.constraint.values))
        else:
            differs = length is not None and length != conn_length
        if not differs:
            return {}
        return {"length": length, "existing_length": conn_length}


def _reasons(
    change: Any,
    other_name: str | None,
    lengths: dict[str, int | None],
    reading: ValueList,
) -> Iterator[str]:
    if change:
        yield str(change)
    if other_name:
        yield f"named {other_name!r}"
    if lengths:
        yield (f"length {lengths['existing_length']} to {lengths['length']}")
    if reading.has_null:
        yield "a NULL in the list rejects nothing"


def declared_on(table: Table, dialect: Dialect) -> list[CheckEnumConstraint]:
    """The constraints that the model has for ``table`` on this dialect."""
    compiler = dialect.statement_compiler(dialect, None)
    return [
        constraint
        for constraint in check_enums(table)
        if constraint._create_rule(compiler)  # type: ignore[misc]
    ]


def reflected_on(
    context: AutogenContext, schema: str | None, table_name: str
) -> list[Check]:
    """The CHECK constraints of a table, as Alembic reflected them, after
    the ``include_name`` of ``env.py``.
    """
    if context.dialect.name == "sqlite":
        checks = sqlite_checks(_sqlite_texts(context, schema)[table_name])
    else:
        checks = [
            Check(
                check["name"],
                check["sqltext"],
                bool(check.get("dialect_options", {}).get("not_valid")),
            )
            for check in _InspectorConv(
                context.inspector
            ).get_check_constraints(table_name, schema=schema)
        ]
    return [
        check
        for check in checks
        if context.run_name_filters(
            check.name,
            "check_constraint",
            {"table_name": table_name, "schema_name": schema},
        )
    ]


def _sqlite_texts(
    context: AutogenContext, schema: str | None
) -> dict[str, str]:
    """The text of each table of a schema, with one query for all."""
    cache: dict[Any, Any] = context.inspector.info_cache
    key = ("ckenum_sqlite_texts", schema)
    if key not in cache:
        master = sa.table(
            "sqlite_master",
            sa.column("name"),
            sa.column("type"),
            sa.column("sql"),
            schema=schema,
        )
        assert context.connection is not None
        cache[key] = {
            name: text
            for name, text in context.connection.execute(
                sa.select(master.c.name, master.c.sql).where(
                    master.c.type == "table"
                )
            )
        }
    texts: dict[str, str] = cache[key]
    return texts


def same_name(one: str, other: str, dialect: Dialect) -> bool:
    if dialect.name == "sqlite":
        return one.lower() == other.lower()
    return one == other


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
