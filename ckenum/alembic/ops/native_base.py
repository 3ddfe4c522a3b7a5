"""What the operations about a native ENUM have in common."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

from . import arguments
from ...exc import DirectiveError
from .alter import AlterCheckEnumOp

DEFAULT_LENGTH = 255
"""Of the VARCHAR; as that of :class:`~ckenum.CheckEnum`."""


class NativeEnumOp(AlterCheckEnumOp):
    """What both have in common: a type, besides column and constraint.

    ``existing_values`` become ``values``; which of the two are the type's
    labels, in their order, is for the subclasses to say.

    :ivar enum_name: the type's name.
    :ivar enum_schema: its schema, where the search path does not find it.
    :ivar length: of the VARCHAR, on whichever side that is.
    :ivar drop_type: whether a type that nobody uses any more is dropped.
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
        **options: Any,
    ) -> None:
        self.enum_name = enum_name
        self.enum_schema = enum_schema
        self.drop_type = drop_type
        if not isinstance(enum_name, str) or not enum_name:
            raise DirectiveError(f"enum_name={enum_name!r} is no name.")
        super().__init__(
            table_name, column_name, values, length=length, **options
        )
        if None in self.labels:
            raise self.error("NULL is no label of a type")

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
                    f"rename makes {old!r} NULL, which no array may hold: "
                    f"take it out of the arrays before"
                )
        super()._check_rules()

    @property
    def not_online(self) -> str:
        return "for another type PostgreSQL rewrites the table"

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Those of the native type, in their order."""
        raise NotImplementedError

    @property
    def checked_values(self) -> tuple[str | None, ...]:
        """Those of the CHECK constraint."""
        raise NotImplementedError

    @property
    def ways_out(self) -> str:
        """What to say where rows hold a value that goes."""
        left = [value for value in self.leaving if value is not None]
        if not left:
            return "Change those rows first, or add the values."
        rename = {value: self.values[0] for value in left}
        if self.array:
            return (
                f"Say in the migration's {self.kind}() what becomes of "
                f"them:\n"
                f"    rename={rename},  # replace them in the arrays\n"
                f"What shall be no item, as NULL, take out of the arrays "
                f"before."
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
        }
        options.pop("existing_length", None)
        if self.changes_default:  # also where it stays: a script needs it
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
