"""A backend from outside of the package: a database of its own name, which
takes "DROP CONSTRAINT" and "ADD CONSTRAINT" as SQLite 3.53 does.
"""

from __future__ import annotations

from typing import Any

from alembic.ddl.sqlite import SQLiteImpl as AlembicSQLiteImpl
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
import sqlcipher3.dbapi2

from ckenum.alembic.ddl import registry as impls
from ckenum.alembic.ddl.impl import DefaultImpl
from ckenum.backend import Backend
from ckenum.backend import register


class Toy(SQLiteDialect_pysqlite):
    name = "toy"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return sqlcipher3.dbapi2


class AlembicToy(AlembicSQLiteImpl):
    """Alembic asks for one of each dialect."""

    __dialect__ = "toy"

    def add_constraint(self, constraint: Any, **kw: Any) -> None:
        self._exec(sa.schema.AddConstraint(constraint))


class ToyBackend(Backend):
    sqlglot = "sqlite"

    def fold_name(self, name: str) -> str:
        return name.lower()


class ToyImpl(DefaultImpl):
    """How it runs the operations."""

    def __init__(self) -> None:
        self.swaps: list[str] = []

    def swap(self, operations: Any, op: Any, old: Any, new: Any) -> None:
        self.swaps.append(op.where)
        super().swap(operations, op, old, new)


registry.register("toy", __name__, "Toy")
register("toy", ToyBackend())
impls.register("toy", TOY := ToyImpl())
