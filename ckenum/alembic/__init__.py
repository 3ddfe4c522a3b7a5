"""Alembic's side of ckenum: the plugin, its directives, what they run."""

# Alembic loads the plugin in the middle of its own import; begun first here,
# that import is whole in whichever order the modules are asked for.
import alembic  # noqa: F401

from .ddl.registration import register_backend
from .ddl.settings import OnlineSettings

__all__ = ["OnlineSettings", "register_backend"]

# env.py names them so.
OnlineSettings.__module__ = __name__
register_backend.__module__ = __name__
