"""Renamed values that ON UPDATE CASCADE brings into other columns.

Their CHECKs would refuse the new value while they have the old list. So
they take both, old and new, before the value is renamed where the keys
refer to, and the new ones alone after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import copy
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Tuple
from typing import TYPE_CHECKING
from typing import Union

from alembic.operations import ops as alembic_ops

from . import gather
from ...ddl.postgresql.keys import foreign_keys
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops.keys import RefusedOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

Place = Tuple[Union[str, None], str, str]
"""Schema, table and column, as the database takes them for equal."""

NOT_ONLINE = (
    "# Not online: rows of other columns change with it, ON UPDATE CASCADE."
)


def put_in_steps(
    context: AutogenContext, upgrade_ops: alembic_ops.UpgradeOps
) -> None:
    """Have the columns that renamed values get into take old and new ones
    meanwhile.

    Where the models change the list of none of them, a :class:`RefusedOp`
    says so.
    """
    queued: dict[Place, Any] = {
        _place(context, op.schema, op.table_name, op.column_name): op
        for op in _check_enum_ops(upgrade_ops.ops)
    }
    renaming = [place for place, op in queued.items() if _renames(op)]
    if not renaming:
        return
    cascades = _Cascades(context, queued)
    followers = {place: cascades.from_(place) for place in renaming}
    for place in renaming:
        if not _is_led(place, followers):
            for follower in followers[place]:
                cascades.lead(place, follower)
    cascades.put(upgrade_ops)


def _check_enum_ops(ops: Iterable[Any]) -> Iterator[CheckEnumOp]:
    for table in ops:
        for op in getattr(table, "ops", ()):
            if type(op) in (
                AlterCheckEnumOp,
                CreateCheckEnumOp,
                DropCheckEnumOp,
            ):
                yield op


def _renames(op: CheckEnumOp) -> bool:
    return isinstance(op, AlterCheckEnumOp) and bool(op.rename)


def _is_led(place: Place, followers: dict[Place, list[Place]]) -> bool:
    """Whether the rows of another one bring its new values.

    Of those that go round in a ring the first is not.
    """
    order = [*followers]
    return any(
        place in others
        and not (
            leader in followers[place]
            and order.index(place) < order.index(leader)
        )
        for leader, others in followers.items()
        if leader != place
    )


def _place(context: AutogenContext, schema: str | None, *names: str) -> Place:
    dialect = context.dialect
    table, column = (gather.folded(name, dialect) for name in names)
    default = dialect.default_schema_name
    return None if schema == default else schema, table, column


@dataclass
class _Cascades:
    """What follows a renamed value.

    :ivar queued: the operation on the constraint of each column.
    :ivar before: what makes columns take old and new values.
    :ivar after: what makes them take the new ones alone.
    """

    context: AutogenContext
    queued: dict[Place, Any]
    before: dict[Place, CheckEnumOp] = field(default_factory=dict)
    after: dict[Place, CheckEnumOp] = field(default_factory=dict)
    refused: list[RefusedOp] = field(default_factory=list)

    # -- the keys --------------------------------------------------------

    def from_(self, place: Place) -> list[Place]:
        """The columns that follow the one at ``place``, by any way."""
        found = [place]
        for each in found:
            found += [
                column for column in self._next(each) if column not in found
            ]
        return found[1:]

    def _next(self, place: Place) -> list[Place]:
        if self.context.dialect.name == "postgresql":
            pairs = self._of_postgresql(place)
        else:
            pairs = self._of_inspector(place[0])
        return [column for column, referred in pairs if referred == place]

    def _of_postgresql(self, place: Place) -> Iterator[tuple[Place, Place]]:
        assert self.context.connection is not None
        for key in foreign_keys(self.context.connection, [place]):
            if key.options.get("onupdate") == "CASCADE":
                yield from key.pairs

    def _of_inspector(
        self, schema: str | None
    ) -> Iterator[tuple[Place, Place]]:
        found = self.context.inspector.get_multi_foreign_keys(schema=schema)
        for (_, table), keys in found.items():
            for key in keys:
                if key.get("options", {}).get("onupdate") != "CASCADE":
                    continue
                other = key["referred_schema"] or schema
                for column, referred in zip(
                    key["constrained_columns"], key["referred_columns"]
                ):
                    yield (
                        _place(self.context, schema, table, column),
                        _place(
                            self.context,
                            other,
                            key["referred_table"],
                            referred,
                        ),
                    )

    # -- the operations --------------------------------------------------

    def lead(self, place: Place, follower: Place) -> None:
        """Have ``follower`` take the values that ``place`` renames."""
        leader, op = self.queued[place], self.queued.get(follower)
        new = {value for value in leader.rename.values() if value}
        if isinstance(op, DropCheckEnumOp):
            self.before[follower] = op
        elif isinstance(op, CreateCheckEnumOp):
            self.after[follower] = op
        elif isinstance(op, AlterCheckEnumOp) and new <= {*op.values}:
            self._split(leader, follower, op)
        else:
            self._require_list(leader, follower, new)
            return
        if self.context.opts.get("ckenum_online"):
            leader.online = False
            leader.note = (NOT_ONLINE,)

    def _split(
        self, leader: AlterCheckEnumOp, follower: Place, op: AlterCheckEnumOp
    ) -> None:
        if follower in self.before:
            return
        rename = {**_applicable(leader, op), **op.rename}
        steps = in_two_steps(op, rename)
        self.before[follower], self.after[follower] = steps
        for step in steps:
            step.note = (
                f"# {op.where!r} takes old and new values while",
                f"# ON UPDATE CASCADE brings those of {leader.where!r}.",
            )
            if self.context.opts.get("ckenum_online"):
                step.note = (*step.note, NOT_ONLINE)

    def _require_list(
        self, leader: AlterCheckEnumOp, follower: Place, new: set[str]
    ) -> None:
        """Refuse, where a CHECK that stays would refuse a new value."""
        schema, table, column = follower
        side = gather.TableSide(self.context, schema, table)
        for existing in side.readable(column):
            lacking = new - {*existing.strings}
            if lacking and not existing.has_null:
                self.refused.append(
                    RefusedOp(
                        _reason(
                            leader, side.where(column), existing.name, lacking
                        )
                    )
                )

    def put(self, upgrade_ops: alembic_ops.UpgradeOps) -> None:
        taken = [self.queued[place] for place in {*self.before, *self.after}]
        for table in upgrade_ops.ops[:]:
            if isinstance(table, alembic_ops.ModifyTableOps):
                table.ops[:] = [
                    op
                    for op in table.ops
                    if not any(op is other for other in taken)
                ]
                if not table.ops:
                    upgrade_ops.ops.remove(table)
        upgrade_ops.ops[:] = [
            *self.refused,
            *_of_tables(self.before.values()),
            *upgrade_ops.ops,
            *_of_tables(self.after.values()),
        ]


def _of_tables(
    ops: Iterable[CheckEnumOp],
) -> Iterator[alembic_ops.ModifyTableOps]:
    for op in ops:
        yield alembic_ops.ModifyTableOps(op.table_name, [op], schema=op.schema)


def _applicable(
    leader: AlterCheckEnumOp, op: AlterCheckEnumOp
) -> dict[str, str | None]:
    """The renames of ``leader`` that the column of ``op`` takes part in."""
    return {
        old: new
        for old, new in leader.rename.items()
        if old in op.existing_values
        and old not in op.values
        and new in op.values
    }


def in_two_steps(
    op: AlterCheckEnumOp, rename: dict[str, str | None]
) -> tuple[AlterCheckEnumOp, AlterCheckEnumOp]:
    """``op`` as one that adds values and one that renames and removes.

    Each of them, on the way back too, changes rows only where no old value
    is to come any more: the first one's reverse renames back.
    """
    values = [value for value in op.existing_values if value is not None]
    both = [*values, *(v for v in op.values if v not in values)]
    first, last, whole = copy.copy(op), copy.copy(op), copy.copy(op)
    first.values, first.rename = tuple(both), {}
    first.server_default = first.existing_server_default = False
    last.existing_values, last.rename = tuple(both), rename
    last.existing_name = None
    other = last if op.widens else first
    other.length = other.existing_length = None
    whole.rename = rename
    first.rename_back, last.rename_back = whole.usual_rename_back, {}
    for step in (first, last):
        step.online = False
    return first, last


def _reason(
    leader: AlterCheckEnumOp, where: str, name: str, lacking: Iterable[str]
) -> str:
    renamed = ", ".join(
        f"{old!r} to {new!r}" for old, new in leader.rename.items()
    )
    refused = ", ".join(map(repr, sorted(lacking)))
    return (
        f"{leader.where!r} renames {renamed}, and a foreign key with ON "
        f"UPDATE CASCADE brings that into {where!r}, whose CHECK {name!r} "
        f"refuses {refused}. So no migration can be written. Rename the "
        f"value in the models of {where!r} as well."
    )
