"""Find what else names a value that leaves a column, and warn of it.

Not only rows hold a value. A partial index whose predicate names the old
value stays without an error, and covers no row any more.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.operations.batch import BatchOperationsImpl

from ...constraint_names import final_name
from ...reflection import read_check
from ...reflection import read_values
from ...reflection import ValueList
from .registry import impl_of

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...exc import DirectiveError
    from ..ops import CheckEnumOp
    from .mention import Mention

log = logging.getLogger("alembic.ckenum")


def look(
    operations: Operations,
    op: CheckEnumOp,
    *own: CheckConstraint,
    renames_default: bool = False,
) -> None:
    """Warn of objects that name a value which ``op`` renames or removes.

    Raises :class:`~ckenum.exc.DirectiveError` if the column's default is
    such a value and the new constraint would refuse it.

    :param own: the constraints that ``op`` drops and adds.
    :param renames_default: whether to rename the default in ``op`` instead
        of raising, if its value has a new name.
    """
    context = operations.migration_context
    values = _renamed_or_removed(op)
    if context.as_sql or not values:
        return
    names = {
        final_name(check, context.dialect) if check.name else ""
        for check in own
    }
    found = impl_of(context.dialect).mentions_of(
        operations.get_bind(), op, values, frozenset(names)
    )
    if found is None:
        return
    defaults = [] if _gets_default(operations, op) else found.defaults()
    for default in defaults:
        replaced = _replacement(op, default, context.dialect.name)
        if replaced and not (renames_default and replaced[1] is not None):
            raise _refuses(op, default, *replaced)
        if replaced:
            op.existing_server_default, op.server_default = replaced
    if op.changes_default:
        defaults = []
    dialect = context.dialect.name
    others = (m for m in found.others() if not _takes_both(op, m, dialect))
    _warn(op, [*defaults, *others])


def _takes_both(op: CheckEnumOp, mention: Mention, dialect: str) -> bool:
    """Whether it is a list of values that has the new names too, as the
    lists of columns have that get their values from this one.
    """
    if mention.kind != "CHECK":
        return False
    reading = read_check(dialect, mention.text)
    if not isinstance(reading, ValueList):
        return False
    own = (op.table_name, op.column_name)
    return (mention.owner, reading.column) != own and all(
        op.rename.get(value) in reading.values for value in mention.values
    )


def _renamed_or_removed(op: CheckEnumOp) -> tuple[str, ...]:
    values = {*op.values}
    return tuple(
        value
        for value in op.existing_values
        if value is not None and (value in op.rename or value not in values)
    )


def _gets_default(operations: Operations, op: CheckEnumOp) -> bool:
    """Whether the directive changes the column's default, or an earlier
    item of the same batch does.
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


def _replacement(
    op: CheckEnumOp, default: Mention, dialect: str
) -> tuple[str | None, str | None] | None:
    """The default, and its replacement, if the new constraint refuses it.

    The replacement is ``None`` if the value has no new name.
    """
    items = read_values(dialect, default.text, op.array) or ()
    strings = [item for item in items if item is not None]
    values = {*op.values}
    refused = {item for item in strings if item not in values}
    if not refused & {*default.values}:
        return None
    renamed = [op.rename.get(item, item) for item in strings]
    left = [item for item in renamed if item in values and item is not None]
    return op.shape.written(strings), op.shape.written(left)


def _refuses(
    op: CheckEnumOp, default: Mention, existing: str | None, new: str | None
) -> DirectiveError:
    return op.error(
        f"the default of column {default.name!r} of table {default.owner!r} "
        f"is {existing!r}, which the new constraint refuses. This "
        f"directive changed nothing. Add server_default={new!r}, "
        f"existing_server_default={existing!r} to the directive, or use "
        f"another of its values as the default"
    )


def _warn(op: CheckEnumOp, mentions: list[Mention]) -> None:
    if not mentions:
        return
    values = dict.fromkeys(
        value for mention in mentions for value in mention.values
    )
    log.warning(
        "Check enum on %r renames or removes %s, which other objects still "
        "name. ckenum does not change them, and autogenerate does not "
        "compare what they say. Change them in this revision, including "
        "those that the models declare:%s",
        op.where,
        ", ".join(map(repr, values)),
        "".join(f"\n  {mention}" for mention in mentions),
    )
