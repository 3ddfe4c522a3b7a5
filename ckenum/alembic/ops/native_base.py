"""What the operations on a native ENUM have in common."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

from . import arguments
from ...exc import DirectiveError
from .alter import AlterCheckEnumOp

DEFAULT_LENGTH = 255
"""The VARCHAR's length; the same as :class:`~ckenum.CheckEnum`'s."""


class NativeEnumOp(AlterCheckEnumOp):
    """Base of both: it names a type, besides the column and constraint.

    ``existing_values`` become ``values``. One of the two is the type's
    labels, in their order; the subclasses say which.

    :ivar enum_name: the type's name.
    :ivar enum_schema: its schema, if the search path does not find it.
    :ivar length: the VARCHAR's length, before or after the change.
    :ivar drop_type: whether to drop the type once nothing uses it.
    :ivar keep_column: whether an online move leaves the old column.
    """

    kind: str

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str | None],
        *,
        enum_name: str,
        enum_schema: str | None = None,
        length: int | None = DEFAULT_LENGTH,
        drop_type: bool = True,
        keep_column: bool = False,
        **options: Any,
    ) -> None:
        self.enum_name = enum_name
        self.enum_schema = enum_schema
        self.drop_type = drop_type
        self.keep_column = keep_column
        if not isinstance(enum_name, str) or not enum_name:
            raise DirectiveError(
                f"enum_name={enum_name!r} must be a string, and not empty."
            )
        super().__init__(
            table_name, column_name, values, length=length, **options
        )
        if None in self.labels:
            raise self.error("NULL cannot be a label of a type")
        if keep_column:
            self._check_keeping()

    def _check_keeping(self) -> None:
        """Raise unless the old column can hold each value of the new one."""
        if not self.online:
            raise self.error("keep_column needs online=True")
        if self.rename:
            raise self.error(
                "keep_column=True is for an application that knows the old "
                "values only, so it cannot rename any: use "
                "op.alter_check_enum() in a later revision"
            )
        more = [v for v in self.values if v not in self.existing_values]
        if more:
            raise self.error(
                f"keep_column=True keeps the old column in step, but it "
                f"cannot hold {more!r}: add them in a later revision"
            )

    def _check(self, values: Collection[str | None]) -> None:
        super()._check(())
        arguments.lengths(self.error, self.length, None, self.checked_values)
        arguments.default(
            self.error,
            "server_default",
            self.server_default,
            () if self.array else self.values,
        )

    def _check_rules(self) -> None:
        for old, new in self.rename.items():
            if new is None and self.array:
                raise self.error(
                    f"rename turns {old!r} into NULL, which an array may not "
                    f"hold: take it out of the arrays first"
                )
        super()._check_rules()

    def reverse(self) -> NativeEnumOp:
        raise NotImplementedError

    @property
    def not_online(self) -> None:
        """It is always possible: the rows get a second column."""

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The labels of the native type, in their order."""
        raise NotImplementedError

    @property
    def checked_values(self) -> tuple[str | None, ...]:
        """The values of the CHECK constraint."""
        raise NotImplementedError

    @property
    def ways_out(self) -> str:
        """What to do about rows that hold a removed value."""
        left = [value for value in self.leaving if value is not None]
        if not left:
            return "Change those rows first, or add the values."
        rename = {value: self.values[0] for value in left}
        if self.array:
            return (
                f"Say in the migration's {self.kind}() what becomes of "
                f"them:\n"
                f"    rename={rename},  # replace them in the arrays\n"
                f"Take items that should go, and NULLs, out of the arrays "
                f"first."
            )
        return (
            f"Say in the migration's {self.kind}() what becomes of them:\n"
            f"    rename={rename},  # update them; None stores NULL"
        )

    @property
    def changes_length(self) -> bool:
        """The type changes, not its length."""
        return False

    def _options_back(
        self, values: Collection[str | None] = ()
    ) -> dict[str, Any]:
        options = {
            **super()._options_back(values),
            "existing_values": self.values,
            "enum_name": self.enum_name,
            "enum_schema": self.enum_schema,
            "rename": self._rename_back(),
            "length": self.length,
            "drop_type": self.drop_type,
            "online": self.online,
        }
        options.pop("existing_length", None)
        if self.changes_default:  # even if it stays: a script needs it
            options["server_default"] = self._default_back(values)
            options["existing_server_default"] = self.server_default
        return options

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (
            self.kind,
            self.schema,
            self.table_name,
            self.column_name,
            self.name,
            self.enum_schema,
            self.enum_name,
            list(self.existing_values),
            list(self.values),
        )
