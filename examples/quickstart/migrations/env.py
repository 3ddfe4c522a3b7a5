"""As ``alembic init`` writes it, less the offline mode.

What differs: the model's metadata, and the one line that ckenum needs.
"""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config
from sqlalchemy import pool

from models import Base

config = context.config
fileConfig(config.config_file_name)

connectable = engine_from_config(
    config.get_section(config.config_ini_section),
    poolclass=pool.NullPool,
)

with connectable.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        autogenerate_plugins=["alembic.autogenerate.*", "ckenum"],
    )
    with context.begin_transaction():
        context.run_migrations()
