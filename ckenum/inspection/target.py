"""Which database and which models: as said, or as ``env.py`` has them."""

from __future__ import annotations

from argparse import Namespace
import asyncio
from collections.abc import Callable
from contextlib import redirect_stdout
import importlib
import logging
from pathlib import Path
import sys
from typing import Any
from typing import TypeVar

from alembic.config import CommandLine
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
import sqlalchemy as sa

from ..alembic.autogenerate.compare.declared import OPTION
from ..backend import backend_of
from ..exc import CheckEnumError
from .drift import configured

Result = TypeVar("Result")
Look = Callable[[MigrationContext], Result]


class TargetError(CheckEnumError):
    """The database or the models cannot be found as they are named."""


def visit(options: Namespace, look: Look[Result]) -> list[Result]:
    """What ``look`` returns for each database that is named.

    :param options: ``url`` and ``metadata``, or what Alembic's own command
        line has: ``config``, ``name``, ``x``; and ``enums``.

    Raises :class:`TargetError`; and whatever SQLAlchemy, Alembic or modules
    of the project raise.
    """
    if options.url is None:
        return _visit_project(options, look)
    metadata = [_metadata(name) for name in options.metadata]
    if not any(each.tables for each in metadata):
        raise TargetError(
            f"{', '.join(options.metadata)} has no tables: name a module "
            f"that imports the models."
        )

    def on(connection: sa.Connection) -> Result:
        backend_of(connection.dialect).only_read(connection)
        enums = {OPTION: options.enums}
        return look(configured(connection, metadata, enums))

    return [_connected(_parsed(options.url), on)]


# -- by URL and the names of metadata ------------------------------------


def _parsed(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise TargetError(
            "--url is no URL of SQLAlchemy, which are written "
            "dialect+driver://user:password@host:port/database."
        ) from None
    file = backend_of(url.get_backend_name()).missing_file(url)
    if file is not None:
        raise TargetError(f"There is no database file {file!r}.")
    return url


def _connected(url: sa.URL, on: Callable[[sa.Connection], Result]) -> Result:
    if url.get_dialect().is_async:
        return asyncio.run(_connected_async(url, on))
    engine = _created(sa.create_engine, url)
    with engine.connect() as connection:
        return on(connection)


async def _connected_async(
    url: sa.URL, on: Callable[[sa.Connection], Result]
) -> Result:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = _created(create_async_engine, url)
    async with engine.connect() as connection:
        result: Result = await connection.run_sync(on)
        return result


def _created(create: Callable[..., Any], url: sa.URL) -> Any:
    try:
        return create(url, poolclass=sa.NullPool)
    except ModuleNotFoundError as error:
        raise TargetError(
            f"The driver of {url.drivername} is not installed: {error}."
        ) from None


def _metadata(name: str) -> sa.MetaData:
    """The metadata called, for example, ``app.models:Base.metadata``."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise TargetError(
            f"--metadata {name}: write the module, a colon and what it calls "
            f"the metadata, as app.models:Base.metadata."
        )
    found: Any = _module(module_name, name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise TargetError(
                f"--metadata {name}: {found!r} has no attribute {part!r}."
            )
        found = getattr(found, part)
    if isinstance(found, sa.MetaData):
        return found
    inside = isinstance(getattr(found, "metadata", None), sa.MetaData)
    raise TargetError(
        f"--metadata {name}: {found!r} is no MetaData"
        + (f"; write {name}.metadata." if inside else ".")
    )


def _module(module_name: str, name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if f"{module_name}.".startswith(f"{error.name}."):
            raise TargetError(
                f"--metadata {name}: there is no module {error.name!r}, "
                f"neither installed nor in {here}."
            ) from None
        raise


# -- by the project's env.py ---------------------------------------------


def _visit_project(options: Namespace, look: Look[Result]) -> list[Result]:
    """Run ``env.py`` as ``alembic current`` does, which writes nothing."""
    config = _config(options)
    try:
        scripts = ScriptDirectory.from_config(config)
    except CommandError as error:
        raise TargetError(
            f"Alembic's configuration in {config.config_file_name} or "
            f"{config.toml_file_name}: {error}"
        ) from None
    results = []

    def look_at(revision: Any, context: MigrationContext) -> list[Any]:
        # what it logs of the comparison is in the report
        logging.getLogger("alembic").setLevel(logging.WARNING)
        if options.enums:
            context.opts[OPTION] = True
        if context.opts.get("target_metadata") is not None:
            results.append(look(context))
        return []

    with EnvironmentContext(config, scripts, fn=look_at, dont_mutate=True):
        with redirect_stdout(sys.stderr):
            scripts.run_env()
    if not results:
        raise TargetError(
            f"{scripts.env_py_location} configures no target_metadata."
        )
    return results


def _config(options: Namespace) -> Config:
    toml, ini = CommandLine()._inis_from_config(options)
    for file in options.config or ():
        if not Path(file).is_file():
            raise TargetError(f"There is no file {file!r}.")
    if not Path(ini).is_file() and not Path(toml).is_file():
        raise TargetError(
            f"There is neither {ini} nor {toml} here: give --url and "
            f"--metadata, or Alembic's configuration with --config."
        )
    return Config(
        file_=ini,
        toml_file=toml,
        ini_section=options.name,
        cmd_opts=options,
    )
