"""If a row refuses a change, go back to where the application can go on.

After the swap the constraint allows only the new values. A row that cannot
get one would also refuse every update by the application.
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

    from ....ops import AlterCheckEnumOp
    from .session import Session


_KEPT = "a trigger or a rule keeps it as it is, or changes another row instead"


def go_back(
    session: Session,
    op: AlterCheckEnumOp,
    statements: Callable[[], Sequence[Executable]],
    validate: Callable[[], None],
    error: DBAPIError | RowsRemainError,
) -> NoReturn:
    """Put back a constraint that allows old and new values, then raise.

    :param statements: returns the statements that put it back; called under
        the table's lock.
    :param validate: makes the server check all rows by that constraint.
    :param error: the error that ended the change.

    Raises ``error`` itself if it counts rows without a rule, else
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
        # this may fail: rows that neither list allows were there before
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
    """The row that is to blame, and the reason."""
    if isinstance(error, DBAPIError):
        return offender(session, op), said(error)
    if not error.more and {*error.counts} <= {*op.rename, *op.delete}:
        return unchanged(session, op), _KEPT
    return None, str(error)


def _giving_up(op: AlterCheckEnumOp) -> str:
    """The directive that goes back to the old values."""
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
