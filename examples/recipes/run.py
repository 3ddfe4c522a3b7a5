"""Run a recipe up and down, and print its rows: ``run.py NAME [URL]``.

Without a URL of a database, which should be empty, on SQLite in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import runpy
import sys

from alembic import command
from alembic.config import Config
import sqlalchemy as sa

HERE = Path(__file__).parent


def metadata(recipe: str, module: str) -> sa.MetaData:
    namespace = runpy.run_path(str(HERE / recipe / f"{module}.py"))
    found: sa.MetaData = namespace["Base"].metadata
    return found


def run(recipe: str, engine: sa.Engine) -> Iterator[str]:
    """Create the old tables, upgrade, downgrade; the rows after each step."""
    before = metadata(recipe, "models_before")
    after = metadata(recipe, "models")
    for schema in before._schemas:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema))
    before.create_all(engine)
    execute(recipe, "rows.sql", engine)
    yield from rows("before", before, engine)
    alembic(recipe, command.upgrade, "head", engine)
    execute(recipe, "rows_after.sql", engine)
    yield from rows("upgrade", after, engine)
    alembic(recipe, command.downgrade, "base", engine)
    yield from rows("downgrade", before, engine)


def alembic(
    recipe: str,
    run: Callable[[Config, str], None],
    revision: str,
    engine: sa.Engine,
) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option(
        "version_locations", str(HERE / recipe / "versions")
    )
    config.set_main_option("path_separator", "newline")
    config.attributes["metadata"] = metadata(recipe, "models")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        run(config, revision)


def execute(recipe: str, file: str, engine: sa.Engine) -> None:
    path = HERE / recipe / file
    if path.exists():
        with engine.begin() as connection:
            for statement in path.read_text().split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)


def rows(step: str, metadata: sa.MetaData, engine: sa.Engine) -> Iterator[str]:
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            columns = sa.text(", ".join(column.name for column in table.c))
            query = sa.select(columns).select_from(table).order_by("id")
            found = [
                " ".join("NULL" if v is None else str(v) for v in row)
                for row in connection.execute(query)
            ]
            yield f"{step:9}  {table.fullname}: {', '.join(found)}"


if __name__ == "__main__":
    recipe, *url = sys.argv[1:]
    for line in run(recipe, sa.create_engine(*(url or ["sqlite://"]))):
        print(line)
