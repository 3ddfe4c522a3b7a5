"""MySQL and MariaDB, whose DDL commits."""
