"""Source text that makes single values arrays, or arrays single values,
without ckenum.
"""

from __future__ import annotations

from collections.abc import Iterator
import copy
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
from sqlalchemy.dialects.postgresql.base import PGDialect

from ...ddl import array_rows
from ...ddl.emit import literal_dialect
from ...ops import AlterCheckEnumOp
from .literals import quoted
from .source import Expression
from .source import Group

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def reshaped(
    context: AutogenContext, op: AlterCheckEnumOp
) -> Iterator[Expression]:
    """The calls that give the column its type and default, inside of a batch.

    PostgreSQL converts no default: it is dropped first. Separate statements
    give rows their new values.
    """
    existing = op.about_rows.column_type(op.existing_length)
    column = [
        quoted(op.column_name),
        f"existing_type={_repr_type(existing, context)}",
    ]
    if op.existing_server_default:
        default = quoted(op.existing_server_default)
        yield _alter(
            *column,
            "server_default=None",
            f"existing_server_default={default}",
        )
    new = _repr_type(op.column_type(op.length), context)
    using = f"postgresql_using={quoted(_using(op))}"
    yield _alter(*column, f"type_={new}", using)
    if op.server_default:
        default = quoted(op.server_default)
        yield _alter(
            column[0], f"existing_type={new}", f"server_default={default}"
        )


ONE_ITEM = [
    "# Only an array of one item becomes a single value. If any",
    "# row has another, this fails and changes nothing: add an",
    "# UPDATE here, for example to keep the first item.",
]


def comment(op: AlterCheckEnumOp) -> Iterator[str]:
    if op.existing_array:
        yield from ONE_ITEM


def _using(op: AlterCheckEnumOp) -> str:
    unchanged = copy.copy(op)
    unchanged.rename, unchanged.delete = {}, ()
    dialect = literal_dialect(PGDialect())  # type: ignore[no-untyped-call]
    clause = array_rows.reshaped(unchanged, dialect)
    options = {"literal_binds": True}
    return str(clause.compile(dialect=dialect, compile_kwargs=options))


def _alter(*arguments: str) -> Expression:
    return Group("batch_op.alter_column(", arguments)
