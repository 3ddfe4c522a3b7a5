"""Enum columns that are a VARCHAR with a named CHECK constraint."""

from . import exc
from .types import CheckEnum

__all__ = ["CheckEnum", "exc"]
__version__ = "0.1.0"

# Migrations use this name, whichever module defines the class.
CheckEnum.__module__ = __name__
