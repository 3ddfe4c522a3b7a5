"""Alembic's side of ckenum: the plugin, its directives, what they run."""

# Alembic loads the plugin in the middle of its own import; begun first here,
# that import is whole in whichever order the modules are asked for.
import alembic  # noqa: F401

from .ddl.settings import OnlineSettings

__all__ = ["OnlineSettings"]

# env.py names it so.
OnlineSettings.__module__ = __name__
