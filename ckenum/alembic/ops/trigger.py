"""The directive that drops the trigger an online rename has left."""

from __future__ import annotations

from typing import Any

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations
from alembic.operations.ops import ModifyTableOps

from .base import CheckEnumOp


@Operations.register_operation("drop_check_enum_trigger")
@BatchOperations.register_operation(
    "drop_check_enum_trigger", "batch_drop_check_enum_trigger"
)
class DropCheckEnumTriggerOp(CheckEnumOp):
    """Drop the trigger that ``keep_trigger=True`` has left."""

    def __init__(
        self, table_name: str, column_name: str, **options: Any
    ) -> None:
        super().__init__(table_name, column_name, name="", **options)

    def reverse(self) -> ModifyTableOps:
        """Return nothing to do: no row holds an old value any more."""
        return ModifyTableOps(self.table_name, [], schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (
            "remove_check_enum_trigger",
            self.schema,
            self.table_name,
            self.column_name,
        )

    @classmethod
    def drop_check_enum_trigger(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        online: bool = True,
    ) -> None:
        """Drop the trigger that ``alter_check_enum(keep_trigger=True)`` left.

        Run it when no process writes the old values any more. The downgrade
        does nothing, because no row holds them. If there is no such
        trigger, as on SQLite, it does nothing. It finds the trigger by the
        column's present name, whatever the table and the column were called
        when the trigger was created. The log warns of a ``zz_ckenum_*``
        trigger that is not recognised, or that belongs to a partitioned
        table above.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param schema: the table's schema.
        :param online: whether to wait for the table's lock without holding
            up readers and writers. It then commits what came before it in
            its revision, and may raise
            :class:`~ckenum.exc.LockTimeoutError`.
        """
        operations.invoke(
            cls(table_name, column_name, schema=schema, online=online)
        )

    @classmethod
    def batch_drop_check_enum_trigger(
        cls, operations: BatchOperations, column_name: str
    ) -> None:
        """Drop the trigger of a column of the batch's table.

        Like :meth:`drop_check_enum_trigger`, but in the batch's transaction.
        """
        operations.invoke(cls._in_batch(operations, column_name))
