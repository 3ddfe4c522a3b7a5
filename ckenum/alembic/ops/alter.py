"""Change the constraint, and the rows with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations

from . import arguments
from .base import CheckEnumOp


@Operations.register_operation("alter_check_enum")
@BatchOperations.register_operation(
    "alter_check_enum", "batch_alter_check_enum"
)
class AlterCheckEnumOp(CheckEnumOp):
    """Drop the constraint, change the rows, create it again.

    :ivar kind: the directive's name.
    :ivar warns_of_leaving: whether it is rendered with a comment about rows
        that hold a removed value without a rule.
    :ivar trigger_notes: comments that it is rendered with, about rows that
        no trigger can convert.
    :ivar rename_back: what its reverse renames, if another operation changes
        the rows on the way up or down.
    """

    kind = "alter_check_enum"
    rename_back: Mapping[str, str | None] | None = None

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str | None],
        *,
        existing_values: Sequence[str | None],
        existing_name: str | None = None,
        rename: Mapping[str, str | None] | None = None,
        delete: Collection[str] = (),
        keep_trigger: bool = False,
        existing_array: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, **options)
        if existing_array is not None:
            self.existing_array = existing_array
        self.values = self._strings("values", values)
        self.existing_values = self._strings(
            "existing_values", existing_values
        )
        self.existing_name = existing_name
        if existing_name is not None:
            arguments.name(self.error, "existing_name", existing_name)
        self.rename = arguments.renames(self.error, rename)
        self.delete = arguments.deletes(self.error, delete)
        self.keep_trigger = keep_trigger
        self.warns_of_leaving = False
        self.trigger_notes: Sequence[str] = ()
        self._check_rules()
        self._check(self.values)

    def _strings(self, argument: str, values: Any) -> tuple[str | None, ...]:
        return arguments.value_list(self.error, argument, values)

    def _check_rules(self) -> None:
        known, values = {*self.existing_values}, {*self.values}
        deleted = {*self.delete}
        for old in (*self.rename, *self.delete):
            if old not in known:
                raise self.error(
                    f"{old!r} is not in existing_values, so no row can hold "
                    f"it: {list(self.existing_values)}"
                )
        for old, new in self.rename.items():
            if new is None and self.existing_array:
                raise self.error(
                    f"rename turns {old!r} into NULL, which an array may not "
                    f"hold: delete=[{old!r}] takes it out of the arrays"
                )
            if new is not None and new not in values:
                raise self.error(
                    f"rename turns {old!r} into {new!r}, which is not in "
                    f"values: {list(self.values)}"
                )
            if old in deleted:
                raise self.error(f"{old!r} is both renamed and deleted")
            if new in deleted:
                raise self.error(
                    f"rename turns {old!r} into {new!r}, whose rows are "
                    f"deleted: delete them in a directive before this one"
                )
        if self.keep_trigger and not (self.online and self.rename):
            raise self.error("keep_trigger needs online=True and rename")

    @property
    def not_online(self) -> str | None:
        if self.renames_again:
            return (
                f"rename produces values that it also renames "
                f"({self.renames_again!r}), so changed rows cannot be told "
                f"from unchanged ones: use two revisions, or leave out "
                f"online=True"
            )
        return super().not_online

    @property
    def ways_out(self) -> str:
        left = [value for value in self.leaving if value is not None]
        if not left:
            return super().ways_out
        rename = {value: self.values[0] for value in left}
        return (
            f"Say in the migration's {self.kind}() what becomes of them:\n"
            f"    rename={rename},  # {self.shape.renaming}"
            f"{self._about_deleting(left)}"
        )

    def _about_deleting(self, values: list[str]) -> str:
        return f"\n    delete={values},  # {self.shape.deleting}"

    @property
    def drop_name(self) -> str:
        return self.name if self.existing_name is None else self.existing_name

    def reverse(self) -> AlterCheckEnumOp:
        options = self._options_back(self.existing_values)
        if self.existing_name is not None:
            options["name"] = self.existing_name
            options["existing_name"] = self.name
        if self.changes_shape:
            options["array"] = self.existing_array
            options["existing_array"] = self.array
            options["length"] = self.existing_length
            options["existing_length"] = self.length
        back = AlterCheckEnumOp(
            self.table_name,
            self.column_name,
            self.existing_values,
            existing_values=self.values,
            rename=self._rename_back(),
            **options,
        )
        if self.rename_back is not None:
            back.rename_back = self.rename
        back.trigger_notes = self.trigger_notes
        return self._way_back(back)

    def _rename_back(self) -> Mapping[str, str | None]:
        if self.rename_back is not None:
            return self.rename_back
        return self.usual_rename_back

    @property
    def usual_rename_back(self) -> dict[str, str | None]:
        """The renames that can be undone without loss.

        If two values became one, their rows cannot be told apart. The same
        holds if a value became one that already existed and was not renamed
        itself.
        """
        times = Counter(self.rename.values())
        known = {*self.existing_values}
        return {
            new: old
            for old, new in self.rename.items()
            if new is not None
            and times[new] == 1
            and (new not in known or new in self.rename)
        }

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return self._diff_tuple(
            "modify", list(self.existing_values), list(self.values)
        )

    @classmethod
    def alter_check_enum(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Sequence[str],
        *,
        existing_values: Sequence[str],
        name: str,
        existing_name: str | None = None,
        rename: Mapping[str, str | None] | None = None,
        delete: Collection[str] = (),
        length: int | None = None,
        existing_length: int | None = None,
        server_default: str | None | Literal[False] = False,
        existing_server_default: str | None | Literal[False] = False,
        schema: str | None = None,
        array: bool = False,
        existing_array: bool | None = None,
        online: bool = False,
        keep_trigger: bool = False,
    ) -> None:
        """Change the values that a column may hold, and its rows with them.

        It drops the constraint, changes the rows and recreates the
        constraint: all or nothing. If rows hold a removed value that is
        neither in ``rename`` nor in ``delete``, it raises
        :class:`~ckenum.exc.RowsRemainError` before changing anything.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold from now on.
        :param existing_values: the strings that it could hold until now.
        :param name: the constraint's name from now on.
        :param existing_name: its name until now, if that was different;
            empty for a constraint without a name, which SQLite can have.
        :param rename: maps old strings to new ones; the rows are updated.
            ``None`` as the new one stores NULL. A swap or a chain runs as
            one statement.
        :param delete: strings whose rows are deleted.
        :param array: whether the column holds arrays. If so, ``rename``
            replaces items, in arrays of any number of dimensions, but not
            by NULL. ``delete`` takes out items and keeps the rows; it works
            on arrays of one dimension, as PostgreSQL's ``array_remove``
            does.
        :param existing_array: whether the column held arrays until now, if
            that changes. Each value becomes an array of one item, and NULL
            stays NULL; or an array of one item becomes that item. ``rename``
            and ``delete`` apply to the old shape. ``length`` and
            ``existing_length`` are those of the two types, ``None`` for no
            limit. If the column has a default, it has to be given. If an
            array has any other number of items, the directive raises
            :class:`~ckenum.exc.RowsRemainError` before it changes anything;
            in a script such an array violates the new constraint. PostgreSQL
            rewrites the table under an ACCESS EXCLUSIVE lock, and rebuilds
            plain indexes. Anything else that names the column raises
            :class:`~ckenum.exc.BlockedByObjectsError`.
        :param keep_trigger: whether to keep the trigger that turns a
            renamed value into the new one for processes that still write
            the old one. It stays until ``op.drop_check_enum_trigger()`` in
            a later revision. It needs ``online=True`` and ``rename``.

        The other parameters are those of :meth:`create_check_enum`. Raises
        :class:`~ckenum.exc.DirectiveError` before running any statement if
        the arguments contradict each other.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                values,
                existing_values=existing_values,
                name=name,
                existing_name=existing_name,
                rename=rename,
                delete=delete,
                length=length,
                existing_length=existing_length,
                server_default=server_default,
                existing_server_default=existing_server_default,
                schema=schema,
                array=array,
                existing_array=existing_array,
                online=online,
                keep_trigger=keep_trigger,
            )
        )

    @classmethod
    def batch_alter_check_enum(
        cls,
        operations: BatchOperations,
        column_name: str,
        values: Sequence[str],
        **options: Any,
    ) -> None:
        """Change the values that a column of the batch's table may hold.

        Like :meth:`alter_check_enum`, with the same options. It joins the
        batch; the rows are changed when the batch runs.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)
