"""The operations, and the directives on ``op`` and ``batch_op``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING
from typing import TypeVar
from typing import Union

from alembic.operations.base import BatchOperations
from alembic.operations.base import Operations
from alembic.operations.ops import MigrateOperation
from sqlalchemy import ARRAY
from sqlalchemy import String

from . import arguments
from ..exc import DirectiveError

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine
    from typing_extensions import Self

Default = Union[str, None, Literal[False]]
"""A server default: a stored string, none, or (``False``) as it is."""

Way = TypeVar("Way", bound="CheckEnumOp")


class CheckEnumOp(MigrateOperation):
    """What all operations have in common: a column, and a constraint's name.

    :ivar name: the constraint's name; empty for one without (SQLite).
    :ivar array: whether the column holds arrays (PostgreSQL).
    :ivar online: whether PostgreSQL's readers and writers go on meanwhile.
    :ivar widens_for_good: whether the reverse leaves the VARCHAR as wide as
        it has become, because nobody asked for the old length.
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        name: str,
        length: int | None = None,
        existing_length: int | None = None,
        server_default: Default = False,
        existing_server_default: Default = False,
        schema: str | None = None,
        array: bool = False,
        online: bool = False,
    ) -> None:
        self.table_name = table_name
        self.column_name = column_name
        self.name = name
        self.length = length
        self.existing_length = existing_length
        self.server_default = server_default
        self.existing_server_default = existing_server_default
        self.schema = schema
        self.array = array
        self.online = online
        self.widens_for_good = False
        arguments.name(self.error, "name", name)

    @property
    def where(self) -> str:
        """The column, as errors and log lines name it."""
        parts = (self.schema, self.table_name, self.column_name)
        return ".".join(part for part in parts if part)

    @property
    def changes_length(self) -> bool:
        return self.length != self.existing_length

    @property
    def widens(self) -> bool:
        return self.changes_length and (
            self.length is None
            or (
                self.existing_length is not None
                and self.length > self.existing_length
            )
        )

    @property
    def changes_default(self) -> bool:
        return self.server_default is not False

    @property
    def may_be_online(self) -> bool:
        return self.not_online is None

    @property
    def not_online(self) -> str | None:
        """Why it cannot run online; ``None`` where it can."""
        if self.changes_length and not self.widens:
            return (
                f"length={self.length!r} instead of {self.existing_length!r} "
                f"has PostgreSQL look at every row under an exclusive lock"
            )
        return None

    def column_type(self, length: int | None = None) -> TypeEngine[Any]:
        """The type of the column, with a VARCHAR of that length."""
        return ARRAY(String(length)) if self.array else String(length)

    def error(self, what: str) -> DirectiveError:
        return DirectiveError(f"Check enum on {self.where!r}: {what}.")

    def _check(self, values: Collection[str | None]) -> None:
        """What does not fit the ``values`` from now on, empty for any."""
        arguments.lengths(
            self.error, self.length, self.existing_length, values or [""]
        )
        if self.array and None in values:
            raise self.error("values has a NULL, which no array may hold")
        arguments.default(
            self.error,
            "server_default",
            self.server_default,
            () if self.array else values,
        )
        arguments.default(
            self.error,
            "existing_server_default",
            self.existing_server_default,
            (),
        )
        if self.online and self.not_online:
            raise self.error(f"online=True cannot be: {self.not_online}")

    def _options_back(
        self, values: Collection[str | None] = ()
    ) -> dict[str, Any]:
        options: dict[str, Any] = {
            "name": self.name,
            "schema": self.schema,
            "array": self.array,
        }
        if not self.widens_for_good and self.existing_length is not None:
            options["length"] = self.existing_length
            options["existing_length"] = self.length
        back = self._default_back(values)
        if back != self.server_default:
            options["server_default"] = back
            options["existing_server_default"] = self.server_default
        return options

    def _default_back(self, values: Collection[str | None]) -> Default:
        """That of before; none in place of one that never was allowed."""
        back = self.existing_server_default
        never = bool(back) and values and back not in values
        return None if never and not self.array else back

    def _way_back(self, op: Way) -> Way:
        """``op``, online where this is and where that can be."""
        op.online = self.online and op.may_be_online
        return op

    def _diff_tuple(self, kind: str, *rest: Any) -> tuple[Any, ...]:
        return (
            f"{kind}_check_enum",
            self.schema,
            self.table_name,
            self.column_name,
            self.name,
            *rest,
        )

    @classmethod
    def _in_batch(
        cls,
        operations: BatchOperations,
        column_name: str,
        *args: Any,
        **kw: Any,
    ) -> Self:
        impl = operations.impl
        return cls(
            impl.table_name, column_name, *args, schema=impl.schema, **kw
        )


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
        """Hold an existing column to ``values``.

        Rows that hold anything else (NULL aside) stop it before it changes
        anything, with :class:`~ckenum.exc.RowsRemainError`.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold.
        :param name: the constraint's name; with ``op.f()`` as it is, else
            through the ``ck`` naming convention of ``target_metadata``.
        :param length: of the VARCHAR from now on, in characters, where it
            changes.
        :param existing_length: its length till now.
        :param server_default: the stored string that is the default from
            now on, or ``None`` for no default, where it changes.
        :param existing_server_default: the default till now.
        :param schema: the table's schema.
        :param array: whether the column holds arrays, which PostgreSQL has:
            every item must be one of ``values``, so none may be NULL. Where
            another database is migrated, it is a
            :class:`~ckenum.exc.DirectiveError`.
        :param online: whether PostgreSQL's readers and writers go on
            meanwhile. Then it commits what came before it in its revision,
            and what it does itself step by step; so it goes alone in its
            revision, and is run again where it was stopped. On SQLite, and
            in a batch, it changes nothing.

        Online it may raise :class:`~ckenum.exc.LockTimeoutError`; what it
        waits for, and how long, is said by ``ckenum_online_settings`` in
        ``env.py``: :class:`~ckenum.alembic.OnlineSettings`.
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
        """Hold a column of the batch's table to ``values``.

        As :meth:`create_check_enum`, with the same options; it joins the
        batch, also for a column that the batch adds.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)


