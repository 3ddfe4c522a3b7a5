"""Foreign keys that are dropped before columns change and created after.

Those that Alembic has queued for the columns go there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from itertools import groupby
from typing import Any

from alembic.operations import ops as alembic_ops
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ...ddl.emit import literal_dialect
from ...ddl.postgresql.keys import Column
from ...ddl.postgresql.keys import ForeignKey
from ...ops.keys import ForeignKeysOp
from ...ops.keys import RefusedOp


@dataclass
class KeysAround:
    """The operations on foreign keys, apart from the tables' other ones.

    :ivar moved: the columns whose type or values change.
    :ivar typed: the database's keys with a column whose type changes.
    :ivar renaming: those that tie columns which rename a value.
    """

    moved: set[Column]
    typed: list[ForeignKey]
    renaming: list[ForeignKey]
    dialect: sa.Dialect
    refused: list[RefusedOp] = field(default_factory=list)
    drops: list[alembic_ops.DropConstraintOp] = field(default_factory=list)
    creates: list[alembic_ops.CreateForeignKeyOp] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[ForeignKey]:
        typed = {_named(key) for key in self.typed}
        return [
            *self.typed,
            *(key for key in self.renaming if _named(key) not in typed),
        ]

    # -- what Alembic has queued -----------------------------------------

    def take_out(self, ops: list[Any]) -> None:
        for op in ops[:]:
            if isinstance(op, alembic_ops.CreateTableOp):
                op.columns = [
                    part
                    for part in op.columns
                    if not self._is_inline(op, part)
                ]
            elif isinstance(op, alembic_ops.ModifyTableOps):
                op.ops[:] = [each for each in op.ops if not self._takes(each)]
                if not op.ops:
                    ops.remove(op)

    def _is_inline(self, table: alembic_ops.CreateTableOp, part: Any) -> bool:
        """Move a key out of a table that is created before columns change."""
        if not isinstance(part, sa.ForeignKeyConstraint):
            return False
        op: Any = alembic_ops.CreateForeignKeyOp.from_constraint(part)
        if op.constraint_name is None:
            # the name PostgreSQL would give: the way back needs it
            name = "_".join([table.table_name, *op.local_cols, "fkey"])
            op.constraint_name = conv(name)
        return self._takes(op)

    def _takes(self, op: Any) -> bool:
        if isinstance(op, alembic_ops.CreateForeignKeyOp):
            if self._has_moved(op):
                self.creates.append(op)
                return True
        elif isinstance(op, alembic_ops.DropConstraintOp):
            schema = self._schema(op.schema)
            named = (schema, op.table_name, op.constraint_name)
            if any(named == _named(key) for key in self.keys):
                self.drops.append(op)
                return True
        return False

    def _has_moved(self, op: alembic_ops.CreateForeignKeyOp) -> bool:
        schema = self._schema(op.kw.get("source_schema"))
        other = self._schema(op.kw.get("referent_schema"))
        return not self.moved.isdisjoint(
            [
                *((schema, op.source_table, name) for name in op.local_cols),
                *((other, op.referent_table, name) for name in op.remote_cols),
            ]
        )

    def _schema(self, schema: str | None) -> str | None:
        """``None`` for the default schema, even if the models name it."""
        return None if schema == self.dialect.default_schema_name else schema

    # -- what is dropped and created again -------------------------------

    def add_those_that_stay(self, ops: Iterable[Any]) -> None:
        gone = {
            (self._schema(op.schema), op.table_name, op.constraint_name)
            for op in self.drops
        }
        tables = {
            (self._schema(op.schema), op.table_name)
            for op in ops
            if isinstance(op, alembic_ops.DropTableOp)
        }
        for key in self.keys:
            if _named(key) in gone or (key.schema, key.table) in tables:
                continue
            reason = _why_not(key) if key in self.typed else None
            if reason is not None:
                self.refused.append(RefusedOp(reason))
                continue
            create = _create(key)
            self.creates.append(create)
            if key.comment is not None:
                self.comments.append(
                    _commented(create, key, literal_dialect(self.dialect))
                )
            self.drops.append(
                alembic_ops.DropConstraintOp(
                    conv(key.name),
                    key.table,
                    schema=key.schema,
                    type_="foreignkey",
                    _reverse=create,
                )
            )

    def before(self) -> list[Any]:
        return [*self.refused, *_grouped(self.drops, False, self.comments)]

    def after(self) -> list[Any]:
        return _grouped(self.creates, True, self.comments)


def _named(key: ForeignKey) -> tuple[str | None, str, str]:
    return key.schema, key.table, key.name


def _create(key: ForeignKey) -> alembic_ops.CreateForeignKeyOp:
    return alembic_ops.CreateForeignKeyOp(
        conv(key.name),
        key.table,
        key.referred_table,
        [*key.columns],
        [*key.referred_columns],
        source_schema=key.schema,
        referent_schema=key.referred_schema,
        **key.options,
    )


def _commented(
    create: alembic_ops.CreateForeignKeyOp, key: ForeignKey, dialect: Any
) -> str:
    constraint = create.to_constraint()
    constraint.comment = key.comment
    statement = sa.schema.SetConstraintComment(constraint)
    return str(statement.compile(dialect=dialect))


def _why_not(key: ForeignKey) -> str | None:
    """Why a key cannot be created again, and what to do."""
    what = (
        f"The foreign key {key.name!r} of {_dotted(key.schema, key.table)!r}"
    )
    for moved, other in key.apart:
        return (
            f"{what} ties {_dotted(*moved)!r}, whose type changes between a "
            f"native ENUM and a VARCHAR, to {_dotted(*other)!r}, whose type "
            f"does not. PostgreSQL has no foreign key between the two types, "
            f"so no migration can be written. Declare both columns as "
            f"CheckEnum in the models, or both as a native ENUM; or take the "
            f"foreign key out of the models."
        )
    if not key.is_plain:
        return (
            f"{what} is NOT ENFORCED or has a PERIOD. It has to go while its "
            f"columns change their type, and op.create_foreign_key() cannot "
            f"create it again: drop it before you generate this migration, "
            f"and create it again after it by op.execute()."
        )
    return None


def _dotted(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _grouped(ops: list[Any], creates: bool, comments: list[str]) -> list[Any]:
    """``ops``, grouped by table."""
    if not ops:
        return []
    ops.sort(key=_table)
    groups = [
        alembic_ops.ModifyTableOps(table, [*group], schema=schema or None)
        for (schema, table), group in groupby(ops, _table)
    ]
    return [ForeignKeysOp(groups, creates, comments)]


def _table(op: Any) -> tuple[str, str]:
    if isinstance(op, alembic_ops.CreateForeignKeyOp):
        return op.kw.get("source_schema") or "", op.source_table
    return op.schema or "", op.table_name
