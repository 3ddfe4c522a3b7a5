"""Alembic's batch mode: one copy of the table makes all changes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..batch import after_adds_and_drops
from ..batch import name_after
from ..batch import name_before
from ..batch import name_in_copy
from ..table import untranslated
from .locate import spelled
from .table import is_table
from .table import master
from .table import SQLiteTable
from .table_text import same_name
from .transaction import no_checks

if TYPE_CHECKING:
    from alembic.operations import Operations
    from alembic.operations.batch import BatchOperationsImpl

    from ...ops import CheckEnumOp
    from .change import Change


def run(operations: Operations, changes: Sequence[Change]) -> None:
    """Copy the table once, for all of ``changes``."""
    op = changes[0].op
    prepare(operations, changes)
    with operations.batch_alter_table(
        op.table_name, schema=op.schema, recreate="always"
    ) as batch_op:
        for change in changes:
            gather(batch_op.impl, change)


def gather(
    batch: BatchOperationsImpl, change: Change
) -> list[tuple[str, Any, Any]]:
    """Add ``change`` to ``batch``; return the items that the batch gathers."""
    op = change.op
    before = len(batch.batch)
    if change.old is not None and change.old.name:
        batch.drop_constraint(change.old)
    if change.changes_column:
        batch.alter_column(
            op.table_name,
            op.column_name,
            type_=change.type,
            existing_type=change.existing_type,
            server_default=change.server_default,
            schema=op.schema,
        )
    if change.new is not None and change.new.name:
        batch.add_constraint(change.new)
    return batch.batch[before:]


def prepare(operations: Operations, changes: Sequence[Change]) -> None:
    """Change the rows before the copy, while no CHECK is enforced."""
    if not operations.migration_context.as_sql:
        _drop_leftover(operations, changes[0].op)
    if any(change.op.changes_rows for change in changes):
        with no_checks(operations):
            for change in changes:
                change.rows(operations)


def _drop_leftover(operations: Operations, op: CheckEnumOp) -> None:
    """Drop the copy that a failed run of Alembic's batch mode has left.

    It is only a copy: its table still exists.
    """
    # named as in Alembic's ApplyBatchImpl
    name = f"_alembic_tmp_{op.table_name}"[0:50]
    objects = master(op.schema)
    found = operations.get_bind().scalar(
        sa.select(objects.c.name).where(is_table(objects, name))
    )
    if found is not None:
        operations.migration_context.impl.drop_table(
            sa.Table(found, sa.MetaData(), schema=op.schema)
        )


class Flush:
    """Ends a user's batch that changes have joined.

    It replaces the batch's own ``flush``. So nothing happens before the end
    of the block, and then all or nothing.
    """

    def __init__(
        self,
        batch: BatchOperationsImpl,
        run: Callable[[Flush], None],
    ) -> None:
        self.batch = batch
        self.alembic = batch.flush
        self.run = run
        self.changes: list[Change] = []
        self.gathered: list[tuple[str, Any, Any]] = []

    @classmethod
    def of(
        cls, batch: BatchOperationsImpl, run: Callable[[Flush], None]
    ) -> Flush:
        """The flush of ``batch``; the first call installs it."""
        flush = batch.flush
        if not isinstance(flush, cls):
            flush = cls(batch, run)
            batch.flush = flush  # type: ignore[method-assign]
        return flush

    def __call__(self) -> None:
        self.run(self)

    def join(self, change: Change) -> None:
        """Let ``change`` join, by the column's name from before the batch:
        Alembic's copy uses that.
        """
        name = self._name_before(change)
        change = change.of_column(self.batch.operations, name)
        self.changes.append(change)
        self.gathered += gather(self.batch, change)

    def _name_before(self, change: Change) -> str:
        op = change.op
        others = self.others()
        name = name_before(others, op.column_name, same_name)
        columns = self._columns(op)
        if not columns:
            return name
        found = spelled(name, after_adds_and_drops(others, columns, same_name))
        if found is None and change.new is not None:
            raise op.error(f"the table has no column {name!r}")
        return found or name

    def _columns(self, op: CheckEnumOp) -> list[str]:
        """The table's columns before the batch; empty if not known."""
        if self.batch.copy_from is not None:
            return [column.name for column in self.batch.copy_from.columns]
        if self.batch.operations.migration_context.as_sql:
            return []
        connection = self.batch.operations.get_bind()
        return SQLiteTable.of(connection, op).column_names

    def changes_after(self) -> list[Change]:
        """The changes, by the names that the rest of the batch has left."""
        name_then = (
            name_after if self.batch.recreate == "never" else name_in_copy
        )
        return [
            change.of_column(
                self.batch.operations,
                name_then(self.others(), change.op.column_name, same_name),
            )
            for change in self.changes
        ]

    def copies_anyway(self) -> bool:
        """Whether the batch copies the table for something else."""
        batch = self.batch
        if batch.recreate != "auto":
            return bool(batch.recreate == "always")
        everything = batch.batch
        batch.batch = self.others()
        try:
            return bool(batch.impl.requires_recreate_in_batch(batch))
        finally:
            batch.batch = everything

    def others(self) -> list[tuple[str, Any, Any]]:
        ours = set(map(id, self.gathered))
        return [item for item in self.batch.batch if id(item) not in ours]

    def flush_others(self) -> None:
        self.batch.batch = self.others()
        self.alembic()

    def flush_ours(self) -> None:
        self.batch.batch = list(self.gathered)
        self.flush_copy()

    def flush_copy(self) -> None:
        """Copy the table that the directives are about.

        A ``schema_translate_map`` would translate only some of Alembic's
        statements, so it is disabled here.
        """
        batch, op = self.batch, self.changes[0].op
        before = batch.table_name, batch.schema, batch.copy_from
        batch.table_name, batch.schema = op.table_name, op.schema
        if batch.copy_from is not None and batch.copy_from.schema != op.schema:
            batch.copy_from = batch.copy_from.to_metadata(
                sa.MetaData(), schema=op.schema
            )
        try:
            with untranslated(batch.operations.get_bind()):
                self.alembic()
        finally:
            batch.table_name, batch.schema, batch.copy_from = before
