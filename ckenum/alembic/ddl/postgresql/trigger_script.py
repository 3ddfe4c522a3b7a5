"""Drop the trigger in a script, where only the server can find it."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from ..emit import as_text
from .trigger_catalog import PREFIX

if TYPE_CHECKING:
    from ...ops import CheckEnumOp


class DropKept(DDLElement):
    """A ``DO`` statement that finds the column's triggers and drops them."""

    def __init__(self, op: CheckEnumOp) -> None:
        self.op = op


_DROP_KEPT = sa.text("""
DECLARE
    kept record;
BEGIN
    FOR kept IN
        WITH RECURSIVE tree (oid) AS (
            SELECT pg_catalog.to_regclass(:table)::pg_catalog.oid
            UNION
            SELECT i.inhrelid FROM tree
            JOIN pg_catalog.pg_inherits i
              ON i.inhparent OPERATOR(pg_catalog.=) tree.oid
        )
        SELECT t.tgname, t.tgrelid, t.tgfoid
        FROM tree
        JOIN pg_catalog.pg_trigger t
          ON t.tgrelid OPERATOR(pg_catalog.=) tree.oid
        JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
        JOIN pg_catalog.pg_depend d
          ON d.objid OPERATOR(pg_catalog.=) t.oid
          AND d.refobjid OPERATOR(pg_catalog.=) t.tgrelid
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid OPERATOR(pg_catalog.=) t.tgrelid
          AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
        WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_trigger'::pg_catalog.regclass
          AND d.refclassid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_class'::pg_catalog.regclass
          AND a.attname OPERATOR(pg_catalog.=) :column
          AND t.tgtype OPERATOR(pg_catalog.=) 23
          AND t.tgparentid OPERATOR(pg_catalog.=) 0
          AND pg_catalog.starts_with(
              p.proname::pg_catalog.text, :prefix
          )
    LOOP
        EXECUTE pg_catalog.format(
            'DROP TRIGGER %I ON %s',
            kept.tgname, kept.tgrelid::pg_catalog.regclass
        );
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_trigger t
            WHERE t.tgfoid OPERATOR(pg_catalog.=) kept.tgfoid
        ) THEN
            EXECUTE pg_catalog.format(
                'DROP FUNCTION %s', kept.tgfoid::pg_catalog.regprocedure
            );
        END IF;
    END LOOP;
END
""")


@compiles(DropKept)
def _drop_kept(element: DropKept, compiler: Any, **kw: Any) -> str:
    op = element.op
    table = sa.table(op.table_name, schema=op.schema)
    body = _DROP_KEPT.bindparams(
        table=compiler.preparer.format_table(table),
        column=op.column_name,
        prefix=PREFIX,
    )
    text = as_text(body, compiler.dialect)
    return f"DO {as_text(sa.literal(text), compiler.dialect)}"
