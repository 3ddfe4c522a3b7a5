"""How the operations run on PostgreSQL."""
