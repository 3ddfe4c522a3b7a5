"""The commands and their reports. Databases are read, never changed."""
