"""Compare columns that hold codes in the database and values in the model."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import logging
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from . import native_defaults
from . import reflected
from ....arrays import undecorated
from ....exc import DirectiveError
from ....reflection import read_check
from ....reflection import ValueList
from ....value_check import ValueCheck
from ...ddl.emit import as_text
from ...ddl.postgresql.code_definitions import rewritten
from ...ddl.postgresql.definitions import CannotRewriteError
from ...ddl.postgresql.literals import literal
from ...ddl.registry import impl_of
from ...ops import CheckEnumOp
from ...ops.base import Default
from ...ops.codes import ReplaceCodesOp
from ...ops.codes import RestoreCodesOp
from ...ops.codes_base import Code
from ...ops.codes_base import CodeType
from .declared import Declared
from .declared import type_on

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column

log = logging.getLogger("alembic.autogenerate.ckenum")

BY_VALUES = (
    "# The codes in rename are the values of the enum's members: see to it",
    "# that rows hold these.",
)


def code_type(
    context: AutogenContext, conn_col: Column[Any], values: tuple[str, ...]
) -> CodeType | None:
    """The type of a column of codes; ``None`` for any other column.

    It holds codes if it cannot hold the model's values.
    """
    return _code_type(context, conn_col.type, values, "existing_type")


def _code_type(
    context: AutogenContext, type_: Any, values: Iterable[str], argument: str
) -> CodeType | None:
    if (
        not isinstance(type_, (sa.Integer, sa.CHAR))
        or not impl_of(context.dialect).moves_codes
        or context.opts.get("ckenum_render") == "alembic"
        or context.opts.get("compare_type", True) is False
    ):
        return None
    codes = CodeType(DirectiveError, argument, type_)
    return None if all(map(codes.fits, values)) else codes


def replaced(
    side: reflected.TableSide,
    declared: Declared,
    conn_col: Column[Any],
    codes: CodeType,
) -> Iterator[CheckEnumOp]:
    """The database has codes of the type ``codes``, the model a CheckEnum."""
    column = declared.column
    if not side.includes(declared, conn_col):
        return
    rename = _known(declared, codes)
    log.info(
        "Detected codes of type %s that become a check enum on '%s'",
        codes,
        side.where(column.name),
    )
    op = ReplaceCodesOp(
        side.table_name,
        column.name,
        declared.values,
        existing_type=codes.type,
        rename=rename,
        name=declared.final,
        length=declared.type.length,
        schema=side.schema,
        **_defaults(side, declared, conn_col, codes),
    )
    op.computed_default = _computed(conn_col, op.existing_server_default)
    if rename:
        op.remarks = BY_VALUES
    yield op
    yield from (
        side.drop_op(column.name, existing)
        for existing in _lists_of_codes(side, op)
        if side.includes_dropped(existing)
    )


def _known(declared: Declared, codes: CodeType) -> dict[Code, str | None]:
    """What the codes mean, if they are the values of the enum's members."""
    stored: Any = getattr(declared.type, "_object_lookup", {})
    found: dict[Code, str | None] = {}
    for value in declared.values:
        code: Any = getattr(stored.get(value), "value", None)
        wanted: Any = int if codes.is_integer else str
        is_code = isinstance(code, wanted) and not isinstance(code, bool)
        if not is_code or not codes.fits(str(wanted(code))):
            return {}
        found[wanted(code)] = value
    return found if len(found) == len(declared.values) else {}


def _defaults(
    side: reflected.TableSide,
    declared: Declared,
    conn_col: Column[Any],
    codes: CodeType,
) -> dict[str, Any]:
    """The new default and the existing one, if there is any."""
    dialect = side.context.dialect
    new = native_defaults.declared_default(declared.column, dialect, False)
    existing = existing_code(conn_col, codes)
    if new is None and existing is None:
        return {}
    if new not in declared.values:
        new = None
    return {"server_default": new, "existing_server_default": existing}


def restored(
    side: reflected.TableSide,
    column: Column[Any],
    conn_col: Column[Any],
    existing: ValueCheck,
) -> RestoreCodesOp | None:
    """The database has a check enum, the model codes; ``None`` for any other
    type.

    :param existing: the constraint that holds the column to values.
    """
    dialect = side.context.dialect
    type_ = undecorated(type_on(column, dialect))
    codes = _code_type(side.context, type_, existing.strings, "type_")
    if codes is None or existing.is_array or existing.has_null:
        return None
    if not isinstance(conn_col.type, sa.String):
        return None
    default = native_defaults.declared_default(conn_col, dialect, False)
    new = existing_code(column, codes)
    options: dict[str, Any] = {}
    if new is not None or default is not None:
        options = {"server_default": new, "existing_server_default": default}
    log.info(
        "Detected check enum that becomes codes of type %s on '%s'",
        codes,
        side.where(column.name),
    )
    op = RestoreCodesOp(
        side.table_name,
        column.name,
        existing.strings,
        type_=codes.type,
        rename={},
        name=conv(existing.name),
        length=conn_col.type.length,
        schema=side.schema,
        **options,
    )
    op.computed_default = _computed(conn_col, op.existing_server_default)
    return op


def _computed(conn_col: Column[Any], known: Default) -> str | None:
    """The column's default, if it is more than a code or a value."""
    default = conn_col.server_default
    if known or not isinstance(default, sa.DefaultClause):
        return None
    text = str(default.arg)
    return None if text.strip("()").upper() == "NULL" else text


def existing_code(conn_col: Column[Any], codes: CodeType) -> Code | None:
    """The code that is the column's default."""
    default = conn_col.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    text = str(default.arg).strip("()")
    string = literal(text)
    if string is None:
        string = text
    string = string if codes.is_integer else string.rstrip(" ")
    return codes.code(string) if codes.fits(string) else None


def _lists_of_codes(
    side: reflected.TableSide, op: ReplaceCodesOp
) -> Iterator[ValueCheck]:
    """The constraints that hold the column to some of its codes, with the
    values that they will have once it is a VARCHAR.
    """
    dialect = side.context.dialect

    def quote(text: str) -> str:
        return as_text(sa.literal(text, sa.String()), dialect)

    for check in side.checks:
        try:
            text = rewritten(check.text, op, quote)
        except CannotRewriteError:
            continue
        reading = read_check(dialect.name, text)
        if isinstance(reading, ValueList) and (
            reading.column == op.column_name and text != check.text
        ):
            yield reflected.value_check(check, reading)
