"""What a trigger renames that turns old values into new ones on writing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Union

from ..ops import AlterCheckEnumOp

if TYPE_CHECKING:
    from ..ops import CheckEnumOp

Renames = Mapping[str, Union[str, None]]
"""From old value to new one; ``None`` stores NULL."""


def during(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What the trigger has to rename while ``op`` changes the rows.

    :param before: what an earlier revision's trigger renames.
    """
    wanted = after(op, before)
    if isinstance(op, AlterCheckEnumOp):
        values = {*op.values}
        wanted.update(
            (old, new) for old, new in op.rename.items() if old not in values
        )
    return wanted


def after(op: CheckEnumOp, before: Renames) -> dict[str, str | None]:
    """What an earlier revision's trigger has to rename after ``op``.

    New values that ``op`` renames are followed. Old values that are allowed
    again are left out. If ``op`` drops the constraint, nothing is left.
    """
    if not isinstance(op, AlterCheckEnumOp):
        return {}
    values = {*op.values}
    then = {
        old: op.rename.get(new, new) if new is not None else None
        for old, new in before.items()
        if old not in op.rename and old not in values
    }
    return {
        old: new for old, new in then.items() if new is None or new in values
    }
