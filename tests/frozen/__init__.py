"""Migrations as they were released. They are never edited."""
