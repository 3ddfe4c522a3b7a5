"""Change rows chunk by chunk; each chunk is committed."""

from __future__ import annotations

from collections.abc import Generator
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
import copy
from dataclasses import dataclass
from dataclasses import field
import time
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .. import catalog
from ... import rows
from ....ops import AlterCheckEnumOp
from ..sqlstate import sqlstate
from .parameters import BY_RANGE
from .parameters import set_back
from .progress import progress
from .ranges import at
from .ranges import places
from .ranges import ranges
from .ranges import TABLE_OID
from .ranges import TID
from .ranges import Wanted
from .replicas import Brake
from .session import LOCKED

if TYPE_CHECKING:
    from tqdm import tqdm

    from .session import Session


def change(session: Session, op: AlterCheckEnumOp, what: str) -> None:
    """Change all rows that ``op`` has rules for.

    It may run again: rows already changed are not found again. Raises
    :class:`~ckenum.exc.LockTimeoutError` if others keep rows locked.
    """
    change_all(session, list(changes(session, op)), f"{what} {op.where}")


def change_all(session: Session, changes: Sequence[Change], what: str) -> None:
    """Run ``changes`` chunk by chunk, as :func:`change` does."""
    counts = [(each, each.count()) for each in changes]
    pending = [each for each, count in counts if count]
    if not pending:
        return
    total = sum(count for _, count in counts)
    settings = session.settings
    with progress(what, total, settings.rows_per_chunk) as bar:
        until: float | None = None
        brake = Brake(session)
        while any([each.leaves_some(bar, brake) for each in pending]):
            # the deadline for rows that others hold starts now
            until = until or time.monotonic() + settings.deadline
            if time.monotonic() > until:
                raise session.timeout([each.table for each in pending])
            session.pause()


def changes(session: Session, op: AlterCheckEnumOp) -> Iterator[Change]:
    """The statements that change the rows of each table."""
    tables = catalog.tree(session.connection, op)
    moves = catalog.decides_on_partition(
        session.connection, tables, op.column_name
    )
    for table in tables:
        if table.kind == "p":
            continue
        # only an UPDATE of the whole table can move a row between partitions
        for statement in rows.statements(
            _on(op, tables[0] if moves else table),
            session.connection.dialect,
        ):
            if moves:
                statement = statement.where(TABLE_OID == table.oid)
            else:
                statement = statement.with_hint("ONLY")
            yield Change(session, table, statement, only=not moves)


def _on(op: AlterCheckEnumOp, table: catalog.Table) -> AlterCheckEnumOp:
    there = copy.copy(op)
    there.table_name = table.name
    there.schema = table.schema
    return there


@dataclass(frozen=True)
class Change:
    """A statement that changes rows of one table.

    :ivar only: whether the statement names that table, not a table it is a
        partition of.
    :ivar parameters: of the server, to set in each transaction.
    """

    session: Session
    table: catalog.Table
    statement: sa.Update | sa.Delete
    only: bool
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> Wanted:
        condition = self.statement.whereclause
        assert condition is not None
        return Wanted(self.table, self.statement.table, condition, self.only)

    def count(self) -> int:
        counting = self.wanted.select(sa.func.count())
        ((count,),) = self.session.read(counting)
        return int(count)

    def parts(self) -> Generator[Any, int, None]:
        """What :meth:`_chunk` takes: each some rows, and all of them."""
        return ranges(self.session, self.wanted)

    def leaves_some(self, bar: tqdm[None], brake: Brake) -> bool:
        """Change the rows, and return whether others kept some locked."""
        left = False
        here = self.parts()
        with suppress(StopIteration):
            condition = next(here)
            while True:
                brake.wait()
                changed, held = self._chunk(condition)
                left = left or held
                bar.update(changed)
                if self.session.settings.chunk_pause:
                    self.session.sleep(self.session.settings.chunk_pause)
                condition = here.send(changed)
        return left

    def _chunk(self, condition: sa.ColumnElement[bool]) -> tuple[int, bool]:
        """Return how many rows were changed, and whether others held some."""
        changed = 0
        # others may move rows between query and change: the second pass
        # locks the rows that it finds
        for locked in (False, True):
            ran = self._run(condition, locked)
            if ran is None:
                break
            changed += ran[1]
            if locked or ran[0] <= ran[1]:
                return changed, False
        _, more = self._run(condition, skip_locked=True) or (0, 0)
        return changed + more, True

    def _run(
        self,
        condition: sa.ColumnElement[bool],
        locked: bool = False,
        skip_locked: bool = False,
    ) -> tuple[int, int] | None:
        """Return the numbers of rows found and changed; ``None`` if others
        held one.

        It gives up long before an application that waits for these rows
        could get a deadlock error.
        """
        session = self.session
        timeout = session.settings.lock_timeout
        rows = self.wanted.select(TID).where(condition)
        if locked or skip_locked:
            # an UPDATE need not wait for a foreign key's lock on the row
            beside = isinstance(self.statement, sa.Update)
            rows = rows.with_for_update(
                key_share=beside, skip_locked=skip_locked
            )
        try:
            if self.table.kind == "f":  # its rows may have no ctid
                with session.transaction(timeout):
                    return 0, self._changed(condition)
            parameters = {**BY_RANGE, **self.parameters}
            with session.transaction(timeout, parameters) as before:
                query = places(rows, set_back(before))
                row: Any = session.execute(query).one()
                count, found, _ = row
                return count, self._changed(at(found)) if count else 0
        except DBAPIError as error:
            if sqlstate(error) not in LOCKED:
                raise
            return None

    def _changed(self, condition: sa.ColumnElement[bool]) -> int:
        statement = self.statement.where(condition)
        return int(self.session.execute(statement).rowcount)
