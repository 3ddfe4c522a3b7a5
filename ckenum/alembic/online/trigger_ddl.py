"""The statements that make a trigger which renames values, and drop it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
import hashlib
import json
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from . import catalog
from ...arrays import overlap
from .. import items
from ..script import as_text

if TYPE_CHECKING:
    from ..ops import CheckEnumOp

Renames = Mapping[str, "str | None"]


def name_of(op: CheckEnumOp) -> str:
    """Of the trigger, and of its function in the table's schema.

    Triggers fire in the order of their names; this one is to be the last,
    for another may write the old value.
    """
    name = f"zz_ckenum_{op.table_name}_{op.column_name}"
    if name.count("_") == 3 and len(name.encode()) <= 63:
        return name
    # where one ends and the other begins, and what PostgreSQL would cut off,
    # tells it from others
    where = json.dumps([op.table_name, op.column_name])
    digest = hashlib.sha256(where.encode()).hexdigest()[:8]
    return f"{name.encode()[:54].decode(errors='ignore')}_{digest}"


@dataclass(frozen=True)
class Trigger:
    """One for the column of ``op``, on its table and what inherits from it.

    :ivar tables: parents before children.
    """

    op: CheckEnumOp
    tables: Sequence[catalog.Table]

    def prepare(self, renames: Renames) -> Iterator[DDLElement]:
        """The function: nothing calls it before there is a trigger."""
        yield CreateFunction(self, renames)
        yield CommentOnFunction(self, renames)

    def create(self, renames: Renames) -> Iterator[DDLElement]:
        """The trigger, or another in its place."""
        for table in self._bearers:
            yield CreateTrigger(self, renames, table)

    def drop(self) -> Iterator[DDLElement]:
        """It and its function go."""
        for table in self._bearers:
            yield DropTrigger(self, table)
        yield DropFunction(self)

    @property
    def name(self) -> str:
        return name_of(self.op)

    @property
    def schema(self) -> str | None:
        """Of its function."""
        return self.tables[0].schema

    @property
    def new(self) -> sa.ColumnElement[Any]:
        """The column of the row that is written."""
        column: sa.ColumnClause[Any] = sa.column(
            self.op.column_name, self.op.column_type()
        )
        return sa.table("new", column).c[self.op.column_name]

    @property
    def _bearers(self) -> list[catalog.Table]:
        # that of a partitioned table is its partitions' as well
        return [table for table in self.tables if not table.is_partition]


class DropFunction(DDLElement):
    """``DROP FUNCTION``."""

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger


class CreateFunction(DDLElement):
    """``CREATE OR REPLACE FUNCTION``, for the trigger to call."""

    def __init__(self, trigger: Trigger, renames: Renames) -> None:
        self.trigger = trigger
        self.renames = renames


class CommentOnFunction(CreateFunction):
    """``COMMENT ON FUNCTION``, which says what it renames."""


class CreateTrigger(CreateFunction):
    """``CREATE OR REPLACE TRIGGER``, for rows that hold an old value."""

    def __init__(
        self, trigger: Trigger, renames: Renames, table: catalog.Table
    ) -> None:
        super().__init__(trigger, renames)
        self.table = table


class DropTrigger(DDLElement):
    """``DROP TRIGGER IF EXISTS``."""

    def __init__(self, trigger: Trigger, table: catalog.Table) -> None:
        self.trigger = trigger
        self.table = table


def _function(trigger: Trigger, compiler: Any) -> str:
    named = sa.table(trigger.name, schema=trigger.schema)
    return f"{compiler.preparer.format_table(named)}()"


def _literal(compiler: Any, text: str) -> str:
    rendered = compiler.sql_compiler.render_literal_value(text, sa.String())
    return str(rendered)


def _renamed(trigger: Trigger, renames: Renames) -> sa.ColumnElement[Any]:
    if trigger.op.array:
        return items.replaced(trigger.new, renames)
    return sa.case(
        *(
            (trigger.new == old, sa.null() if new is None else new)
            for old, new in renames.items()
        )
    )


@compiles(CreateFunction, "postgresql")
def _create_function(element: CreateFunction, compiler: Any, **kw: Any) -> str:
    trigger = element.trigger
    body = "BEGIN %s := %s; RETURN new; END" % (
        as_text(trigger.new, compiler.dialect),
        as_text(_renamed(trigger, element.renames), compiler.dialect),
    )
    return (
        "CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE %s AS %s"
        % (
            _function(trigger, compiler),
            "plpgsql",
            _literal(compiler, body),
        )
    )


@compiles(CommentOnFunction, "postgresql")
def _comment(element: CommentOnFunction, compiler: Any, **kw: Any) -> str:
    column = element.trigger.op.column_name
    says = {"column": column, "rename": element.renames}
    return "COMMENT ON FUNCTION %s IS %s" % (
        _function(element.trigger, compiler),
        _literal(compiler, json.dumps(says, ensure_ascii=False)),
    )


@compiles(CreateTrigger, "postgresql")
def _create_trigger(element: CreateTrigger, compiler: Any, **kw: Any) -> str:
    trigger = element.trigger
    olds = list(element.renames)
    holds_old = (
        overlap(trigger.new, olds)
        if trigger.op.array
        else trigger.new.in_(olds)
    )
    return (
        "CREATE OR REPLACE TRIGGER %s BEFORE INSERT OR UPDATE ON %s "
        "FOR EACH ROW WHEN (%s) EXECUTE FUNCTION %s"
        % (
            compiler.preparer.quote(trigger.name),
            compiler.preparer.format_table(element.table.clause),
            compiler.sql_compiler.process(holds_old, literal_binds=True),
            _function(trigger, compiler),
        )
    )


@compiles(DropTrigger, "postgresql")
def _drop_trigger(element: DropTrigger, compiler: Any, **kw: Any) -> str:
    return "DROP TRIGGER IF EXISTS %s ON %s" % (
        compiler.preparer.quote(element.trigger.name),
        compiler.preparer.format_table(element.table.clause),
    )


@compiles(DropFunction, "postgresql")
def _drop_function(element: DropFunction, compiler: Any, **kw: Any) -> str:
    return f"DROP FUNCTION IF EXISTS {_function(element.trigger, compiler)}"
