"""Random histories of a column, against a plain model of its table."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
import enum
from typing import Any

from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import run_state_machine_as_test
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .backends import BACKENDS
from .backends import Servers
from .models import orders_with
from .pairs import firsts
from .roundtrip import Database
from .roundtrip import Migration

NAMES = ["NEW", "PAID", "SENT", "BACK", "LOST", "it's", "a :b", "50%"]
name = st.sampled_from(NAMES)
name_set = st.lists(name, min_size=1, max_size=5, unique=True)
rules = st.sampled_from(["rename", "null", "delete", "nothing"])

Rows = dict[int, "str | None"]
Renames = dict[str, "str | None"]


@dataclass
class Step:
    """A revision: the lists before and after it, and what it wrote."""

    before: list[str]
    after: list[str]
    renames: Renames
    deletes: list[str]
    migration: Migration
    renames_back: Renames


def model_of(values: list[str], aliases: dict[str, str]) -> sa.MetaData:
    members = {value: number for number, value in enumerate(values)}
    members.update({old: members[new] for old, new in aliases.items()})
    status: Any = enum.Enum("Status", members)
    return orders_with(sa.Column("status", CheckEnum(status)))


class Machine(RuleBasedStateMachine):
    backend = ""
    servers: Servers

    @initialize(values=name_set)
    def create(self, values: list[str]) -> None:
        self.stack = ExitStack()
        url = self.stack.enter_context(self.servers.database(self.backend))
        self.db = Database(self.servers.engine(url))
        self.values = values
        self.rows: Rows = {}
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self.db.create(self.model())

    def model(self) -> sa.MetaData:
        return model_of(self.values, {})

    @rule()
    def insert(self) -> None:
        """A row of each value, and one with none."""
        for value in (*self.values, None):
            number = max(self.rows, default=0) + 1
            self.db.insert("orders", id=number, status=value)
            self.rows[number] = value

    @precondition(lambda self: len(self.values) < len(NAMES))
    @rule(data=st.data())
    def rename_one(self, data: st.DataObject) -> None:
        """A new revision: one value has another name, in its place."""
        old = data.draw(st.sampled_from(self.values))
        new = data.draw(name.filter(lambda name: name not in self.values))
        after = [new if value == old else value for value in self.values]
        migration = self.db.autogenerate(model_of(after, {old: new}))
        self.undone.clear()
        self.up(
            Step(self.values, after, {old: new}, [], migration, {new: old})
        )

    @precondition(lambda self: len(self.values) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        """A revision by hand, which is its own way back: two values change
        places in the rows.
        """
        one, other = data.draw(st.permutations(self.values))[:2]
        renames: Renames = {one: other, other: one}
        directive = (
            f"op.alter_check_enum('orders', 'status', {self.values!r}, "
            f"existing_values={self.values!r}, name='ck_orders_status', "
            f"rename={renames!r})"
        )
        migration = Migration(directive, directive, "")
        self.undone.clear()
        self.up(
            Step(self.values, self.values, renames, [], migration, renames)
        )

    @rule(data=st.data(), after=name_set)
    def migrate(self, data: st.DataObject, after: list[str]) -> None:
        """A new revision: values come and go, each with a rule or none."""
        leaving = [value for value in self.values if value not in after]
        ways = {value: data.draw(rules) for value in leaving}
        aliases = {
            value: data.draw(st.sampled_from(after))
            for value in leaving
            if ways[value] == "rename"
        }
        metadata = model_of(after, aliases)
        if after == self.values or set(after) == set(self.values):
            assert self.db.diff(metadata) == []
            self.values = after
            return
        migration = self.db.autogenerate(metadata)
        renames: Renames = {**aliases}
        renames.update({v: None for v in leaving if ways[v] == "null"})
        deletes = [value for value in leaving if ways[value] == "delete"]
        step = Step(
            self.values,
            after,
            renames,
            deletes,
            edited(migration, renames, deletes),
            back(self.values, aliases),
        )
        self.undone.clear()
        self.up(step)

    def up(self, step: Step) -> None:
        expected = changed(self.rows, step.renames, step.deletes)
        if fits(expected, step.after):
            self.db.upgrade(model_of(step.after, {}), step.migration)
            self.rows, self.values = expected, step.after
            self.done.append(step)
        else:
            with pytest.raises(exc.RowsRemainError):
                self.db.upgrade(model_of(step.after, {}), step.migration)

    @precondition(lambda self: self.done)
    @rule()
    def downgrade(self) -> None:
        step = self.done[-1]
        expected = changed(self.rows, step.renames_back, [])
        if fits(expected, step.before):
            self.db.downgrade(self.model(), step.migration)
            self.rows, self.values = expected, step.before
            self.undone.append(self.done.pop())
        else:
            with pytest.raises(exc.RowsRemainError):
                self.db.downgrade(self.model(), step.migration)

    @precondition(lambda self: self.undone)
    @rule()
    def upgrade(self) -> None:
        if set(self.undone[-1].before) == set(self.values):
            self.up(self.undone.pop())

    @rule()
    def column_goes_and_comes(self) -> None:
        """Dropped and brought back, the column is empty and still held."""
        without = orders_with()
        migration = self.db.autogenerate(without)
        self.db.upgrade(without, migration)
        assert self.db.diff(without) == []
        self.db.downgrade(self.model(), migration)
        self.rows = dict.fromkeys(self.rows)

    @invariant()
    def agree(self) -> None:
        assert self.db.diff(self.model()) == []
        assert self.db.column("orders") == list(self.rows.values())
        with pytest.raises(sa.exc.IntegrityError):
            self.db.insert("orders", id=0, status="stranger")

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


def edited(migration: Migration, renames: Renames, deletes: list[str]) -> Any:
    """As a user would: the rules go into the generated upgrade."""
    lines = [
        line
        for line in migration.upgrade.splitlines()
        if not line.startswith("    rename=")
    ]
    lines[-1:] = [f"    rename={renames!r},", f"    delete={deletes!r},", ")"]
    return Migration("\n".join(lines), migration.downgrade, migration.imports)


def back(before: list[str], aliases: dict[str, str]) -> Renames:
    targets = list(aliases.values())
    return {
        new: old
        for old, new in aliases.items()
        if targets.count(new) == 1 and new not in before
    }


def changed(rows: Rows, renames: Renames, deletes: list[str]) -> Rows:
    return {
        number: renames[value] if value in renames else value
        for number, value in rows.items()
        if value not in deletes
    }


def fits(rows: Rows, values: list[str]) -> bool:
    return {*rows.values()} <= {*values, None}


@pytest.mark.parametrize("backend", firsts(BACKENDS))
def test_histories(backend: str, servers: Servers) -> None:
    """Whatever comes after what, rows, constraint and model agree."""
    machine = type(
        "Machine", (Machine,), {"backend": backend, "servers": servers}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=settings().max_examples // 2,
            stateful_step_count=15,
            suppress_health_check=list(HealthCheck),
        ),
    )
