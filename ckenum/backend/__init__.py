"""The SQL of a backend: how it compares, spells and looks up.

One object a backend, and the registry of them. What a backend *runs* is
``ckenum.alembic.ddl.impl``.
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
