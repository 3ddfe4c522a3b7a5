"""SQLite: find what names a value of a column, in the texts it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlglot.errors import SqlglotError

from ..mention import Mention
from ..naming import between
from ..naming import Sought
from ..naming import tokens
from .table import master
from .table_text import mentions
from .table_text import PlacedCheck
from .table_text import same_name
from .table_text import TableText

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

_NEW_AND_OLD = frozenset({"new", "old"})


class _Piece(NamedTuple):
    """A part of an object's definition, and the values to look for in it."""

    sought: Sought
    kind: str
    name: str
    owner: str | None
    text: str


@dataclass(frozen=True)
class Look:
    """What the database says about ``values`` of a column.

    :ivar constraints: the names of the directive's own constraints; empty
        for one without a name.
    :ivar default: the column's default, in SQL.
    :ivar children: tables whose foreign key follows the column, with the
        key's columns.
    :ivar objects: everything that has a text: type, name, table and text.
    """

    op: CheckEnumOp
    values: tuple[str, ...]
    constraints: frozenset[str]
    default: str | None
    children: list[tuple[str, str]]
    objects: list[Any]

    @classmethod
    def at(
        cls,
        connection: Connection,
        op: CheckEnumOp,
        values: tuple[str, ...],
        constraints: frozenset[str],
    ) -> Look:
        children = [
            (table, column)
            for table, column in connection.execute(_children(op))
        ]
        objects = [
            item
            for schema in dict.fromkeys([op.schema, "temp"])
            for item in connection.execute(_objects(schema))
        ]
        default = connection.scalar(_default(op))
        return cls(op, values, constraints, default, children, objects)

    def defaults(self) -> list[Mention]:
        """The column's default, if it names a value."""
        if self.default is None:
            return []
        text = _as_string(self.default)
        named = self._sought.strings_in(text)
        name, table = self.op.column_name, self.op.table_name
        mention = Mention("default", name, table, text, tuple(named))
        return [mention] if named else []

    def others(self) -> list[Mention]:
        """Everything except the column's default and its constraint."""
        found = {
            Mention(kind, name, owner, text, tuple(named)): None
            for sought, kind, name, owner, text in self._pieces()
            if (named := sought.named_in(text))
        }
        return list(found)

    # -- where to look ------------------------------------------------------

    def _pieces(self) -> Iterator[_Piece]:
        own = self.op.table_name, self.op.column_name
        for table, column in [own, *self.children]:
            yield from self._of_table(table, column)
        for item in self.objects:
            if item.type == "index" and self._is_own_table(item.tbl_name):
                yield from self._of_index(item)
            elif item.type == "view" and item.name in self._relations:
                text = between("sqlite", item.sql, "AS")
                yield _Piece(self._sought, "view", item.name, None, text)
            elif item.type == "trigger":
                yield from self._of_trigger(item)

    def _of_table(self, table: str, column: str) -> Iterator[_Piece]:
        """What the table's definition has besides the constraint."""
        sought = Sought("sqlite", frozenset({table}), column, self.values)
        text = self._table_text(table)
        for check in text.checks() if text else ():
            if not (self._is_own_table(table) and self._is_own(check)):
                name = check.name or ""
                yield _Piece(sought, "CHECK", name, table, check.text)
        for name, expression in text.generated() if text else ():
            yield _Piece(sought, "generated column", name, table, expression)

    def _of_index(self, item: Any) -> Iterator[_Piece]:
        head, _, _ = item.sql.partition("(")
        predicate = between("sqlite", item.sql, "WHERE")
        columns = item.sql[len(head) :]
        if predicate:
            columns = columns[: -len(predicate)].rstrip()[: -len("WHERE")]
        for text in (columns, predicate):
            yield _Piece(self._sought, "index", item.name, None, text)

    def _of_trigger(self, item: Any) -> Iterator[_Piece]:
        sought = self._sought
        if not any(same_name(item.tbl_name, name) for name in self._relations):
            if not any(_mentions(item.sql, name) for name in self._relations):
                return
            sought = replace(sought, strangers=_NEW_AND_OLD)
        head = between("sqlite", item.sql, "TRIGGER", "BEGIN")
        body = between("sqlite", item.sql, "BEGIN", "END")
        for text in (between("sqlite", head, "WHEN"), body):
            yield _Piece(sought, "trigger", item.name, item.tbl_name, text)

    def _is_own_table(self, name: str) -> bool:
        return same_name(name, self.op.table_name)

    def _is_own(self, check: PlacedCheck) -> bool:
        if check.name is None:
            column = self.op.column_name
            return "" in self.constraints and check.is_about(column)
        return any(same_name(check.name, name) for name in self.constraints)

    def _table_text(self, table: str) -> TableText | None:
        for item in self.objects:
            if item.type == "table" and same_name(item.name, table):
                try:
                    return TableText(item.sql)
                except (SqlglotError, LookupError, ValueError):
                    return None
        return None

    @cached_property
    def _sought(self) -> Sought:
        relations, column = self._relations, self.op.column_name
        return Sought("sqlite", relations, column, self.values)

    @cached_property
    def _relations(self) -> frozenset[str]:
        """The table, its views, their views, and so on."""
        views = [item for item in self.objects if item.type == "view"]
        found: set[str] = set()
        new = {self.op.table_name}
        while new:
            found |= new
            new = {
                view.name
                for view in views
                if view.name not in found
                and any(_mentions(view.sql, name) for name in new)
            }
        return frozenset(found)


def _mentions(text: str, relation: str) -> bool:
    """Whether ``text`` names ``relation``; false if it cannot be read."""
    try:
        return mentions(text, relation)
    except SqlglotError:
        return False


def _as_string(default: str) -> str:
    """The default as a string: SQLite takes a bare name for one."""
    words = tokens("sqlite", default)
    if len(words) == 1 and not default.startswith("'"):
        return "'" + words[0].text.replace("'", "''") + "'"
    return default


# -- queries --------------------------------------------------------------


def _objects(schema: str | None) -> sa.Select[Any]:
    objects = master(schema)
    columns = [objects.c[name] for name in ("type", "name", "tbl_name", "sql")]
    return sa.select(*columns).where(objects.c.sql.is_not(None))


def _default(op: CheckEnumOp) -> sa.Select[Any]:
    columns = sa.func.pragma_table_xinfo(
        op.table_name, op.schema or "main"
    ).table_valued("name", "dflt_value")
    return sa.select(columns.c.dflt_value).where(
        columns.c.name.collate("NOCASE") == op.column_name
    )


def _children(op: CheckEnumOp) -> sa.Select[Any]:
    objects = master(op.schema)
    keys = sa.func.pragma_foreign_key_list(
        objects.c.name, op.schema or "main"
    ).table_valued("table", "from", "to", "on_update", joins_implicitly=True)
    return (
        sa.select(objects.c.name, keys.c["from"])
        .select_from(objects, keys)
        .where(
            objects.c.type == "table",
            keys.c.table.collate("NOCASE") == op.table_name,
            keys.c.to.collate("NOCASE") == op.column_name,
            keys.c.on_update == "CASCADE",
        )
    )
