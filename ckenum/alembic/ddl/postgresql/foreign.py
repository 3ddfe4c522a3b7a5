"""The tables on other servers that foreign tables stand for.

PostgreSQL does not enforce the CHECK of a foreign table; the other server
enforces its own ("CREATE FOREIGN TABLE" in PostgreSQL's manual, Notes). No
statement can change that from here, so it is read and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
import copy
from dataclasses import dataclass
import logging
import re
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DDLElement

from . import catalog
from ....exc import RemoteCheckError
from ....reflection import read_check
from ....reflection import ValueList
from ...ops import AlterCheckEnumOp
from ...ops import CreateCheckEnumOp
from ..constraint import constraint_of
from ..emit import as_text
from .ddl import SwapConstraint
from .transaction import atomic

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

log = logging.getLogger("alembic.ckenum")

_FOREIGN = sa.text("""
    SELECT c.relname, s.srvname, w.fdwname,
           coalesce((
               SELECT o.option_value
               FROM pg_catalog.pg_options_to_table(t.ftoptions) o
               WHERE o.option_name OPERATOR(pg_catalog.=) 'schema_name'
           ), n.nspname),
           coalesce((
               SELECT o.option_value
               FROM pg_catalog.pg_options_to_table(t.ftoptions) o
               WHERE o.option_name OPERATOR(pg_catalog.=) 'table_name'
           ), c.relname),
           coalesce((
               SELECT o.option_value
               FROM pg_catalog.pg_attribute a
               CROSS JOIN LATERAL
                   pg_catalog.pg_options_to_table(a.attfdwoptions) o
               WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
                 AND a.attname OPERATOR(pg_catalog.=) :column
                 AND o.option_name OPERATOR(pg_catalog.=) 'column_name'
           ), :column)
    FROM pg_catalog.pg_foreign_table t
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.ftrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_foreign_server s
      ON s.oid OPERATOR(pg_catalog.=) t.ftserver
    JOIN pg_catalog.pg_foreign_data_wrapper w
      ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (:oids)
    ORDER BY n.nspname, c.relname
    """).bindparams(sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger)))

_SUFFIXES = re.compile(r"( NOT VALID| NO INHERIT| NOT ENFORCED)+$")
"""What ``information_schema`` of servers before PostgreSQL 18 leaves at the
end of a condition."""


@dataclass(frozen=True)
class Remote:
    """A table on another server.

    :ivar local: the name of the foreign table that stands for it.
    :ivar wrapper: the foreign-data wrapper's name.
    """

    local: str
    server: str
    wrapper: str
    schema: str
    table: str
    column: str


def require_agreement(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.RemoteCheckError` if another server would
    refuse values that ``op`` adds; warn if it would accept others.
    """
    if not isinstance(op, (CreateCheckEnumOp, AlterCheckEnumOp)):
        return
    connection = operations.get_bind()
    tables = catalog.tree(connection, op)
    oids = [table.oid for table in tables if table.kind == "f"]
    # a partition by the column may hold fewer values than its table
    if oids and not catalog.decides_on_partition(
        connection, tables, op.column_name
    ):
        given = {"oids": oids, "column": op.column_name}
        for row in connection.execute(_FOREIGN, given).all():
            _require(operations, op, Remote(*row))


def _require(
    operations: Operations,
    op: CreateCheckEnumOp | AlterCheckEnumOp,
    remote: Remote,
) -> None:
    there = _there(op, remote)
    found = _checks(operations.get_bind(), remote)
    if found is None:
        log.warning(
            "The rows of %s are on the server %r, whose CHECKs cannot be read "
            "from here. If it has none on the column, run there: %s",
            remote.local,
            remote.server,
            _adding(operations, there),
        )
        return
    lists = [
        (name, list_)
        for name, list_ in found
        if isinstance(list_, ValueList) and list_.is_array == op.array
    ]
    existing = op.existing_values
    added = [v for v in op.values if v is not None and v not in existing]
    for name, list_ in lists:
        missing = [value for value in added if value not in list_.values]
        if missing and not list_.has_null:
            both = [*dict.fromkeys([*list_.values, *op.values])]
            raise RemoteCheckError(
                op.table_name,
                op.column_name,
                op.schema,
                remote.local,
                remote.server,
                missing,
                _swapping(operations, there, name, list_.values, both),
            )
    for name, list_ in lists:
        if {*list_.values} - {*op.values}:
            log.warning(
                "The rows of %s are on the server %r, whose CHECK still "
                "allows %s. After this directive, run there: %s",
                remote.local,
                remote.server,
                sorted({*list_.values} - {*op.values}),
                _swapping(operations, there, name, list_.values, [*op.values]),
            )
    if not lists:
        log.warning(
            "The rows of %s are on the server %r, which has no CHECK with a "
            "list of values on the column, and PostgreSQL enforces none of "
            "here. After this directive, run there: %s",
            remote.local,
            remote.server,
            _adding(operations, there),
        )


