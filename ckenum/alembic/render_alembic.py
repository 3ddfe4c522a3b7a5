"""From an operation to directives of Alembic's own, for both backends.

A constraint is dropped and created in a batch, which is ALTER TABLE on
PostgreSQL and a copy of the table on SQLite. Rows change between two of
them: a constraint would reject either the old values or the new ones, also
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

from ..types import CheckEnum
from .items import in_turn
from .layout import Expression
from .layout import Group
from .layout import lines
from .ops import AlterCheckEnumOp
from .ops import CheckEnumOp
from .ops import CreateCheckEnumOp
from .ops import DropCheckEnumOp
from .ops import ValidateCheckEnumOp
from .plain import Held
from .plain import INFO
from .plain import OPTION
from .plain import PlainOp
from .render import final
from .render import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from .render import RenderItem

_IN_BATCH = 8
_IN_FUNCTION = 4


@renderers.dispatch_for(PlainOp)
def _render(context: AutogenContext, plain: PlainOp) -> list[str]:
    return list(_Rendering(context, plain.op, plain.neighbours).lines())


@dataclass(frozen=True)
class _Rendering:
    context: AutogenContext
    op: CheckEnumOp
    neighbours: Sequence[Held]

    # -- what stands in the function -------------------------------------

    def lines(self) -> Iterator[str]:
        op = self.op
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
        yield from self.rows_that_remain(op)
        if not op.changes_rows:
            yield from self.batch(
                *self.drops(old), *self.column(), *self.creates(new)
            )
            return
        yield "# Rows change between two batches, where no constraint rejects"
        yield "# old values or new ones, also while SQLite copies the table."
        yield from self.batch(
            *self.drops(old), *(self.column() if op.widens else ())
        )
        yield from self.rows(op)
        yield from self.batch(
            *(() if op.widens else self.column()), *self.creates(new)
        )

    def batch(self, *calls: Expression) -> Iterator[str]:
        """A ``with`` block; the empty line ends it for Alembic's printer."""
        arguments = [quoted(self.op.table_name)]
        if self.op.schema:
            arguments.append(f"schema={quoted(self.op.schema)}")
        if not calls:
            arguments.append('recreate="always"')
            yield "# A copy of the table has no CHECK without a name."
        opening = Group(f"with {self.alembic}batch_alter_table(", arguments)
        yield from lines(opening, _IN_FUNCTION, " as batch_op:")
        for call in calls or ["pass"]:
            yield from lines(call, _IN_BATCH)
        yield ""

    # -- in a batch ------------------------------------------------------

    def drops(self, *own: Held) -> Iterator[Expression]:
        for held in (*own, *self.neighbours):
            if held.name:
                yield Group(
                    "batch_op.drop_constraint(",
                    [self.name(held), 'type_="check"'],
                )

    def creates(self, *own: Held) -> Iterator[Expression]:
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

    def name(self, held: Held) -> str:
        return f"batch_op.f({quoted(held.name)})"

    def held(self, name: str, values: Sequence[str | None]) -> Held:
        return Held(name, self.op.column_name, values, self.op.array)

    @property
    def default_name(self) -> str:
        """For one that had no name: no batch creates it without."""
        return f"ck_{self.op.table_name}_{self.op.column_name}"

    # -- rows ------------------------------------------------------------

    def rows_that_remain(self, op: AlterCheckEnumOp) -> Iterator[str]:
        """A place for the user's rule, which also makes all of it fail as
        one on SQLite: the driver begins a transaction where rows change,
        not where a table is made.
        """
        leaving = [value for value in op.leaving if value is not None]
        if not leaving or None in op.values:
            return
        yield "# Rows that hold a value which is gone make this fail, with"
        if op.array:
            yield "# nothing changed. Store other arrays here than their own,"
            yield "# by sa.func.array_replace() or sa.func.array_remove()."
        else:
            yield "# nothing changed. Store another value here than their own:"
            yield "# one that they may hold already, or sa.null()."
        yield from self.execute(
            self.update(),
            self.where(leaving),
            self.assignment(self.column_clause),
        )

    def rows(self, op: AlterCheckEnumOp) -> Iterator[str]:
        if op.array:
            yield from self.execute(
                self.update(),
                self.where([*op.rename, *op.delete]),
                self.assignment(self.items_changed(op)),
            )
            return
        if op.rename:
            yield from self.execute(
                self.update(),
                self.where(list(op.rename)),
                self.assignment(self.renamed(op.rename)),
            )
        if op.delete:
            yield from self.execute(
                Group(f"{self.sqlalchemy}delete(", [self.table]),
                self.where(list(op.delete)),
            )

    def renamed(self, rename: dict[str, str | None]) -> Expression:
        if len(set(rename.values())) == 1:
            (new,) = set(rename.values())
            return f"{self.sqlalchemy}null()" if new is None else quoted(new)
        items = [
            f"{quoted(old)}: {quoted(new)}" for old, new in rename.items()
        ]
        value = f"value={self.column_clause}"
        mapping = Group("{", items, "}")
        return Group(f"{self.sqlalchemy}case(", [mapping, value])

    def items_changed(self, op: AlterCheckEnumOp) -> Expression:
        changed: Expression = self.column_clause
        for value in op.delete:
            arguments = [changed, quoted(value)]
            changed = Group(f"{self.sqlalchemy}func.array_remove(", arguments)
        for old, new in in_turn(op.rename):
            arguments = [changed, quoted(old), quoted(new)]
            changed = Group(f"{self.sqlalchemy}func.array_replace(", arguments)
        return changed

    def execute(self, *links: Expression) -> list[str]:
        call = Group(f"{self.alembic}execute(", links, separator="")
        return lines(call, _IN_FUNCTION)

    def update(self) -> Expression:
        return Group(f"{self.sqlalchemy}update(", [self.table])

    def where(self, values: Sequence[str]) -> Expression:
        held = self.held("", values)
        return Group(".where(", [_compared(self.context, held, "&&")])

    def assignment(self, new: Expression) -> Expression:
        column = quoted(self.op.column_name)
        if isinstance(new, Group):
            item: Expression = Group(
                f"{column}: {new.opening}", new.items, new.closing
            )
        else:
            item = f"{column}: {new}"
        return Group(".values(", [Group("{", [item], "}")])

    @property
    def table(self) -> Expression:
        arguments = [quoted(self.op.table_name), self.column_clause]
        if self.op.schema:
            arguments.append(f"schema={quoted(self.op.schema)}")
        return Group(f"{self.sqlalchemy}table(", arguments)

    @property
    def column_clause(self) -> str:
        return f"{self.sqlalchemy}column({quoted(self.op.column_name)})"

    @property
    def sqlalchemy(self) -> str:
        return prefix(self.context)

    @property
    def alembic(self) -> str:
        return str(self.context.opts["alembic_module_prefix"] or "")


