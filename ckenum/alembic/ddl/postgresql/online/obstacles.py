"""Find what the catalog and the rows say against an online change.

The queries run before the first change and hold up nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import catalog
from .....reflection import read_check
from .....reflection import ValueList
from ....ops import AlterCheckEnumOp
from ..trigger_ddl import name_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ....ops import CheckEnumOp
    from .session import Session

_OIDS = sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger))

_FOREIGN_OWNERS = sa.text("""
    SELECT c.oid::pg_catalog.regclass::pg_catalog.text,
           pg_catalog.pg_get_userbyid(c.relowner), current_user
    FROM pg_catalog.pg_class c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (:oids)
      AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
    ORDER BY 1
    """).bindparams(_OIDS)

_NAMED = sa.text("""
    SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text,
           pg_catalog.pg_get_constraintdef(c.oid)
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND c.conname OPERATOR(pg_catalog.=) :name
      AND CASE WHEN c.conrelid OPERATOR(pg_catalog.=) :root
          THEN c.contype OPERATOR(pg_catalog.<>) 'c'
            OR NOT EXISTS (
                SELECT FROM pg_catalog.pg_attribute a
                WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid
                  AND a.attname OPERATOR(pg_catalog.=) :column
                  AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
            )
          ELSE c.conislocal END
    ORDER BY 1
    """).bindparams(_OIDS)

_CHECKS = sa.text("""
    SELECT c.conrelid::pg_catalog.regclass::pg_catalog.text, c.conname,
           pg_catalog.pg_get_expr(c.conbin, c.conrelid)
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_attribute a
      ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid
      AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
    WHERE c.contype OPERATOR(pg_catalog.=) 'c'
      AND c.conrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND a.attname OPERATOR(pg_catalog.=) :column
      AND c.conislocal
    UNION ALL
    SELECT t.typname, c.conname, pg_catalog.pg_get_expr(c.conbin, 0)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
    JOIN pg_catalog.pg_constraint c
      ON c.contypid OPERATOR(pg_catalog.=) t.oid
      AND c.contype OPERATOR(pg_catalog.=) 'c'
    WHERE a.attrelid OPERATOR(pg_catalog.=) :root
      AND a.attname OPERATOR(pg_catalog.=) :column
    ORDER BY 1, 2
    """).bindparams(_OIDS)

_RULES = sa.text("""
    SELECT r.ev_class::pg_catalog.regclass::pg_catalog.text, r.rulename
    FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class OPERATOR(pg_catalog.=) ANY (:oids) AND r.is_instead
      AND r.ev_enabled OPERATOR(pg_catalog.<>) 'D'
      AND (r.ev_type OPERATOR(pg_catalog.=) '2' AND :updates
        OR r.ev_type OPERATOR(pg_catalog.=) '4' AND :deletes)
    ORDER BY 1, 2
    """).bindparams(_OIDS)

_LATER_TRIGGERS = sa.text("""
    SELECT t.tgrelid::pg_catalog.regclass::pg_catalog.text, t.tgname
    FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY (:oids)
      AND NOT t.tgisinternal
      AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
      AND (t.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 3)
        OPERATOR(pg_catalog.=) 3
      AND (t.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 20)
        OPERATOR(pg_catalog.<>) 0
      AND (t.tgname::pg_catalog.text COLLATE pg_catalog."C")
        OPERATOR(pg_catalog.>) :ours
      AND pg_catalog.left(t.tgname::pg_catalog.text, 10)
        OPERATOR(pg_catalog.<>) 'zz_ckenum_'
    ORDER BY 1, 2
    """).bindparams(_OIDS)

_UNIDENTIFIED = sa.text("""
    SELECT c.oid::pg_catalog.regclass::pg_catalog.text, p.pubname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_publication_tables pt
      ON pt.schemaname OPERATOR(pg_catalog.=) n.nspname
      AND pt.tablename OPERATOR(pg_catalog.=) c.relname
    JOIN pg_catalog.pg_publication p
      ON p.pubname OPERATOR(pg_catalog.=) pt.pubname
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (:oids)
      AND (p.pubupdate AND :updates OR p.pubdelete AND :deletes)
      AND (c.relreplident OPERATOR(pg_catalog.=) 'n'
        OR c.relreplident OPERATOR(pg_catalog.=) 'd' AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_index i
            WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisprimary
        ))
    ORDER BY 1, 2
    """).bindparams(_OIDS)


def obstacles(session: Session, name: str) -> Iterator[str]:
    """For each obstacle, a sentence that says what to do.

    :param name: the new constraint's name, as the database has it.
    """
    connection, op = session.connection, session.op
    tables = catalog.tree(connection, op)
    if not tables:
        return
    given = _given(op, tables)
    yield from _not_owned(connection, given)
    yield from _names(connection, op, {**given, "name": name})
    if not isinstance(op, AlterCheckEnumOp):
        return
    yield from _rules(connection, given)
    yield from _publications(connection, given)
    if op.rename:
        yield from _checks(connection, op, given, {name, op.drop_name})
        ours = {**given, "ours": name_of(op)}
        for table, trigger in connection.execute(_LATER_TRIGGERS, ours):
            yield (
                f"The trigger {trigger!r} of {table} fires after ckenum's "
                f"{name_of(op)!r} and may write an old value again: give it "
                f"a name that sorts before that"
            )


def _given(op: CheckEnumOp, tables: Sequence[catalog.Table]) -> dict[str, Any]:
    return {
        "oids": [table.oid for table in tables],
        "root": tables[0].oid,
        "column": op.column_name,
        "updates": isinstance(op, AlterCheckEnumOp)
        and bool(op.rename or op.array and op.delete),
        "deletes": isinstance(op, AlterCheckEnumOp)
        and bool(op.delete)
        and not op.array,
    }


def _not_owned(
    connection: Connection, given: Mapping[str, Any]
) -> Iterator[str]:
    rows = connection.execute(_FOREIGN_OWNERS, given)
    for table, owner, role in rows:
        yield (
            f"The table {table} belongs to {owner!r}, and only its owner may "
            f"change its constraints: migrate as that role, not as {role!r}"
        )


def _names(
    connection: Connection, op: CheckEnumOp, given: Mapping[str, Any]
) -> Iterator[str]:
    for table, definition in connection.execute(_NAMED, given):
        yield (
            f"The table {table} has another constraint named "
            f"{given['name']!r}, {definition}: rename one of the two"
        )


def _checks(
    connection: Connection,
    op: AlterCheckEnumOp,
    given: Mapping[str, Any],
    ours: set[str],
) -> Iterator[str]:
    """Other CHECK constraints that lack one of the new values."""
    for table, name, text in connection.execute(_CHECKS, given):
        found = read_check("postgresql", text)
        if name in ours or not isinstance(found, ValueList) or found.has_null:
            continue
        if found.column not in (op.column_name, "VALUE"):
            continue
        for new in dict.fromkeys(op.rename.values()):
            if new is None or new in found.values:
                continue
            yield (
                f"The constraint {name!r} of {table} does not allow {new!r}: "
                f"add the value to it, or drop it"
            )


def _rules(connection: Connection, given: Mapping[str, Any]) -> Iterator[str]:
    for table, rule in connection.execute(_RULES, given):
        yield (
            f"The rule {rule!r} of {table} does something else instead of "
            f"changing rows: disable it during the change"
        )


def _publications(
    connection: Connection, given: Mapping[str, Any]
) -> Iterator[str]:
    for table, publication in connection.execute(_UNIDENTIFIED, given):
        yield (
            f"The publication {publication!r} has the table {table}, which "
            f"has no replica identity: give it one with ALTER TABLE ... "
            f"REPLICA IDENTITY"
        )
