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
    if as_text:
        text = f"{sqlalchemy}String()"
        text = f"{sqlalchemy}ARRAY({text})" if held.is_array else text
        column = f"{sqlalchemy}cast({column}, {text})"
    values = Group("[", [quoted(value) for value in held.values], "]")
    if not held.is_array:
        return Group(f"{column}.in_(", [values])
    array = Group(
        f"{sqlalchemy}cast(",
        [values, f"{sqlalchemy}ARRAY({sqlalchemy}String())"],
    )
    return Group(f"{column}.bool_op({quoted(array_operator)})(", [array])


def prefix(context: AutogenContext) -> str:
    return str(context.opts["sqlalchemy_module_prefix"] or "")
