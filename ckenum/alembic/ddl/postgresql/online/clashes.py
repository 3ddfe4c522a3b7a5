"""Find rows that a unique index would take for the same after a rename."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
import functools
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .....shapes import new_value
from ....ops import AlterCheckEnumOp
from ...emit import as_text
from .comparing import equal
from .refusals import is_refusal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .. import catalog
    from .session import Session

_OIDS = sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger))

_UNIQUE = sa.text("""
    SELECT i.indrelid, n.nspname, r.relname, x.relname,
           ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
                 FROM pg_catalog.generate_series(
                     1, i.indnkeyatts::pg_catalog.int4) k
                 ORDER BY k),
           pg_catalog.pg_get_expr(i.indpred, i.indrelid),
           coalesce((pg_catalog.to_jsonb(i)
               OPERATOR(pg_catalog.->>) 'indnullsnotdistinct')
               ::pg_catalog.bool, false)
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
    JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) i.indrelid
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    WHERE i.indrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND i.indisunique AND i.indisvalid
      AND EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) d.refobjid
            AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
          WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
            AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid
            AND a.attname OPERATOR(pg_catalog.=) :column
            AND (d.objid OPERATOR(pg_catalog.=) i.indexrelid
              OR d.objid OPERATOR(pg_catalog.=) ANY (
                  SELECT c.oid FROM pg_catalog.pg_constraint c
                  WHERE c.conindid OPERATOR(pg_catalog.=) i.indexrelid
                    AND c.conrelid OPERATOR(pg_catalog.=) i.indrelid
              ))
          UNION ALL
          SELECT FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) i.indrelid
            AND a.attname OPERATOR(pg_catalog.=) :column
            AND a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey)
      )
    ORDER BY 2, 3, 4
    """).bindparams(_OIDS)

_COLUMNS = sa.text("""
    SELECT a.attname FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) :oid
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    ORDER BY a.attnum
    """)


def clashes(
    session: Session, tables: Sequence[catalog.Table]
) -> Iterator[str]:
    """For each unique index that would have a value twice, a sentence that
    says what to do.
    """
    op, connection = session.op, session.connection
    if not isinstance(op, AlterCheckEnumOp) or not op.rename or op.array:
        return
    given = {
        "oids": [table.oid for table in tables],
        "column": op.column_name,
    }
    with _found_nowhere_else(session):
        for oid, schema, table, index, *parts in connection.execute(
            _UNIQUE, given
        ).all():
            names = list(connection.scalars(_COLUMNS, {"oid": oid}))
            source = sa.table(table, *map(sa.column, names), schema=schema)
            renamed = _renamed(connection, op, source)
            if _is_there(session, _twice(renamed, *parts)):
                yield (
                    f"The unique index {index!r} of {table} would have a "
                    f"value twice after rename={op.rename}: change or delete "
                    f"one row of each pair first"
                )


@contextmanager
def _found_nowhere_else(session: Session) -> Iterator[None]:
    """Restrict the search path to ``pg_catalog``.

    PostgreSQL then prints expressions with a schema before every name that
    is not its own, and finds the other names in ``pg_catalog`` alone. The
    path lists temporary tables last; they would come first otherwise
    ("search_path", section 20.11 of PostgreSQL's manual).
    """
    before = session.set_local(search_path="pg_catalog, pg_temp")
    yield
    session.set_local(**before)


def _is_there(session: Session, query: sa.Select[Any]) -> bool:
    """Whether the query finds a row.

    False if an expression of the user's fails, which may need its own
    search path; the rehearsal tries it later with that.
    """
    session.connection.execute(sa.text("SAVEPOINT clash"))
    try:
        return session.execute(query).first() is not None
    except DBAPIError as error:
        if not is_refusal(error):
            raise
        session.connection.execute(sa.text("ROLLBACK TO SAVEPOINT clash"))
        return False


def _renamed(
    connection: Connection, op: AlterCheckEnumOp, source: sa.TableClause
) -> sa.Subquery:
    """The rows as they will be, with their columns' names."""
    names = list(source.c.keys())
    column = source.c[op.column_name]

    def literal(value: str) -> sa.ColumnElement[Any]:
        # untyped, so that the CASE takes the column's type
        text = as_text(sa.literal(value, sa.String()), connection.dialect)
        return sa.literal_column(text)

    equals = functools.partial(equal, column)
    new = new_value(op.rename, equals, column, literal)
    others = [source.c[name] for name in names if name != op.column_name]
    return (
        sa.select(*others, new.label(op.column_name))
        .select_from(source)
        .with_hint(source, "ONLY")
        .subquery()
    )


def _twice(
    renamed: sa.Subquery,
    keys: Sequence[str],
    predicate: str | None,
    nulls_too: bool,
) -> sa.Select[Any]:
    """The index's keys that more than one row has."""
    parts: list[sa.ColumnClause[Any]] = [sa.literal_column(k) for k in keys]
    found = sa.select(sa.literal(1, sa.Integer())).select_from(renamed)
    if predicate is not None:
        found = found.where(sa.literal_column(predicate))
    if not nulls_too:
        found = found.where(*(part.is_not(None) for part in parts))
    count = sa.func.pg_catalog.count(sa.literal_column("*"))
    return found.group_by(*parts).having(count > 1).limit(1)
