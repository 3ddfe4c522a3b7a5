"""The value that a row gets where values are renamed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa


def new_value(
    rename: Mapping[str, str | None],
    equals: Callable[[str], sa.ColumnElement[bool]],
    otherwise: sa.ColumnElement[Any] | None = None,
    literal: Callable[[str], Any] = str,
) -> sa.Case[Any]:
    """A ``CASE`` of the old value.

    :param rename: from old string to new; ``None`` stores NULL.
    :param equals: the condition that a row holds an old string.
    :param otherwise: what any other row gets; NULL if left out.
    :param literal: how a new string is written.
    """
    return sa.case(
        *(
            (equals(old), sa.null() if new is None else literal(new))
            for old, new in rename.items()
        ),
        else_=otherwise,
    )
