"""Source text of expressions, for migrations without ckenum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .literals import quoted
from .source import Expression
from .source import Group

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from ....value_check import ValueCheck


def condition(context: AutogenContext, held: ValueCheck) -> Expression:
    """The constraint's condition, as an expression of SQLAlchemy's.

    In text, ``' :b'`` would be a bind parameter.
    """
    return compared(context, held, "<@")


def compared(
    context: AutogenContext,
    held: ValueCheck,
    array_operator: str,
    as_text: bool = False,
) -> Expression:
    """``IN``; for arrays, ``array_operator``.

    :param as_text: whether to cast the column, which may not be text.
    """
    sqlalchemy = prefix(context)
    column = f"{sqlalchemy}column({quoted(held.column)})"
    text = text_type(context, held.is_array)
    if as_text:
        column = f"{sqlalchemy}cast({column}, {text})"
    values = Group("[", [quoted(value) for value in held.values], "]")
    if not held.is_array:
        return Group(f"{column}.in_(", [values])
    array = Group(f"{sqlalchemy}cast(", [values, text])
    return Group(f"{column}.bool_op({quoted(array_operator)})(", [array])


def text_type(context: AutogenContext, is_array: bool) -> str:
    """The type of a column of strings, or of arrays of them."""
    sqlalchemy = prefix(context)
    text = f"{sqlalchemy}String()"
    return f"{sqlalchemy}ARRAY({text})" if is_array else text


def prefix(context: AutogenContext) -> str:
    return str(context.opts["sqlalchemy_module_prefix"] or "")
