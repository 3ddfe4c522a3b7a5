"""The operations from a native ENUM to a check enum, and back."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from .move import DEFAULT_LENGTH
from .native_base import NativeEnumOp


@Operations.register_operation("replace_native_enum")
@BatchOperations.register_operation(
    "replace_native_enum", "batch_replace_native_enum"
)
class ReplaceNativeEnumOp(NativeEnumOp):
    """A native ENUM becomes a VARCHAR with a named CHECK constraint."""

    kind = "replace_native_enum"
    becomes_text = True

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
        online: bool = False,
        keep_column: bool = False,
    ) -> None:
        """Make a column of a native ENUM a VARCHAR with a CHECK constraint.

        On PostgreSQL one ``ALTER TABLE`` does it. It rewrites the table and
        rebuilds the column's indexes under an ACCESS EXCLUSIVE lock, so
        readers and writers wait ("ALTER TABLE" in PostgreSQL's manual). NOT
        NULL, comments and the default survive, and so do indexes and other
        CHECK constraints; those that name labels are recreated for text.
        From then on the column sorts alphabetically, not by the order of
        the labels.

        The type is dropped if nothing else depends on it and the role owns
        it, and only then; its comment and privileges go with it. A script
        (``--sql``) cannot see that, so it never drops the type.

        On SQLite the column is a VARCHAR already: it gets the length and the
        constraint, and the rows get their new values.

        On MySQL and MariaDB one ``ALTER TABLE`` changes the type and adds the
        constraint. It copies the table, and writers wait. Where values are
        renamed, the rows change after it, and a second one narrows the
        constraint. Each commits; a run that was stopped may be run again.
        NOT NULL, comment, default and indexes are kept. The column gets a
        collation that compares exactly. A foreign key of the column stops
        the directive. A script (``--sql``) cannot see the rest of the
        column's definition, so it raises
        :class:`~ckenum.exc.DirectiveError`.

        Raises, before anything is changed:
        :class:`~ckenum.exc.BlockedByViewsError` if views select the column,
        :class:`~ckenum.exc.BlockedByObjectsError` if other objects prevent
        the change of type, :class:`~ckenum.exc.RowsRemainError` if rows
        hold a label that is neither in ``values`` nor in ``rename``,
        :class:`~ckenum.exc.RowSecurityError` if rows may be hidden, and
        :class:`~ckenum.exc.DirectiveError` if arguments contradict each
        other, or on any other database.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold from now on.
        :param existing_values: the labels of the type, in their order, for
            the way back.
        :param enum_name: name of the type. On MySQL and MariaDB a type has
            none, and any string will do.
        :param name: the constraint's name. ``op.f()`` keeps it as it is;
            otherwise the ``ck`` naming convention of ``target_metadata``
            applies.
        :param enum_schema: the type's schema, if the search path does not
            find it.
        :param rename: maps labels to new strings; the rows are changed.
            ``None`` stores NULL.
        :param length: the VARCHAR's length in characters.
        :param drop_type: ``False`` if the migration drops the type itself,
            or keeps it.
        :param server_default: the default from now on, as a stored string,
            or ``None`` for no default. If left out, the column keeps the
            default that it has, renamed. A script needs it if there is a
            default.
        :param existing_server_default: the default until now, for the way
            back.
        :param schema: the table's schema.
        :param array: whether the column holds arrays of the type
            (PostgreSQL). It becomes a ``VARCHAR[]``; ``rename`` replaces
            items and cannot turn them into NULL. Indexes survive, GIN
            indexes too; an index or a CHECK that names labels prevents the
            change. On another database it raises
            :class:`~ckenum.exc.DirectiveError`.
        :param online: whether readers and writers go on meanwhile
            (PostgreSQL; MariaDB from 11.2 on, whose servers copy the table
            meanwhile; an error on MySQL and older MariaDBs; without effect
            on SQLite). On PostgreSQL the table gets a second column,
            ``<column>__ckenum``, which a trigger keeps in step. The
            rows get their values chunk by chunk, indexes and CHECKs are
            built beside, and a short lock swaps the two columns. The column
            is the table's last from then on. It commits what came before in
            the revision, and if it is stopped, the next run goes on. It
            raises :class:`~ckenum.exc.OnlineBlockedError` before it changes
            anything if something prevents it.
        :param keep_column: whether to keep the old column, in step, under
            the name ``<column>__ckenum``, and the type, for an application
            that still casts values to the type. The same directive without
            it drops both in a later revision. It needs ``online=True``.
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
                online=online,
                keep_column=keep_column,
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

        Like :meth:`replace_native_enum`, with the same options. It joins
        the batch. On PostgreSQL it runs in its turn, together with those
        that follow it there: one ``ALTER TABLE`` rewrites the table once
        for all of them.
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
    becomes_text = False

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
        online: bool = False,
        keep_column: bool = False,
    ) -> None:
        """Make a VARCHAR with a CHECK constraint a column of a native ENUM.

        It undoes :meth:`replace_native_enum`, or moves
        away from ckenum. On PostgreSQL the type is created unless it exists
        with the same labels; then one ``ALTER TABLE`` drops the constraint
        and changes the column. ``replace_native_enum`` says what that
        costs, locks, keeps and raises. If the type exists with other
        labels, it raises :class:`~ckenum.exc.EnumTypeDiffersError` before
        anything is changed.

        On SQLite the constraint is dropped, and the column gets the length
        that :class:`sqlalchemy.Enum` gives it.

        On MySQL and MariaDB the rows change first, then one ``ALTER TABLE``
        drops the constraint and changes the type. The ENUM has the
        collation of the table, unless that takes two labels for one or
        lacks a character: then the exact one. A label that ends in a blank
        raises :class:`~ckenum.exc.DirectiveError`: an ENUM loses the blank.

        :param values: the labels of the type, in their order.
        :param existing_values: the strings that the column could hold until
            now.
        :param name: the name of the constraint to drop.
        :param rename: maps old strings to labels; the rows are changed.
        :param length: the VARCHAR's length until now, for the way back.
        :param drop_type: for the way back.
        :param online: as in :meth:`replace_native_enum`. A type that does
            not exist is created.
        :param keep_column: as there: the text goes on beside the type.

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
                online=online,
                keep_column=keep_column,
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

        Like :meth:`restore_native_enum`, with the same options. It runs in
        a batch as ``replace_native_enum`` does.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)
