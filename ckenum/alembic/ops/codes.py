"""The operations from a column of codes to a check enum, and back."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from . import arguments
from .codes_base import Code
from .codes_base import CodesOp
from .codes_base import CodeType
from .codes_base import GivenDefault
from .codes_base import GivenType
from .codes_base import mapping
from .move import DEFAULT_LENGTH


@Operations.register_operation("replace_codes")
@BatchOperations.register_operation("replace_codes", "batch_replace_codes")
class ReplaceCodesOp(CodesOp):
    """A column of codes becomes a VARCHAR with a named CHECK constraint."""

    kind = "replace_codes"
    becomes_text = True

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        existing_type: GivenType,
        rename: Mapping[Code, str | None],
        existing_server_default: GivenDefault = False,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        self.table_name, self.column_name = table_name, column_name
        self.schema = schema
        arguments.value_list(self.error, "values", values)
        codes = CodeType(self.error, "existing_type", existing_type)
        self.codes = codes
        known = mapping(self.error, rename, codes, to_codes=False)
        stay = [v for v in values if v not in known and codes.fits(v)]
        super().__init__(
            table_name,
            column_name,
            values,
            existing_values=[*known, *stay],
            rename=known,
            existing_server_default=codes.default(
                "existing_server_default", existing_server_default
            ),
            schema=schema,
            **options,
        )

    def reverse(self) -> RestoreCodesOp:
        options = self._options_back()
        options["rename"] = {
            value: code if code is None else self.codes.code(code)
            for value, code in options["rename"].items()
        }
        if "server_default" in options:
            options["server_default"] = self._as_code(
                options["server_default"]
            )
        back = RestoreCodesOp(
            self.table_name,
            self.column_name,
            type_=self.codes.type,
            **options,
        )
        self._noted(back)
        return back

    @classmethod
    def replace_codes(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        existing_type: GivenType,
        rename: Mapping[Code, str | None],
        name: str,
        length: int | None = DEFAULT_LENGTH,
        server_default: str | None | Literal[False] = False,
        existing_server_default: GivenDefault = False,
        schema: str | None = None,
        online: bool = False,
        keep_column: bool = False,
    ) -> None:
        """Make a column of codes a VARCHAR with a CHECK constraint.

        The column is of an integer type or a CHAR, such as enums are often
        stored in: 1 for new, 2 for paid. Each row gets the value of its
        code. NULL stays NULL.

        On PostgreSQL one ``ALTER TABLE`` does it. It rewrites the table and
        rebuilds the column's indexes under an ACCESS EXCLUSIVE lock, so
        readers and writers wait. NOT NULL, comments, privileges and the
        default survive, the default with its new value. So do indexes and
        CHECK constraints; those that compare the column with codes by ``=``,
        ``<>`` or ``IN`` are recreated with the values. From then on the
        column sorts alphabetically.

        On SQLite the rows are changed and the table is copied, or its
        definition is edited.

        On other databases it raises :class:`~ckenum.exc.DirectiveError`.

        Raises, before anything is changed:
        :class:`~ckenum.exc.RowsRemainError` if rows hold a code that
        ``rename`` lacks, with the codes and how many rows hold each;
        :class:`~ckenum.exc.BlockedByViewsError` if views select the column,
        :class:`~ckenum.exc.BlockedByObjectsError` if other objects prevent
        the change of type, :class:`~ckenum.exc.RowSecurityError` if rows may
        be hidden, and :class:`~ckenum.exc.DirectiveError` if arguments
        contradict each other or the column is of another type.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold from now on.
        :param existing_type: the column's type until now, such as
            ``sa.SmallInteger()`` or ``sa.CHAR(1)``.
        :param rename: maps codes to strings, or to ``None`` for NULL. A code
            is an ``int``, or a string if the type is a CHAR; blanks at its
            end do not count. A CHAR that holds one of ``values`` already may
            stay as it is.
        :param name: the constraint's name. ``op.f()`` keeps it as it is;
            otherwise the ``ck`` naming convention of ``target_metadata``
            applies.
        :param length: the VARCHAR's length in characters.
        :param server_default: the default from now on, as a stored string,
            or ``None`` for no default. If left out, the column keeps the
            default that it has, as the value of that code. A script needs it
            if there is a default.
        :param existing_server_default: the default until now, a code, for
            the way back.
        :param schema: the table's schema.
        :param online: as in :meth:`replace_native_enum`, on PostgreSQL; an
            error on MariaDB and MySQL, without effect on SQLite.
        :param keep_column: whether to keep the old column, in step, under
            the name ``<column>__ckenum``. It needs ``online=True``, and each
            value needs a code of its own.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                values,
                existing_type=existing_type,
                rename=rename,
                name=name,
                length=length,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                online=online,
                keep_column=keep_column,
            )
        )

    @classmethod
    def batch_replace_codes(
        cls,
        operations: BatchOperations,
        column_name: str,
        values: Sequence[str],
        **options: Any,
    ) -> None:
        """Make a column of codes of the batch's table a VARCHAR.

        Like :meth:`replace_codes`, with the same options. It joins the
        batch.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)


@Operations.register_operation("restore_codes")
@BatchOperations.register_operation("restore_codes", "batch_restore_codes")
class RestoreCodesOp(CodesOp):
    """A VARCHAR with a CHECK constraint becomes a column of codes."""

    kind = "restore_codes"
    becomes_text = False

    def __init__(
        self,
        table_name: str,
        column_name: str,
        existing_values: Sequence[str],
        *,
        type_: GivenType,
        rename: Mapping[str, Code | None],
        server_default: GivenDefault = False,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        self.table_name, self.column_name = table_name, column_name
        self.schema = schema
        arguments.value_list(self.error, "existing_values", existing_values)
        codes = CodeType(self.error, "type_", type_)
        self.codes = codes
        known = mapping(self.error, rename, codes, to_codes=True)
        new = [code for code in known.values() if code is not None]
        new += [v for v in existing_values if v not in known and codes.fits(v)]
        super().__init__(
            table_name,
            column_name,
            [*dict.fromkeys(new)],
            existing_values=existing_values,
            rename=known,
            server_default=codes.default("server_default", server_default),
            schema=schema,
            **options,
        )

    def reverse(self) -> ReplaceCodesOp:
        options = self._options_back()
        options["rename"] = {
            self.codes.code(code): value
            for code, value in options["rename"].items()
        }
        if "existing_server_default" in options:
            options["existing_server_default"] = self._as_code(
                options["existing_server_default"]
            )
        del options["existing_values"]
        back = ReplaceCodesOp(
            self.table_name,
            self.column_name,
            self.existing_values,  # type: ignore[arg-type]
            existing_type=self.codes.type,
            **options,
        )
        self._noted(back)
        return back

    @classmethod
    def restore_codes(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        existing_values: Sequence[str],
        *,
        type_: GivenType,
        rename: Mapping[str, Code | None],
        name: str,
        length: int | None = DEFAULT_LENGTH,
        server_default: GivenDefault = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        online: bool = False,
        keep_column: bool = False,
    ) -> None:
        """Make a VARCHAR with a CHECK constraint a column of codes.

        It undoes :meth:`replace_codes`, which says what that costs, locks,
        keeps and raises. The constraint is dropped.

        :param existing_values: the strings that the column could hold until
            now.
        :param type_: the column's type from now on, such as
            ``sa.SmallInteger()``.
        :param rename: maps strings to codes, or to ``None`` for NULL.
        :param name: the name of the constraint to drop.
        :param length: the VARCHAR's length until now, for the way back.
        :param server_default: the default from now on, a code.
        :param existing_server_default: the default until now, as a stored
            string.

        The other parameters are those of :meth:`replace_codes`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                existing_values,
                type_=type_,
                rename=rename,
                name=name,
                length=length,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                online=online,
                keep_column=keep_column,
            )
        )

    @classmethod
    def batch_restore_codes(
        cls,
        operations: BatchOperations,
        column_name: str,
        existing_values: Sequence[str],
        **options: Any,
    ) -> None:
        """Make a column of the batch's table one of codes.

        Like :meth:`restore_codes`, with the same options. It joins the
        batch.
        """
        op = cls._in_batch(operations, column_name, existing_values, **options)
        operations.invoke(op)
