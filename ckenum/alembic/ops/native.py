"""The operations from a native ENUM to a check enum, and back."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from .native_base import DEFAULT_LENGTH
from .native_base import NativeEnumOp


@Operations.register_operation("replace_native_enum")
@BatchOperations.register_operation(
    "replace_native_enum", "batch_replace_native_enum"
)
class ReplaceNativeEnumOp(NativeEnumOp):
    """A native ENUM becomes a VARCHAR with a named CHECK constraint."""

    kind = "replace_native_enum"

    @property
    def labels(self) -> tuple[str | None, ...]:
        return self.existing_values

    @property
    def checked_values(self) -> tuple[str | None, ...]:
        return self.values

    def reverse(self) -> RestoreNativeEnumOp:
        return RestoreNativeEnumOp(
            self.table_name,
            self.column_name,
            self.existing_values,
            **self._options_back(),
        )

    @classmethod
    def replace_native_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        existing_values: Sequence[str],
        enum_name: str,
        name: str,
        enum_schema: str | None = None,
        rename: Mapping[str, str | None] | None = None,
        length: int | None = DEFAULT_LENGTH,
        drop_type: bool = True,
        server_default: str | None | Literal[False] = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        array: bool = False,
    ) -> None:
        """Make a column of a native ENUM a VARCHAR with a CHECK constraint.

        On PostgreSQL one ``ALTER TABLE`` does it. It rewrites the table and
        builds the column's indexes again, and holds an ACCESS EXCLUSIVE lock
        meanwhile: neither readers nor writers get through ("ALTER TABLE" in
        PostgreSQL's manual). NOT NULL, comments and the default survive, and
        so do indexes and other CHECK constraints; where they name labels
        they are made again, of text. The column sorts by the alphabet from
        then on, no more by the order of the labels.

        The type is dropped when, and only when, nothing else depends on it
        and the role owns it; its comment and privileges go with it. A script
        (``--sql``) cannot see that, so it never drops the type.

        On SQLite the column is a VARCHAR already: it gets the length and the
        constraint, the rows their new values.

        Raises, before anything is changed:
        :class:`~ckenum.exc.BlockedByViewsError` where views select the
        column, :class:`~ckenum.exc.BlockedByObjectsError` where anything
        else stands against another type,
        :class:`~ckenum.exc.RowsRemainError` where rows hold a label that is
        neither in ``values`` nor in ``rename``,
        :class:`~ckenum.exc.RowSecurityError` where rows may be hidden;
        :class:`~ckenum.exc.DirectiveError` for arguments that contradict,
        and on any other database.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold from now on.
        :param existing_values: the labels of the type, in their order, for
            the way back.
        :param enum_name: name of the type.
        :param name: the constraint's name; with ``op.f()`` as it is, else
            through the ``ck`` naming convention of ``target_metadata``.
        :param enum_schema: the type's schema, where the search path does not
            find it.
        :param rename: label to new string; the rows get it. ``None`` stores
            NULL.
        :param length: of the VARCHAR, in characters.
        :param drop_type: ``False`` where the migration drops the type
            itself, or keeps it.
        :param server_default: the stored string that is the default from
            now on, or ``None`` for no default. Not given: the one that is
            there, renamed; in a script it has to be given, if there is one.
        :param existing_server_default: the default till now, for the way
            back.
        :param schema: the table's schema.
        :param array: whether the column holds arrays of the type, which
            PostgreSQL has: it becomes a ``VARCHAR[]``, ``rename`` replaces
            items and cannot make them NULL. Indexes survive, a GIN index
            too; one that names labels, or a CHECK that does, stands against
            it. Where another database is migrated, it is a
            :class:`~ckenum.exc.DirectiveError`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                values,
                existing_values=existing_values,
                enum_name=enum_name,
                name=name,
                enum_schema=enum_schema,
                rename=rename,
                length=length,
                drop_type=drop_type,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                array=array,
            )
        )

    @classmethod
    def batch_replace_native_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        values: Sequence[str],
        **options: Any,
    ) -> None:
        """Make a column of the batch's table a VARCHAR with a CHECK.

        As :meth:`replace_native_enum`, with the same options. On SQLite it
        joins the batch; on PostgreSQL it runs when it is called, after what
        the batch has gathered till then.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)


@Operations.register_operation("restore_native_enum")
@BatchOperations.register_operation(
    "restore_native_enum", "batch_restore_native_enum"
)
class RestoreNativeEnumOp(NativeEnumOp):
    """A VARCHAR with a CHECK constraint becomes a native ENUM."""

    kind = "restore_native_enum"

    @property
    def labels(self) -> tuple[str | None, ...]:
        return self.values

    @property
    def checked_values(self) -> tuple[str | None, ...]:
        return self.existing_values

    def reverse(self) -> ReplaceNativeEnumOp:
        return ReplaceNativeEnumOp(
            self.table_name,
            self.column_name,
            self.existing_values,
            **self._options_back(),
        )

    @classmethod
    def restore_native_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        existing_values: Sequence[str],
        enum_name: str,
        name: str,
        enum_schema: str | None = None,
        rename: Mapping[str, str | None] | None = None,
        length: int | None = DEFAULT_LENGTH,
        drop_type: bool = True,
        server_default: str | None | Literal[False] = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        array: bool = False,
    ) -> None:
        """Make a VARCHAR with a CHECK constraint a column of a native ENUM.

        The way back from :meth:`ReplaceNativeEnumOp.replace_native_enum`, or
        the way out. On PostgreSQL the type is created, unless it is there
        with the same labels, and one ``ALTER TABLE`` drops the constraint
        and changes the column; what that costs, locks, keeps and raises is
        said there. Raises :class:`~ckenum.exc.EnumTypeDiffersError` where
        the type is there with other labels, before anything is changed.

        On SQLite the constraint is dropped, and the column gets the length
        that :class:`sqlalchemy.Enum` gives it.

        :param values: the labels of the type, in their order.
        :param existing_values: the strings that the column could hold till
            now.
        :param name: the name of the constraint that goes.
        :param rename: old string to label; the rows get it.
        :param length: of the VARCHAR till now, for the way back.
        :param drop_type: for the way back.

        The other parameters are those of :meth:`replace_native_enum`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                values,
                existing_values=existing_values,
                enum_name=enum_name,
                name=name,
                enum_schema=enum_schema,
                rename=rename,
                length=length,
                drop_type=drop_type,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                array=array,
            )
        )

    @classmethod
    def batch_restore_native_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        values: Sequence[str],
        **options: Any,
    ) -> None:
        """Make a column of the batch's table one of a native ENUM.

        As :meth:`restore_native_enum`, with the same options; in a batch as
        ``replace_native_enum``.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)
