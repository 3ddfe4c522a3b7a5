"""The directives as migrations call them, for autodoc.

They are class methods of operations, which Alembic puts on ``op`` and
``batch_op``. Here each is a function of a module of that name, without the
arguments that a migration does not give.
"""

from __future__ import annotations

from collections.abc import Callable
import inspect
import re
import sys
from types import ModuleType
from typing import Any

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

import ckenum.alembic.ops  # noqa: F401  # it registers them

DIRECTIVES = [
    name
    for name in vars(Operations)
    if re.search("(check|native)_enum|_codes$", name)
]


def install() -> None:
    """Make the modules ``op`` and ``batch_op``, of the directives alone."""
    for module, operations in ("op", Operations), (
        "batch_op",
        BatchOperations,
    ):
        made = sys.modules[module] = ModuleType(module)
        for name in DIRECTIVES:
            setattr(made, name, _function(module, operations, name))


def _function(module: str, operations: type, name: str) -> Callable[..., None]:
    method = getattr(operations, name)

    def directive(*args: Any, **kwargs: Any) -> None: ...

    _, *parameters = inspect.signature(method).parameters.values()
    directive.__module__ = module
    directive.__name__ = directive.__qualname__ = name
    directive.__doc__ = re.sub(
        r":meth:`(\w+)`", r":func:`op.\1`", inspect.getdoc(method) or ""
    )
    directive.__annotations__ = {}
    setattr(
        directive,
        "__signature__",
        inspect.Signature([p.replace(annotation=p.empty) for p in parameters]),
    )
    return directive
