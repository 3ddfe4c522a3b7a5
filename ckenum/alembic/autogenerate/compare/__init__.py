"""What the models declare and what the database has, compared."""

import alembic  # noqa: F401
