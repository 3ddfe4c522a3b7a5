"""A writer: it remembers what the database has said is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
import random
import time
from typing import Any

import psycopg

from .promises import Promises
from .table import CUSTOMERS

APART = 10**9
"""Ids of rows are a writer's number times this, and more."""


@dataclass
class Row:
    """As it was committed last.

    :ivar status: what was written, whatever that is called today; ``None``
        where the row was deleted.
    """

    status: str | None
    note: int
    items: set[int] = field(default_factory=set)


@dataclass
class Ledger:
    """What a writer knows in the end.

    :ivar broken: what must not have happened, in words.
    :ivar stalls: the longest calls: seconds, and what was called.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    touched: Counter[int] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    stalls: list[tuple[float, str]] = field(default_factory=list)


class Writer:
    """One of the application's processes.

    :ivar prefilled: what the rows hold that are nobody's, turn about.
    :ivar others: how many of them there are.
    :ivar is_old: whether it goes on with a value's old name for as long as
        that may be written.
    """

    def __init__(
        self,
        number: int,
        conninfo: str,
        path: Path,
        prefilled: list[str],
        others: int,
    ) -> None:
        self.prefilled = prefilled
        self.others = others
        self.is_old = bool(number % 2)
        self.path = path
        self.conninfo = conninfo
        self.ledger = Ledger()
        self.dice = random.Random(number)
        self.next = number * APART
        self.now = Promises.read(path)

    def work(self, stop: Any) -> Ledger:
        acts: dict[Callable[[], None], int] = {
            self.insert: 30,
            self.upsert: 15,
            self.change_status: 20,
            self.change_note: 20,
            self.touch: 10,
            self.add_item: 10,
            self.delete: 4,
            self.read: 10,
            self.several: 6,
            self.think_better: 2,
        }
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            self.connection = connection
            while not stop.is_set():
                (act,) = self.dice.choices([*acts], [*acts.values()])
                self.now = Promises.read(self.path)
                act()
                if connection.broken:
                    self.ledger.broken.append("the connection was lost")
                    break
        return self.ledger

    # -- what it does ------------------------------------------------------

    def insert(self) -> None:
        id = self.new_id()
        status = self.any_status()
        with self.call("insert", writes=status) as call:
            call(
                "INSERT INTO orders (id, customer, status, note)"
                " VALUES (%s, %s, %s, 0)",
                [id, self.any_customer(), status],
            )
            self.ledger.rows[id] = Row(status, 0)

    def upsert(self) -> None:
        """A new row, or one that is there, which may be gone meanwhile."""
        id = self.any_own() if self.dice.random() < 0.7 else None
        id = id or self.new_id()
        status = self.any_status()
        note = self.dice.randrange(10**6)
        with self.call("upsert", writes=status) as call:
            ((is_new,),) = call(
                "INSERT INTO orders (id, customer, status, note)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO UPDATE"
                " SET status = excluded.status, note = excluded.note"
                " RETURNING xmax = 0",
                [id, self.any_customer(), status, note],
            )
            before = self.ledger.rows.get(id)
            if before and before.status and is_new:
                self.require_deleted(before)
            items = set() if is_new or not before else before.items
            self.ledger.rows[id] = Row(status, note, items)

    def change_status(self) -> None:
        id = self.any_own()
        if id is None:
            return
        status = self.any_status()
        row = self.ledger.rows[id]
        with self.call("update of status", writes=status) as call:
            found = call(
                "UPDATE orders SET status = %s WHERE id = %s RETURNING id",
                [status, id],
            )
            self.wrote(row, bool(found), status=status)

    def change_note(self) -> None:
        id = self.any_own()
        if id is None:
            return
        row = self.ledger.rows[id]
        note = self.dice.randrange(10**6)
        with self.call("update of a column", holds=row) as call:
            found = call(
                "UPDATE orders SET note = %s WHERE id = %s RETURNING id",
                [note, id],
            )
            self.wrote(row, bool(found), note=note)

    def touch(self) -> None:
        """A row that is nobody's, or another writer's."""
        id = self.dice.randint(1, self.others)
        row = Row(self.prefilled[id % len(self.prefilled)], 0)
        with self.call("update of others' rows", holds=row) as call:
            if call(
                "UPDATE orders SET touched = touched + 1 WHERE id = %s"
                " RETURNING id",
                [id],
            ):
                self.ledger.touched[id] += 1

    def add_item(self) -> None:
        id = self.any_own()
        if id is None:
            return
        row, item = self.ledger.rows[id], self.new_id()
        with self.call("insert that refers", holds=row) as call:
            call('INSERT INTO items (id, "order") VALUES (%s, %s)', [item, id])
            row.items.add(item)

    def delete(self) -> None:
        id = self.any_own()
        if id is None:
            return
        row = self.ledger.rows[id]
        with self.call("delete", holds=row) as call:
            found = call("DELETE FROM orders WHERE id = %s RETURNING id", [id])
            self.wrote(row, bool(found), status=None)
            row.status = None

    def read(self) -> None:
        id = self.any_own()
        if id is None:
            return
        row = self.ledger.rows[id]
        with self.call("read", holds=row) as call:
            found = call("SELECT status, note FROM orders WHERE id = %s", [id])
            self.now = Promises.read(self.path)
            if not found:
                self.wrote(row, False)
            elif found[0][0] not in self.now.names(row.status):
                self.broke(f"{row.status!r} was read as {found[0][0]!r}")
            elif found[0][1] != row.note:
                self.broke(f"a note of {row.note} was read as {found[0][1]}")

    def several(self) -> None:
        """One transaction that does more, in two statements."""
        id, item, status = self.new_id(), self.new_id(), self.any_status()
        with self.call("transaction", writes=status) as call:
            with self.connection.transaction():
                call(
                    "INSERT INTO orders (id, customer, status, note)"
                    " VALUES (%s, %s, %s, 0)",
                    [id, self.any_customer(), status],
                )
                call(
                    'INSERT INTO items (id, "order") VALUES (%s, %s)',
                    [item, id],
                )
            self.ledger.rows[id] = Row(status, 0, {item})

    def think_better(self) -> None:
        """A transaction that is rolled back."""
        with self.call(
            "rollback", writes=(status := self.any_status())
        ) as call:
            with self.connection.transaction(force_rollback=True):
                call(
                    "INSERT INTO orders (id, customer, status, note)"
                    " VALUES (%s, %s, %s, 0)",
                    [self.new_id(), self.any_customer(), status],
                )

    # -- what it chooses ---------------------------------------------------

    def new_id(self) -> int:
        self.next += 1
        return self.next

    def any_own(self) -> int | None:
        """A row that is there, as far as it knows: of the last ones most."""
        if not self.ledger.rows:
            return None
        ids = list(self.ledger.rows)[-2000:]
        id = self.dice.choice(ids)
        return id if self.ledger.rows[id].status else None

    def any_customer(self) -> int:
        return self.dice.randint(1, CUSTOMERS)

    def any_status(self) -> str:
        """One that may be written; now and then one that may be refused."""
        if self.dice.random() < 0.03:
            return self.dice.choice(self.now.ever)
        kept = self.now.kept
        if self.is_old and self.dice.random() < 0.5:
            kept = [v for v in kept if v in self.now.becomes] or kept
        return self.dice.choice(kept)

    # -- what came of it ---------------------------------------------------

    @contextmanager
    def call(
        self, kind: str, writes: str | None = None, holds: Row | None = None
    ) -> Iterator[Callable[..., list[Any]]]:
        """Time it; see what an error says, and whether it may be.

        :param writes: a value that is written.
        :param holds: the row, where its value is not.
        """

        def execute(statement: str, parameters: list[Any]) -> list[Any]:
            cursor = self.connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

        start = time.monotonic()
        try:
            yield execute
            self.ledger.written[kind] += 1
        except psycopg.Error as error:
            may_be = self.is_documented(error, writes, holds)
            if may_be:
                self.ledger.refused[f"{error.sqlstate}: {may_be}"] += 1
            else:
                self.broke(f"{kind}: {error.sqlstate} {error} ({writes})")
        self.ledger.stalls.append((time.monotonic() - start, kind))
        self.ledger.stalls = sorted(self.ledger.stalls)[-5:]

    def is_documented(
        self, error: psycopg.Error, writes: str | None, holds: Row | None
    ) -> str | None:
        """Why an error may be; ``None`` where it must not be."""
        before, self.now = self.now, Promises.read(self.path)
        if isinstance(error, psycopg.errors.CheckViolation) and writes:
            if writes not in before.kept or writes not in self.now.kept:
                return "a value that has gone, or is not there yet"
        goes = holds and self.now.final(holds.status) is None
        if isinstance(error, psycopg.errors.CheckViolation) and goes:
            return "a row that is to be deleted"
        if isinstance(error, psycopg.errors.ForeignKeyViolation) and goes:
            return "a row that was deleted"
        return None

    def wrote(self, row: Row, found: bool, **changed: Any) -> None:
        """Remember; a row that is not found was deleted by a directive."""
        if found:
            vars(row).update(changed)
        else:
            self.require_deleted(row)
            row.status = None

    def require_deleted(self, row: Row) -> None:
        self.now = Promises.read(self.path)
        if self.now.final(row.status) is not None:
            self.broke(f"a row with {row.status!r} is not there")

    def broke(self, what: str) -> None:
        self.ledger.broken.append(what)
