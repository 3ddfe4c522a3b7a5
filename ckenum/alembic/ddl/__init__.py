"""How the operations run: a package for each backend."""

# Import Alembic first: it loads the plugin halfway through its own import.
import alembic  # noqa: F401
