"""The statements that create and drop a trigger which renames values."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
import hashlib
import itertools
import json
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from . import catalog
from ..emit import as_text
from ..kept_renames import Renames
from .trigger_catalog import PREFIX

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from ...ops import CheckEnumOp


def name_of(op: CheckEnumOp) -> str:
    """The name of the trigger, and of its function in the table's schema."""
    name = f"{PREFIX}{op.table_name}_{op.column_name}"
    if name.count("_") == 3 and len(name.encode()) <= 63:
        return name
    # a digest: "_" does not show where the column's name begins, and
    # PostgreSQL cuts off long names
    where = json.dumps([op.table_name, op.column_name])
    digest = hashlib.sha256(where.encode()).hexdigest()[:8]
    return f"{name.encode()[:54].decode(errors='ignore')}_{digest}"


def free_name(op: CheckEnumOp, taken: Collection[str]) -> str:
    """:func:`name_of`, or a similar name if that is another trigger's.

    The other may be of a table or a column that had this name before.
    """
    name = name_of(op)
    numbers = itertools.count(2)
    while name in taken:
        first = name_of(op).encode()[:56].decode(errors="ignore")
        name = f"{first}_{next(numbers)}"
    return name


@dataclass(frozen=True)
class Trigger:
    """A trigger for the column of ``op``, on its table and on those that
    inherit from it.

    :ivar tables: those that need one: parents before children.
    :ivar name: of the trigger, and of its function.
    """

    op: CheckEnumOp
    tables: Sequence[catalog.Table]
    name: str
    renames: Renames

    def prepare(self) -> Iterator[DDLElement]:
        """Create the function; nothing calls it before the trigger exists."""
        yield CreateFunction(self)
        yield CommentOnFunction(self)

    def create(self) -> Iterator[DDLElement]:
        for table in self.tables:
            yield CreateTrigger(self, table)

    @property
    def function(self) -> sa.TableClause:
        return sa.table(self.name, schema=self.tables[0].schema)


class CreateFunction(DDLElement):
    """``CREATE OR REPLACE FUNCTION``, for the trigger to call."""

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger


class CommentOnFunction(CreateFunction):
    """``COMMENT ON FUNCTION``: it records what the function renames."""


class CreateTrigger(CreateFunction):
    """``CREATE OR REPLACE TRIGGER``, for rows that hold an old value."""

    def __init__(self, trigger: Trigger, table: catalog.Table) -> None:
        super().__init__(trigger)
        self.table = table


class DropTrigger(DDLElement):
    """``DROP TRIGGER IF EXISTS``."""

    def __init__(self, name: str, table: sa.TableClause) -> None:
        self.name = name
        self.table = table


class DropFunction(DDLElement):
    """``DROP FUNCTION IF EXISTS``, for a function without arguments."""

    def __init__(self, function: sa.TableClause) -> None:
        self.function = function


_BODY = """
DECLARE
    own pg_catalog.oid;
    parent pg_catalog.oid;
    column_name pg_catalog.name;
    was %(type)s COLLATE pg_catalog."C";
    becomes %(type)s;
BEGIN
    -- which column, by its number: it may have got another name
    SELECT t.oid, t.tgparentid INTO STRICT own, parent
    FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) TG_RELID
      AND t.tgname OPERATOR(pg_catalog.=) TG_NAME;
    WHILE parent OPERATOR(pg_catalog.<>) 0 LOOP
        SELECT t.oid, t.tgparentid INTO STRICT own, parent
        FROM pg_catalog.pg_trigger t
        WHERE t.oid OPERATOR(pg_catalog.=) parent;
    END LOOP;
    SELECT a.attname INTO STRICT column_name
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_depend d
      ON d.objid OPERATOR(pg_catalog.=) t.oid
      AND d.refobjid OPERATOR(pg_catalog.=) t.tgrelid
    JOIN pg_catalog.pg_attribute a
      ON a.attrelid OPERATOR(pg_catalog.=) t.tgrelid
      AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
    WHERE t.oid OPERATOR(pg_catalog.=) own
      AND d.classid OPERATOR(pg_catalog.=)
          'pg_catalog.pg_trigger'::pg_catalog.regclass
      AND d.refclassid OPERATOR(pg_catalog.=)
          'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjsubid OPERATOR(pg_catalog.>) 0;
    IF column_name OPERATOR(pg_catalog.=) %(column)s THEN
        was := %(new)s;
        becomes := %(becomes)s;
        %(new)s := becomes;
    ELSE
        EXECUTE pg_catalog.format(
            'SELECT ($1).%%I::%(type)s', column_name
        ) INTO was USING new;
        becomes := %(becomes)s;
        new := pg_catalog.jsonb_populate_record(
            new,
            pg_catalog.jsonb_build_object(
                column_name, becomes::pg_catalog.text
            )
        );
    END IF;
    RETURN new;
END
"""


