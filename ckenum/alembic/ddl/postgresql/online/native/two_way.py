"""What the trigger of a column of codes does: either column may be written.

The old application writes a code into one, the new one a value into the
other. Each code has one value, so each gives the other.
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ......shapes import new_value
from .....ops.codes_base import CodesOp
from ....emit import as_text

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .pair import Pair

_BODY = """
BEGIN
    %(first)s := %(taken)s;
    IF %(second_is_written)s THEN
        %(first)s := %(back)s;
    ELSE
        %(second)s := %(value)s;
    END IF;
    RETURN new;
END
"""


def is_two_way(pair: Pair) -> bool:
    return isinstance(pair.op, CodesOp) and pair.op.is_one_to_one


def body(pair: Pair, dialect: Dialect) -> str:
    """Of the trigger's function, for a pair that is two-way."""
    new, old = _row(pair, "new"), _row(pair, "old")
    first, second = new.columns
    parts = {
        "first": first,
        "second": second,
        "taken": _taken(pair, first),
        "second_is_written": _is_written(*new.columns, *old.columns),
        "back": pair.back.move.using(second),
        "value": pair.move.using(first),
    }
    return _BODY % {
        name: as_text(part, dialect) for name, part in parts.items()
    }


def is_code(pair: Pair, row: str) -> sa.ColumnElement[bool]:
    """Whether the first column, which is text, was given a code."""
    codes = _codes(pair)
    if not codes:
        return sa.false()
    first, _ = _row(pair, row).columns
    return sa.or_(*(pair.move.as_text(first) == code for code in codes))


def _row(pair: Pair, name: str) -> sa.TableClause:
    columns = pair.op.column_name, pair.beside
    return sa.table(name, *map(sa.column, columns))


def _codes(pair: Pair) -> dict[str, str | None]:
    """The values of codes that an application may write into the text."""
    op = pair.op
    if op.becomes_text:
        return {}
    return {
        code: value
        for value, code in op.rename.items()
        if code is not None and code not in op.existing_values
    }


def _taken(pair: Pair, first: sa.ColumnElement[Any]) -> Any:
    codes = _codes(pair)
    if not codes:
        return first
    return new_value(codes, pair.move.as_text(first).__eq__, first)


def _is_written(
    first: sa.ColumnElement[Any],
    second: sa.ColumnElement[Any],
    old_first: sa.ColumnElement[Any],
    old_second: sa.ColumnElement[Any],
) -> sa.ColumnElement[bool]:
    """Whether a statement has written the second column.

    It has no default, so an INSERT that leaves it out gives NULL.
    """
    what: sa.ColumnElement[str] = sa.literal_column("tg_op")
    return sa.or_(
        sa.and_(what == "INSERT", second.is_not(None)),
        sa.and_(
            what == "UPDATE",
            sa.not_(_are_same(second, old_second)),
            _are_same(first, old_first),
        ),
    )


def _are_same(
    one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Like ``IS NOT DISTINCT FROM``, whose operator nobody can qualify."""
    return sa.or_(
        sa.and_(one.is_(None), other.is_(None)),
        (one == other).is_(sa.true()),
    )
