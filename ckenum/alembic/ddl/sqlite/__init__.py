"""Run the directives on SQLite."""

import alembic  # noqa: F401
