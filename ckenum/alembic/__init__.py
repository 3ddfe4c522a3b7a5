"""Alembic's side of ckenum: the plugin, its directives, what they run."""

# Alembic loads the plugin in the middle of its own import; begun first here,
# that import is whole in whichever order the modules are asked for.
import alembic  # noqa: F401
