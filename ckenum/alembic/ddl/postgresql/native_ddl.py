"""The statements that move a column between an ENUM and a VARCHAR."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING
from typing import Union

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import CreateEnumType
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from ....backend.pg_catalog import qualified

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint
    from sqlalchemy.dialects.postgresql import ENUM

Default = Union["Verbatim", str, None]


class Verbatim(DDLElement):
    """SQL that PostgreSQL itself has given, to be run as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


class ChangeType:
    """The clauses of an ``ALTER TABLE`` that give a column another type.

    And all that stands in its way goes, and comes again, in the same
    statement, so the rows are read and written once; PostgreSQL drops,
    then alters, then adds ("ALTER TABLE" in its manual, Notes).

    :ivar using: the value that a row gets.
    :ivar default: the string that is the default, SQL, or ``None``.
    :ivar drops: the names, in SQL, of constraints that go first.
    :ivar adds: those that come again: names and definitions, in SQL.
    """

    def __init__(
        self,
        table: sa.TableClause | sa.Table,
        column_name: str,
        type_: Any,
        using: sa.ColumnElement[Any],
        *,
        keeps_default: bool = False,
        default: Default = None,
        drops: Sequence[str] = (),
        adds: Sequence[tuple[str, str]] = (),
        old: CheckConstraint | None = None,
        new: CheckConstraint | None = None,
    ) -> None:
        self.table = table
        self.column_name = column_name
        self.type = type_
        self.using = using
        self.keeps_default = keeps_default
        self.default = default
        self.drops = drops
        self.adds = adds
        self.old = old
        self.new = new


class ChangeTypes(DDLElement):
    """Those of several columns of a table, in one ``ALTER TABLE``."""

    def __init__(self, changes: Sequence[ChangeType]) -> None:
        self.changes = changes


class CreateTypeIfMissing(DDLElement):
    """``CREATE TYPE``, unless one of that name is there already.

    For scripts, which cannot look.
    """

    def __init__(self, type_: ENUM) -> None:
        self.type = type_


@compiles(Verbatim)
def _verbatim(element: Verbatim, compiler: Any, **kw: Any) -> str:
    text = element.text
    return text.replace("%", "%%") if _doubles_percents(compiler) else text


def _doubles_percents(compiler: Any) -> bool:
    return bool(compiler.preparer._double_percents)


@compiles(ChangeTypes)
def _change_types(element: ChangeTypes, compiler: Any, **kw: Any) -> str:
    clauses = [
        clause
        for change in element.changes
        for clause in _clauses(change, compiler)
    ]
    return "ALTER TABLE %s %s" % (
        compiler.preparer.format_table(element.changes[0].table),
        ", ".join(clauses),
    )


def _clauses(element: ChangeType, compiler: Any) -> Iterator[str]:
    preparer = compiler.preparer
    alter = f"ALTER COLUMN {preparer.quote(element.column_name)}"
    if element.old is not None:
        yield f"DROP CONSTRAINT {preparer.format_constraint(element.old)}"
    for name in element.drops:
        yield _verbatim(Verbatim(f"DROP CONSTRAINT {name}"), compiler)
    if not element.keeps_default:
        yield f"{alter} DROP DEFAULT"
    type_ = compiler.dialect.type_compiler_instance.process(element.type)
    using = compiler.sql_compiler.process(
        qualified(element.using),
        literal_binds=True,
        include_table=False,
    )
    yield f"{alter} TYPE {type_} USING {using}"
    if element.default is not None:
        default = _default(element.default, compiler)
        yield f"{alter} SET DEFAULT {default}"
    for name, definition in element.adds:
        text = f"ADD CONSTRAINT {name} {definition}"
        yield _verbatim(Verbatim(text), compiler)
    if element.new is not None:
        yield f"ADD {compiler.process(element.new)}"


def _default(default: Verbatim | str, compiler: Any) -> str:
    if isinstance(default, Verbatim):
        return _verbatim(default, compiler)
    return str(
        compiler.sql_compiler.process(
            sa.literal(default, sa.String()), literal_binds=True
        )
    )


@compiles(CreateTypeIfMissing)
def _create_type(
    element: CreateTypeIfMissing, compiler: Any, **kw: Any
) -> str:
    create = compiler.process(CreateEnumType(element.type))
    mark = "$ckenum$"
    while mark in create:
        mark = f"${mark[1:-1]}_$"
    return (
        f"DO {mark} BEGIN {create}; "
        f"EXCEPTION WHEN duplicate_object THEN NULL; END {mark}"
    )
