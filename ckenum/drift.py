"""A database compared with the models: the door to :mod:`.inspection`."""

from .inspection.drift import find_drift as find_drift
