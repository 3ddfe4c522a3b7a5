"""What directives run on SQLite."""

import alembic  # noqa: F401
