"""From an operation to Alembic's own directives, for all backends.

A constraint is dropped and created in a batch, which is ALTER TABLE on
PostgreSQL and a copy of the table on SQLite. Rows change between two
batches: a constraint would reject either the old values or the new, even
while the table is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
from alembic.autogenerate.render import renderers
from alembic.util import CommandError

from ....backend import backend_of
from ....types import CheckEnum
from ....value_check import ValueCheck
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops import ValidateCheckEnumOp
from ...ops.native import ReplaceNativeEnumOp
from ...ops.native import RestoreNativeEnumOp
from ..portable import INFO
from ..portable import OPTION
from ..portable import PlainOp
from .expressions import condition
from .expressions import prefix
from .literals import final
from .literals import quoted
from .portable_native import native
from .portable_native import retyped
from .portable_rows import Rows
from .portable_shape import comment
from .portable_shape import reshaped
from .source import Expression
from .source import Group
from .source import lines

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from .types import RenderItem

_IN_BATCH = 8
_IN_FUNCTION = 4


@renderers.dispatch_for(PlainOp)
def _render(context: AutogenContext, plain: PlainOp) -> list[str]:
    return list(_Rendering(context, plain.op, plain.neighbours).lines())


@dataclass(frozen=True)
class _Rendering:
    context: AutogenContext
    op: CheckEnumOp
    neighbours: Sequence[ValueCheck]

    # -- the body of the function ----------------------------------------

    def lines(self) -> Iterator[str]:
        op = self.op
        yield from op.note
        if isinstance(op, CreateCheckEnumOp):
            new = self.held(op.name or self.default_name, op.values)
            yield from self.batch(
                *self.drops(), *self.column(), *self.creates(new)
            )
        elif isinstance(op, DropCheckEnumOp):
            old = self.held(op.name, op.existing_values)
            yield from self.batch(
                *self.drops(old), *self.column(), *self.creates()
            )
        elif isinstance(op, ValidateCheckEnumOp):
            same = self.held(op.name, op.existing_values)
            yield from self.batch(*self.drops(same), *self.creates(same))
        elif isinstance(op, ReplaceNativeEnumOp):
            new = self.held(op.name, op.values)
            yield from Rows(
                self.context, op, native(self.context, op)
            ).remaining()
            yield from self.around_rows(
                op,
                [*self.drops(), *retyped(self.context, op)],
                [*self.creates(new)],
            )
        elif isinstance(op, RestoreNativeEnumOp):
            old = self.held(op.name, op.existing_values)
            yield from Rows(self.context, op).remaining()
            yield from self.around_rows(
                op,
                [*self.drops(old)],
                [*retyped(self.context, op), *self.creates()],
            )
        elif type(op) is AlterCheckEnumOp:
            yield from self.altered(op)
        else:
            raise CommandError(
                f"The change of {op.where!r} takes more than Alembic's own "
                f'directives. Generate it without {OPTION}="alembic".'
            )

    def altered(self, op: AlterCheckEnumOp) -> Iterator[str]:
        old = self.held(op.drop_name, op.existing_values)
        new = self.held(op.name or op.drop_name, op.values)
        if op.changes_shape:
            yield from comment(op)
            yield from Rows(self.context, op.about_rows).remaining()
            yield from self.around_rows(
                op,
                [*self.drops(old), *reshaped(self.context, op)],
                [*self.creates(new)],
            )
            return
        yield from Rows(self.context, op).remaining()
        column = [*self.column()]
        yield from self.around_rows(
            op,
            [*self.drops(old), *(column if op.widens else ())],
            [*(() if op.widens else column), *self.creates(new)],
        )

    def around_rows(
        self,
        op: AlterCheckEnumOp,
        before: Sequence[Expression],
        after: Sequence[Expression],
    ) -> Iterator[str]:
        """One batch; if rows change, two with the rows in between."""
        if not op.changes_rows:
            yield from self.batch(*before, *after)
            return
        yield "# Rows change between two batches: there, no constraint rejects"
        yield "# old or new values, even while SQLite copies the table."
        yield from self.batch(*before)
        yield from Rows(self.context, op).changed()
        yield from self.batch(*after)

    def batch(self, *calls: Expression) -> Iterator[str]:
        """A ``with`` block; Alembic's printer needs an empty line after it."""
        arguments = [quoted(self.op.table_name)]
        if self.op.schema:
            arguments.append(f"schema={quoted(self.op.schema)}")
        if not calls:
            arguments.append('recreate="always"')
            yield "# A copy of the table loses CHECKs without a name."
        opening = Group(f"with {self.alembic}batch_alter_table(", arguments)
        yield from lines(opening, _IN_FUNCTION, " as batch_op:")
        for call in calls or ["pass"]:
            yield from lines(call, _IN_BATCH)
        yield ""

    # -- in a batch ------------------------------------------------------

    def drops(self, *own: ValueCheck) -> Iterator[Expression]:
        for held in (*own, *self.neighbours):
            if held.name:
                yield Group(
                    "batch_op.drop_constraint(",
                    [self.name(held), 'type_="check"'],
                )

    def creates(self, *own: ValueCheck) -> Iterator[Expression]:
        for held in (*own, *self.neighbours):
            yield Group(
                "batch_op.create_check_constraint(",
                [self.name(held), condition(self.context, held)],
            )

    def column(self) -> Iterator[Expression]:
        op = self.op
        arguments = [quoted(op.column_name)]
        if op.changes_length:
            for argument, length in (
                ("existing_type", op.existing_length),
                ("type_", op.length),
            ):
                type_ = _repr_type(op.column_type(length), self.context)
                arguments.append(f"{argument}={type_}")
        if op.changes_default:
            arguments.append(f"server_default={quoted(op.server_default)}")
            existing = quoted(op.existing_server_default)
            arguments.append(f"existing_server_default={existing}")
        if len(arguments) > 1:
            yield Group("batch_op.alter_column(", arguments)

    def name(self, held: ValueCheck) -> str:
        return f"batch_op.f({quoted(held.name)})"

    def held(self, name: str, values: Sequence[str | None]) -> ValueCheck:
        return ValueCheck(
            name, self.op.column_name, tuple(values), self.op.array
        )

    @property
    def default_name(self) -> str:
        """For a constraint without a name; a batch cannot create one so."""
        return f"ck_{self.op.table_name}_{self.op.column_name}"

    @property
    def alembic(self) -> str:
        return str(self.context.opts["alembic_module_prefix"] or "")


