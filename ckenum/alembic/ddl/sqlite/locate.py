"""SQLite: find the file of a directive's table, and its name there.

A name without a schema means a temporary table, a table of the main file or
one of another attached file, in this order ("Attach Database" in SQLite's
manual). But each schema has its own ``sqlite_master`` to query.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .table import master
from .table_text import same_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def schema_and_table(
    connection: Connection, schema: str | None, name: str
) -> tuple[str | None, str]:
    """The table's schema, and its name as spelled there.

    A table of the main file comes first, even before a temporary table or
    view of the same name: a migration is about what stays.
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


def has_schema(connection: Connection, schema: str | None) -> bool:
    """Whether a file is attached by that name."""
    names = ["main", *_schemas(connection)] if schema else []
    return schema is None or spelled(schema, names) is not None


def spelled(name: str, names: Iterable[str]) -> str | None:
    """The first of ``names`` that SQLite takes for ``name``."""
    return next((found for found in names if same_name(found, name)), None)


def _schemas(connection: Connection) -> Iterator[str]:
    """The attached schemas, in the order in which names are looked up."""
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
