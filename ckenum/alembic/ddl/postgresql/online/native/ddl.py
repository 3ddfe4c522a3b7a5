"""The statements of an online move that nobody else has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from ....emit import as_text
from .two_way import body
from .two_way import is_code
from .two_way import is_two_way

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint

    from .pair import Pair


class CreateMirror(DDLElement):
    """``CREATE OR REPLACE FUNCTION``: it gives a row its second value."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair


class CommentOnMirror(CreateMirror):
    """``COMMENT ON FUNCTION``: what it does, for the next run."""


class CreateMirrorTrigger(CreateMirror):
    """``CREATE OR REPLACE TRIGGER``, for rows that are not in step."""


class AlwaysMirror(CreateMirror):
    """``ENABLE ALWAYS TRIGGER``: for replicated rows as well."""


class StopMirror(CreateMirror):
    """``DISABLE TRIGGER``. The comment of its function goes on to say whose
    the second column is."""


class AddNotValid(DDLElement):
    """``ADD CONSTRAINT ... NOT VALID``, after a ``DROP``.

    :ivar replaces: whether one of that name is there.
    """

    def __init__(self, new: CheckConstraint, replaces: bool) -> None:
        self.new = new
        self.replaces = replaces


class AtOnce(DDLElement):
    """``DO``: several statements in one message.

    They hold the lock for as long as the server takes for them, not for the
    time between two messages as well.
    """

    def __init__(self, statements: Sequence[Any]) -> None:
        self.statements = statements


class TryAtOnce(AtOnce):
    """``DO``: run the statements, and roll them back.

    The lock goes with them, before the server answers.
    """


class ValidateBoth(DDLElement):
    """``VALIDATE CONSTRAINT`` of several, which reads the rows once."""

    def __init__(self, table: sa.TableClause, names: list[str]) -> None:
        self.table = table
        self.names = names


def _function(pair: Pair) -> sa.TableClause:
    return sa.table(pair.trigger_name, schema=pair.op.schema)


def _literal(compiler: Any, text: str) -> str:
    rendered = compiler.sql_compiler.render_literal_value(text, sa.String())
    return str(rendered)


_BODY = """
BEGIN
    %(second)s := %(value)s;
    RETURN new;
END
"""


@compiles(CreateMirror, "postgresql")
def _create_mirror(element: CreateMirror, compiler: Any, **kw: Any) -> str:
    pair, dialect = element.pair, compiler.dialect
    new = sa.table(
        "new", sa.column(pair.op.column_name), sa.column(pair.beside)
    )
    if is_two_way(pair):
        text = body(pair, dialect)
    else:
        first = new.c[pair.op.column_name]
        text = _BODY % {
            "second": as_text(new.c[pair.beside], dialect),
            "value": as_text(pair.move.using(first), dialect),
        }
    return (
        "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = pg_catalog, pg_temp "
        "SET standard_conforming_strings = on AS %s"
        % (
            compiler.preparer.format_table(_function(pair)),
            _literal(compiler, text),
        )
    )


@compiles(CommentOnMirror, "postgresql")
def _comment(element: CommentOnMirror, compiler: Any, **kw: Any) -> str:
    return "COMMENT ON FUNCTION %s() IS %s" % (
        compiler.preparer.format_table(_function(element.pair)),
        _literal(compiler, element.pair.says),
    )


@compiles(CreateMirrorTrigger, "postgresql")
def _create_trigger(
    element: CreateMirrorTrigger, compiler: Any, **kw: Any
) -> str:
    pair, preparer = element.pair, compiler.preparer
    wanted = sa.not_(pair.in_step("new"))
    if is_two_way(pair):
        wanted = sa.or_(wanted, is_code(pair, "new"))
    condition = as_text(wanted, compiler.dialect)
    if preparer._double_percents:
        condition = condition.replace("%", "%%")
    return (
        "CREATE OR REPLACE TRIGGER %s BEFORE INSERT OR UPDATE ON %s "
        "FOR EACH ROW WHEN (%s) EXECUTE FUNCTION %s()"
        % (
            preparer.quote(pair.trigger_name),
            preparer.format_table(pair.move.table),
            condition,
            preparer.format_table(_function(pair)),
        )
    )


@compiles(AlwaysMirror, "postgresql")
def _always(element: AlwaysMirror, compiler: Any, **kw: Any) -> str:
    pair = element.pair
    return "ALTER TABLE %s ENABLE ALWAYS TRIGGER %s" % (
        compiler.preparer.format_table(pair.move.table),
        compiler.preparer.quote(pair.trigger_name),
    )


@compiles(StopMirror, "postgresql")
def _stop(element: StopMirror, compiler: Any, **kw: Any) -> str:
    pair = element.pair
    return "ALTER TABLE %s DISABLE TRIGGER %s" % (
        compiler.preparer.format_table(pair.move.table),
        compiler.preparer.quote(pair.trigger_name),
    )


@compiles(AddNotValid, "postgresql")
def _add_not_valid(element: AddNotValid, compiler: Any, **kw: Any) -> str:
    drop = ""
    if element.replaces:
        name = compiler.preparer.format_constraint(element.new)
        drop = f"DROP CONSTRAINT {name}, "
    return "ALTER TABLE %s %sADD %s NOT VALID" % (
        compiler.preparer.format_table(element.new.table),
        drop,
        compiler.process(element.new, **kw),
    )


@compiles(AtOnce, "postgresql")
def _at_once(element: AtOnce, compiler: Any, **kw: Any) -> str:
    body = "\n".join(["BEGIN", *_calls(element, compiler), "END"])
    return f"DO {_literal(compiler, body)}"


_TRIED = "CK000"
"""An SQLSTATE that PostgreSQL does not have."""


@compiles(TryAtOnce, "postgresql")
def _try_at_once(element: TryAtOnce, compiler: Any, **kw: Any) -> str:
    body = "\n".join(
        [
            "BEGIN",
            *_calls(element, compiler),
            f"RAISE SQLSTATE '{_TRIED}';",
            f"EXCEPTION WHEN SQLSTATE '{_TRIED}' THEN",
            "END",
        ]
    )
    return f"DO {_literal(compiler, body)}"


def _calls(element: AtOnce, compiler: Any) -> list[str]:
    dialect = compiler.dialect
    texts = [as_text(each, dialect) for each in element.statements]
    return [
        f"EXECUTE {as_text(sa.literal(text, sa.String()), dialect)};"
        for text in texts
    ]


@compiles(ValidateBoth, "postgresql")
def _validate_both(element: ValidateBoth, compiler: Any, **kw: Any) -> str:
    quote = compiler.preparer.quote
    return "ALTER TABLE %s %s" % (
        compiler.preparer.format_table(element.table),
        ", ".join(f"VALIDATE CONSTRAINT {quote(n)}" for n in element.names),
    )
