"""Renamed values that ON UPDATE CASCADE brings into other columns.

Their CHECKs would refuse the new value while they have the old list. So
they allow both old and new values before the referenced column renames the
value, and only the new ones after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import copy
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

from alembic.operations import ops as alembic_ops

from . import reflected
from ...ddl.impl import Place
from ...ddl.registry import impl_of
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops.keys import RefusedOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

NOT_ONLINE = "# Not online: ON UPDATE CASCADE changes other columns with it."


def put_in_steps(
    context: AutogenContext, upgrade_ops: alembic_ops.UpgradeOps
) -> None:
    """Have the columns that a renamed value cascades to allow old and new
    values during the rename.

    If the models do not change the list of such a column, a
    :class:`RefusedOp` takes the operation's place.
    """
    cascades = _Cascades(context)
    for op in _check_enum_ops(upgrade_ops.ops):
        cascades.queued.setdefault(cascades.key_of(op), []).append(op)
    renaming = [op for op in _check_enum_ops(upgrade_ops.ops) if _renames(op)]
    followers = {id(op): cascades.followers(op) for op in renaming}
    for op in renaming:
        key = cascades.key_of(op)
        if not _is_led(key, cascades, renaming, followers):
            for place in followers[id(op)]:
                cascades.lead(op, place)
    if renaming:
        cascades.put(upgrade_ops)


def _check_enum_ops(ops: Iterable[Any]) -> Iterator[Any]:
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


@dataclass
class _Cascades:
    """The columns that renamed values cascade to.

    :ivar queued: the operations on the constraints of each column.
    :ivar before: the operations that allow old and new values.
    :ivar after: the operations that allow only the new ones.
    :ivar taken: the operations that those two replace.
    """

    context: AutogenContext
    queued: dict[Place, list[CheckEnumOp]] = field(default_factory=dict)
    before: list[CheckEnumOp] = field(default_factory=list)
    after: list[CheckEnumOp] = field(default_factory=list)
    taken: list[CheckEnumOp] = field(default_factory=list)
    refused: list[RefusedOp] = field(default_factory=list)

    def key(self, schema: str | None, table: str, column: str) -> Place:
        """A place, equal for all spellings of its names."""
        dialect = self.context.dialect
        default = dialect.default_schema_name
        return (
            None if schema == default else schema,
            reflected.folded(table, dialect),
            reflected.folded(column, dialect),
        )

    def key_of(self, op: CheckEnumOp) -> Place:
        return self.key(op.schema, op.table_name, op.column_name)

    def followers(self, op: CheckEnumOp) -> list[Place]:
        """The columns that follow that of ``op``, directly or not."""
        impl = impl_of(self.context.dialect)
        places = [(op.schema, op.table_name, op.column_name)]
        keys = {self.key_of(op)}
        for place in places:
            for each in impl.followers(self.context.inspector, *place):
                if self.key(*each) not in keys:
                    keys.add(self.key(*each))
                    places.append(each)
        return places[1:]

    def lead(self, leader: AlterCheckEnumOp, follower: Place) -> None:
        """Have ``follower`` allow the values that ``leader`` renames."""
        new = {value for value in leader.rename.values() if value}
        takes = False
        for op in self.queued.get(self.key(*follower), ()):
            if isinstance(op, DropCheckEnumOp):
                self._move(op, [op], [])
            elif isinstance(op, CreateCheckEnumOp):
                self._move(op, [], [op])
            elif isinstance(op, AlterCheckEnumOp) and new <= {*op.values}:
                self._split(leader, op)
            else:
                continue
            takes = True
            self._tell(leader, [NOT_ONLINE])
        if not takes:
            self._require_list(leader, follower, new)

    def _move(
        self, op: CheckEnumOp, before: list[Any], after: list[Any]
    ) -> None:
        if not any(op is other for other in self.taken):
            self.taken.append(op)
            self.before += before
            self.after += after

    def _split(self, leader: AlterCheckEnumOp, op: AlterCheckEnumOp) -> None:
        rename = {**_applicable(leader, op), **op.rename}
        first, last = in_two_steps(op, rename)
        for step in (first, last):
            step.note = (
                f"# {op.where!r} takes old and new values while",
                f"# ON UPDATE CASCADE brings those of {leader.where!r}.",
            )
            self._tell(step, [*step.note, NOT_ONLINE])
        self._move(op, [first], [last])

    def _tell(self, op: CheckEnumOp, note: list[str]) -> None:
        """Add a note that ``op`` does not run online, if others do."""
        if self.context.opts.get("ckenum_online"):
            op.online, op.note = False, note

    def _require_list(
        self, leader: AlterCheckEnumOp, follower: Place, new: set[str]
    ) -> None:
        """Refuse if an unchanged CHECK would reject a new value."""
        schema, table, column = follower
        side = reflected.TableSide(self.context, schema, table)
        where = side.where(column)
        for existing in side.readable(column):
            lacking = new - {*existing.strings}
            if lacking and not existing.has_null:
                reason = _reason(leader, where, existing.name, lacking)
                self.refused.append(RefusedOp(reason))

    def put(self, upgrade_ops: alembic_ops.UpgradeOps) -> None:
        for table in upgrade_ops.ops[:]:
            if isinstance(table, alembic_ops.ModifyTableOps):
                table.ops[:] = [
                    op
                    for op in table.ops
                    if not any(op is other for other in self.taken)
                ]
                if not table.ops:
                    upgrade_ops.ops.remove(table)
        upgrade_ops.ops[:] = [
            *self.refused,
            *_of_tables(self.before),
            *upgrade_ops.ops,
            *_of_tables(self.after),
        ]


def _is_led(
    key: Place,
    cascades: _Cascades,
    renaming: list[AlterCheckEnumOp],
    followers: dict[int, list[Place]],
) -> bool:
    """Whether its new values cascade from another column.

    In a ring, the first column does not count.
    """
    reached = {
        cascades.key_of(op): {cascades.key(*p) for p in followers[id(op)]}
        for op in renaming
    }
    order = [*reached]
    return any(
        key in others
        and not (
            leader in reached[key] and order.index(key) < order.index(leader)
        )
        for leader, others in reached.items()
        if leader != key
    )


def _of_tables(
    ops: Iterable[CheckEnumOp],
) -> Iterator[alembic_ops.ModifyTableOps]:
    for op in ops:
        yield alembic_ops.ModifyTableOps(op.table_name, [op], schema=op.schema)


def _applicable(
    leader: AlterCheckEnumOp, op: AlterCheckEnumOp
) -> dict[str, str | None]:
    """The renames of ``leader`` that concern the column of ``op``."""
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
    """``op`` in two: one adds values, the other renames and removes them.

    Both ways, rows change only once no old value can arrive any more. So
    the reverse of the first renames back.
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
