"""A database compared with the models: the door to ``ckenum.inspection``."""

from .inspection.drift import find_drift

__all__ = ["find_drift"]

# Users import it from here.
find_drift.__module__ = __name__
