"""What the operations have in common that give a column another type."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

from . import arguments
from .alter import AlterCheckEnumOp

DEFAULT_LENGTH = 255
"""The VARCHAR's length; the same as :class:`~ckenum.CheckEnum`'s."""


class TypeMoveOp(AlterCheckEnumOp):
    """Between a VARCHAR with a constraint and a column of another type.

    ``existing_values`` become ``values``. One of the two is what the
    constraint allows, the other what the other type holds, as strings; the
    subclasses say which.

    :ivar length: the VARCHAR's length, before or after the change.
    :ivar keep_column: whether an online move leaves the old column.
    """

    drop_type = False
    """Whether the column's old type goes, once nothing uses it."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str | None],
        *,
        length: int | None = DEFAULT_LENGTH,
        keep_column: bool = False,
        **options: Any,
    ) -> None:
        self.keep_column = keep_column
        super().__init__(
            table_name, column_name, values, length=length, **options
        )
        if keep_column:
            self._check_keeping()

    def _check_keeping(self) -> None:
        """Raise unless the old column can hold each value of the new one."""
        if not self.online:
            raise self.error("keep_column needs online=True")

    def _check(self, values: Collection[str | None]) -> None:
        super()._check(())
        arguments.lengths(self.error, self.length, None, self.checked_values)
        arguments.default(
            self.error,
            "server_default",
            self.server_default,
            () if self.array else self.values,
        )

    @property
    def becomes_text(self) -> bool:
        """Whether the column becomes the VARCHAR."""
        raise NotImplementedError

    def reverse(self) -> TypeMoveOp:
        raise NotImplementedError

    @property
    def not_online(self) -> None:
        """It is always possible: the rows get a second column."""

    @property
    def checked_values(self) -> tuple[str | None, ...]:
        """The values of the CHECK constraint."""
        return self.values if self.becomes_text else self.existing_values

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
            "rename": self._rename_back(),
            "length": self.length,
            "online": self.online,
        }
        options.pop("existing_length", None)
        if self.changes_default:  # even if it stays: a script needs it
            options["server_default"] = self._default_back(values)
            options["existing_server_default"] = self.server_default
        return options
