"""A cast and operators by which SQL for one type works on the other one.

Drivers send values with the type that the application's model has. By
itself, PostgreSQL neither assigns text to a column of an ENUM nor compares
the two. While old and new processes run beside each other, each of them
meets the other's column. PostgreSQL inlines the operators' functions, so
indexes are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .....ops.native_base import NativeEnumOp
from ...native_ddl import Verbatim
from ...trigger_catalog import PREFIX
from .mirrors import mirrors

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from .pair import Pair

_SCHEMA = sa.text("""
    SELECT pg_catalog.quote_ident(coalesce(
        (SELECT n.nspname
         FROM pg_catalog.pg_type t
         JOIN pg_catalog.pg_namespace n
           ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
         WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:type)),
        CAST(:schema AS pg_catalog.text),
        pg_catalog.current_schema()
    ))
    """)

_EXISTS = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_proc p
        WHERE p.proname OPERATOR(pg_catalog.=) :name
          AND p.proargtypes[0] OPERATOR(pg_catalog.=)
              pg_catalog.to_regtype(:type)
    )
    """)

_FOREIGN = sa.text("""
    SELECT pg_catalog.pg_get_userbyid(t.typowner)
    FROM pg_catalog.pg_type t
    WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(:type)
      AND NOT pg_catalog.pg_has_role(t.typowner, 'USAGE')
    """)

_FUNCTIONS = {"=": f"{PREFIX}eq", "<>": f"{PREFIX}ne"}


def building(connection: Connection, pair: Pair) -> Iterator[Executable]:
    """The statements that build it, unless it is there."""
    name = pair.move.type_name
    if not _is_wanted(pair) or _is_there(connection, pair):
        return
    schema = _schema(connection, pair)
    yield Verbatim(f"CREATE CAST (varchar AS {name}) WITH INOUT AS ASSIGNMENT")
    for symbol, function in _FUNCTIONS.items():
        for left, right in _sides(name):
            other = name if left == name else "pg_catalog.text"
            yield Verbatim(
                f"CREATE FUNCTION {schema}.{function}({left}, {right}) "
                f"RETURNS pg_catalog.bool LANGUAGE sql STABLE "
                f"RETURN $1 OPERATOR(pg_catalog.{symbol}) $2::{other}"
            )
            estimates = "eq" if symbol == "=" else "neq"
            yield Verbatim(
                f"CREATE OPERATOR {schema}.{symbol} (LEFTARG = {left}, "
                f"RIGHTARG = {right}, FUNCTION = {schema}.{function}, "
                f"RESTRICT = pg_catalog.{estimates}sel, "
                f"JOIN = pg_catalog.{estimates}joinsel)"
            )


def removing(connection: Connection, pair: Pair) -> Iterator[Executable]:
    """The statements that remove it, unless another column needs it."""
    name = pair.move.type_name
    if not _is_there(connection, pair) or _is_needed(connection, pair):
        return
    schema = _schema(connection, pair)
    for symbol, function in _FUNCTIONS.items():
        for left, right in _sides(name):
            yield Verbatim(
                f"DROP OPERATOR IF EXISTS {schema}.{symbol} ({left}, {right})"
            )
            yield Verbatim(
                f"DROP FUNCTION IF EXISTS {schema}.{function}({left}, {right})"
            )
    yield Verbatim(f"DROP CAST IF EXISTS (varchar AS {name})")


def in_the_way(connection: Connection, pair: Pair) -> Iterator[str]:
    """A sentence where the role may not build it."""
    if _is_wanted(pair):
        given = {"type": pair.move.type_name}
        for owner in connection.scalars(_FOREIGN, given):
            yield (
                f"keep_column=True adds a cast and operators to the type, "
                f"which belongs to {owner!r}: migrate as that role"
            )


def _is_wanted(pair: Pair) -> bool:
    """Nobody casts a value to the type of a code."""
    return pair.op.keep_column and isinstance(pair.op, NativeEnumOp)


def _sides(name: str) -> list[tuple[str, str]]:
    """The types on the left and on the right. It is text, not VARCHAR:
    otherwise each comparison of a VARCHAR with a literal would be one with
    the type ("Operator Type Resolution", section 10.2 of PostgreSQL's
    manual).
    """
    return [(name, "pg_catalog.text"), ("pg_catalog.text", name)]


def _schema(connection: Connection, pair: Pair) -> str:
    """That of the type, quoted."""
    assert isinstance(pair.op, NativeEnumOp)
    given = {"type": pair.move.type_name, "schema": pair.op.enum_schema}
    return str(connection.scalar(_SCHEMA, given))


def _is_there(connection: Connection, pair: Pair) -> bool:
    given = {"name": _FUNCTIONS["="], "type": pair.move.type_name}
    return bool(connection.scalar(_EXISTS, given))


def _is_needed(connection: Connection, pair: Pair) -> bool:
    """Whether a trigger of ours keeps another column of the type in step."""
    types = {mirror.type_name for mirror in mirrors(connection)}
    return pair.move.type_name in types
