"""MySQL and MariaDB: find what names a value of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....backend.mysql import literal
from ..mention import Mention
from ..naming import between
from ..naming import Sought
from .catalog import checks
from .catalog import place
from .texts import condition
from .texts import from_catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

_STRANGERS = frozenset({"new", "old"})

_DEFAULT = sa.text("""
    SELECT COLUMN_DEFAULT, EXTRA LIKE '%DEFAULT_GENERATED%'
    FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
      AND TABLE_NAME = :table AND COLUMN_NAME = :column
    """)

_GENERATED = sa.text("""
    SELECT COLUMN_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE()) AND TABLE_NAME = :table
      AND coalesce(GENERATION_EXPRESSION, '') <> ''
    """)

_VIEWS = sa.text("""
    SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS
    WHERE TABLE_SCHEMA = coalesce(:schema, DATABASE())
    """)

_TRIGGERS = sa.text("""
    SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT
    FROM information_schema.TRIGGERS
    WHERE TRIGGER_SCHEMA = coalesce(:schema, DATABASE())
    """)


@dataclass(frozen=True)
class Look:
    """What the database says about ``values`` of a column.

    :ivar constraints: the names of the directive's own constraints.
    """

    connection: Connection
    op: CheckEnumOp
    values: tuple[str, ...]
    constraints: frozenset[str]

    def defaults(self) -> list[Mention]:
        """The column's default, if it names a value."""
        row = self._rows(_DEFAULT).one_or_none()
        if row is None or row[0] is None:
            return []
        text = condition(str(row[0]))
        if not self._is_mariadb and not row[1]:
            text = literal(row[0])  # MySQL gives the string without quotes
        named = self._sought.strings_in(text)
        name, table = self.op.column_name, self.op.table_name
        mention = Mention("default", name, table, text, tuple(named))
        return [mention] if named else []

    def others(self) -> list[Mention]:
        """Everything except the column's default and its constraint."""
        return list(dict.fromkeys(self._others()))

    def _others(self) -> Iterator[Mention]:
        table = self.op.table_name
        own = {name.lower() for name in self.constraints}
        for check in checks(self.connection, self.op.schema, table):
            if check.name.lower() not in own:
                yield from self._in("CHECK", check.name, table, check.text)
        for name, expression in self._rows(_GENERATED):
            text = self._read(expression)
            yield from self._in("generated column", name, table, text)
        for name, definition in self._rows(_VIEWS):
            text = condition(definition)
            if f"`{table}`" in text:
                yield from self._in("view", name, None, text)
        for name, owner, statement in self._rows(_TRIGGERS):
            yield from self._in_trigger(name, owner, condition(statement))

    def _in(
        self, kind: str, name: str, owner: str | None, text: str
    ) -> Iterator[Mention]:
        named = self._sought.named_in(text)
        if named:
            yield Mention(kind, name, owner, text, tuple(named))

    def _in_trigger(
        self, name: str, owner: str, statement: str
    ) -> Iterator[Mention]:
        table = self.op.table_name
        sought = self._sought
        if owner != table:
            if table not in statement:
                return
            sought = replace(sought, strangers=_STRANGERS)
        body = between("mysql", statement, "BEGIN", "END") or statement
        named = sought.named_in(body)
        if named:
            yield Mention("trigger", name, owner, statement, tuple(named))

    def _read(self, text: str) -> str:
        return condition(text if self._is_mariadb else from_catalog(text))

    @property
    def _is_mariadb(self) -> bool:
        dialect: Any = self.connection.dialect
        return bool(dialect.is_mariadb)

    @property
    def _sought(self) -> Sought:
        return Sought(
            "mysql",
            frozenset({self.op.table_name}),
            self.op.column_name,
            self.values,
        )

    def _rows(self, query: sa.TextClause) -> Any:
        schema, table, column = place(self.op)
        given = {"schema": schema, "table": table, "column": column}
        names = {
            name: given[name] for name in given if name in query._bindparams
        }
        return self.connection.execute(query, names)
