"""Source text of statements that change rows, for migrations without
ckenum.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....shapes import in_turn
from ....value_check import ValueCheck
from ...ops import AlterCheckEnumOp
from .expressions import compared
from .expressions import prefix
from .expressions import text_type
from .literals import quoted
from .source import Expression
from .source import Group
from .source import lines

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_INDENT = 4
"""Of a statement in a function."""


@dataclass(frozen=True)
class Rows:
    """The rows of a column whose values change.

    :ivar native: the column's type, if that is not text.
    """

    context: AutogenContext
    op: AlterCheckEnumOp
    native: Expression | None = None

    def remaining(self) -> Iterator[str]:
        """A statement in which the user can say what becomes of the rows.

        On SQLite it also makes the migration all or nothing: the driver
        begins a transaction when rows change, not when a table is created.
        """
        leaving = [value for value in self.op.leaving if value is not None]
        if not leaving or None in self.op.values:
            return
        yield "# If any row still holds a removed value, this fails and"
        if self.op.array:
            yield "# changes nothing. Change the rows' own arrays here with"
            yield "# sa.func.array_replace() or sa.func.array_remove()."
        else:
            yield "# changes nothing. Replace the rows' own value here by one"
            yield "# that they may already hold, or by sa.null()."
        yield from self.execute(
            self.update(),
            self.where(leaving),
            self.assignment(self.column_clause),
        )

    def changed(self) -> Iterator[str]:
        if self.op.array:
            yield from self.execute(
                self.update(),
                self.where([*self.op.rename, *self.op.delete]),
                self.assignment(self.items_changed()),
            )
            return
        if self.op.rename:
            yield from self.execute(
                self.update(),
                self.where(list(self.op.rename)),
                self.assignment(self.renamed(self.op.rename)),
            )
        if self.op.delete:
            yield from self.execute(
                Group(f"{self.sqlalchemy}delete(", [self.table]),
                self.where(list(self.op.delete)),
            )

    def renamed(self, rename: dict[str, str | None]) -> Expression:
        if len(set(rename.values())) == 1:
            (new,) = set(rename.values())
            return f"{self.sqlalchemy}null()" if new is None else quoted(new)
        items = [
            f"{quoted(old)}: {quoted(new)}" for old, new in rename.items()
        ]
        value = f"value={self.column_clause}"
        mapping = Group("{", items, "}")
        return Group(f"{self.sqlalchemy}case(", [mapping, value])

    def items_changed(self) -> Expression:
        changed: Expression = self.column_clause
        for value in self.op.delete:
            arguments = [changed, quoted(value)]
            changed = Group(f"{self.sqlalchemy}func.array_remove(", arguments)
        for old, new in in_turn(self.op.rename):
            arguments = [changed, quoted(old), quoted(new)]
            changed = Group(f"{self.sqlalchemy}func.array_replace(", arguments)
        return changed

    def execute(self, *links: Expression) -> list[str]:
        call = Group(f"{self.alembic}execute(", links, separator="")
        return lines(call, _INDENT)

    def update(self) -> Expression:
        return Group(f"{self.sqlalchemy}update(", [self.table])

    def where(self, values: Sequence[str]) -> Expression:
        held = ValueCheck(
            "", self.op.column_name, tuple(values), self.op.array
        )
        as_text = self.native is not None
        return Group(".where(", [compared(self.context, held, "&&", as_text)])

    def assignment(self, new: Expression) -> Expression:
        column = quoted(self.op.column_name)
        if isinstance(new, Group):
            item: Expression = Group(
                f"{column}: {new.opening}", new.items, new.closing
            )
        else:
            item = f"{column}: {new}"
        return Group(".values(", [Group("{", [item], "}")])

    @property
    def table(self) -> Expression:
        # a script writes literals, and the column's type says how
        type_ = self.native or text_type(self.context, self.op.array)
        column = Group(
            f"{self.sqlalchemy}column(", [quoted(self.op.column_name), type_]
        )
        arguments: list[Expression] = [quoted(self.op.table_name), column]
        if self.op.schema:
            arguments.append(f"schema={quoted(self.op.schema)}")
        return Group(f"{self.sqlalchemy}table(", arguments)

    @property
    def column_clause(self) -> str:
        return f"{self.sqlalchemy}column({quoted(self.op.column_name)})"

    @property
    def sqlalchemy(self) -> str:
        return prefix(self.context)

    @property
    def alembic(self) -> str:
        return str(self.context.opts["alembic_module_prefix"] or "")
