"""Which column owns the constraint that a directive names?

A directive drops and replaces only its own column's constraint, and never
uses a name that another constraint has.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
import enum
import logging
import operator
from typing import NamedTuple
from typing import TYPE_CHECKING

from ...reflection import read_check
from ...reflection import ValueList
from ..ops import AlterCheckEnumOp

if TYPE_CHECKING:
    from ...exc import DirectiveError
    from ..ops import CheckEnumOp

log = logging.getLogger("alembic.ckenum")

Same = Callable[[str, str], bool]
"""Whether a backend takes two names for one."""


class Owner(enum.Enum):
    """Which columns a constraint is about."""

    COLUMN = "this column"
    ANOTHER = "another column"
    STRANGER = "several columns, or none"


class Named(NamedTuple):
    """A constraint of a table.

    :ivar definition: its SQL, without its name.
    :ivar columns: the columns that its condition names; empty if it is not
        a CHECK.
    :ivar condition: the condition of a CHECK, as the database gives it.
    """

    name: str
    definition: str
    columns: Collection[str]
    condition: str = ""

    def owner(self, column: str, same: Same = operator.eq) -> Owner:
        if len(self.columns) != 1:
            return Owner.STRANGER
        (name,) = self.columns
        return Owner.COLUMN if same(name, column) else Owner.ANOTHER


def require_own(
    op: CheckEnumOp, found: Named, same: Same = operator.eq
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``op`` would drop or
    replace a constraint that is not its column's.
    """
    if found.owner(op.column_name, same) is not Owner.COLUMN:
        if not op.has_column:
            raise op.no_column()
        raise op.error(
            f"the constraint {found.name!r} of the table is "
            f"{found.definition}, which is not about this column alone. "
            f"Name the column's own constraint, or change that one with "
            f"op.drop_constraint()"
        )


def tell_of_others(op: CheckEnumOp, found: Named, dialect: str) -> None:
    """Warn of values that ``op`` removes without knowing of them; another
    branch of migrations may have added them.
    """
    reading = read_check(dialect, found.condition)
    if not isinstance(op, AlterCheckEnumOp) or op.online:
        return
    if not isinstance(reading, ValueList) or not op.existing_values:
        return
    known = {*op.existing_values, *op.values, *op.rename, *op.delete}
    lost = [value for value in reading.values if value not in known]
    if lost:
        log.warning(
            "The constraint %r on '%s' also allows %s, which are not in "
            "existing_values: this directive removes them. If another "
            "branch of migrations has added them, add them to values",
            found.name,
            op.where,
            ", ".join(map(repr, lost)),
        )


def name_conflict(op: CheckEnumOp, found: Named) -> DirectiveError:
    """The error for a name that ``found`` already has."""
    return op.error(
        f"the table already has a constraint {found.name!r}, "
        f"{found.definition}. Drop or rename that one first, or use another "
        f"name"
    )
