"""Shared by all recipes: ``run.py`` gives the connection and the model."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    include_schemas=True,
    autogenerate_plugins=["alembic.autogenerate.*", "ckenum"],
)
with context.begin_transaction():
    context.run_migrations()
