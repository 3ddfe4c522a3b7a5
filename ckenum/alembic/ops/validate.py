"""Check rows that have not been checked yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from . import arguments
from .base import CheckEnumOp


@Operations.register_operation("validate_check_enum")
@BatchOperations.register_operation(
    "validate_check_enum", "batch_validate_check_enum"
)
class ValidateCheckEnumOp(CheckEnumOp):
    """Make the database check the rows that it has not checked yet."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        existing_values: Sequence[str | None],
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, **options)
        self.existing_values = arguments.value_list(
            self.error, "existing_values", existing_values
        )

    @property
    def not_online(self) -> str:
        return "it never holds up readers or writers"

    def reverse(self) -> ValidateCheckEnumOp:
        """Return itself: it is harmless to validate again."""
        return self

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return self._diff_tuple("validate", list(self.existing_values))

    @classmethod
    def validate_check_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        existing_values: Sequence[str],
        *,
        name: str,
        schema: str | None = None,
        array: bool = False,
    ) -> None:
        """Validate a constraint that PostgreSQL holds as ``NOT VALID``.

        Readers and writers go on meanwhile ("ALTER TABLE" in PostgreSQL's
        manual: SHARE UPDATE EXCLUSIVE). It raises
        :class:`~ckenum.exc.RowsRemainError` if rows hold anything else. On
        a database where constraints are always valid, as on SQLite, it does
        nothing.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param existing_values: the strings that it may hold.
        :param name: the constraint's name.
        :param schema: the table's schema.
        :param array: whether the column holds arrays.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                existing_values,
                name=name,
                schema=schema,
                array=array,
            )
        )

    @classmethod
    def batch_validate_check_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        existing_values: Sequence[str],
        **options: Any,
    ) -> None:
        """Validate a constraint of the batch's table.

        Like :meth:`validate_check_enum`, with the same options.
        """
        op = cls._in_batch(operations, column_name, existing_values, **options)
        operations.invoke(op)