def render_item(before: RenderItem | None) -> RenderItem:
    """A ``render_item`` that writes no CheckEnum; that of ``env.py`` is asked
    first.
    """

    def render(kind: str, item: Any, context: AutogenContext) -> str | bool:
        if before is not None:
            rendered = before(kind, item, context)
            if rendered is not False:
                return rendered
        if kind == "type" and isinstance(item, CheckEnum):
            return _type(context, item)
        if kind == "check" and INFO in item.info:
            return _check(context, item.info[INFO])
        return False

    return render


def _type(context: AutogenContext, type_: CheckEnum) -> str:
    variants = sorted(type_._variant_mapping.items())
    return string(context, type_.length) + "".join(
        f".with_variant({_repr_type(variant, context)}, {quoted(dialect)})"
        for dialect, variant in variants
    )


def _check(context: AutogenContext, held: ValueCheck) -> str:
    """A constraint inside ``create_table``."""
    name = final(context, held.name)
    return (
        f"{prefix(context)}CheckConstraint({condition(context, held)}, "
        f"name={name})"
    )


def string(context: AutogenContext, length: int | None) -> str:
    type_ = backend_of(context.dialect).string(context.dialect, length)
    given = ", ".join(
        f"{name}={value!r}"
        for name, value in (("length", length), ("collation", type_.collation))
        if value is not None
    )
    return f"{prefix(context)}String({given})"
