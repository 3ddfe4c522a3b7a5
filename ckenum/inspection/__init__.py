"""The command line and what it tells: databases are read, never changed."""