@Operations.register_operation("drop_check_enum")
@BatchOperations.register_operation("drop_check_enum", "batch_drop_check_enum")
class DropCheckEnumOp(CheckEnumOp):
    """Take the constraint away; the column and its rows stay."""

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
        :param existing_values: the strings that it could hold, for the way
            back.
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

        As :meth:`drop_check_enum`, with the same options; it joins the
        batch.
        """
        op = cls._in_batch(operations, column_name, existing_values, **options)
        operations.invoke(op)


@Operations.register_operation("alter_check_enum")
@BatchOperations.register_operation(
    "alter_check_enum", "batch_alter_check_enum"
)
class AlterCheckEnumOp(CheckEnumOp):
    """Drop the constraint, change the rows, create it again.

    :ivar warns_of_leaving: whether it is rendered with a comment about rows
        that hold a value which leaves without a rule.
    """

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
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, **options)
        self.values = arguments.value_list(self.error, "values", values)
        self.existing_values = arguments.value_list(
            self.error, "existing_values", existing_values
        )
        self.existing_name = existing_name
        if existing_name is not None:
            arguments.name(self.error, "existing_name", existing_name)
        self.rename = arguments.renames(self.error, rename)
        self.delete = arguments.deletes(self.error, delete)
        self.keep_trigger = keep_trigger
        self.warns_of_leaving = False
        self._check_rules()
        self._check(self.values)

    def _check_rules(self) -> None:
        for old in (*self.rename, *self.delete):
            if old not in self.existing_values:
                raise self.error(
                    f"{old!r} is not in existing_values, so no row can hold "
                    f"it: {list(self.existing_values)}"
                )
        for old, new in self.rename.items():
            if new is None and self.array:
                raise self.error(
                    f"rename makes {old!r} NULL, which no array may hold: "
                    f"delete=[{old!r}] takes it out of the arrays"
                )
            if new is not None and new not in self.values:
                raise self.error(
                    f"rename makes {old!r} {new!r}, which is not in values: "
                    f"{list(self.values)}"
                )
            if old in self.delete:
                raise self.error(f"{old!r} is both renamed and deleted")
        if self.keep_trigger and not (self.online and self.rename):
            raise self.error("keep_trigger goes with online=True and rename")

    @property
    def not_online(self) -> str | None:
        again = [new for new in self.rename.values() if new in self.rename]
        if again:
            return (
                f"rename makes values {again!r} that it renames as well, so "
                f"rows already changed cannot be told from those to come: "
                f"make it two revisions, or leave out online=True"
            )
        return super().not_online

    @property
    def drop_name(self) -> str:
        """The name of the constraint that is there."""
        return self.name if self.existing_name is None else self.existing_name

    @property
    def changes_rows(self) -> bool:
        return bool(self.rename or self.delete)

    @property
    def changes_values(self) -> bool:
        return set(self.values) != set(self.existing_values)

    @property
    def only_renames_constraint(self) -> bool:
        return self.drop_name != self.name and not (
            self.changes_values
            or self.changes_rows
            or self.changes_length
            or self.changes_default
        )

    @property
    def leaving(self) -> tuple[str | None, ...]:
        """Values that go, without a rule for the rows that hold them."""
        return tuple(
            value
            for value in self.existing_values
            if value not in self.values
            and value not in self.rename
            and value not in self.delete
        )

    def reverse(self) -> AlterCheckEnumOp:
        options = self._options_back(self.existing_values)
        if self.existing_name is not None:
            options["name"] = self.existing_name
            options["existing_name"] = self.name
        return self._way_back(
            AlterCheckEnumOp(
                self.table_name,
                self.column_name,
                self.existing_values,
                existing_values=self.values,
                rename=self._rename_back(),
                **options,
            )
        )

    def _rename_back(self) -> dict[str, str | None]:
        """The renames that lose nothing: of rows that can be told again.

        Not of two values that became one, nor of a value that became one
        that was there before and is not renamed itself.
        """
        times = Counter(self.rename.values())
        return {
            new: old
            for old, new in self.rename.items()
            if new is not None
            and times[new] == 1
            and (new not in self.existing_values or new in self.rename)
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
        online: bool = False,
        keep_trigger: bool = False,
    ) -> None:
        """Change the values that a column may hold, and its rows with them.

        Drops the constraint, changes the rows and recreates it: all or
        nothing. A value that leaves without ``rename`` or ``delete`` while
        rows hold it stops the directive before it changes anything, with
        :class:`~ckenum.exc.RowsRemainError`.

        :param table_name: name of the table.
        :param column_name: name of the column.
        :param values: the strings that it may hold from now on.
        :param existing_values: the strings that it could hold till now.
        :param name: the constraint's name from now on.
        :param existing_name: its name till now, where that was another;
            empty for one without a name, as SQLite has them.
        :param rename: old string to new one; the rows are updated. ``None``
            as the new one stores NULL. Swaps and chains are one statement.
        :param delete: strings whose rows are deleted.
        :param array: whether the column holds arrays. Then ``rename``
            replaces items, in arrays of any dimensions, and not by NULL;
            ``delete`` takes items out, and leaves the rows: of arrays of one
            dimension, as PostgreSQL has it (``array_remove``).
        :param keep_trigger: whether the trigger stays that makes a renamed
            value the new one for processes that still write the old one,
            until ``op.drop_check_enum_trigger()`` in a later revision. It
            goes with ``online=True`` and ``rename``.

        The other parameters are those of :meth:`create_check_enum`. Raises
        :class:`~ckenum.exc.DirectiveError` for arguments that contradict,
        before any statement is run.
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

        As :meth:`alter_check_enum`, with the same options; it joins the
        batch, and its rows are changed where the batch is run.
        """
        op = cls._in_batch(operations, column_name, values, **options)
        operations.invoke(op)


@Operations.register_operation("validate_check_enum")
@BatchOperations.register_operation(
    "validate_check_enum", "batch_validate_check_enum"
)
class ValidateCheckEnumOp(CheckEnumOp):
    """Have the database check the rows that it has not checked yet."""

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
        return "nobody is held up by it anyway"

    def reverse(self) -> ValidateCheckEnumOp:
        """Itself: what is valid stays so, and to check again is harmless."""
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
        manual: SHARE UPDATE EXCLUSIVE). Rows that hold anything else stop
        it with :class:`~ckenum.exc.RowsRemainError`. Where constraints are
        always valid, as on SQLite, there is nothing to do.

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

        As :meth:`validate_check_enum`, with the same options.
        """
        op = cls._in_batch(operations, column_name, existing_values, **options)
        operations.invoke(op)
