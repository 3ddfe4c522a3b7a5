"""What autogenerate finds and writes."""

import alembic  # noqa: F401
