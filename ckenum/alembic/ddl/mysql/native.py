"""A native ENUM to a check enum and back.

MODIFY keeps what it repeats of the column's definition, and one ALTER TABLE
changes the type and the constraint together. So whenever a change is
interrupted, the type or a CHECK limits the column, and each step can run
again. Rows change while the column is a VARCHAR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from . import catalog
from . import change
from . import existing
from . import guards
from . import online
from . import show_create
from . import swap
from ....backend import backend_of
from ....backend.collated import collated
from ....backend.mysql import exact_collation
from ....constraint_names import final_name
from ...ops import AlterCheckEnumOp
from ...ops.native import RestoreNativeEnumOp
from ..checks import require_names
from ..checks import require_only
from ..constraint import constraint_of
from ..repeat import require_repeatable
from .alteration import Change
from .ddl import Modify
from .definition import Definition
from .trigger import Triggers

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Connection

    from ...ops.native import ReplaceNativeEnumOp
    from ...ops.native_base import NativeEnumOp


def move(operations: Operations, op: NativeEnumOp) -> None:
    """Make an ENUM a VARCHAR with a CHECK, or the other way round."""
    if isinstance(op, RestoreNativeEnumOp):
        _restore_type(operations, op)
    else:
        _replace_type(operations, op)


def _replace_type(operations: Operations, op: NativeEnumOp) -> None:
    """Turn the ENUM into a VARCHAR with a CHECK of labels and values, then
    change the rows and narrow the CHECK.
    """
    connection = _connection(operations, op)
    online.require_possible(operations, op)
    text_op = op.of_text(online=op.online)
    require_repeatable(operations, text_op)
    guards.require_retypable(connection, op)
    _require_known(operations, op)
    new = constraint_of(operations, text_op, op.name, op.values)
    require_names(operations, text_op, new=new)
    with change.counted(lambda: _require_known(operations, op)):
        definition = show_create.definition(connection, op)
        if definition.is_enum:
            first = new
            if op.changes_rows:
                both = [*dict.fromkeys([*op.existing_values, *op.values])]
                first = constraint_of(operations, text_op, op.name, both)
            Change(operations, op, None).to(
                first, _as_text(connection, op, definition)
            )
        elif _found(connection, text_op, new) is None:
            raise op.error("the column is not an ENUM")
        if op.changes_rows:
            swap.change(operations, text_op, new, new)


def _restore_type(operations: Operations, op: RestoreNativeEnumOp) -> None:
    """Change the rows and narrow the CHECK to the labels, then turn the
    VARCHAR into an ENUM without a CHECK.
    """
    connection = _connection(operations, op)
    online.require_possible(operations, op)
    definition = show_create.definition(connection, op)
    if definition.is_enum:
        Triggers(operations, op).drop()  # an earlier run has ended before it
        return
    text_op = op.of_text(online=op.online)
    require_repeatable(operations, text_op)
    if text_op.renames_again and swap.keeps_list(text_op):
        raise op.error(
            f"rename produces values that it also renames "
            f"({text_op.renames_again!r}), which must not run twice: rename "
            f"them by op.alter_check_enum() in a revision before"
        )
    guards.require_retypable(connection, op)
    _require_labels(op)
    default = _new_default(op, definition)
    if isinstance(default, str) and default not in op.values:
        raise op.error(
            f"its default {default!r} is no label: give server_default="
        )
    _require_known(operations, op)
    old = constraint_of(operations, text_op, op.name, op.existing_values)
    require_names(operations, text_op, old=old)
    with change.counted(lambda: _require_known(operations, op)):
        if op.changes_rows or {*op.existing_values} - {*op.values}:
            labels = constraint_of(operations, text_op, op.name, op.values)
            swap.change(operations, text_op, old, labels)
        found = _found(connection, text_op, old)
        labels_only = definition.with_enum(
            [label for label in op.values if label is not None],
            _collation(connection, op),
        )
        Change(operations, op, found).to(
            None, Modify(op.column_name, labels_only.with_default(default))
        )
        Triggers(operations, op).drop()


def _connection(operations: Operations, op: NativeEnumOp) -> Connection:
    if operations.migration_context.as_sql:
        raise op.error(
            "a script cannot tell the rest of the column's definition, which "
            "MODIFY would lose: run the migration without --sql"
        )
    return operations.get_bind()


def _require_known(operations: Operations, op: NativeEnumOp) -> None:
    """A row has an empty string if an ENUM could not hold its value ("The ENUM
    Type", section 13.3.6 of MySQL's manual).
    """
    interim = swap.placeholders(
        operations.get_bind(), op.of_text(online=op.online)
    )
    accepted = [*op.values, *op.rename, *interim]
    require_only(operations, op, accepted, op.ways_out)


def _found(
    connection: Connection, op: AlterCheckEnumOp, constraint: CheckConstraint
) -> catalog.StoredCheck | None:
    name = final_name(constraint, connection.dialect)
    return existing.find(connection, op, [name])


def _as_text(
    connection: Connection, op: NativeEnumOp, definition: Definition
) -> Modify:
    if op.length is None:
        raise op.error("a VARCHAR needs a length here: give length=")
    text = definition.with_type(
        f"varchar({op.length})", exact_collation(connection.dialect)
    )
    return Modify(
        op.column_name, text.with_default(_new_default(op, definition))
    )


def _new_default(op: NativeEnumOp, definition: Definition) -> Any:
    """The default from now on; ``False`` to keep the present one."""
    if op.changes_default:
        return op.server_default
    default = definition.default
    return op.rename.get(default, default) if default is not None else False


def _require_labels(op: RestoreNativeEnumOp) -> None:
    for label in op.values:
        if label != (label or "").rstrip(" "):
            raise op.error(
                f"the label {label!r} ends in a blank, which an ENUM does not "
                f"keep: rename it"
            )


# -- the servers show a label of four bytes with question marks --------------


def label_meant(label: str, values: Sequence[str]) -> str:
    """The one of ``values`` that the server shows as ``label``; otherwise
    ``label``.
    """
    meant = show_create.shown_as(label, values)
    return meant[0] if len(meant) == 1 else label


def why_no_way_back(op: ReplaceNativeEnumOp) -> str | None:
    """Why a downgrade would create an ENUM with wrong labels, if it would."""
    for label in op.existing_values:
        shown = show_create.as_shown(label or "")
        meant = show_create.shown_as(shown, op.values)
        if "?" in shown and len(meant) != 1:
            return (
                f"The server shows a label of the native ENUM {op.where!r} as "
                f"{shown!r}, with a question mark for each character of four "
                f"bytes, and {len(meant)} values of the model look so. So "
                f"its downgrade cannot be written. Write "
                f"op.replace_native_enum() by hand, with the label itself in "
                f"existing_values."
            )
    return None


# -- labels are compared by the column's collation ----------------------------


class _Converted(FunctionElement[str]):
    """Text in another character set."""

    inherit_cache = False
    type = sa.String()

    def __init__(self, charset: str, text: sa.ColumnElement[str]) -> None:
        super().__init__(text)
        self.charset = charset


@compiles(_Converted, "mysql", "mariadb")
def _converted(element: _Converted, compiler: Any, **kw: Any) -> str:
    text = compiler.process(element.clauses, **kw)
    return f"CONVERT({text} USING {element.charset})"


def _collation(connection: Connection, op: RestoreNativeEnumOp) -> str | None:
    """The exact collation, if that of the table lacks a label's character or
    considers two labels equal; otherwise ``None``, for that of the table.
    """
    collation = catalog.table_collation(connection, op)
    labels = sa.union_all(
        *(
            sa.select(sa.literal(label, sa.String()).label("label"))
            for label in op.values
        )
    ).subquery()
    label = labels.c.label
    there: Any = _Converted(collation.partition("_")[0], label)
    exact = backend_of(connection.dialect).exact
    kept, distinct = connection.execute(
        sa.select(
            sa.func.sum(sa.case((exact(there) == exact(label), 1), else_=0)),
            sa.func.count(sa.distinct(collated(there, collation))),
        )
    ).one()
    fits = int(kept) == int(distinct) == len(op.values)
    return None if fits else exact_collation(connection.dialect)
