"""SQLite: the table that a directive is about, as its file has it.

A name without a schema means a temporary table, one of the main file or one
of another file that is attached, in this order ("Attach Database" in
SQLite's manual), but the tables of tables are asked by schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .damage import master
from .table_text import same_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def schema_and_table(
    connection: Connection, schema: str | None, name: str
) -> tuple[str | None, str]:
    """Where the table is, and how its name is spelled.

    One of the main file is meant even if a temporary table or view has the
    same name: a migration is about what stays.
    """
    places = {
        place: (row.type, row.name)
        for place in ([schema] if schema else _schemas(connection))
        for row in connection.execute(_named(place, name))
    }
    tables = [place for place, (kind, _) in places.items() if kind == "table"]
    if not tables:
        return schema, name
    place = "main" if "main" in tables else tables[0]
    is_main_alone = place == "main" and "temp" not in places
    return (
        None if schema is None and is_main_alone else schema or place,
        places[place][1],
    )


def spelled(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that SQLite takes for ``name``."""
    return next((found for found in names if same_name(found, name)), None)


def _schemas(connection: Connection) -> Iterator[str]:
    """Those that are attached, in the order in which names are looked up."""
    found = sa.func.pragma_database_list().table_valued("seq", "name")
    attached = connection.scalars(
        sa.select(found.c.name).where(found.c.seq > 1).order_by(found.c.seq)
    )
    return iter(["temp", "main", *attached])


def _named(schema: str, name: str) -> sa.Select[Any]:
    objects = master(schema)
    return sa.select(objects.c.type, objects.c.name).where(
        objects.c.type.in_(["table", "view"]),
        objects.c.name.collate("NOCASE") == name,
    )
