"""Enum columns that are a VARCHAR with a named CHECK constraint."""

from . import exc
from .types import CheckEnum

__all__ = ["CheckEnum", "exc"]
__version__ = "0.1.0"

# Migrations name it so, whichever module defines it.
CheckEnum.__module__ = __name__
