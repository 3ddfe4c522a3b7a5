"""Imports objects of the project that the command line names."""

from __future__ import annotations

import importlib
from pathlib import Path
import sys
from typing import Any

from ..exc import CheckEnumError


class TargetError(CheckEnumError):
    """The database or the models cannot be found by the given name."""


def imported(option: str, name: str, example: str) -> Any:
    """The object called, for example, ``app.models:Base.metadata``.

    :param option: the option that names it, for errors.
    :param example: a name as it should be, for errors.

    Raises :class:`TargetError` if there is none, and whatever the module
    raises when it is imported.
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise TargetError(
            f"{option} {name}: write the module, a colon and the name in it, "
            f"as in {example}."
        )
    found: Any = _module(module_name, f"{option} {name}")
    for part in path.split("."):
        if not hasattr(found, part):
            raise TargetError(
                f"{option} {name}: {found!r} has no attribute {part!r}."
            )
        found = getattr(found, part)
    return found


def _module(module_name: str, given: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if f"{module_name}.".startswith(f"{error.name}."):
            raise TargetError(
                f"{given}: there is no module {error.name!r}, neither "
                f"installed nor in {here}."
            ) from None
        raise
