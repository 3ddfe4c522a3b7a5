"""The SQL of MySQL and MariaDB."""

from __future__ import annotations

from .base import Backend


class MySQL(Backend):
    """MySQL or MariaDB."""

    sqlglot = "mysql"
