"""Finds the database and the models: from options, or from ``env.py``."""

from __future__ import annotations

from argparse import Namespace
import asyncio
from collections.abc import Callable
from contextlib import redirect_stdout
import logging
import sys
from typing import Any
from typing import TypeVar

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
import sqlalchemy as sa

from . import configuration
from . import drift
from ..alembic.autogenerate.compare.declared import OPTION
from ..backend import backend_of
from .imported import imported
from .imported import TargetError

Result = TypeVar("Result")
Look = Callable[[MigrationContext], Result]


def visit(options: Namespace, look: Look[Result]) -> list[Result]:
    """What ``look`` returns for each database that the options name.

    :param options: ``url``, ``metadata``, or both; for the rest, options of
        Alembic's own command line: ``config``, ``name``, ``x``; and
        ``enums``.

    Raises :class:`TargetError`; and whatever SQLAlchemy, Alembic or modules
    of the project raise.
    """
    url = None if options.url is None else _parsed(options.url)
    told: dict[str, Any] = {OPTION: True} if options.enums else {}
    if options.metadata:
        told["target_metadata"] = _all_metadata(options.metadata)
    if url is None:
        return _in_env(options, None, told, look)
    configured = _configured(options, url, told)

    def on(connection: sa.Connection) -> Result:
        backend_of(connection.dialect).only_read(connection)
        return look(configured(connection))

    return [_connected(url, on)]


def _configured(
    options: Namespace, url: sa.URL, told: dict[str, Any]
) -> Callable[[sa.Connection], MigrationContext]:
    """The options that configure Alembic for a connection to ``url``: with
    the models that are named, or else everything that ``env.py`` says.
    """
    if options.metadata:
        metadata = told["target_metadata"]
        return lambda connection: drift.configured(connection, metadata, told)
    found = _in_env(options, url, told, lambda context: context)
    if len(found) > 1:
        raise TargetError(
            f"env.py configures {len(found)} databases, each with models of "
            f"its own: say by --metadata which of them --url has."
        )
    return lambda connection: MigrationContext.configure(
        connection,
        environment_context=found[0].environment_context,
        opts=found[0].opts,
    )


# -- by URL --------------------------------------------------------------


def _parsed(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise TargetError(
            "--url is not a URL of SQLAlchemy. Write "
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


# -- by the names of metadata --------------------------------------------


def _all_metadata(names: list[str]) -> list[sa.MetaData]:
    """The metadata with these names.

    Raises :class:`TargetError` if none of them has a table.
    """
    found = [_metadata(name) for name in names]
    if not any(each.tables for each in found):
        raise TargetError(
            f"{', '.join(names)} has no tables: name a module that imports "
            f"the models."
        )
    return found


def _metadata(name: str) -> sa.MetaData:
    """The metadata called, for example, ``app.models:Base.metadata``."""
    found = imported("--metadata", name, "app.models:Base.metadata")
    if isinstance(found, sa.MetaData):
        return found
    inside = isinstance(getattr(found, "metadata", None), sa.MetaData)
    raise TargetError(
        f"--metadata {name}: {found!r} is not a MetaData"
        + (f": write {name}.metadata." if inside else ".")
    )


# -- by the project's env.py ---------------------------------------------


def _in_env(
    options: Namespace,
    url: sa.URL | None,
    told: dict[str, Any],
    look: Look[Result],
) -> list[Result]:
    """Run ``env.py`` as ``alembic current`` does, which writes nothing.

    :param url: the URL to connect to, if ``env.py`` takes it from the
        configuration.
    :param told: options that replace those of ``env.py``.
    """
    results = []

    def look_at(revision: Any, context: MigrationContext) -> list[Any]:
        # the report has what autogenerate would log
        logging.getLogger("alembic").setLevel(logging.WARNING)
        context.opts.update(told)
        if context.opts.get("target_metadata") is not None:
            results.append(look(context))
        return []

    with configuration.configured(options) as config:
        if url is not None:
            text = url.render_as_string(hide_password=False)
            config.set_section_option(
                config.config_ini_section,
                "sqlalchemy.url",
                text.replace("%", "%%"),
            )
        scripts = _scripts(config)
        with EnvironmentContext(config, scripts, fn=look_at, dont_mutate=True):
            with redirect_stdout(sys.stderr):
                scripts.run_env()
    if not results:
        raise TargetError(
            f"{scripts.env_py_location} configures no target_metadata."
        )
    return results


def _scripts(config: Config) -> ScriptDirectory:
    try:
        return ScriptDirectory.from_config(config)
    except CommandError as error:
        raise TargetError(
            f"Alembic's configuration in {config.config_file_name} or "
            f"{config.toml_file_name}: {error}"
        ) from None
