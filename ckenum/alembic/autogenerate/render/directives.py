"""From an operation to the source text of a migration."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import textwrap
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
from alembic.autogenerate.render import renderers
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import _NoArg

from ....arrays import items_of
from ....arrays import undecorated
from ....types import CheckEnum
from ...ops import AlterCheckEnumOp
from ...ops import CheckEnumOp
from ...ops import CreateCheckEnumOp
from ...ops import DropCheckEnumOp
from ...ops import DropCheckEnumTriggerOp
from ...ops import ValidateCheckEnumOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_WIDTH = 79 - 8
"""Columns that an argument may take, inside a call inside a function."""


@renderers.dispatch_for(CreateCheckEnumOp)
def _create(context: AutogenContext, op: CreateCheckEnumOp) -> list[str]:
    return [
        *online_comment(context, op),
        *_call(context, "create_check_enum", op, _listed("", op.values)),
    ]


@renderers.dispatch_for(DropCheckEnumOp)
def _drop(context: AutogenContext, op: DropCheckEnumOp) -> list[str]:
    values = _listed("", op.existing_values)
    return [
        *online_comment(context, op),
        *_call(context, "drop_check_enum", op, values),
    ]


@renderers.dispatch_for(ValidateCheckEnumOp)
def _validate(context: AutogenContext, op: ValidateCheckEnumOp) -> list[str]:
    return _call(
        context, "validate_check_enum", op, _listed("", op.existing_values)
    )


@renderers.dispatch_for(DropCheckEnumTriggerOp)
def _drop_trigger(
    context: AutogenContext, op: DropCheckEnumTriggerOp
) -> list[str]:
    arguments = [quoted(op.column_name)]
    if not context._has_batch:
        arguments.insert(0, quoted(op.table_name))
        if op.schema:
            arguments.append(f"schema={quoted(op.schema)}")
        arguments.append(f"online={op.online}")
    directive = f"{_prefix(context)}drop_check_enum_trigger"
    return [f"{directive}({', '.join(arguments)})"]


@renderers.dispatch_for(AlterCheckEnumOp)
def _alter(context: AutogenContext, op: AlterCheckEnumOp) -> list[str]:
    return [
        *shape_comment(op),
        *about_rows(op, deletes=True),
        *online_comment(context, op),
        *_call(
            context,
            "alter_check_enum",
            op,
            [
                *_listed("", op.values),
                *_listed("existing_values=", op.existing_values),
            ],
            _alter_options(context, op),
        ),
    ]


def about_rows(op: AlterCheckEnumOp, deletes: bool) -> Iterator[str]:
    """What to add to the directive for rows that hold a removed value.

    :param deletes: whether it can delete them.
    """
    leaving = [value for value in op.leaving if value is not None]
    if not op.warns_of_leaving or not leaving:
        return
    old, new = quoted(leaving[0]), quoted(op.values[0])
    end = ";" if deletes else "."
    yield "# If any row still holds a removed value, this stops before"
    if op.existing_array:
        yield "# changing anything. To replace it in the arrays,"
        yield f"# add rename={{{old}: {new}}}{end}"
        removal = "take it out of them"
    else:
        yield "# changing anything. To move such rows to another value (None"
        yield f"# for NULL), add rename={{{old}: {new}}}{end}"
        removal = "delete them"
    if deletes:
        yield f"# to {removal}, add delete=[{old}]."


REWRITES = (
    "# On PostgreSQL this rewrites the table once and rebuilds the",
    "# column's indexes. Nobody can read or write the table",
    "# meanwhile: the lock is ACCESS EXCLUSIVE.",
)


def shape_comment(op: AlterCheckEnumOp) -> Iterator[str]:
    """What happens to rows if single values become arrays, or arrays become
    single values.
    """
    if op.changes_shape:
        yield from REWRITES
        if op.existing_array:
            yield "# Only an array of one item becomes a single value. Any"
            yield "# other array stops this before it changes anything: add an"
            yield "# UPDATE before it, for example to keep the first item."


def online_comment(context: AutogenContext, op: CheckEnumOp) -> Iterator[str]:
    """What it does beside its arguments, and what ``ckenum_online=True`` in
    ``env.py`` means for it.
    """
    yield from op.note
    if op.note or context._has_batch or not context.opts.get("ckenum_online"):
        return
    if op.online:
        yield "# online=True commits what came before it in this revision, so"
        yield "# it should be alone: move anything else to another revision."
        if isinstance(op, AlterCheckEnumOp) and (op.rename or op.leaving):
            for note in op.trigger_notes:
                yield from textwrap.wrap(
                    note, 68, initial_indent="# ", subsequent_indent="# "
                )
    elif op.not_online:
        yield f"# Not online: {op.not_online}."
    elif isinstance(op, CreateCheckEnumOp):
        yield "# Not online, so that it is created with the column or not at"
        yield "# all: it reads every row and holds up readers and writers. For"
        yield "# a big table, move it to the next revision with online=True."


def _alter_options(
    context: AutogenContext, op: AlterCheckEnumOp
) -> Iterator[str]:
    if op.existing_name is not None:
        yield f"existing_name={final(context, op.existing_name)},"
    if op.rename:
        yield from _mapped("rename=", op.rename)
    if op.delete:
        yield from _listed("delete=", op.delete)


def _call(
    context: AutogenContext,
    directive: str,
    op: CheckEnumOp,
    arguments: Sequence[str],
    options: Iterator[str] = iter(()),
) -> list[str]:
    """The lines of a call, one argument a line."""
    lines = [quoted(op.column_name) + ","]
    if not context._has_batch:
        lines.insert(0, quoted(op.table_name) + ",")
    lines += [*arguments, f"name={final(context, op.name)},", *options]
    if op.changes_length or op.changes_shape:
        lines.append(f"length={op.length!r},")
        lines.append(f"existing_length={op.existing_length!r},")
    if op.changes_default:
        existing = quoted(op.existing_server_default)
        lines.append(f"server_default={quoted(op.server_default)},")
        lines.append(f"existing_server_default={existing},")
    if op.schema and not context._has_batch:
        lines.append(f"schema={quoted(op.schema)},")
    if op.array:
        lines.append("array=True,")
    if op.changes_shape:
        lines.append(f"existing_array={op.existing_array},")
    if op.online and not context._has_batch:
        lines.append("online=True,")
    if getattr(op, "keep_trigger", False) and not context._has_batch:
        lines.append("keep_trigger=True,")
    return [
        f"{_prefix(context)}{directive}(",
        *(f"    {line}" for line in lines),
        ")",
    ]


def _listed(argument: str, values: Sequence[str | None]) -> list[str]:
    return _in_brackets(f"{argument}[", [quoted(v) for v in values], "],")


def _mapped(argument: str, mapping: Mapping[str, str | None]) -> list[str]:
    items = [f"{quoted(old)}: {quoted(new)}" for old, new in mapping.items()]
    return _in_brackets(argument + "{", items, "},")


def _in_brackets(opening: str, items: list[str], closing: str) -> list[str]:
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) <= _WIDTH:
        return [line]
    return [opening, *(f"    {item}," for item in items), closing]


def quoted(text: str | Literal[False] | None) -> str:
    """A literal of Python, in double quotes where they need no escape."""
    if not isinstance(text, str):
        return repr(text)
    literal = repr(str(text))
    if literal[0] == "'" and '"' not in literal:
        return f'"{literal[1:-1]}"'
    return literal


def final(context: AutogenContext, name: str) -> str:
    """A name that no naming convention changes any more."""
    if not name:
        return quoted(name)
    return f"{_prefix(context)}f({quoted(name)})"


def _prefix(context: AutogenContext) -> str:
    prefix = context.opts["alembic_module_prefix"]
    return "batch_op." if context._has_batch else str(prefix or "")


RenderItem = Callable[[str, Any, "AutogenContext"], "str | bool"]


def render_item(before: RenderItem | None) -> RenderItem:
    """A ``render_item`` that knows CheckEnum, after the one of ``env.py``.

    As described in "Affecting the Rendering of Types Themselves" in
    Alembic's manual; there is no other place to add the import.
    """

    def render(kind: str, item: Any, context: AutogenContext) -> str | bool:
        if before is not None:
            rendered = before(kind, item, context)
            if rendered is not False:
                return rendered
        type_ = items_of(item) if kind == "type" else None
        if not isinstance(type_, CheckEnum):
            return False
        rendered = _render_type(type_, context)
        whole = undecorated(item)
        if isinstance(whole, sa.ARRAY):
            rendered = _render_array(rendered, whole, context)
        for dialect, variant in sorted(item._variant_mapping.items()):
            other = _repr_type(variant, context)
            rendered += f".with_variant({other}, {quoted(dialect)})"
        return rendered

    return render


def _render_type(type_: CheckEnum, context: AutogenContext) -> str:
    # user_module_prefix may be "sa.", as advanced-alchemy has it
    context.imports.add("import ckenum")
    arguments = [quoted(value) for value in type_.enums]
    if type_.name:
        arguments.append(f"name={final(context, type_.name)}")
    if not isinstance(type_.length_given, _NoArg):
        arguments.append(f"length={type_.length_given!r}")
    return f"ckenum.CheckEnum({', '.join(arguments)})"


def _render_array(
    items: str, type_: sa.ARRAY[Any], context: AutogenContext
) -> str:
    """SQLAlchemy's own, or that of its dialect, never a class of theirs.

    Alembic puts the items in by a regular expression, in which values are
    not escaped.
    """
    prefix = context.opts["sqlalchemy_module_prefix"] or ""
    if isinstance(type_, postgresql.ARRAY):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        prefix = "postgresql."
    options = [
        f", {name}={value!r}"
        for name in ("as_tuple", "dimensions", "zero_indexes")
        if (value := getattr(type_, name)) not in (None, False)
    ]
    return f"{prefix}ARRAY({items}{''.join(options)})"
