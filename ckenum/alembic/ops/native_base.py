"""What the operations on a native ENUM have in common."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

from ...exc import DirectiveError
from .alter import AlterCheckEnumOp
from .move import TypeMoveOp


class NativeEnumOp(TypeMoveOp):
    """Base of both: it names a type, besides the column and constraint.

    One of ``existing_values`` and ``values`` is the type's labels, in their
    order.

    :ivar enum_name: the type's name.
    :ivar enum_schema: its schema, if the search path does not find it.
    :ivar drop_type: whether to drop the type once nothing uses it.
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Sequence[str | None],
        *,
        enum_name: str,
        enum_schema: str | None = None,
        drop_type: bool = True,
        **options: Any,
    ) -> None:
        self.enum_name = enum_name
        self.enum_schema = enum_schema
        self.drop_type = drop_type
        if not isinstance(enum_name, str) or not enum_name:
            raise DirectiveError(
                f"enum_name={enum_name!r} must be a string, and not empty."
            )
        super().__init__(table_name, column_name, values, **options)

    def _check_keeping(self) -> None:
        super()._check_keeping()
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

    def _check_rules(self) -> None:
        if None in self.labels:
            raise self.error("NULL cannot be a label of a type")
        for old, new in self.rename.items():
            if new is None and self.array:
                raise self.error(
                    f"rename turns {old!r} into NULL, which an array may not "
                    f"hold: take it out of the arrays first"
                )
        super()._check_rules()

    def of_text(self, **options: Any) -> AlterCheckEnumOp:
        """The operation that changes the rows of a VARCHAR as this does."""
        return AlterCheckEnumOp(
            self.table_name,
            self.column_name,
            self.values,
            existing_values=self.existing_values,
            name=self.name,
            rename=self.rename,
            schema=self.schema,
            **options,
        )

    def reverse(self) -> NativeEnumOp:
        raise NotImplementedError

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The labels of the native type, in their order."""
        return self.existing_values if self.becomes_text else self.values

    def _about_deleting(self, values: list[str]) -> str:
        if self.array:
            return (
                "\nTake items that should go, and NULLs, out of the arrays "
                "first."
            )
        return ""

    def _options_back(
        self, values: Collection[str | None] = ()
    ) -> dict[str, Any]:
        return {
            **super()._options_back(values),
            "enum_name": self.enum_name,
            "enum_schema": self.enum_schema,
            "drop_type": self.drop_type,
        }

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
