"""Changes on PostgreSQL that let readers and writers go on."""
