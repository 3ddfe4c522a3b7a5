"""The statements that change a column's length and default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic.ddl.base import ColumnDefault
from alembic.ddl.base import ColumnType

if TYPE_CHECKING:
    from sqlalchemy.schema import DDLElement

    from ..ops import CheckEnumOp


def column_changes(op: CheckEnumOp) -> Iterator[DDLElement]:
    """Change the column's length, then its default."""
    if op.changes_length:
        yield ColumnType(
            op.table_name,
            op.column_name,
            op.column_type(op.length),
            schema=op.schema,
            existing_type=op.column_type(op.existing_length),
        )
    if op.server_default is not False:
        yield ColumnDefault(
            op.table_name,
            op.column_name,
            op.server_default,
            schema=op.schema,
        )
