"""The constraint that a table has, and the statement that replaces it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import catalog
from . import existing
from . import locks
from . import show_create
from ....backend.mysql import exact_collation
from ....constraint_names import final_name
from .ddl import Add
from .ddl import AlterTable
from .ddl import Drop
from .ddl import Modify
from .ddl import SetDefault

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp
    from .ddl import Clause
    from .definition import Definition


@dataclass
class Change:
    """A change of the constraint of one column.

    :ivar there: the constraint that the table has; ``None`` for none.
    """

    operations: Operations
    op: CheckEnumOp
    there: catalog.StoredCheck | None

    @property
    def connection(self) -> Connection:
        return self.operations.get_bind()

    def allowed(self) -> set[str | None] | None:
        """The values that the present constraint allows; ``None`` if there is
        none, or if it rejects nothing.
        """
        if self.there is None or not self.there.is_enforced:
            return None
        found = existing.reading(self.connection, self.op, self.there)
        if found is None:
            return None
        return {*found.values, None} if found.has_null else {*found.values}

    def is_called(self, new: CheckConstraint) -> bool:
        """Whether the present constraint has the name of ``new``."""
        name = final_name(new, self.connection.dialect)
        return self.there is not None and self.there.name == name

    def is_done(
        self, new: CheckConstraint, values: Sequence[str | None]
    ) -> bool:
        """Whether the table already has ``new``."""
        if self.there is None or self.there.in_column:
            return False
        return self.is_called(new) and self.allowed() == {*values}

    def to(self, new: CheckConstraint | None, *others: Clause) -> None:
        """Replace the present constraint by ``new``, in one statement.

        :param others: what else the statement changes.
        """
        clauses: list[Clause] = [*others]
        if self.there is not None:
            clauses = [*self._without(clauses)]
        if new is not None:
            clauses.append(Add(new))
        self.run(clauses)
        self.there = None
        if new is not None:
            name = final_name(new, self.connection.dialect)
            self.there = next(
                each
                for each in catalog.checks(
                    self.connection, self.op.schema, self.op.table_name
                )
                if each.name.lower() == name.lower()
            )

    def _without(self, clauses: list[Clause]) -> Iterator[Clause]:
        """``clauses``, and the one that drops the present constraint."""
        assert self.there is not None
        if not self.there.in_column:
            yield Drop(self.there.name)
            yield from clauses
            return
        definition = self.definition()
        if not catalog.foreign_keys(self.connection, *catalog.place(self.op)):
            definition = definition.with_type(
                definition.type_, exact_collation(self.connection.dialect)
            )
        for clause in clauses:
            if isinstance(clause, Modify):
                definition = clause.definition
            elif isinstance(clause, SetDefault):
                definition = definition.with_default(clause.default)
        yield Modify(self.op.column_name, definition.without_check())

    def run(self, clauses: Sequence[Clause]) -> None:
        """One ALTER TABLE, if there is anything to alter."""
        if clauses:
            op = self.op
            statement = AlterTable(
                op.table_name, op.schema, clauses, op.online
            )
            locks.run(self.operations, op, statement)

    def definition(self) -> Definition:
        return show_create.definition(self.connection, self.op)

    def column_changes(self) -> list[Clause]:
        """The column's new length and default."""
        op = self.op
        if op.changes_length:
            found = self.definition()
            collation = exact_collation(self.connection.dialect)
            definition = found.with_type(
                f"varchar({op.length})", collation
            ).with_default(op.server_default)
            return [Modify(op.column_name, definition)]
        if op.server_default is not False:
            return [SetDefault(op.column_name, op.server_default)]
        return []
