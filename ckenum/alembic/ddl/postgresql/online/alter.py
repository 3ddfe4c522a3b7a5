"""The steps from one constraint to another; each looks whether it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from . import chunks
from .. import catalog
from ... import rows
from .....constraint_names import final_name
from .....exc import ConstraintDiffersError
from .....exc import RowsRemainError
from ....ops import AlterCheckEnumOp
from ....ops import CheckEnumOp
from ...column import column_changes
from ...constraint import constraint_of
from ...kept_renames import after
from ...kept_renames import during
from ...kept_renames import Renames
from ..ddl import RenameConstraint
from ..ddl import SwapNotValid
from ..trigger import follow
from .going_back import go_back
from .look import look
from .refusals import is_refusal
from .rehearsal import rehearse
from .session import log
from .session import Session
from .validation import held
from .validation import strings
from .validation import validate

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Executable
    from typing_extensions import TypeGuard


@dataclass(frozen=True)
class Alter:
    """Get from ``old`` to ``new`` in steps; an earlier run may have done
    some of them.
    """

    operations: Operations
    session: Session
    op: AlterCheckEnumOp
    old: CheckConstraint
    new: CheckConstraint

    def is_done(self) -> bool:
        """Whether all rows are known to be as they should."""
        found = self._found()
        return (
            self._is_in_place(found)
            and found.validated
            and self.op.changes_values
            and not {*self.op.rename, *self.op.delete} & {*self.op.values}
        )

    def run(self) -> None:
        """Delete rows, swap the constraint, change rows, validate."""
        op, session = self.op, self.session
        self._require_start()
        look(session, final_name(self.new, session.connection.dialect))
        self._require_rules()
        has_trigger = not during(op, {}) or self.may_have_trigger
        if op.changes_rows:
            first = self._swapping if has_trigger else self._widening
            rehearse(session, op, first)
        if op.delete:
            # delete first: an UPDATE of a row that violates a constraint fails
            chunks.change(session, self._only_deleting(), "Delete from")
        if not has_trigger:
            session.under_lock(self._widening)
            with self._back_if_refused():
                chunks.change(session, op, "Update")
        session.under_lock(self._swapping)
        with self._back_if_refused():
            if op.changes_rows:
                chunks.change(session, op, "Change")
            validate(session, self.new, op.values, op.ways_out)
        if self._found() is None:
            raise op.error(
                f"another session dropped the constraint {op.name!r} during "
                f"this change: add it by op.create_check_enum() with the new "
                f"values, and run the migration again"
            )

    @contextmanager
    def _back_if_refused(self) -> Iterator[None]:
        """Go back if a row refuses the change, but not for a lock."""
        try:
            yield
        except (DBAPIError, RowsRemainError) as error:
            if isinstance(error, DBAPIError) and not is_refusal(error):
                raise
            go_back(
                self.session,
                self.op,
                self._going_back,
                self._validate_both,
                error,
            )

    def _require_start(self) -> None:
        """Raise if others have migrated on from the values of this change.

        A constraint that is not validated may come from a run that was
        stopped, so it is accepted.
        """
        op = self.op
        found = held(self.session, self.old) or self._found()
        if found is None or found.values is None or not found.validated:
            return
        both = [*op.values, *op.existing_values]
        if not any(map(found.holds, [op.existing_values, op.values, both])):
            raise ConstraintDiffersError(
                op.table_name,
                op.column_name,
                op.schema,
                sorted(found.values, key=str),
                op.existing_values,
            )

    def _require_rules(self) -> None:
        """Raise if a row holds a value that none of the lists has.

        The rows are not read if the constraint proves that there is none.
        """
        op = self.op
        if op.leaving or None in op.values:
            return  # the rows are already counted, or may hold anything
        found = held(self.session, self.old) or self._found()
        ruled = [*op.values, *op.rename, *op.delete]
        if found and found.validated and found.allows_only(ruled):
            return
        try:
            with self.session.waiting():
                rows.require_none_left(
                    self.session.connection,
                    op,
                    strings(ruled),
                    op.ways_out,
                )
        except RowsRemainError:
            self._require_start()  # others may have migrated on meanwhile
            raise

    def clear_up(self) -> None:
        """Drop the trigger, or keep it for the old application."""
        rule = during if self.op.keep_trigger else after
        if self.op.keep_trigger and not self.may_have_trigger:
            log.warning(
                "No trigger is kept on %r: the role that migrates may not "
                "create one, or the column decides on a row's partition",
                self.op.where,
            )
            return

        def trigger() -> list[Executable]:
            if not self._is_in_place(self._found()):
                return []  # others have migrated on
            first, last = follow(
                self.session.connection, self.op, rule, with_column=False
            )
            return [*first, *last]

        self.session.under_lock(trigger)

    @cached_property
    def may_have_trigger(self) -> bool:
        connection = self.session.connection
        tables = catalog.tree(connection, self.op)
        return catalog.may_have_trigger(
            connection, tables, self.op.column_name
        )

    # -- run under the lock -----------------------------------------------

    def _widening(self) -> list[Executable]:
        """Allow the old values and the new; used if there is no trigger."""
        self._require_start()
        found = self._found()
        both = dict.fromkeys([*self.op.values, *self.op.existing_values])
        if found and (found.holds([*both]) or found.holds(self.op.values)):
            return []
        constraint = constraint_of(
            self.operations, self.op, self.op.name, [*both]
        )
        return [
            *column_changes(self.op),
            SwapNotValid(constraint, self._drops(found)),
        ]

    @cached_property
    def both(self) -> CheckConstraint:
        """The constraint that allows old and new values, by the old name."""
        values = dict.fromkeys([*self.op.existing_values, *self.op.values])
        return constraint_of(
            self.operations, self.op, self.op.drop_name, [*values]
        )

    def _going_back(self) -> list[Executable]:
        """Allow the old values and the new, and remove this change's
        renames from the trigger.
        """
        values = dict.fromkeys([*self.op.existing_values, *self.op.values])
        found = held(self.session, self.old)
        if found is not None and found.holds([*values]):
            return []
        first, last = follow(
            self.session.connection, self.op, _before, with_column=False
        )
        drops = [self.old] if found is not None else []
        if self.op.drop_name != self.op.name and self._found() is not None:
            drops.append(self.new)
        return [*first, SwapNotValid(self.both, drops), *last]

    def _validate_both(self) -> None:
        op = self.op
        values = [*op.existing_values, *op.values]
        validate(self.session, self.both, values, op.ways_out)

    def _swapping(self) -> list[Executable]:
        """Allow only the new values; a trigger converts the old ones."""
        self._require_start()
        found = self._found()
        in_place = self._is_in_place(found)
        if self.is_done():
            return []
        rule = during if self.may_have_trigger else after
        with_column = not in_place or not self.op.changes_values
        first, last = follow(
            self.session.connection, self.op, rule, with_column
        )
        changes: list[Executable] = [*first]
        if with_column:
            changes += column_changes(self.op)
        if not in_place:
            changes.append(self._swap(found))
        return [*changes, *last]

    def _swap(self, found: catalog.Held | None) -> Executable:
        renames = self.op.only_renames_constraint and found is None
        if renames and not self.session.place.in_shards:
            return RenameConstraint(self.old, self.new)
        return SwapNotValid(self.new, self._drops(found))

    def _drops(self, found: catalog.Held | None) -> list[CheckConstraint]:
        if self.op.drop_name == self.op.name:
            return [self.old]
        there = [self.old] if self._old_is_there() or not found else []
        return [*there, *([self.new] if found else [])]

    def _found(self) -> catalog.Held | None:
        return held(self.session, self.new)

    def _old_is_there(self) -> bool:
        return (
            self.op.drop_name != self.op.name
            and held(self.session, self.old) is not None
        )

    def _is_in_place(
        self, found: catalog.Held | None
    ) -> TypeGuard[catalog.Held]:
        return (
            found is not None
            and found.holds(self.op.values)
            and not self._old_is_there()
        )

    def _only_deleting(self) -> AlterCheckEnumOp:
        op = copy.copy(self.op)
        op.rename = {}
        return op


def _before(op: CheckEnumOp, renames: Renames) -> dict[str, str | None]:
    """What an earlier revision's trigger renames, without the renames of
    ``op``.
    """
    assert isinstance(op, AlterCheckEnumOp)
    return {old: new for old, new in renames.items() if old not in op.rename}
