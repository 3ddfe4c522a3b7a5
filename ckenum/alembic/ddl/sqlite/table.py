"""SQLite: a table as the database knows it, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlglot.errors import SqlglotError

from ....exc import SchemaEditError
from .table_text import same_name
from .table_text import TableText

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from typing_extensions import Self

    from ...ops import CheckEnumOp


def master(schema: str | None) -> sa.TableClause:
    """The table of tables, by the name that every version of SQLite has."""
    return sa.table(
        "sqlite_temp_master" if schema == "temp" else "sqlite_master",
        *map(sa.column, ("type", "name", "tbl_name", "rootpage", "sql")),
        schema=schema,
    )


def is_table(master: sa.TableClause, name: str) -> sa.ColumnElement[bool]:
    """Whether a row of ``master`` is the table ``name``."""
    return sa.and_(
        master.c.type == "table",
        master.c.name.collate("NOCASE") == name,
    )


COLUMN = ("name", "type", "notnull", "dflt_value", "pk", "hidden")
FOREIGN_KEY = (
    *("id", "seq", "table", "from", "to"),
    *("on_update", "on_delete", "match"),
)


def pragma(name: str, *arguments: Any, columns: Any) -> sa.TableValuedAlias:
    """A pragma as a table, so that its arguments can be bound."""
    function = getattr(sa.func, f"pragma_{name}")(*arguments)
    alias: sa.TableValuedAlias = function.table_valued(
        *columns, joins_implicitly=True
    )
    return alias


@dataclass(frozen=True)
class SQLiteTable:
    """A table; what is read of it is kept, so a change needs a new one.

    :ivar schema: ``None`` for the main file.
    """

    connection: Connection
    schema: str | None
    name: str

    @classmethod
    def of(cls, connection: Connection, op: CheckEnumOp) -> Self:
        return cls(connection, op.schema, op.table_name)

    @cached_property
    def master(self) -> sa.TableClause:
        return master(self.schema)

    def pragma(self, name: str, *columns: str) -> sa.TableValuedAlias:
        """A pragma about the table."""
        return pragma(name, self.name, self.schema or "main", columns=columns)

    @cached_property
    def sql(self) -> str | None:
        """The CREATE TABLE that SQLite keeps; ``None`` if there is none."""
        text: str | None = self.connection.scalar(
            sa.select(self.master.c.sql).where(
                is_table(self.master, self.name)
            )
        )
        return text

    @cached_property
    def text(self) -> TableText:
        """The table's CREATE TABLE.

        Raises :class:`~sqlalchemy.exc.NoSuchTableError`, or
        :class:`~ckenum.exc.SchemaEditError` if it cannot be read.
        """
        if self.sql is None:
            raise sa.exc.NoSuchTableError(self.name)
        try:
            return TableText(self.sql)
        except (SqlglotError, LookupError, ValueError) as error:
            raise SchemaEditError(
                self.name,
                self.schema,
                ["its CREATE TABLE, which cannot be read"],
                str(error),
            ) from error

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """What SQLite says of each column; empty if there is no table."""
        return self._all(sa.select(self.pragma("table_xinfo", *COLUMN)))

    @property
    def column_names(self) -> list[str]:
        return [column["name"] for column in self.columns]

    def is_nullable(self, name: str) -> bool:
        return not any(
            column["notnull"]
            for column in self.columns
            if same_name(column["name"], name)
        )

    def children_of(self, name: str) -> list[str]:
        """The tables with a foreign key that refers to a column."""
        objects = self.master
        keys = pragma(
            "foreign_key_list",
            objects.c.name,
            self.schema or "main",
            columns=FOREIGN_KEY,
        )
        query = (
            sa.select(objects.c.name)
            .distinct()
            .select_from(objects, keys)
            .where(
                objects.c.type == "table",
                objects.c.rootpage > 0,
                keys.c.table.collate("NOCASE") == self.name,
                keys.c.to.collate("NOCASE") == name,
            )
        )
        return [*self.connection.scalars(query)]

    def collation(self, name: str) -> str | None:
        """The collation that the column's definition names, if any."""
        if self.sql is None or "COLLATE" not in self.sql.upper():
            return None
        try:
            return TableText(self.sql).collation(name)
        except (SqlglotError, LookupError, ValueError):
            return None

    @cached_property
    def shape(self) -> dict[str, list[dict[str, Any]]]:
        """What a change of a constraint must leave as it is."""
        objects = self.master.c
        belongings = sa.select(objects.type, objects.name, objects.sql).where(
            objects.tbl_name.collate("NOCASE") == self.name,
            objects.type != "table",
        )
        keys = self.pragma("foreign_key_list", *FOREIGN_KEY)
        return {
            "columns": self.columns,
            "foreign keys": self._all(sa.select(keys)),
            "indexes and triggers": self._all(belongings),
        }

    def _all(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in self.connection.execute(query)]
