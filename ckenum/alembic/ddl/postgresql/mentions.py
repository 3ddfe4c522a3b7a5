"""PostgreSQL: find what else depends on a column and names its values."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..mention import Mention
from ..naming import between
from ..naming import Sought
from .dependents import Dependent
from .dependents import dependents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp


@dataclass(frozen=True)
class Look:
    """What the catalog says about ``values`` of a column.

    :ivar constraints: the names of the directive's own constraints.
    """

    op: CheckEnumOp
    values: tuple[str, ...]
    constraints: frozenset[str]
    found: list[Dependent]

    @classmethod
    def at(
        cls,
        connection: Connection,
        op: CheckEnumOp,
        values: tuple[str, ...],
        constraints: frozenset[str],
    ) -> Look:
        found = dependents(connection, op)
        return cls(op, values, constraints, found)

    def defaults(self) -> list[Mention]:
        """The column's defaults; that of the table of ``op`` is first."""
        return sorted(
            self._mentions(
                item for item in self.found if self._is_own_default(item)
            ),
            key=lambda default: default.owner != self.op.table_name,
        )

    def others(self) -> list[Mention]:
        """All except the column's default and its constraint."""
        return self._mentions(
            item
            for item in self.found
            if not self._is_own_default(item) and not self._is_own_check(item)
        )

    def _is_own_default(self, item: Dependent) -> bool:
        return item.kind == "default" and item.own

    def _is_own_check(self, item: Dependent) -> bool:
        return (
            item.kind == "CHECK" and item.own and item.name in self.constraints
        )

    def _mentions(self, items: Iterable[Dependent]) -> list[Mention]:
        found = {
            Mention(*_described(item), item.sql, tuple(named)): None
            for item in items
            if (named := self._named(item))
        }
        return list(found)

    def _named(self, item: Dependent) -> list[str]:
        sought = Sought(
            "postgresql",
            frozenset(item.relation for item in self.found),
            item.column,
            self.values,
        )
        if item.kind in ("default", "domain", "partition"):
            return sought.strings_in(item.sql)  # it can mean no other column
        named = {
            value
            for text in _expressions(item)
            for value in sought.named_in(text)
        }
        return [value for value in self.values if value in named]


def _described(item: Dependent) -> tuple[str, str, str | None]:
    if item.kind == "domain":
        return "CHECK", item.name, f"domain {item.owner}"
    return item.kind, item.name, item.owner


def _expressions(item: Dependent) -> Iterator[str]:
    """The parts of a definition that can be parsed."""
    if item.kind == "trigger":
        yield between("postgresql", item.sql, "WHEN", "EXECUTE")
    elif item.kind == "function":
        yield between("postgresql", item.sql, "ATOMIC", "END")
    elif item.kind == "rule":
        action = between("postgresql", item.sql, "DO")
        head = item.sql[: len(item.sql) - len(action)]
        yield between("postgresql", head, "WHERE", "DO")
        action = action.strip().removeprefix("INSTEAD").strip()
        yield action.removeprefix("(").removesuffix(");")
    else:
        yield item.sql
