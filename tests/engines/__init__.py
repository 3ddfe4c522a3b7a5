"""Stand-ins for extensions that cannot be had here.

Each is an extension of a real PostgreSQL, by the name that ckenum looks for.
It has the catalog that ckenum asks, and an event trigger that refuses what
the real one refuses, with the same SQLSTATE and message. It does nothing
else of what the real one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import pathlib
import shutil

import sqlalchemy as sa

from ..roundtrip import Database

HERE = pathlib.Path(__file__).parent


@contextmanager
def stand_in(
    db: Database, name: str, directory: pathlib.Path
) -> Iterator[None]:
    """Have the extension in the database, which is PostgreSQL 18 or later
    and can read what is in ``directory``.
    """
    where = directory / "extension"
    where.mkdir()
    (where / f"{name}.control").write_text("default_version = '0'\n")
    shutil.copy(HERE / f"{name}.sql", where / f"{name}--0.sql")
    for path in (where, *where.iterdir(), *directory.parents, directory):
        if path.stat().st_uid == directory.stat().st_uid:
            path.chmod(path.stat().st_mode | 0o055)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"SET LOCAL extension_control_path = '{directory}'"
        )
        connection.exec_driver_sql(f"CREATE EXTENSION {name}")
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL event_triggers = off")
            connection.execute(sa.text(f"DROP EXTENSION {name} CASCADE"))