def _there(op: Any, remote: Remote) -> Any:
    there = copy.copy(op)
    there.schema, there.table_name = remote.schema, remote.table
    there.column_name = remote.column
    return there


def _adding(operations: Operations, there: Any) -> str:
    new = constraint_of(operations, there, there.name, there.values)
    dialect = operations.migration_context.dialect
    return f"{as_text(AddConstraint(new), dialect)};"


def _swapping(
    operations: Operations,
    there: Any,
    name: str,
    old: Sequence[str | None],
    new: Sequence[str | None],
) -> str:
    swap = SwapConstraint(
        constraint_of(operations, there, name, old),
        constraint_of(operations, there, name, new),
    )
    return f"{as_text(swap, operations.migration_context.dialect)};"


# -- what the other server says -----------------------------------------------


class _ForeignView(DDLElement):
    """``CREATE FOREIGN TABLE``, for a view of another server's
    ``information_schema``; it is gone with its transaction.
    """

    def __init__(self, table: sa.TableClause, server: str) -> None:
        self.table = table
        self.server = server


@compiles(_ForeignView)
def _foreign_view(element: _ForeignView, compiler: Any, **kw: Any) -> str:
    preparer = compiler.preparer
    columns = ", ".join(
        f"{preparer.quote(column.name)} pg_catalog.text"
        for column in element.table.columns
    )
    name = compiler.sql_compiler.render_literal_value(
        element.table.name, sa.String()
    )
    return (
        f"CREATE FOREIGN TABLE {preparer.format_table(element.table)} "
        f"({columns}) SERVER {preparer.quote(element.server)} OPTIONS "
        f"(schema_name 'information_schema', table_name {name})"
    )


def _view(name: str, *columns: str) -> sa.TableClause:
    keys = ("constraint_schema", "constraint_name")
    return sa.table(name, *map(sa.column, (*keys, *columns)), schema="pg_temp")


_CHECKS = _view("check_constraints", "check_clause")
_COLUMNS = _view(
    "constraint_column_usage", "table_schema", "table_name", "column_name"
)


class _TakenBack(Exception):
    """Takes the foreign tables away again."""


def _checks(
    connection: Connection, remote: Remote
) -> list[tuple[str, Any]] | None:
    """The CHECKs of the column, as far as its server shows them; ``None`` if
    it cannot be asked.
    """
    if remote.wrapper != "postgres_fdw":
        return None
    found: list[tuple[str, Any]] = []
    try:
        with suppress(_TakenBack), atomic(connection):
            found += _asked(connection, remote)
            raise _TakenBack
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None
    return found


def _asked(
    connection: Connection, remote: Remote
) -> Iterator[tuple[str, Any]]:
    for view in (_CHECKS, _COLUMNS):
        connection.execute(_ForeignView(view, remote.server))
    same = sa.and_(
        _CHECKS.c.constraint_schema == _COLUMNS.c.constraint_schema,
        _CHECKS.c.constraint_name == _COLUMNS.c.constraint_name,
    )
    query = (
        sa.select(_CHECKS.c.constraint_name, _CHECKS.c.check_clause)
        .select_from(_CHECKS.join(_COLUMNS, same))
        .where(
            _COLUMNS.c.table_schema == remote.schema,
            _COLUMNS.c.table_name == remote.table,
            _COLUMNS.c.column_name == remote.column,
        )
    )
    for name, text in connection.execute(query).all():
        yield name, read_check("postgresql", _SUFFIXES.sub("", text))
