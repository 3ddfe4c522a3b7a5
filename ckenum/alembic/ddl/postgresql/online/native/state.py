"""How far an online move has come, as the catalog has it."""

from __future__ import annotations

from dataclasses import dataclass
import enum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ... import catalog
from ......constraint_names import final_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .pair import Pair

_COLUMNS = sa.text("""
    SELECT a.attname,
           pg_catalog.format_type(a.atttypid, a.atttypmod),
           coalesce(a.atttypid OPERATOR(pg_catalog.=) (
               SELECT CASE WHEN :array THEN t.typarray ELSE t.oid END
               FROM pg_catalog.pg_type t
               WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:type)
           ), false),
           coalesce(e.typcategory, y.typcategory)
               OPERATOR(pg_catalog.=) 'S'
           AND (e.oid IS NOT NULL) OPERATOR(pg_catalog.=) :array,
           a.attnotnull
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
    LEFT JOIN pg_catalog.pg_type e
      ON e.oid OPERATOR(pg_catalog.=) y.typelem
     AND y.typcategory OPERATOR(pg_catalog.=) 'A'
    WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND a.attname OPERATOR(pg_catalog.=) ANY (:names)
      AND NOT a.attisdropped
    """).bindparams(
    sa.bindparam("names", type_=sa.ARRAY(sa.String)),
    sa.bindparam("array", type_=sa.Boolean),
)

_MIRROR = sa.text("""
    SELECT pg_catalog.obj_description(t.tgfoid, 'pg_proc'),
           t.tgenabled OPERATOR(pg_catalog.=) 'D'
    FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND t.tgname OPERATOR(pg_catalog.=) :name
    """)

_GUARD = sa.text("""
    SELECT c.convalidated,
           pg_catalog.obj_description(c.oid, 'pg_constraint')
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND c.conname OPERATOR(pg_catalog.=) :name
    """)


class Stage(enum.Enum):
    START = "the column has its old type, and nothing is beside it"
    BESIDE = "the second column is there, and takes its place later"
    KEPT = "the column has its new type, and the old one is kept beside it"
    DONE = "the column has its new type, and nothing is beside it"
    OTHER = "the column is of another type, or something else is beside it"


@dataclass(frozen=True)
class Column:
    """:ivar is_native: whether it is of the other type, or of arrays of it.
    :ivar holds_strings: whether it is of any type of strings, or of arrays
        of them.
    """

    name: str
    type_name: str
    is_native: bool
    holds_strings: bool
    is_not_null: bool

    @property
    def is_text(self) -> bool:
        return self.holds_strings and not self.is_native


@dataclass(frozen=True)
class State:
    """
    :ivar mirror: what the trigger's comment says; ``None`` if there is none.
    :ivar is_stopped: whether that trigger is disabled, as a swap without
        ``keep_column`` leaves it.
    :ivar guard: what the guard's comment says; ``None`` if there is none.
    :ivar is_guarded: whether the guard is validated.
    :ivar has_check: whether the table has the constraint of the new values,
        if the new type needs one.
    """

    pair: Pair
    column: Column | None
    beside: Column | None
    mirror: str | None
    is_stopped: bool
    guard: str | None
    is_guarded: bool
    has_check: bool

    @property
    def stage(self) -> Stage:
        first, second = self.column, self.beside
        if first is None:
            return Stage.OTHER
        if second is None:
            if self._is_old(first):
                return Stage.START
            is_done = self._is_new(first) and self.has_check
            return Stage.DONE if is_done else Stage.OTHER
        if self.mirror is None:
            return Stage.OTHER
        if self._is_old(first) and self._is_new(second):
            return Stage.BESIDE
        if self._is_new(first) and self._is_old(second):
            return Stage.KEPT
        return Stage.OTHER

    def _is_old(self, column: Column) -> bool:
        text = self.pair.becomes_text
        return column.is_native if text else column.is_text

    def _is_new(self, column: Column) -> bool:
        text = self.pair.becomes_text
        return column.is_text if text else column.is_native


def state_of(connection: Connection, pair: Pair) -> State:
    table = {"table": pair.move.table_name}
    columns = {
        row[0]: Column(*row)
        for row in connection.execute(
            _COLUMNS,
            {
                **table,
                "array": pair.op.array,
                "type": pair.move.type_name,
                "names": [pair.op.column_name, pair.beside],
            },
        )
    }
    mirror = {**table, "name": pair.trigger_name}
    guard = {**table, "name": pair.guard_name}
    is_guarded, says = connection.execute(_GUARD, guard).one_or_none() or (
        False,
        None,
    )
    does, is_stopped = connection.execute(_MIRROR, mirror).one_or_none() or (
        None,
        False,
    )
    return State(
        pair,
        columns.get(pair.op.column_name),
        columns.get(pair.beside),
        does,
        bool(is_stopped),
        says,
        bool(is_guarded),
        _has_check(connection, pair),
    )


def _has_check(connection: Connection, pair: Pair) -> bool:
    if pair.check is None:
        return True
    name = final_name(pair.check, connection.dialect)
    found = catalog.held(connection, pair.op, name)
    return found is not None and found.holds(pair.op.values)
