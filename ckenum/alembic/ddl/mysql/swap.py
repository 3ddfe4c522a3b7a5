"""Renames that must not run twice: swaps, rings and chains.

A second run would rename again what the first run renamed. Alembic runs a
revision again until it has recorded it, and DDL commits before that. So the
database has to tell how far a run got:

* If the list stays the same, no DDL follows the rows. They change in the
  transaction that records the revision (:mod:`.unrecorded`).
* If the list changes, it tells how far the run got. First, the values that are
  both old and new are replaced by placeholders, and the list loses them. Then
  the placeholders are replaced by the new values. One more placeholder is in
  the list while the first of these steps changes rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
import copy
from dataclasses import dataclass
from itertools import count
from itertools import islice
from itertools import product
import logging
import string
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from . import catalog
from . import change as repeatable
from . import existing
from . import unrecorded
from ....constraint_names import final_name
from ...ops import AlterCheckEnumOp
from ..constraint import constraint_of
from .alteration import Change
from .isolation import read_committed
from .trigger import Triggers

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops import CheckEnumOp

log = logging.getLogger("alembic.ckenum")


def change(
    operations: Operations,
    op: CheckEnumOp,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Replace ``old`` by ``new``, whatever the renames are."""
    if (
        not isinstance(op, AlterCheckEnumOp)
        or not op.renames_again
        or old is None
        or new is None
    ):
        repeatable.change(operations, op, old, new)
    elif keeps_list(op):
        _in_place(operations, op, old, new)
    else:
        _Stages.of(operations.get_bind(), op).run(operations, old, new)


def keeps_list(op: AlterCheckEnumOp) -> bool:
    return {*op.values} == {*op.existing_values}


def commits_by_itself(connection: Connection) -> bool:
    """Whether each UPDATE is committed as it runs."""
    return bool(connection.scalar(sa.text("SELECT @@SESSION.autocommit")))


def _in_place(
    operations: Operations,
    op: AlterCheckEnumOp,
    old: CheckConstraint,
    new: CheckConstraint,
) -> None:
    connection = operations.get_bind()
    _require_no_trigger(operations, op)
    repeatable.change(operations, _without_rows(op), old, new)
    if unrecorded.is_open(connection):
        repeatable.change_rows(connection, op)
    else:
        with read_committed(connection):
            repeatable.change_rows(connection, op)
    unrecorded.keep_open(operations, op)


def _require_no_trigger(operations: Operations, op: AlterCheckEnumOp) -> None:
    """Such a column change would have to follow the rows, and it commits."""
    kept = Triggers(operations, op).before
    if {*kept.values()} & {*op.rename}:
        raise op.error(
            "an online rename has left its trigger on the column, which "
            "writes values that are renamed here: run "
            "op.drop_check_enum_trigger() in a revision before"
        )


def _without_rows(op: AlterCheckEnumOp) -> AlterCheckEnumOp:
    found = copy.copy(op)
    found.rename, found.delete = {}, ()
    return found


# -- by way of placeholders ---------------------------------------------------


