"""What all operations on a CheckEnum have in common."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
import copy
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING
from typing import TypeVar
from typing import Union

from alembic.operations.ops import MigrateOperation
from sqlalchemy import String

from . import arguments
from ...exc import DirectiveError
from ...shapes import shape_of

if TYPE_CHECKING:
    from alembic.operations.base import BatchOperations
    from sqlalchemy.types import TypeEngine
    from typing_extensions import Self

    from ...diff import ColumnDiff
    from ...shapes import Shape


Default = Union[str, None, Literal[False]]
"""A server default: a stored string, ``None`` for no default, or ``False``
for no change."""

CHANGE_THEM = "Change those rows first, or add the values."

Way = TypeVar("Way", bound="CheckEnumOp")


class CheckEnumOp(MigrateOperation):
    """Base of all operations: it names a column and its constraint.

    :ivar name: the constraint's name; empty for one without (SQLite).
    :ivar array: whether the column holds arrays (PostgreSQL).
    :ivar existing_array: whether it did until now.
    :ivar online: whether readers and writers go on meanwhile (PostgreSQL).
    :ivar values: those of the constraint from now on; none if it is dropped.
    :ivar existing_values: those of the existing one; none if it is created.
    :ivar rename: what rows with an old value hold from now on.
    :ivar delete: the values whose rows, or items, are deleted.
    :ivar note: lines of a comment that it is rendered with.
    :ivar diff: the difference between two lists of values that autogenerate
        writes it for, if there is one.
    """

    note: Sequence[str] = ()
    diff: ColumnDiff | None = None

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
        self.array = self.existing_array = array
        self.online = online
        self.values: tuple[str | None, ...] = ()
        self.existing_values: tuple[str | None, ...] = ()
        self.rename: dict[str, str | None] = {}
        self.delete: tuple[str, ...] = ()
        arguments.name(self.error, "name", name)

    is_inexact = False
    """Whether the column takes different strings for equal; this is found
    when the operation runs.
    """

    has_column = True
    """Whether the table has the column; this, too, is found then."""

    @property
    def where(self) -> str:
        """The column, as errors and log lines name it."""
        parts = (self.schema, self.table_name, self.column_name)
        return ".".join(part for part in parts if part)

    @property
    def drop_name(self) -> str:
        """The name of the existing constraint."""
        return self.name

    @property
    def changes_rows(self) -> bool:
        return bool(self.rename or self.delete)

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
    def shape(self) -> Shape:
        """What its rows and its type are like."""
        return shape_of(self.array)

    @property
    def changes_shape(self) -> bool:
        """Whether single values become arrays, or the other way round."""
        return self.array != self.existing_array

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
            or self.changes_shape
        )

    @property
    def leaving(self) -> tuple[str | None, ...]:
        """Removed values without a rule for the rows that hold them."""
        ruled = {*self.values, *self.rename, *self.delete}
        return tuple(
            value for value in self.existing_values if value not in ruled
        )

    @property
    def ways_out(self) -> str:
        """What to do about rows that the constraint refuses."""
        return CHANGE_THEM

    @property
    def renames_again(self) -> list[str | None]:
        """New values that are old ones too, as in a swap or a chain."""
        return [new for new in self.rename.values() if new in self.rename]

    @property
    def about_rows(self) -> Self:
        """This operation, with the shape that the rows have until now."""
        about_rows = copy.copy(self)
        about_rows.array = self.existing_array
        return about_rows

    @property
    def may_be_online(self) -> bool:
        return self.not_online is None

    @property
    def not_online(self) -> str | None:
        """Why it cannot run online; ``None`` if it can."""
        if self.changes_shape:
            return "for another type PostgreSQL rewrites the table"
        if self.changes_length and not self.widens:
            return (
                f"length={self.length!r} instead of {self.existing_length!r} "
                f"makes PostgreSQL read every row under an exclusive lock"
            )
        return None

    def column_type(self, length: int | None = None) -> TypeEngine[Any]:
        """The type of the column, with a VARCHAR of that length."""
        return self.shape.type_of(String(length))

    @property
    def defaults_given(self) -> tuple[object, object]:
        """The new default and the existing one, as the directive has them."""
        return self.server_default, self.existing_server_default

    def shown(self, value: str) -> object:
        """A value that rows hold, as errors show it."""
        return value

    def error(self, what: str) -> DirectiveError:
        return DirectiveError(f"Check enum on {self.where!r}: {what}.")

    def no_column(self) -> DirectiveError:
        """The error where the table does not have the column."""
        return self.error(f"the table has no column {self.column_name!r}")

    def _check(self, values: Collection[str | None]) -> None:
        """Raise for an argument that does not fit the new ``values``.

        If these are empty, any value fits.
        """
        # if the type changes, it may lose its limit
        existing_length = None if self.changes_shape else self.existing_length
        arguments.lengths(
            self.error, self.length, existing_length, values or [""]
        )
        if self.array and None in values:
            raise self.error(
                "values contains a NULL, which an array may not hold"
            )
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
            raise self.error(f"online=True is not possible: {self.not_online}")

    def _options_back(
        self, values: Collection[str | None] = ()
    ) -> dict[str, Any]:
        options: dict[str, Any] = {
            "name": self.name,
            "schema": self.schema,
            "array": self.array,
        }
        if self.existing_length is not None:
            # a list may name what a narrow column never could hold
            longest = max((len(value or "") for value in values), default=0)
            options["length"] = max(self.existing_length, longest)
            options["existing_length"] = self.length
        back = self._default_back(values)
        if back != self.server_default:
            options["server_default"] = back
            options["existing_server_default"] = self.server_default
        return options

    def _default_back(self, values: Collection[str | None]) -> Default:
        """The earlier default, or none if the values never allowed it."""
        back = self.existing_server_default
        never = bool(back) and values and back not in values
        return None if never and not self.existing_array else back

    def _way_back(self, op: Way) -> Way:
        """Return ``op``, online if this operation is and ``op`` can be."""
        op.online = self.online and op.may_be_online
        if self.note:
            op.note = self.note
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
