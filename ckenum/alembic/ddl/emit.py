"""Send statements to the database, into a batch or into a script."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl
import sqlalchemy as sa
from sqlalchemy.schema import DDLElement

from ...backend import backend_of

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy import Executable

    from ..ops import CheckEnumOp


def emit(operations: Operations, statement: Executable) -> None:
    """Run ``statement`` at its turn; an open batch runs it with the rest.

    A batch that copies the table has no turns, so ``statement`` runs at
    once, before the copy.
    """
    batch = operations.impl
    if isinstance(batch, BatchOperationsImpl) and batch.recreate != "always":
        method, argument = _destination(operations, statement)
        batch.batch.append((method, (argument,), {}))
    else:
        emit_now(operations, statement)


def emit_now(operations: Operations, statement: Executable) -> None:
    """Run ``statement`` at once, before what an open batch has gathered."""
    method, argument = _destination(operations, statement)
    getattr(operations.migration_context.impl, method)(argument)


def _destination(
    operations: Operations, statement: Executable
) -> tuple[str, Any]:
    context = operations.migration_context
    if not context.as_sql:
        return "execute", backend_of(context.dialect).qualified(statement)
    text = as_text(statement, context.dialect)
    return "static_output", text + context.impl.command_terminator


def as_text(statement: Any, dialect: Dialect) -> str:
    """``statement`` as the text of a script, with its values as literals."""
    options: dict[str, Any] = {}
    if not isinstance(statement, DDLElement):
        options["compile_kwargs"] = {"literal_binds": True}
    clause = backend_of(dialect).qualified(statement)
    return str(
        clause.compile(dialect=literal_dialect(dialect), **options)
    ).strip()


def literal_dialect(dialect: Dialect) -> Dialect:
    """``dialect`` without the escapes that are meant for a driver.

    It does not double percent signs. It does not double backslashes either
    where they are no escapes: PostgreSQL takes them literally
    (``standard_conforming_strings``, section 19.13.1 of its manual), but
    SQLAlchemy doubles them until it has asked the server.
    """
    dialect_class: Any = type(dialect)
    literal: Dialect = dialect_class(paramstyle="named")
    backend_of(dialect).prepare_literals(literal, dialect)
    return literal


def sql_name(connection: Connection, op: CheckEnumOp) -> str:
    """The name of the table of ``op`` in SQL, to be passed as a parameter."""
    table = sa.table(op.table_name, schema=op.schema)
    preparer = literal_dialect(connection.dialect).identifier_preparer
    return preparer.format_table(table)
