"""Find foreign keys from and to the column that refuse a change."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....ops import AlterCheckEnumOp
from .comparing import among
from .comparing import equal

if TYPE_CHECKING:
    from .. import catalog
    from .session import Session

_KEYS = sa.text("""
    SELECT c.conname, c.conrelid::pg_catalog.regclass::pg_catalog.text,
           cn.nspname, cr.relname, pn.nspname, pr.relname,
           ARRAY(SELECT a.attname::pg_catalog.text
                 FROM pg_catalog.unnest(c.conkey)
                     WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute a
                   ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid
                   AND a.attnum OPERATOR(pg_catalog.=) k.attnum
                 ORDER BY k.place),
           ARRAY(SELECT a.attname::pg_catalog.text
                 FROM pg_catalog.unnest(c.confkey)
                     WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute a
                   ON a.attrelid OPERATOR(pg_catalog.=) c.confrelid
                   AND a.attnum OPERATOR(pg_catalog.=) k.attnum
                 ORDER BY k.place),
           ARRAY(SELECT pg_catalog.format('%I.%s', n.nspname, o.oprname)
                 FROM pg_catalog.unnest(c.conpfeqop)
                     WITH ORDINALITY AS k (oid, place)
                 JOIN pg_catalog.pg_operator o
                   ON o.oid OPERATOR(pg_catalog.=) k.oid
                 JOIN pg_catalog.pg_namespace n
                   ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace
                 ORDER BY k.place),
           c.confupdtype::pg_catalog.text, c.confdeltype::pg_catalog.text,
           c.conrelid OPERATOR(pg_catalog.=) ANY (:oids),
           c.confrelid OPERATOR(pg_catalog.=) ANY (:oids)
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class cr ON cr.oid OPERATOR(pg_catalog.=) c.conrelid
    JOIN pg_catalog.pg_namespace cn
      ON cn.oid OPERATOR(pg_catalog.=) cr.relnamespace
    JOIN pg_catalog.pg_class pr ON pr.oid OPERATOR(pg_catalog.=) c.confrelid
    JOIN pg_catalog.pg_namespace pn
      ON pn.oid OPERATOR(pg_catalog.=) pr.relnamespace
    WHERE c.contype OPERATOR(pg_catalog.=) 'f'
      AND c.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
      AND (c.conrelid OPERATOR(pg_catalog.=) ANY (:oids)
        OR c.confrelid OPERATOR(pg_catalog.=) ANY (:oids))
      AND pg_catalog.has_table_privilege(c.conrelid, 'SELECT')
      AND pg_catalog.has_table_privilege(c.confrelid, 'SELECT')
    ORDER BY 1, 2
    """).bindparams(sa.bindparam("oids", type_=sa.ARRAY(sa.BigInteger)))

_REFUSING = {"a", "r"}
"""NO ACTION and RESTRICT (``pg_constraint.confupdtype``)."""


@dataclass(frozen=True)
class _Key:
    """A foreign key, with the columns of both sides in the same order.

    :ivar operators: compare the columns, the parent's on the left.
    """

    name: str
    where: str
    child_schema: str
    child_name: str
    parent_schema: str
    parent_name: str
    child_columns: Sequence[str]
    parent_columns: Sequence[str]
    operators: Sequence[str]
    on_update: str
    on_delete: str
    is_from: bool
    is_to: bool

    @property
    def child(self) -> sa.TableClause:
        columns: list[Any] = [sa.column(name) for name in self.child_columns]
        return sa.table(self.child_name, *columns, schema=self.child_schema)

    def parent(self, *others: str) -> sa.TableClause:
        names = dict.fromkeys([*self.parent_columns, *others])
        return sa.table(
            self.parent_name, *map(sa.column, names), schema=self.parent_schema
        )


def references(
    session: Session, tables: Sequence[catalog.Table]
) -> Iterator[str]:
    """For each foreign key that refuses, a sentence that says what to do."""
    op = session.op
    if not isinstance(op, AlterCheckEnumOp) or op.array:
        return
    given = {"oids": [table.oid for table in tables]}
    for row in session.connection.execute(_KEYS, given).all():
        key = _Key(*row)
        if key.is_from and [op.column_name] == list(key.child_columns):
            yield from _lacking(session, op, key)
        if key.is_to and op.column_name in key.parent_columns:
            yield from _referring(session, op, key)
        if key.is_to:
            yield from _holding(session, op, key)


def _lacking(
    session: Session, op: AlterCheckEnumOp, key: _Key
) -> Iterator[str]:
    """New values that the referenced table lacks."""
    parent = key.parent()
    (column,) = key.parent_columns
    for new in sorted({value for value in op.rename.values() if value}):
        there = sa.select(sa.exists().where(equal(parent.c[column], new)))
        if not session.execute(there).scalar():
            yield (
                f"The foreign key {key.name!r} of {key.where} refuses "
                f"{new!r}, which {key.parent_name}.{column} does not have: "
                f"insert it there first"
            )


def _referring(
    session: Session, op: AlterCheckEnumOp, key: _Key
) -> Iterator[str]:
    """Rows that refer to an old value and would not follow the rename."""
    if key.on_update not in _REFUSING or not op.rename:
        return
    place = list(key.parent_columns).index(op.column_name)
    column = key.child.c[key.child_columns[place]]
    held = sa.select(sa.exists().where(among(column, [*op.rename])))
    if session.execute(held).scalar():
        yield (
            f"Rows of {key.where} refer to an old value by the foreign key "
            f"{key.name!r}, which has no ON UPDATE CASCADE: recreate it with "
            f"that"
        )


def _holding(
    session: Session, op: AlterCheckEnumOp, key: _Key
) -> Iterator[str]:
    """Rows that refer to rows that will be deleted."""
    if key.on_delete not in _REFUSING or not op.delete:
        return
    child, parent = key.child, key.parent(op.column_name).alias()
    joined: list[Any] = [
        parent.c[other].op(f"OPERATOR({operator})", is_comparison=True)(
            child.c[one]
        )
        for one, other, operator in zip(
            key.child_columns, key.parent_columns, key.operators
        )
    ]
    condition = among(parent.c[op.column_name], op.delete)
    held = sa.select(sa.exists().where(*joined, condition))
    if session.execute(held).scalar():
        yield (
            f"Rows of {key.where} refer by the foreign key {key.name!r} to "
            f"rows that delete={list(op.delete)} would delete: delete the "
            f"referring rows first"
        )