def condition(context: AutogenContext, held: Held) -> Expression:
    """What the constraint demands, as an expression of SQLAlchemy's: as
    text, ``' :b'`` would be a bind parameter.
    """
    return _compared(context, held, "<@")


def _compared(
    context: AutogenContext, held: Held, array_operator: str
) -> Expression:
    sqlalchemy = prefix(context)
    column = f"{sqlalchemy}column({quoted(held.column_name)})"
    values = Group("[", [quoted(value) for value in held.values], "]")
    if not held.is_array:
        return Group(f"{column}.in_(", [values])
    array = Group(
        f"{sqlalchemy}cast(",
        [values, f"{sqlalchemy}ARRAY({sqlalchemy}String())"],
    )
    return Group(f"{column}.bool_op({quoted(array_operator)})(", [array])


def render_item(before: RenderItem | None) -> RenderItem:
    """A ``render_item`` without CheckEnum, after the one of ``env.py``."""

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


def _check(context: AutogenContext, held: Held) -> str:
    """A constraint inside ``create_table``."""
    name = final(context, held.name)
    return (
        f"{prefix(context)}CheckConstraint({condition(context, held)}, "
        f"name={name})"
    )


def string(context: AutogenContext, length: int | None) -> str:
    given = "" if length is None else f"length={length}"
    return f"{prefix(context)}String({given})"


def prefix(context: AutogenContext) -> str:
    return str(context.opts["sqlalchemy_module_prefix"] or "")
