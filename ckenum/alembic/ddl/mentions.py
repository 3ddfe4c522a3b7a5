"""What else names a value that leaves a column: looked for, and told.

Rows are not all that holds a value. A partial index whose predicate names
the old one goes on without a word, and is about no row any more.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from .postgresql import mentions as postgresql
from .sqlite import mentions as sqlite
from ... import array_text
from ...constraint import final_name
from ...reflection import read_array
from ...reflection import read_string

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from .mention import Mention
    from ..ops import AlterCheckEnumOp

log = logging.getLogger("alembic.ckenum")

_LOOKS: dict[str, Callable[..., postgresql.Look | sqlite.Look]] = {
    "postgresql": postgresql.Look.at,
    "sqlite": sqlite.Look.at,
}


def look(
    operations: Operations, op: AlterCheckEnumOp, *own: CheckConstraint
) -> None:
    """Warn of what names a value that ``op`` renames or removes.

    Raises :class:`~ckenum.exc.DirectiveError` where the column's default is
    such a value and would be refused.

    :param own: the constraints that ``op`` drops and adds.
    """
    context = operations.migration_context
    values = _renamed_or_removed(op)
    if context.as_sql or not values or context.dialect.name not in _LOOKS:
        return
    names = {
        final_name(check, context.dialect) if check.name else ""
        for check in own
    }
    look_at = _LOOKS[context.dialect.name]
    found = look_at(operations.get_bind(), op, values, frozenset(names))
    defaults = [] if _gets_default(operations, op) else found.defaults()
    for default in defaults:
        _require_allowed(op, default, context.dialect.name)
    _warn(op, [*defaults, *found.others()])


def _renamed_or_removed(op: AlterCheckEnumOp) -> tuple[str, ...]:
    return tuple(
        value
        for value in op.existing_values
        if value is not None and (value in op.rename or value not in op.values)
    )


def _gets_default(operations: Operations, op: AlterCheckEnumOp) -> bool:
    """Whether the directive gives the column another default, or something
    before it in the same batch does.
    """
    if op.changes_default:
        return True
    batch = operations.impl
    return isinstance(batch, BatchOperationsImpl) and any(
        method == "alter_column"
        and op.column_name in arguments
        and options.get("server_default", False) is not False
        for method, arguments, options in batch.batch
    )


def _require_allowed(
    op: AlterCheckEnumOp, default: Mention, dialect: str
) -> None:
    """Raise where the new constraint refuses the default."""
    if op.array:
        items = read_array(dialect, default.text) or ()
    else:
        items = (read_string(dialect, default.text),)
    strings = [item for item in items if item is not None]
    refused = [item for item in strings if item not in op.values]
    if not {*refused} & {*default.values}:
        return
    new: list[str | None] = [op.rename.get(item, item) for item in strings]
    to = [item for item in new if item in op.values]
    existing, given = (
        (array_text.write(strings), array_text.write(filter(None, to)))
        if op.array
        else (strings[0], next(iter(to), None))
    )
    raise op.error(
        f"the default of column {default.name!r} of table {default.owner!r} "
        f"is {existing!r}, which the new constraint refuses: nothing was "
        f"changed. Add server_default={given!r}, "
        f"existing_server_default={existing!r} to the directive, or another "
        f"default that is one of its values"
    )


def _warn(op: AlterCheckEnumOp, mentions: list[Mention]) -> None:
    if not mentions:
        return
    values = dict.fromkeys(
        value for mention in mentions for value in mention.values
    )
    log.warning(
        "Check enum on %r renames or removes %s, which other objects still "
        "name. ckenum does not change them, and autogenerate does not "
        "compare what they say. Change them in this revision, also those "
        "that the models declare:%s",
        op.where,
        ", ".join(map(repr, values)),
        "".join(f"\n  {mention}" for mention in mentions),
    )
