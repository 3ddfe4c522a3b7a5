"""From operations to the source text of a migration."""
