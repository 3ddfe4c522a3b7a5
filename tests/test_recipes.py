"""The recipes run up and down, and are what autogenerate writes."""

from __future__ import annotations

import ast
from pathlib import Path
import re
import runpy
import textwrap
from typing import Any

import pytest
import sqlalchemy as sa

from .backends import BACKENDS
from .backends import MYSQLS
from .roundtrip import Database

RECIPES = Path(__file__).parents[1] / "examples" / "recipes"
RUN = runpy.run_path(str(RECIPES / "run.py"))
ALL = sorted(path.parent.name for path in RECIPES.glob("*/models.py"))

POSTGRESQL_ONLY = {"two_schemas"}
ONLINE = {"from_native_online"}
NOT_ON_MYSQL = {"from_codes"}
WRITTEN_ON_POSTGRESQL = {"from_native", *ONLINE, *POSTGRESQL_ONLY}
REWRITTEN = {"window"}
"""Whose upgrade is more than what autogenerate wrote and some lines."""


on_each_backend = pytest.mark.parametrize(
    "recipe, url",
    [
        (recipe, backend)
        for recipe in ALL
        for backend in BACKENDS
        if recipe not in POSTGRESQL_ONLY or backend.startswith("postgresql")
        if recipe not in NOT_ON_MYSQL or backend not in MYSQLS
    ],
    indirect=["url"],
)


def blocks(recipe: str, language: str) -> list[str]:
    """The code blocks of the recipe's README."""
    text = (RECIPES / recipe / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.M)


def migration(recipe: str) -> str:
    (path,) = (RECIPES / recipe / "versions").glob("*.py")
    return path.read_text()


def function(recipe: str, name: str) -> str:
    """The body of a function of the migration, without what was added by
    hand: lines that say so, and blocks up to an empty line.
    """
    found = re.search(
        rf"^def {name}\(\) -> None:\n((?:(?:    .*)?\n)+)",
        migration(recipe),
        re.M,
    )
    assert found is not None
    body = re.sub(r"^ *# By hand:.*?\n\n", "", found[1], flags=re.M | re.S)
    body = re.sub(r"^.*# by hand\n", "", body, flags=re.M)
    return textwrap.dedent(body).strip()


@on_each_backend
def test_rows(recipe: str, db: Database) -> None:
    """Up and down, the rows are those that the README shows."""
    (shown,) = blocks(recipe, "text")
    assert list(RUN["run"](recipe, db.engine)) == shown.splitlines()


@on_each_backend
def test_migration(recipe: str, db: Database) -> None:
    """Autogenerate writes it, but for what is marked; after it there is no
    difference left.
    """
    before: sa.MetaData = RUN["metadata"](recipe, "models_before")
    after: sa.MetaData = RUN["metadata"](recipe, "models")
    schemas = sorted(before._schemas)
    db.options["include_schemas"] = bool(schemas)
    db.options["ckenum_online"] = recipe in ONLINE
    with db.engine.begin() as connection:
        for schema in schemas:
            connection.execute(sa.schema.CreateSchema(schema))
    db.create(before)
    if recipe not in WRITTEN_ON_POSTGRESQL or db.name == "postgresql":
        written = db.autogenerate(after)
        if recipe not in REWRITTEN:
            assert same(written.upgrade, function(recipe, "upgrade"))
        assert same(written.downgrade, function(recipe, "downgrade"))
    RUN["alembic"](recipe, RUN["command"].upgrade, "head", db.engine)
    assert without_version(db.diff(after)) == []
    RUN["alembic"](recipe, RUN["command"].downgrade, "base", db.engine)
    assert without_version(db.diff(before)) == []


def same(written: str, shown: str) -> bool:
    """But for the quotes and line breaks of Alembic's own directives, and
    what it says more on PostgreSQL.
    """
    if "op.add_column" not in written:
        return written == shown
    written = written.replace("autoincrement=False, ", "")
    return ast.dump(ast.parse(written)) == ast.dump(ast.parse(shown))


def without_version(diff: list[Any]) -> list[Any]:
    return [
        what
        for what in diff
        if not (what[0] == "remove_table" and "alembic" in what[1].name)
    ]


@pytest.mark.parametrize("recipe", ALL)
def test_readme(recipe: str) -> None:
    """It shows what the files have."""
    before, after, shown = blocks(recipe, "python")
    directory = RECIPES / recipe
    assert before in (directory / "models_before.py").read_text()
    assert after in (directory / "models.py").read_text()
    assert migration(recipe).endswith(f"\n\n\n{shown}")
    assert f"({recipe}/README.md)" in (RECIPES / "README.md").read_text()
