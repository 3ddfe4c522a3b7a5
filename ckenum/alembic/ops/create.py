"""Create the constraint, and drop it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import Literal

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from . import arguments
from .base import CheckEnumOp


@Operations.register_operation("create_check_enum")
@BatchOperations.register_operation(
    "create_check_enum", "batch_create_check_enum"
)
class CreateCheckEnumOp(CheckEnumOp):
    """Add the constraint to a column that has none."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str | None],
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, **options)
        self.values = arguments.value_list(self.error, "values", values)
        self._check(self.values)

    def reverse(self) -> DropCheckEnumOp:
        return self._way_back(
            DropCheckEnumOp(
                self.table_name,
                self.column_name,
                self.values,
                **self._options_back(),
            )
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return self._diff_tuple("add", list(self.values))

    @classmethod
    def create_check_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        name: str,
        length: int | None = None,
        existing_length: int | None = None,
        server_default: str | None | Literal[False] = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        array: bool = False,
        online: bool = False,
    ) -> None:
        """Restrict an existing column to ``values``.

        If rows hold anything else but NULL, it raises
        :class:`~ckenum.exc.RowsRemainError` before changing anything.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold.
        :param name: the constraint's name. ``op.f()`` keeps it as it is;
            otherwise the ``ck`` naming convention of ``target_metadata``
            applies.
        :param length: the VARCHAR's length in characters from now on, if it
            changes.
        :param existing_length: its length until now.
        :param server_default: the default from now on, as a stored string,
            or ``None`` for no default; to be left out if it does not
            change.
        :param existing_server_default: the default until now.
        :param schema: the table's schema.
        :param array: whether the column holds arrays (PostgreSQL). Every
            item must then be one of ``values``, so none may be NULL. On
            another database it raises :class:`~ckenum.exc.DirectiveError`.
        :param online: whether readers and writers go on meanwhile
            (PostgreSQL, and MariaDB from 11.2 on; an error on MySQL and
            older MariaDBs). The directive then commits what came before it in
            its revision, and each of its own steps. So it should be alone
            in its revision; if it was stopped, run the revision again. It
            has no effect on SQLite or in a batch.

        Online it may raise :class:`~ckenum.exc.LockTimeoutError`.
        ``ckenum_online_settings`` in ``env.py`` sets what it waits for and
        how long: :class:`~ckenum.alembic.OnlineSettings`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                values,
                name=name,
                length=length,
                existing_length=existing_length,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                array=array,
                online=online,
            )
        )

    @classmethod
    def batch_create_check_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        values: Sequence[str],
        **options: Any,
    ) -> None:
        """Restrict a column of the batch's table to ``values``.

        Like :meth:`create_check_enum`, with the same options. It joins the
        batch; the batch may also be the one that adds the column.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)


@Operations.register_operation("drop_check_enum")
@BatchOperations.register_operation("drop_check_enum", "batch_drop_check_enum")
class DropCheckEnumOp(CheckEnumOp):
    """Drop the constraint; the column and its rows stay."""

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
        self._check(())

    def reverse(self) -> CreateCheckEnumOp:
        return self._way_back(
            CreateCheckEnumOp(
                self.table_name,
                self.column_name,
                self.existing_values,
                **self._options_back(self.existing_values),
            )
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return self._diff_tuple("remove", list(self.existing_values))

    @classmethod
    def drop_check_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        existing_values: Sequence[str],
        *,
        name: str,
        length: int | None = None,
        existing_length: int | None = None,
        server_default: str | None | Literal[False] = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        array: bool = False,
        online: bool = False,
    ) -> None:
        """Drop the constraint of a column.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param existing_values: the strings that it could hold until now,
            for the way back.
        :param name: the constraint's name.

        The other parameters are those of :meth:`create_check_enum`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                existing_values,
                name=name,
                length=length,
                existing_length=existing_length,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                array=array,
                online=online,
            )
        )

    @classmethod
    def batch_drop_check_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        existing_values: Sequence[str],
        **options: Any,
    ) -> None:
        """Drop the constraint of a column of the batch's table.

        Like :meth:`drop_check_enum`, with the same options. It joins the
        batch.
        """
        op = cls._in_batch(operations, column_name, existing_values, **options)
        operations.invoke(op)