@dataclass(frozen=True)
class _Stages:
    """A rename in two parts, each of which may run twice.

    :ivar first: old values that are new ones too become placeholders.
    :ivar second: placeholders become new values, and all else happens.
    :ivar back: undoes ``first``.
    :ivar begun: the placeholder that is in the list while ``first`` or
        ``back`` runs.
    :ivar held: the placeholders that rows hold in between.
    """

    op: AlterCheckEnumOp
    first: AlterCheckEnumOp
    second: AlterCheckEnumOp
    back: AlterCheckEnumOp
    begun: str
    held: frozenset[str]

    @classmethod
    def of(cls, connection: Connection, op: AlterCheckEnumOp) -> _Stages:
        again = [old for old in op.rename if old in op.renames_again]
        begun, *others = islice(_spare(connection, op), len(again) + 1)
        held = dict(zip(again, others))
        between = [v for v in op.existing_values if v not in held] + others
        first = _stage(op, between, [*op.existing_values, begun], held)
        first.existing_name = op.existing_name
        second = _stage(
            op,
            op.values,
            between,
            {held.get(old, old): new for old, new in op.rename.items()},
        )
        second.delete = op.delete
        second.length = op.length
        second.existing_length = op.existing_length
        second.server_default = op.server_default
        back = _stage(
            op,
            op.existing_values,
            [*between, begun],
            {placeholder: old for old, placeholder in held.items()},
        )
        back.existing_name, back.name = op.name, op.drop_name
        return cls(op, first, second, back, begun, frozenset(others))

    def run(
        self,
        operations: Operations,
        old: CheckConstraint,
        new: CheckConstraint,
    ) -> None:
        """Finish what an earlier run has left."""
        there = self._there(operations, old, new)
        between = constraint_of(
            operations, self.first, self.op.name, self.first.values
        )
        if there == {*self.op.values}:
            log.warning(
                "The list of '%s' is the new one already, so its rows are "
                "taken to be renamed",
                self.op.where,
            )
            repeatable.change(operations, _without_rows(self.op), old, new)
            return
        if self.begun in there or not there & self.held:
            self._require_no_key(operations.get_bind())
            repeatable.change(operations, self.first, old, between)
        try:
            repeatable.change(operations, self.second, between, new)
        except BaseException:
            with suppress(SQLAlchemyError):
                self._go_back(operations, between, old, new)
            raise

    def _require_no_key(self, connection: Connection) -> None:
        """The other table of a foreign key has no placeholders."""
        keys = catalog.foreign_keys(connection, *catalog.place(self.op))
        own = [key.name for key in keys if key.is_own]
        if own:
            raise self.op.error(
                f"rename produces values that it also renames "
                f"({self.op.renames_again!r}), so rows hold placeholders for "
                f"a moment, which the foreign key {own[0]!r} refuses: drop "
                f"it before this directive, and create it again after"
            )

    def _there(
        self,
        operations: Operations,
        old: CheckConstraint,
        new: CheckConstraint,
    ) -> set[str | None]:
        connection = operations.get_bind()
        names = [final_name(each, connection.dialect) for each in (old, new)]
        found = existing.find(connection, self.op, names)
        values = Change(operations, self.op, found).allowed()
        if values is None:
            raise self.op.error(
                f"rename produces values that it also renames "
                f"({self.op.renames_again!r}), and no constraint "
                f"{names[0]!r} with a list of values tells whether that was "
                f"done already"
            )
        return values

    def _go_back(
        self,
        operations: Operations,
        between: CheckConstraint,
        old: CheckConstraint,
        new: CheckConstraint,
    ) -> None:
        """Restore the old rows and the old list, if no row has a new value
        yet.
        """
        if self._there(operations, old, new) == {*self.first.values}:
            repeatable.change(operations, self.back, between, old)


def placeholders(connection: Connection, op: CheckEnumOp) -> frozenset[str]:
    """The values that rows may hold after an earlier run was stopped."""
    if (
        not isinstance(op, AlterCheckEnumOp)
        or not op.renames_again
        or keeps_list(op)
    ):
        return frozenset()
    return _Stages.of(connection, op).held


def _stage(
    op: AlterCheckEnumOp,
    values: list[str | None] | tuple[str | None, ...],
    existing_values: list[str | None],
    rename: Mapping[str, str | None],
) -> AlterCheckEnumOp:
    stage = copy.copy(op)
    stage.values, stage.existing_values = tuple(values), tuple(existing_values)
    stage.rename, stage.delete = {**rename}, ()
    stage.existing_name = None
    stage.length = stage.existing_length = None
    stage.server_default = False
    return stage


def _spare(connection: Connection, op: AlterCheckEnumOp) -> Iterator[str]:
    """Strings that are no values and fit into the column. They are the same
    in each run of ``op``.
    """
    column = catalog.column(connection, *catalog.place(op))
    lengths = [op.existing_length, op.length, column.length if column else 1]
    room = min((each for each in lengths if each is not None), default=1)
    known = {*op.values, *op.existing_values}
    if room >= len("zz_ckenum_000"):
        strings = (f"zz_ckenum_{number}" for number in count())
    else:
        signs = string.punctuation + string.digits + string.ascii_letters
        sizes = range(1, room + 1)
        strings = (
            "".join(each)
            for size in sizes
            for each in product(signs, repeat=size)
        )
    return (each for each in strings if each not in known)
