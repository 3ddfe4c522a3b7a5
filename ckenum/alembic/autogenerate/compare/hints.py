"""What the command line says about renamed values.

``alembic -x "ckenum.rename=orders.status:payed=paid" revision ...``
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.util import CommandError

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

OPTION = "_ckenum_hints"
PREFIX = "ckenum.rename="


class Hints:
    """The hints of one run; each must match a column and its values."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._unused = list(texts)

    @classmethod
    def of_command_line(cls, context: AutogenContext) -> Hints:
        environment = context.migration_context.environment_context
        arguments = (
            environment.get_x_argument() if environment is not None else []
        )
        return cls(
            [
                argument.removeprefix(PREFIX)
                for argument in arguments
                if argument.startswith(PREFIX)
            ]
        )

    @property
    def are_used(self) -> bool:
        """Whether each has been used."""
        return not self._unused

    def renames(
        self, where: str, existing: Sequence[str], declared: Sequence[str]
    ) -> dict[str, str]:
        """The renames of the column ``where``, from old string to new.

        Raises :class:`alembic.util.CommandError` if a hint for it names a
        value that does not exist.
        """
        renames = {}
        for text in self._unused[:]:
            column, found, values = text.partition(f"{where}:")
            if column or not found:
                continue
            old, new = _pair(where, values, existing, declared)
            renames[old] = new
            self._unused.remove(text)
        return renames

    def require_all_used(self) -> None:
        """Raise :class:`alembic.util.CommandError` for a hint that matches no
        changed CheckEnum column.
        """
        for text in self._unused:
            raise CommandError(
                f"-x {PREFIX}{text}: no CheckEnum column of that name is "
                f"compared. Write [schema.]table.column:old=new."
            )


def _pair(
    where: str, text: str, existing: Sequence[str], declared: Sequence[str]
) -> tuple[str, str]:
    # a value may have an equals sign in it
    parts = text.split("=")
    pairs = [
        ("=".join(parts[:i]), "=".join(parts[i:]))
        for i in range(1, len(parts))
    ]
    for old, new in pairs:
        if old in existing and new in declared:
            return old, new
    raise CommandError(
        f"-x {PREFIX}{where}:{text}: the old value must be one of "
        f"{list(existing)}, the new one of {list(declared)}."
    )


def hints_of(context: AutogenContext) -> Hints:
    hints: Hints = context.opts[OPTION]
    return hints
