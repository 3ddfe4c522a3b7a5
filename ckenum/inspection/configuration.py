"""Finds Alembic's configuration: files, or an object of a framework."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import re
from typing import Any

from alembic.config import CommandLine
from alembic.config import Config

from .imported import imported
from .imported import TargetError

_NAME = re.compile(r"[\w.]+:[\w.]+")


@contextmanager
def configured(options: Namespace) -> Iterator[Config]:
    """Alembic's configuration, in the context that its ``env.py`` needs.

    :param options: ``config``, files or ``module:name``; ``name``; ``x``.

    Raises :class:`TargetError` if it cannot be found.
    """
    names = options.config or ()
    named = [n for n in names if _NAME.fullmatch(n) and not Path(n).is_file()]
    if named:
        yield _given(named[-1], options)
        return
    config = _of_files(options)
    if config.get_alembic_option("script_location") is not None:
        yield config
        return
    directory = Path(config.config_file_name or "").absolute().parent
    if not (directory / "env.py").is_file():
        yield config  # Alembic says what is missing
        return
    # Flask-Migrate's file: its commands add the directory
    config.set_main_option("script_location", str(directory))
    with _flask(config) as config:
        yield config


def _of_files(options: Namespace) -> Config:
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


def _given(name: str, options: Namespace) -> Config:
    """A configuration that the project makes itself.

    It may be a function that returns one, or a configuration of
    advanced-alchemy, from which its commands make Alembic's.
    """
    found: Any = imported("--config", name, "app.db:alembic_config")
    if callable(found):
        found = found()
    if hasattr(found, "alembic_config") and not isinstance(found, Config):
        from advanced_alchemy.alembic.commands import AlembicCommands

        found = AlembicCommands(found).config
    if not isinstance(found, Config):
        raise TargetError(
            f"--config {name}: {found!r} is neither an "
            f"alembic.config.Config, nor a function that returns one, nor a "
            f"configuration of advanced-alchemy."
        )
    found.cmd_opts = options
    return found


@contextmanager
def _flask(config: Config) -> Iterator[Config]:
    """The application's context, which the ``env.py`` of Flask-Migrate needs.

    The application is found as the ``flask`` command finds it: by
    ``FLASK_APP``, or in ``app.py`` or ``wsgi.py``.
    """
    try:
        from click import ClickException
        from flask.cli import load_dotenv
        from flask.cli import ScriptInfo
    except ModuleNotFoundError:
        yield config  # some other env.py
        return
    load_dotenv()
    try:
        app = ScriptInfo(os.environ.get("FLASK_APP")).load_app()
    except ClickException as error:
        raise TargetError(
            f"The env.py of Flask-Migrate needs the application: set "
            f"FLASK_APP. Flask says: {error.format_message()}"
        ) from None
    with app.app_context():
        extension = app.extensions.get("migrate")
        if extension is not None:
            config = extension.migrate.call_configure_callbacks(config)
        yield config
