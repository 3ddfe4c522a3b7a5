"""How the operations run: a package for each backend."""

# begun first here, Alembic's import is whole: it loads the plugin halfway
import alembic  # noqa: F401
