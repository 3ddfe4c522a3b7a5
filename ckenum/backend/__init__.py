"""The SQL of a backend: how it compares, how it spells, how it looks up names.

Each backend is one object; they are registered here. What a backend *runs* is
in ``ckenum.alembic.ddl``.
"""

from .base import Backend
from .base import backend_of
from .base import register
from .mysql import MySQL
from .postgresql import PostgreSQL
from .sqlite import SQLite

register("mysql", MySQL())
register("mariadb", MySQL())
register("postgresql", PostgreSQL())
register("sqlite", SQLite())

__all__ = ["Backend", "backend_of", "register"]
