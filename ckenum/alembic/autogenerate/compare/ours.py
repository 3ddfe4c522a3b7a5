"""Whether an enum that the models no longer have may have made a CHECK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ....constraint import check_enums
from ....constraint_names import default_final_name
from ....value_check import ValueCheck
from .declared import OPTION
from .reflected import TableSide
from .reflected import value_check

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def declares_any(context: AutogenContext) -> bool:
    """Whether the models have a CheckEnum at all."""
    cache: dict[Any, Any] = context.inspector.info_cache
    key = ("ckenum_declares_any",)
    if key not in cache:
        tables = context.table_key_to_table.values()
        cache[key] = any(map(check_enums, tables))
    return bool(cache[key])


def any_may_be_ours(context: AutogenContext) -> bool:
    """Whether the models have CheckEnums, or all Enums are compared."""
    return bool(context.opts.get(OPTION)) or declares_any(context)


def may_be_ours(
    side: TableSide, column_name: str, existing: ValueCheck
) -> bool:
    """Whether an enum that the models no longer have may have made it.

    In models without a CheckEnum, only the default name shows that.
    """
    context = side.context
    if any_may_be_ours(context):
        return True
    return any(
        existing.name
        == default_final_name(
            sa.Table(
                side.table_name,
                sa.MetaData(naming_convention=metadata.naming_convention),
                schema=side.schema,
            ),
            column_name,
            context.dialect,
        )
        for metadata in sa.util.to_list(context.metadata)
    )


def left(side: TableSide, column_name: str) -> Iterator[ValueCheck]:
    """The constraints of a dropped column that a CheckEnum may have made.

    The filters of ``env.py`` are not asked about others.
    """
    for check, reading in side.about(column_name):
        existing = value_check(check, reading)
        if may_be_ours(side, column_name, existing) and (
            side.includes_name(check)
        ):
            yield existing
