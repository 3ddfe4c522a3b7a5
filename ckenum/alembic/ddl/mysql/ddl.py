"""The statements that only MySQL and MariaDB have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import Union

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from .definition import Definition
from .texts import tokens


@dataclass(frozen=True)
class Drop:
    """``DROP CONSTRAINT``."""

    name: str


@dataclass(frozen=True)
class Add:
    """``ADD CONSTRAINT``."""

    constraint: sa.CheckConstraint


@dataclass(frozen=True)
class Modify:
    """``MODIFY``, with the column's whole definition."""

    column: str
    definition: Definition


@dataclass(frozen=True)
class SetDefault:
    """``ALTER COLUMN ... SET DEFAULT``, or ``DROP DEFAULT``."""

    column: str
    default: str | None


Clause = Union[Drop, Add, Modify, SetDefault]


class AlterTable(DDLElement):
    """One ALTER TABLE: all of its clauses take effect, or none.

    :ivar online: whether writers go on while it copies the table (MariaDB
        11.2 and later). What drops a constraint copies nothing anyway.
    """

    def __init__(
        self,
        table: str,
        schema: str | None,
        clauses: Sequence[Clause],
        online: bool = False,
    ) -> None:
        self.table = sa.table(table, schema=schema)
        self.clauses = clauses
        self.online = online and any(
            isinstance(each, (Add, Modify)) for each in clauses
        )


@compiles(AlterTable, "mysql", "mariadb")
def _alter_table(element: AlterTable, compiler: Any, **kw: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    clauses = [_clause(each, compiler) for each in element.clauses]
    if element.online:
        clauses += ["ALGORITHM=COPY", "LOCK=NONE"]
    return f"ALTER TABLE {table} {', '.join(clauses)}"


def _clause(clause: Clause, compiler: Any) -> str:
    quote = compiler.preparer.quote
    if isinstance(clause, Drop):
        return f"DROP CONSTRAINT {quote(clause.name)}"
    if isinstance(clause, Add):
        return f"ADD {compiler.process(clause.constraint)}"
    if isinstance(clause, Modify):
        text = _definition(clause.definition, compiler)
        return f"MODIFY {quote(clause.column)} {text}"
    if clause.default is None:
        return f"ALTER COLUMN {quote(clause.column)} DROP DEFAULT"
    default = _literal(clause.default, compiler)
    return f"ALTER COLUMN {quote(clause.column)} SET DEFAULT {default}"


def _definition(definition: Definition, compiler: Any) -> str:
    before, after = (_repeated(text, compiler) for text in definition.texts)
    default: str | None | Literal[False] = definition.server_default
    if definition.labels:
        labels = ", ".join(
            _literal(label, compiler) for label in definition.labels
        )
        before = f"ENUM({labels}) {before}".strip()
    middle = ""
    if isinstance(default, str):
        middle = f"DEFAULT {_literal(default, compiler)}"
    return " ".join(part for part in (before, middle, after) if part)


def _literal(value: str, compiler: Any) -> str:
    return str(compiler.sql_compiler.render_literal_value(value, sa.String()))


def _repeated(text: str, compiler: Any) -> str:
    """The server's ``text`` as the connection has to say it. The server writes
    backslashes as escapes, which they are not with NO_BACKSLASH_ESCAPES.
    """
    return "".join(
        (
            token.charset + _literal(token.value, compiler)
            if token.kind == "string"
            else _escaped(token.text, compiler)
        )
        for token in tokens(text)
    )


def _escaped(text: str, compiler: Any) -> str:
    """Double percent signs, which are placeholders to most drivers."""
    doubled = compiler.preparer._double_percents
    return text.replace("%", "%%") if doubled else text