def _type(trigger: Trigger) -> str:
    return "pg_catalog.text" + "[]" * trigger.op.array


def _becomes(trigger: Trigger) -> sa.ColumnElement[Any]:
    """What ``was`` becomes; it stays as it is if it is not an old value."""
    was: sa.ColumnClause[Any] = sa.column("was", trigger.op.column_type())
    equals = was.bool_op("OPERATOR(pg_catalog.=)")
    return trigger.op.shape.changed(was, trigger.renames, equals)


def _body(trigger: Trigger, dialect: Dialect) -> str:
    name = trigger.op.column_name
    column = sa.table("new", sa.column(name)).c[name]
    return _BODY % {
        "type": _type(trigger),
        "column": as_text(sa.literal(name, sa.String()), dialect),
        "new": as_text(column, dialect),
        "becomes": as_text(_becomes(trigger), dialect),
    }


def _function(function: sa.TableClause, compiler: Any) -> str:
    return f"{compiler.preparer.format_table(function)}()"


def _literal(compiler: Any, text: str) -> str:
    rendered = compiler.sql_compiler.render_literal_value(text, sa.String())
    return str(rendered)


def _says(trigger: Trigger) -> str:
    says = {"column": trigger.op.column_name, "rename": trigger.renames}
    return json.dumps(says, ensure_ascii=False)


@compiles(CreateFunction)
def _create_function(element: CreateFunction, compiler: Any, **kw: Any) -> str:
    # the function must not depend on the writing session's settings
    return (
        "CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = pg_catalog, pg_temp "
        "SET standard_conforming_strings = on AS %s"
        % (
            _function(element.trigger.function, compiler),
            _literal(compiler, _body(element.trigger, compiler.dialect)),
        )
    )


@compiles(CommentOnFunction)
def _comment(element: CommentOnFunction, compiler: Any, **kw: Any) -> str:
    return "COMMENT ON FUNCTION %s IS %s" % (
        _function(element.trigger.function, compiler),
        _literal(compiler, _says(element.trigger)),
    )


@compiles(CreateTrigger)
def _create_trigger(element: CreateTrigger, compiler: Any, **kw: Any) -> str:
    trigger = element.trigger
    olds = ", ".join(_literal(compiler, old) for old in trigger.renames)
    return (
        "CREATE OR REPLACE TRIGGER %s BEFORE INSERT OR UPDATE ON %s "
        'FOR EACH ROW WHEN ((CAST(new.%s AS %s) COLLATE pg_catalog."C") '
        "OPERATOR(pg_catalog.%s (ARRAY[%s]::pg_catalog.text[])) "
        "EXECUTE FUNCTION %s(%s)"
        % (
            compiler.preparer.quote(trigger.name),
            compiler.preparer.format_table(element.table.clause),
            compiler.preparer.quote(trigger.op.column_name),
            _type(trigger),
            "&&)" if trigger.op.array else "=) ANY",
            olds,
            compiler.preparer.format_table(trigger.function),
            _literal(compiler, _says(trigger)),
        )
    )


@compiles(DropTrigger)
def _drop_trigger(element: DropTrigger, compiler: Any, **kw: Any) -> str:
    return "DROP TRIGGER IF EXISTS %s ON %s" % (
        compiler.preparer.quote(element.name),
        compiler.preparer.format_table(element.table),
    )


@compiles(DropFunction)
def _drop_function(element: DropFunction, compiler: Any, **kw: Any) -> str:
    return f"DROP FUNCTION IF EXISTS {_function(element.function, compiler)}"
