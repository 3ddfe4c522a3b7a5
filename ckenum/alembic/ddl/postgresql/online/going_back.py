"""Go back to where the application can go on, when a row refuses.

From the swap on the constraint knows the new values only. A row that cannot
get one would refuse every update of the application, too.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from .....exc import LockTimeoutError
from .....exc import OnlineUndoneError
from .....exc import RowsRemainError
from ...emit import as_text
from .offender import offender
from .offender import unchanged
from .refusals import said

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Executable

    from .session import Session
    from ....ops import AlterCheckEnumOp


_KEPT = "a trigger or a rule keeps it as it is, or changes another instead"


def go_back(
    session: Session,
    op: AlterCheckEnumOp,
    statements: Callable[[], Sequence[Executable]],
    validate: Callable[[], None],
    error: DBAPIError | RowsRemainError,
) -> NoReturn:
    """Put back a constraint that allows both, then raise.

    :param statements: what puts it back, asked under the table's lock.
    :param validate: has the server look at all rows, by that constraint.
    :param error: what the change ended in.

    Raises ``error`` itself where it counts rows that have no rule, else
    :class:`~ckenum.exc.OnlineUndoneError`.
    """
    row, reason = _why(session, op, error)
    run: list[Any] = []

    def recorded() -> Sequence[Executable]:
        run[:] = statements()
        return run

    by_hand = None
    try:
        session.under_lock(recorded)
    except (DBAPIError, LockTimeoutError):
        dialect = session.connection.dialect
        by_hand = [f"{as_text(each, dialect)};" for each in run]
    else:
        # rows that neither list allows were there before
        with suppress(DBAPIError, LockTimeoutError, RowsRemainError):
            validate()
    if row is None and isinstance(error, RowsRemainError) and not by_hand:
        raise error
    raise OnlineUndoneError(
        op.table_name,
        op.column_name,
        op.schema,
        row,
        reason,
        _giving_up(op),
        by_hand,
    ) from error


def _why(
    session: Session, op: AlterCheckEnumOp, error: DBAPIError | RowsRemainError
) -> tuple[str | None, str]:
    """The row that is to blame, and for what."""
    if isinstance(error, DBAPIError):
        return offender(session, op), said(error)
    if {*error.counts} <= {*op.rename, *op.delete}:
        return unchanged(session, op), _KEPT
    return None, str(error)


def _giving_up(op: AlterCheckEnumOp) -> str:
    """The directive that leads back to the old values."""
    back = op.reverse()
    both = [*dict.fromkeys([*op.values, *op.existing_values])]
    arguments = [
        repr(op.table_name),
        repr(op.column_name),
        repr([*op.existing_values]),
        f"existing_values={both!r}",
        f"name=op.f({str(op.drop_name)!r})",
    ]
    if back.rename:
        arguments.append(f"rename={back.rename!r}")
    if op.schema:
        arguments.append(f"schema={op.schema!r}")
    if op.array:
        arguments.append("array=True")
    return f"op.alter_check_enum({', '.join(arguments)})"
