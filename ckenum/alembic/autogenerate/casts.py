"""Columns of plain strings that become arrays of a CheckEnum, and back.

They have no constraint that could change together with the type. So
Alembic's own directive changes it, with the ``USING`` that PostgreSQL needs
and Alembic does not render.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import copy
from typing import Any
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _alter_column
from alembic.autogenerate.render import renderers
from alembic.operations.ops import AlterColumnOp
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect

from ...arrays import is_array
from ...arrays import items_of
from ...backend import backend_of
from ..ddl import array_rows
from ..ddl.emit import literal_dialect
from ..ops import CheckEnumOp
from .compare.declared import column_named
from .render.literals import quoted
from .render.portable_shape import ONE_ITEM

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps


class CastColumnOp(AlterColumnOp):
    """Change the type, with the expression for the rows' new values."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kw["postgresql_using"] = _using(self)


@renderers.dispatch_for(CastColumnOp)
def _render(context: AutogenContext, op: CastColumnOp) -> list[str]:
    call = _alter_column(context, op).removesuffix(")")
    using = quoted(op.kw["postgresql_using"])
    return [
        *([] if _makes_array(op) else ONE_ITEM),
        f"{call},\n{' ' * 11}postgresql_using={using})",
    ]


def _makes_array(op: AlterColumnOp) -> bool:
    assert op.modify_type is not None
    return is_array(op.modify_type)


def _using(op: AlterColumnOp) -> str:
    column: sa.ColumnClause[Any] = sa.column(op.column_name, op.existing_type)
    if _makes_array(op):
        clause = array_rows.as_array(column)
    else:
        # to fail for another array: its text is not a number
        number = sa.cast(sa.cast(column, sa.Text()), sa.Integer())
        clause = array_rows.only_item(column, sa.cast(number, sa.Text()))
    dialect = literal_dialect(PGDialect())  # type: ignore[no-untyped-call]
    options = {"literal_binds": True}
    return str(clause.compile(dialect=dialect, compile_kwargs=options))


def with_casts(
    context: AutogenContext, table: ModifyTableOps, ops: Iterable[Any]
) -> Iterator[Any]:
    """``ops`` of a table, with the cast for each column that changes between
    strings and arrays and has a directive of ours.
    """
    ops = [*ops]
    ours = {op.column_name for op in ops if isinstance(op, CheckEnumOp)}
    for op in ops:
        if (
            isinstance(op, AlterColumnOp)
            and op.column_name in ours
            and backend_of(context.dialect).has_arrays
            and _is_between(op.existing_type, op.modify_type)
        ):
            yield from _cast(context, table, op)
        else:
            yield op


def _is_between(existing: Any, new: Any) -> bool:
    """Whether one type is strings and the other arrays of strings."""
    return (
        new is not None
        and existing is not None
        and is_array(existing) != is_array(new)
        and all(
            isinstance(items, sa.String) and not isinstance(items, sa.Enum)
            for items in (items_of(existing), items_of(new))
        )
    )


def _cast(
    context: AutogenContext, table: ModifyTableOps, op: AlterColumnOp
) -> Iterator[AlterColumnOp]:
    """PostgreSQL converts no default: the existing one is dropped first, and
    the declared one is set afterwards.
    """
    existing: Any = op.existing_server_default
    if existing is not None and existing is not False:
        yield _default(op, op.existing_type, existing, None)
    cast = copy.copy(op)
    cast.modify_server_default = False
    cast.existing_server_default = False
    yield CastColumnOp(
        op.table_name, op.column_name, **_options(cast), **op.kw
    )
    declared = _declared(context, table, op.column_name)
    if declared is not None:
        yield _default(op, op.modify_type, None, declared)


def _options(op: AlterColumnOp) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(op).items()
        if name.startswith(("existing_", "modify_")) or name == "schema"
    }


def _default(
    op: AlterColumnOp, type_: Any, existing: Any, new: Any
) -> AlterColumnOp:
    return AlterColumnOp(
        op.table_name,
        op.column_name,
        schema=op.schema,
        existing_type=type_,
        existing_server_default=existing,
        modify_server_default=new,
    )


def _declared(
    context: AutogenContext, table: ModifyTableOps, name: str
) -> Any:
    key = ".".join(filter(None, (table.schema, table.table_name)))
    column = column_named(context.table_key_to_table[key], name)
    return None if column is None else column.server_default
